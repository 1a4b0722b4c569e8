import { NORM, NORM_GRADIENT } from "./parts";
import { argument, begin, chunksOf, factor, partStart, setArgument, setFactor, share, workspace } from "./threads";
import { addAll } from "./rows";
import { accumulate, loadPart, storePart, sumOf } from "./vector";

/** The fewest numbers that are worth a chunk of their own. */
const LEAST: i32 = 4096;

// The mean and the factor 1/√(variance + ε) of the row that was measured last.
let mean: f32 = 0;
let inverse: f32 = 0;

/** The sum of `n` numbers, in two halves that do not wait for each other. */
// @ts-ignore: decorator
@inline
function total(x: usize, n: i32): f32 {
  const end = <usize>(n & ~7) << 2;
  let even = f32x4.splat(0);
  let odd = even;
  let at: usize = 0;
  for (; at < end; at += 32) {
    even = f32x4.add(even, v128.load(x + at));
    odd = f32x4.add(odd, v128.load(x + at, 16));
  }
  if ((n & 4) > 0) {
    even = f32x4.add(even, v128.load(x + at));
    at += 16;
  }
  if ((n & 3) > 0) odd = f32x4.add(odd, loadPart(x + at, n & 3, 0));
  return sumOf(f32x4.add(even, odd));
}

/** The sum of the squares of their distances from `centre`. */
// @ts-ignore: decorator
@inline
function spread(x: usize, n: i32, centre: f32): f32 {
  const centres = f32x4.splat(centre);
  const end = <usize>(n & ~7) << 2;
  let even = f32x4.splat(0);
  let odd = even;
  let at: usize = 0;
  for (; at < end; at += 32) {
    const left = f32x4.sub(v128.load(x + at), centres);
    const right = f32x4.sub(v128.load(x + at, 16), centres);
    even = accumulate(even, left, left);
    odd = accumulate(odd, right, right);
  }
  if ((n & 4) > 0) {
    const left = f32x4.sub(v128.load(x + at), centres);
    even = accumulate(even, left, left);
    at += 16;
  }
  if ((n & 3) > 0) {
    const right = f32x4.sub(loadPart(x + at, n & 3, centre), centres);
    odd = accumulate(odd, right, right);
  }
  return sumOf(f32x4.add(even, odd));
}

function measure(x: usize, n: i32, isCentred: i32, epsilon: f32): void {
  mean = 0;
  if (isCentred != 0) mean = total(x, n) / <f32>n;
  // Not sqrt<f32>: V8 makes an instruction without VEX of it, which costs hundreds of cycles after operations of 256 bits (wide.as).
  const root = f32x4.sqrt(f32x4.splat(spread(x, n, mean) / <f32>n + epsilon));
  inverse = 1 / f32x4.extract_lane(root, 0);
}

/** Rows of `n` numbers with mean 0 (if `isCentred`) and variance (or mean square) 1, times gain, plus bias (addresses, or 0). */
export function norm(
  x: usize, gain: usize, bias: usize, out: usize, rows: i32, n: i32, isCentred: i32, epsilon: f32,
): void {
  const chunks = min(rows, chunksOf(rows * n, LEAST));
  if (chunks <= 1) return normRows(x, gain, bias, out, rows, n, isCentred, epsilon);
  begin();
  setArgument(0, x);
  setArgument(1, gain);
  setArgument(2, bias);
  setArgument(3, out);
  setArgument(4, rows);
  setArgument(5, n);
  setArgument(6, isCentred);
  setFactor(7, epsilon);
  share(NORM, chunks);
}

export function normPart(chunk: i32, chunks: i32): void {
  const rows = argument(4);
  const n = argument(5);
  const first = partStart(rows, chunk, chunks, 1);
  const offset = (<usize>first * n) << 2;
  const count = partStart(rows, chunk + 1, chunks, 1) - first;
  normRows(argument(0) + offset, argument(1), argument(2), argument(3) + offset, count, n, argument(6), factor(7));
}

function normRows(
  x: usize, gain: usize, bias: usize, out: usize, rows: i32, n: i32, isCentred: i32, epsilon: f32,
): void {
  const end = <usize>(n & ~3) << 2;
  const rest = n & 3;
  for (let row = 0; row < rows; row++) {
    measure(x, n, isCentred, epsilon);
    const means = f32x4.splat(mean);
    const factors = f32x4.splat(inverse);
    for (let at: usize = 0; at < end; at += 16) {
      let y = f32x4.mul(f32x4.sub(v128.load(x + at), means), factors);
      if (gain != 0) y = f32x4.mul(y, v128.load(gain + at));
      if (bias != 0) y = f32x4.add(y, v128.load(bias + at));
      v128.store(out + at, y);
    }
    if (rest > 0) {
      let y = f32x4.mul(f32x4.sub(loadPart(x + end, rest, 0), means), factors);
      if (gain != 0) y = f32x4.mul(y, loadPart(gain + end, rest, 0));
      if (bias != 0) y = f32x4.add(y, loadPart(bias + end, rest, 0));
      storePart(out + end, y, rest);
    }
    x += <usize>n << 2;
    out += <usize>n << 2;
  }
}

/**
 * Gradients of `norm`, those asked for (address not 0): `dx` row by row, set or, with `isSum`, added to, and what belongs to gain and bias, which is set. Sums over rows are formed for
 * stretches of rows first, whose number depends on the sizes alone, so that the result does not depend on threads.
 */
