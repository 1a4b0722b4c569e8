import { CROSS_ENTROPY, SOFTMAX_GRADIENT, SOFTMAX_ROWS } from "./parts";
import { argument, begin, chunksOf, partStart, setArgument, share } from "./threads";
import { accumulate, exponential, largestOf, loadPart, storePart, sumOf } from "./vector";

/** The fewest numbers that are worth a chunk of their own. */
const LEAST: i32 = 4096;

/** How many keys query `query` sees: all, or those up to its own position. */
// @ts-ignore: decorator
@inline
function seen(query: i32, keys: i32, causalFrom: i32): i32 {
  return causalFrom < 0 ? keys : min(keys, causalFrom + query + 1);
}

/**
 * Attention: softmax of each row of scores [batch, heads, queries, keys] over the keys it may see; 0 elsewhere. `causalFrom`: the first query's position, or
 * −1 for no causal mask; `mask`: 1 or 0 for each key [batch, keys], or address 0 for none. A row that sees nothing becomes zeros.
 */
export function softmaxRows(
  scores: usize, out: usize, batch: i32, heads: i32, queries: i32, keys: i32, causalFrom: i32, mask: usize,
): void {
  const rows = batch * heads * queries;
  const chunks = min(rows, chunksOf(rows * keys, LEAST));
  if (chunks <= 1) return softmaxSome(0, rows, scores, out, heads, queries, keys, causalFrom, mask);
  begin();
  setArgument(0, scores);
  setArgument(1, out);
  setArgument(2, rows);
  setArgument(3, heads);
  setArgument(4, queries);
  setArgument(5, keys);
  setArgument(6, causalFrom);
  setArgument(7, mask);
  share(SOFTMAX_ROWS, chunks);
}

export function softmaxRowsPart(chunk: i32, chunks: i32): void {
  const rows = argument(2);
  softmaxSome(
    partStart(rows, chunk, chunks, 1), partStart(rows, chunk + 1, chunks, 1),
    argument(0), argument(1), argument(3), argument(4), argument(5), argument(6), argument(7),
  );
}

/** Rows from … up to …, of all sequences and heads. */
function softmaxSome(
  first: i32, end: i32, scores: usize, out: usize, heads: i32, queries: i32, keys: i32, causalFrom: i32, mask: usize,
): void {
  const bytes = <usize>keys << 2;
  for (let row = first; row < end; row++) {
    const count = seen(row % queries, keys, causalFrom);
    const masks = mask == 0 ? <usize>0 : mask + <usize>(row / (heads * queries)) * bytes;
    const to = out + <usize>row * bytes;
    softmaxRow(scores + <usize>row * bytes, to, count, masks);
    memory.fill(to + (<usize>count << 2), 0, <usize>(keys - count) << 2);
  }
}

// @ts-ignore: decorator
@inline
function masked(x: v128, mask: v128): v128 {
  return v128.bitselect(x, f32x4.splat(-1e30), f32x4.gt(mask, f32x4.splat(0)));
}

// The largest number of the row that was read last, and its Σ e^(x − largest).
let lastTop: f32 = 0;
let lastSum: f32 = 0;

function softmaxRow(scores: usize, out: usize, count: i32, mask: usize): void {
  const whole = count & ~3;
  const rest = count & 3;
  const end = <usize>whole << 2;
  let highest = f32x4.splat(-1e30);
  for (let at: usize = 0; at < end; at += 16) {
    let x = v128.load(scores + at);
    if (mask != 0) x = masked(x, v128.load(mask + at));
    highest = f32x4.pmax(highest, x);
  }
  if (rest > 0) {
    let x = loadPart(scores + end, rest, -1e30);
    if (mask != 0) x = masked(x, loadPart(mask + end, rest, 0));
    highest = f32x4.pmax(highest, x);
  }
  const top = largestOf(highest);
  if (top <= -1e30) {
    memory.fill(out, 0, <usize>count << 2);
    return;
  }
  const tops = f32x4.splat(top);
  let sums = f32x4.splat(0);
  for (let at: usize = 0; at < end; at += 16) {
    let x = v128.load(scores + at);
    if (mask != 0) x = masked(x, v128.load(mask + at));
    x = exponential(f32x4.sub(x, tops));
    sums = f32x4.add(sums, x);
    v128.store(out + at, x);
  }
  if (rest > 0) {
    let x = loadPart(scores + end, rest, -1e30);
    if (mask != 0) x = masked(x, loadPart(mask + end, rest, 0));
    x = exponential(f32x4.sub(x, tops));
    sums = f32x4.add(sums, x);
    storePart(out + end, x, rest);
  }
  lastTop = top;
  lastSum = sumOf(sums);
  const share = f32x4.splat(1 / lastSum);
  for (let at: usize = 0; at < end; at += 16) v128.store(out + at, f32x4.mul(v128.load(out + at), share));
  if (rest > 0) storePart(out + end, f32x4.mul(loadPart(out + end, rest, 0), share), rest);
}

