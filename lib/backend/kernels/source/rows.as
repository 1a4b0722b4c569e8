import { ADAM, ADD, MULTIPLY, SUM_ROWS } from "./parts";
import { argument, begin, chunksOf, factor, partStart, setArgument, setFactor, share } from "./threads";
import { accumulate, loadPart, storePart, sumOf } from "./vector";

/** The fewest numbers that are worth a chunk of their own. */
const LEAST: i32 = 8192;

/** out = a + b, `n` numbers. */
export function add(a: usize, b: usize, out: usize, n: i32): void {
  const chunks = chunksOf(n, LEAST);
  if (chunks == 1) return addAll(a, b, out, n);
  begin();
  setArgument(0, a);
  setArgument(1, b);
  setArgument(2, out);
  setArgument(3, n);
  share(ADD, chunks);
}

export function addPart(chunk: i32, chunks: i32): void {
  const n = argument(3);
  const first = partStart(n, chunk, chunks, 4);
  const offset = <usize>first << 2;
  addAll(argument(0) + offset, argument(1) + offset, argument(2) + offset, partStart(n, chunk + 1, chunks, 4) - first);
}

export function addAll(a: usize, b: usize, out: usize, n: i32): void {
  const end = a + (<usize>(n & ~3) << 2);
  for (; a < end; a += 16, b += 16, out += 16) v128.store(out, f32x4.add(v128.load(a), v128.load(b)));
  if ((n & 3) > 0) storePart(out, f32x4.add(loadPart(a, n & 3, 0), loadPart(b, n & 3, 0)), n & 3);
}

/** out = a ∘ b, `n` numbers. */
export function multiply(a: usize, b: usize, out: usize, n: i32): void {
  const chunks = chunksOf(n, LEAST);
  if (chunks == 1) return multiplyAll(a, b, out, n);
  begin();
  setArgument(0, a);
  setArgument(1, b);
  setArgument(2, out);
  setArgument(3, n);
  share(MULTIPLY, chunks);
}

export function multiplyPart(chunk: i32, chunks: i32): void {
  const n = argument(3);
  const first = partStart(n, chunk, chunks, 4);
  const offset = <usize>first << 2;
  multiplyAll(argument(0) + offset, argument(1) + offset, argument(2) + offset, partStart(n, chunk + 1, chunks, 4) - first);
}

function multiplyAll(a: usize, b: usize, out: usize, n: i32): void {
  const end = a + (<usize>(n & ~3) << 2);
  for (; a < end; a += 16, b += 16, out += 16) v128.store(out, f32x4.mul(v128.load(a), v128.load(b)));
  if ((n & 3) > 0) storePart(out, f32x4.mul(loadPart(a, n & 3, 0), loadPart(b, n & 3, 0)), n & 3);
}

/** The sum of squares of `n` numbers. */
export function squares(x: usize, n: i32): f32 {
  let sums = f32x4.splat(0);
  const end = x + (<usize>(n & ~3) << 2);
  for (; x < end; x += 16) sums = accumulate(sums, v128.load(x), v128.load(x));
  if ((n & 3) > 0) sums = accumulate(sums, loadPart(x, n & 3, 0), loadPart(x, n & 3, 0));
  return sumOf(sums);
}

/** The sum of `rows` rows of `n` numbers. */
export function sumRows(x: usize, out: usize, rows: i32, n: i32): void {
  const chunks = min(n >> 4, chunksOf(rows * n, LEAST));
  if (chunks <= 1) return sumColumns(x, out, rows, n, n);
  begin();
  setArgument(0, x);
  setArgument(1, out);
  setArgument(2, rows);
  setArgument(3, n);
  share(SUM_ROWS, chunks);
}

export function sumRowsPart(chunk: i32, chunks: i32): void {
  const n = argument(3);
  const first = partStart(n, chunk, chunks, 16);
  const offset = <usize>first << 2;
  sumColumns(argument(0) + offset, argument(1) + offset, argument(2), n, partStart(n, chunk + 1, chunks, 16) - first);
}

/** The sums of the first `columns` columns: sixteen at a time, a cache line of each row, so that the sums stay in registers. */
function sumColumns(x: usize, out: usize, rows: i32, n: i32, columns: i32): void {
  const step = <usize>n << 2;
  let column = 0;
  for (; column + 16 <= columns; column += 16) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let at = x + (<usize>column << 2);
    for (let i = 0; i < rows; i++, at += step) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      s2 = f32x4.add(s2, v128.load(at, 32));
      s3 = f32x4.add(s3, v128.load(at, 48));
    }
    const to = out + (<usize>column << 2);
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
  }
  const rest = columns - column;
  if (rest == 0) return;
  x += <usize>column << 2;
  out += <usize>column << 2;
  memory.fill(out, 0, <usize>rest << 2);
  for (let i = 0; i < rows; i++, x += step) addAll(out, x, out, rest);
}

/** Rows of `table` (n numbers each) by index. */
export function gatherRows(table: usize, indices: usize, out: usize, count: i32, n: i32): void {
  const bytes = <usize>n << 2;
  for (let i: usize = 0; i < <usize>count; i++) {
    memory.copy(out + i * bytes, table + <usize>load<i32>(indices + (i << 2)) * bytes, bytes);
  }
}