export function normGradient(
  x: usize, gain: usize, dy: usize, dx: usize, dGain: usize, dBias: usize, rows: i32, n: i32, isCentred: i32, epsilon: f32,
  isSum: i32,
): void {
  const bytes = <usize>n << 2;
  if (dGain != 0) memory.fill(dGain, 0, bytes);
  if (dBias != 0) memory.fill(dBias, 0, bytes);
  const stretches = min(min(rows, STRETCHES), (rows * n) / LEAST);
  // Twice `n` numbers for each stretch must fit into the workspace.
  if (stretches <= 1 || n > 8192 || chunksOf(rows * n, LEAST) == 1) {
    return normGradientRows(x, gain, dy, dx, dGain, dBias, rows, n, isCentred, epsilon, isSum);
  }
  memory.fill(workspace, 0, <usize>stretches * 2 * bytes);
  begin();
  setArgument(0, x);
  setArgument(1, gain);
  setArgument(2, dy);
  setArgument(3, dx);
  setArgument(4, dGain);
  setArgument(5, dBias);
  setArgument(6, rows);
  setArgument(7, n);
  setArgument(8, isCentred);
  setFactor(9, epsilon);
  setArgument(10, workspace);
  setArgument(11, isSum);
  share(NORM_GRADIENT, stretches);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const sums = workspace + <usize>stretch * 2 * bytes;
    if (dGain != 0) addAll(dGain, sums, dGain, n);
    if (dBias != 0) addAll(dBias, sums + bytes, dBias, n);
  }
}

const STRETCHES: i32 = 8;

export function normGradientPart(chunk: i32, chunks: i32): void {
  const rows = argument(6);
  const n = argument(7);
  const first = partStart(rows, chunk, chunks, 1);
  const offset = (<usize>first * n) << 2;
  const dx = argument(3);
  const sums = argument(10) + ((<usize>chunk * 2 * n) << 2);
  normGradientRows(
    argument(0) + offset, argument(1), argument(2) + offset, dx == 0 ? 0 : dx + offset,
    argument(4) == 0 ? 0 : sums, argument(5) == 0 ? 0 : sums + (<usize>n << 2),
    partStart(rows, chunk + 1, chunks, 1) - first, n, argument(8), factor(9), argument(11),
  );
}

function normGradientRows(
  x: usize, gain: usize, dy: usize, dx: usize, dGain: usize, dBias: usize, rows: i32, n: i32, isCentred: i32, epsilon: f32,
  isSum: i32,
): void {
  const end = <usize>(n & ~3) << 2;
  const rest = n & 3;
  for (let row = 0; row < rows; row++) {
    measure(x, n, isCentred, epsilon);
    const means = f32x4.splat(mean);
    const factors = f32x4.splat(inverse);
    let sums = f32x4.splat(0);
    let along = f32x4.splat(0);
    for (let at: usize = 0; at < end; at += 16) {
      const unit = f32x4.mul(f32x4.sub(v128.load(x + at), means), factors);
      const d = v128.load(dy + at);
      const scaled = gain == 0 ? d : f32x4.mul(d, v128.load(gain + at));
      sums = f32x4.add(sums, scaled);
      along = accumulate(along, scaled, unit);
      if (dGain != 0) v128.store(dGain + at, accumulate(v128.load(dGain + at), d, unit));
      if (dBias != 0) v128.store(dBias + at, f32x4.add(v128.load(dBias + at), d));
    }
    if (rest > 0) {
      const unit = f32x4.mul(f32x4.sub(loadPart(x + end, rest, mean), means), factors);
      const d = loadPart(dy + end, rest, 0);
      const scaled = gain == 0 ? d : f32x4.mul(d, loadPart(gain + end, rest, 0));
      sums = f32x4.add(sums, scaled);
      along = accumulate(along, scaled, unit);
      if (dGain != 0) storePart(dGain + end, accumulate(loadPart(dGain + end, rest, 0), d, unit), rest);
      if (dBias != 0) storePart(dBias + end, f32x4.add(loadPart(dBias + end, rest, 0), d), rest);
    }
    if (dx != 0) {
      const shift = f32x4.splat(isCentred != 0 ? sumOf(sums) / <f32>n : 0);
      const share = f32x4.splat(sumOf(along) / <f32>n);
      for (let at: usize = 0; at < end; at += 16) {
        const unit = f32x4.mul(f32x4.sub(v128.load(x + at), means), factors);
        const d = v128.load(dy + at);
        const scaled = gain == 0 ? d : f32x4.mul(d, v128.load(gain + at));
        const change = f32x4.mul(f32x4.sub(f32x4.sub(scaled, shift), f32x4.mul(unit, share)), factors);
        v128.store(dx + at, isSum == 0 ? change : f32x4.add(v128.load(dx + at), change));
      }
      if (rest > 0) {
        const unit = f32x4.mul(f32x4.sub(loadPart(x + end, rest, 0), means), factors);
        const d = loadPart(dy + end, rest, 0);
        const scaled = gain == 0 ? d : f32x4.mul(d, loadPart(gain + end, rest, 0));
        const change = f32x4.mul(f32x4.sub(f32x4.sub(scaled, shift), f32x4.mul(unit, share)), factors);
        storePart(dx + end, isSum == 0 ? change : f32x4.add(loadPart(dx + end, rest, 0), change), rest);
      }
      dx += <usize>n << 2;
    }
    x += <usize>n << 2;
    dy += <usize>n << 2;
  }
}
