import { ACTIVATE, ACTIVATE_GRADIENT } from "./parts";
import { argument, begin, chunksOf, partStart, setArgument, share as shareOut } from "./threads";
import { accumulate, exponential, loadPart, storePart } from "./vector";

/** The fewest numbers that are worth a chunk of their own. */
const LEAST: i32 = 2048;

/** 1 / (1 + e^−x). */
// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exponential(f32x4.neg(x))));
}

/** erf x, given e^(−x²); absolute error below 2e-7. Source: Abramowitz & Stegun 7.1.26. */
// @ts-ignore: decorator
@inline
function errorFunction(x: v128, bell: v128): v128 {
  const size = f32x4.abs(x);
  const t = f32x4.div(f32x4.splat(1), accumulate(f32x4.splat(1), size, f32x4.splat(0.3275911)));
  let p = f32x4.splat(1.061405429);
  p = accumulate(f32x4.splat(-1.453152027), p, t);
  p = accumulate(f32x4.splat(1.421413741), p, t);
  p = accumulate(f32x4.splat(-0.284496736), p, t);
  p = accumulate(f32x4.splat(0.254829592), p, t);
  const y = f32x4.sub(
    f32x4.splat(1),
    f32x4.mul(f32x4.mul(p, t), bell),
  );
  return v128.or(y, v128.and(x, i32x4.splat(0x80000000)));
}

/** The share of a normal distribution that is below x, given e^(−x²/2). */
// @ts-ignore: decorator
@inline
function below(x: v128, bell: v128): v128 {
  const half = f32x4.splat(0.5);
  return accumulate(half, half, errorFunction(f32x4.mul(x, f32x4.splat(0.70710678)), bell));
}

/** Which part of x an activation lets through, f(x) / x: 1 gelu, 2 gelu-tanh, 3 gelu-sigmoid, 4 silu. */
// @ts-ignore: decorator
@inline
function share(x: v128, kind: i32): v128 {
  if (kind == 1) {
    return below(x, exponential(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5))));
  }
  if (kind == 2) {
    // (1 + tanh u) / 2 = σ(2u)
    const cubic = accumulate(f32x4.splat(1), f32x4.splat(0.044715), f32x4.mul(x, x));
    return sigmoid(f32x4.mul(f32x4.mul(x, cubic), f32x4.splat(1.5957691216)));
  }
  return sigmoid(kind == 3 ? f32x4.mul(x, f32x4.splat(1.702)) : x);
}

/** The slope of x · share(x). */
// @ts-ignore: decorator
@inline
function slope(x: v128, kind: i32): v128 {
  if (kind == 0) return v128.and(f32x4.splat(1), f32x4.gt(x, f32x4.splat(0)));
  if (kind == 1) {
    const bell = exponential(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
    return accumulate(below(x, bell), x, f32x4.mul(bell, f32x4.splat(0.3989422804)));
  }
  const s = share(x, kind);
  const spread = f32x4.mul(s, f32x4.sub(f32x4.splat(1), s));
  let inner = f32x4.splat(kind == 3 ? 1.702 : 1);
  if (kind == 2) {
    const cubic = accumulate(f32x4.splat(1), f32x4.splat(0.134145), f32x4.mul(x, x));
    inner = f32x4.mul(cubic, f32x4.splat(1.5957691216));
  }
  return accumulate(s, f32x4.mul(x, inner), spread);
}

// @ts-ignore: decorator
@inline
function value(x: v128, kind: i32): v128 {
  return kind == 0 ? f32x4.max(x, f32x4.splat(0)) : f32x4.mul(x, share(x, kind));
}

/** out = f(x) for `n` numbers; kinds as in `share`, 0 relu. */
export function activate(x: usize, out: usize, n: i32, kind: i32): void {
  const chunks = chunksOf(n, LEAST);
  if (chunks == 1) return activateAll(x, out, n, kind);
  begin();
  setArgument(0, x);
  setArgument(1, out);
  setArgument(2, n);
  setArgument(3, kind);
  shareOut(ACTIVATE, chunks);
}

export function activatePart(chunk: i32, chunks: i32): void {
  const n = argument(2);
  const first = partStart(n, chunk, chunks, 4);
  const offset = <usize>first << 2;
  activateAll(argument(0) + offset, argument(1) + offset, partStart(n, chunk + 1, chunks, 4) - first, argument(3));
}

function activateAll(x: usize, out: usize, n: i32, kind: i32): void {
  const end = x + (<usize>(n & ~3) << 2);
  for (; x < end; x += 16, out += 16) v128.store(out, value(v128.load(x), kind));
  if ((n & 3) > 0) storePart(out, value(loadPart(x, n & 3, 0), kind), n & 3);
}

/** out = dy ∘ f′(x). */
export function activateGradient(x: usize, dy: usize, out: usize, n: i32, kind: i32): void {
  const chunks = chunksOf(n, LEAST);
  if (chunks == 1) return slopes(x, dy, out, n, kind);
  begin();
  setArgument(0, x);
  setArgument(1, dy);
  setArgument(2, out);
  setArgument(3, n);
  setArgument(4, kind);
  shareOut(ACTIVATE_GRADIENT, chunks);
}

export function activateGradientPart(chunk: i32, chunks: i32): void {
  const n = argument(3);
  const first = partStart(n, chunk, chunks, 4);
  const offset = <usize>first << 2;
  const count = partStart(n, chunk + 1, chunks, 4) - first;
  slopes(argument(0) + offset, argument(1) + offset, argument(2) + offset, count, argument(4));
}

function slopes(x: usize, dy: usize, out: usize, n: i32, kind: i32): void {
  const end = x + (<usize>(n & ~3) << 2);
  for (; x < end; x += 16, dy += 16, out += 16) {
    v128.store(out, f32x4.mul(v128.load(dy), slope(v128.load(x), kind)));
  }
  if ((n & 3) > 0) {
    storePart(out, f32x4.mul(loadPart(dy, n & 3, 0), slope(loadPart(x, n & 3, 0), kind)), n & 3);
  }
}