/** Adds each row to the row of `table` that its index names; `table` has `size` numbers and is cleared first. */
export function scatterRows(rows: usize, indices: usize, table: usize, count: i32, n: i32, size: i32): void {
  memory.fill(table, 0, <usize>size << 2);
  const bytes = <usize>n << 2;
  for (let i: usize = 0; i < <usize>count; i++) {
    const to = table + <usize>load<i32>(indices + (i << 2)) * bytes;
    addAll(to, rows + i * bytes, to, n);
  }
}

/**
 * Pairs of features of x [batch, positions, heads, size] turned by angles whose cosines and sines are [rows, positions, features / 2]; rows 1 or batch. With
 * `isNeighbours` feature 2i turns with 2i + 1, else i with i + features / 2; `sign` −1 turns back.
 */
export function rotate(
  x: usize, out: usize, cosines: usize, sines: usize, batch: i32, positions: i32, heads: i32, size: i32, features: i32,
  isNeighbours: i32, rows: i32, sign: f32,
): void {
  const half = features >> 1;
  const step: usize = isNeighbours != 0 ? 8 : 4;
  const far: usize = isNeighbours != 0 ? 4 : <usize>half << 2;
  for (let item = 0; item < batch; item++) {
    for (let position = 0; position < positions; position++) {
      const angles = <usize>((rows > 1 ? item * positions : 0) + position) * half;
      for (let head = 0; head < heads; head++) {
        for (let pair = 0; pair < half; pair++) {
          const cosine = load<f32>(cosines + ((angles + pair) << 2));
          const sine = sign * load<f32>(sines + ((angles + pair) << 2));
          const at = <usize>pair * step;
          const a = load<f32>(x + at);
          const b = load<f32>(x + at + far);
          store<f32>(out + at, a * cosine - b * sine);
          store<f32>(out + at + far, b * cosine + a * sine);
        }
        memory.copy(out + (<usize>features << 2), x + (<usize>features << 2), <usize>(size - features) << 2);
        x += <usize>size << 2;
        out += <usize>size << 2;
      }
    }
  }
}

/** One step of Adam in place: see `adam-step.ts` for the numbers. */
export function adam(
  weight: usize, gradient: usize, mean: usize, square: usize, n: i32,
  rate: f32, beta1: f32, beta2: f32, rest1: f32, rest2: f32, correction: f32, epsilon: f32, decay: f32, scale: f32,
): void {
  const chunks = chunksOf(n, LEAST);
  if (chunks == 1) {
    return adamAll(weight, gradient, mean, square, n, rate, beta1, beta2, rest1, rest2, correction, epsilon, decay, scale);
  }
  begin();
  setArgument(0, weight);
  setArgument(1, gradient);
  setArgument(2, mean);
  setArgument(3, square);
  setArgument(4, n);
  setFactor(5, rate);
  setFactor(6, beta1);
  setFactor(7, beta2);
  setFactor(8, rest1);
  setFactor(9, rest2);
  setFactor(10, correction);
  setFactor(11, epsilon);
  setFactor(12, decay);
  setFactor(13, scale);
  share(ADAM, chunks);
}

export function adamPart(chunk: i32, chunks: i32): void {
  const n = argument(4);
  const first = partStart(n, chunk, chunks, 4);
  const offset = <usize>first << 2;
  adamAll(
    argument(0) + offset, argument(1) + offset, argument(2) + offset, argument(3) + offset,
    partStart(n, chunk + 1, chunks, 4) - first,
    factor(5), factor(6), factor(7), factor(8), factor(9), factor(10), factor(11), factor(12), factor(13),
  );
}

function adamAll(
  weight: usize, gradient: usize, mean: usize, square: usize, n: i32,
  rate: f32, beta1: f32, beta2: f32, rest1: f32, rest2: f32, correction: f32, epsilon: f32, decay: f32, scale: f32,
): void {
  const whole = n & ~3;
  for (let i = 0; i < n; i += 4) {
    const count = n - i;
    const isWhole = i < whole;
    const g = f32x4.mul(isWhole ? v128.load(gradient) : loadPart(gradient, count, 0), f32x4.splat(scale));
    const m = f32x4.add(
      f32x4.mul(isWhole ? v128.load(mean) : loadPart(mean, count, 0), f32x4.splat(beta1)),
      f32x4.mul(g, f32x4.splat(rest1)),
    );
    const s = f32x4.add(
      f32x4.mul(isWhole ? v128.load(square) : loadPart(square, count, 0), f32x4.splat(beta2)),
      f32x4.mul(f32x4.mul(g, g), f32x4.splat(rest2)),
    );
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(s), f32x4.splat(correction)), f32x4.splat(epsilon));
    const w = f32x4.sub(
      f32x4.mul(isWhole ? v128.load(weight) : loadPart(weight, count, 0), f32x4.splat(decay)),
      f32x4.mul(f32x4.div(m, root), f32x4.splat(rate)),
    );
    if (isWhole) {
      v128.store(mean, m);
      v128.store(square, s);
      v128.store(weight, w);
    } else {
      storePart(mean, m, count);
      storePart(square, s, count);
      storePart(weight, w, count);
    }
    weight += 16;
    gradient += 16;
    mean += 16;
    square += 16;
  }
}