/** The gradient with regard to the scores: pattern ∘ (dy − Σ dy ∘ pattern), for `rows` rows of `queries` × `keys` matrices. */
export function softmaxGradient(
  pattern: usize, dy: usize, out: usize, rows: i32, queries: i32, keys: i32, causalFrom: i32,
): void {
  const chunks = min(rows, chunksOf(rows * keys, LEAST));
  if (chunks <= 1) return softmaxGradientSome(0, rows, pattern, dy, out, queries, keys, causalFrom);
  begin();
  setArgument(0, pattern);
  setArgument(1, dy);
  setArgument(2, out);
  setArgument(3, rows);
  setArgument(4, queries);
  setArgument(5, keys);
  setArgument(6, causalFrom);
  share(SOFTMAX_GRADIENT, chunks);
}

export function softmaxGradientPart(chunk: i32, chunks: i32): void {
  const rows = argument(3);
  softmaxGradientSome(
    partStart(rows, chunk, chunks, 1), partStart(rows, chunk + 1, chunks, 1),
    argument(0), argument(1), argument(2), argument(4), argument(5), argument(6),
  );
}

/** Rows from … up to …. */
function softmaxGradientSome(
  first: i32, last: i32, pattern: usize, dy: usize, out: usize, queries: i32, keys: i32, causalFrom: i32,
): void {
  const row = <usize>keys << 2;
  pattern += <usize>first * row;
  dy += <usize>first * row;
  out += <usize>first * row;
  for (let index = first; index < last; index++) {
    const count = seen(index % queries, keys, causalFrom);
    const whole = count & ~3;
    const rest = count & 3;
    const end = <usize>whole << 2;
    let sums = f32x4.splat(0);
    for (let at: usize = 0; at < end; at += 16) {
      sums = accumulate(sums, v128.load(pattern + at), v128.load(dy + at));
    }
    if (rest > 0) sums = accumulate(sums, loadPart(pattern + end, rest, 0), loadPart(dy + end, rest, 0));
    const along = f32x4.splat(sumOf(sums));
    for (let at: usize = 0; at < end; at += 16) {
      v128.store(out + at, f32x4.mul(v128.load(pattern + at), f32x4.sub(v128.load(dy + at), along)));
    }
    if (rest > 0) {
      const x = f32x4.mul(loadPart(pattern + end, rest, 0), f32x4.sub(loadPart(dy + end, rest, 0), along));
      storePart(out + end, x, rest);
    }
    memory.fill(out + (<usize>count << 2), 0, <usize>(keys - count) << 2);
    pattern += row;
    dy += row;
    out += row;
  }
}

/**
 * What Σ weight · −log softmax(logits)[target] needs of each row: the largest logit minus the target's, and Σ e^(logit − largest), as two numbers in `parts`
 * (the logarithm is the caller's, in double precision). With `gradient` not 0 also weight · (softmax − one-hot) there, else in `scratch` one row.
 */
export function crossEntropy(
  logits: usize, targets: usize, weights: usize, parts: usize, gradient: usize, scratch: usize, rows: i32, vocabulary: i32,
): void {
  // Without gradient all rows use one scratch row.
  const chunks = gradient == 0 ? 1 : min(rows, chunksOf(rows * vocabulary, LEAST));
  if (chunks <= 1) return crossEntropySome(0, rows, logits, targets, weights, parts, gradient, scratch, vocabulary);
  begin();
  setArgument(0, logits);
  setArgument(1, targets);
  setArgument(2, weights);
  setArgument(3, parts);
  setArgument(4, gradient);
  setArgument(5, rows);
  setArgument(6, vocabulary);
  share(CROSS_ENTROPY, chunks);
}

export function crossEntropyPart(chunk: i32, chunks: i32): void {
  const rows = argument(5);
  crossEntropySome(
    partStart(rows, chunk, chunks, 1), partStart(rows, chunk + 1, chunks, 1),
    argument(0), argument(1), argument(2), argument(3), argument(4), 0, argument(6),
  );
}

/** Rows from … up to …. */
function crossEntropySome(
  first: i32, last: i32, logits: usize, targets: usize, weights: usize, parts: usize, gradient: usize, scratch: usize, vocabulary: i32,
): void {
  const row = <usize>vocabulary << 2;
  logits += <usize>first * row;
  parts += <usize>first << 3;
  for (let index = first; index < last; index++) {
    const weight = load<f32>(weights + (<usize>index << 2));
    const target = <usize>load<i32>(targets + (<usize>index << 2)) << 2;
    const out = gradient == 0 ? scratch : gradient + <usize>index * row;
    if (weight == 0) {
      store<f32>(parts, 0);
      store<f32>(parts, 1, 4);
      if (gradient != 0) memory.fill(out, 0, row);
    } else {
      softmaxRow(logits, out, vocabulary, 0);
      store<f32>(parts, lastTop - load<f32>(logits + target));
      store<f32>(parts, lastSum, 4);
      if (gradient != 0) {
        store<f32>(out + target, load<f32>(out + target) - 1);
        scaleRow(out, vocabulary, weight);
      }
    }
    parts += 8;
    logits += row;
  }
}

function scaleRow(at: usize, count: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const end = at + (<usize>(count & ~3) << 2);
  for (; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), factors));
  if ((count & 3) > 0) storePart(at, f32x4.mul(loadPart(at, count & 3, 0), factors), count & 3);
}
