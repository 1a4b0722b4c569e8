import { ACTIVATE } from "./parts";
import { argument, begin, chunksOf, partStart, setArgument, share } from "./threads";
import { accumulate, exponential, loadPart, storePart } from "./vector";

/** The fewest numbers that are worth a chunk of their own. */
const LEAST: i32 = 2048;

/** 1 / (1 + e^x): σ(−x). */
// @ts-ignore: decorator
@inline
function fallingSigmoid(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exponential(x)));
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

/** Writes `count` slopes to where they are wanted, if they are. */
// @ts-ignore: decorator
@inline
function put(slopes: usize, at: usize, slope: v128, count: i32): void {
  if (slopes == 0) return;
  if (count == 4) v128.store(slopes + at, slope);
  else storePart(slopes + at, slope, count);
}

/**
 * f(x), and f′(x) for the first `count` of four numbers at `slopes` + `at`. The functions by number: 0 relu, 1 gelu, 2 gelu-tanh, 3 gelu-sigmoid, 4 silu. All but
 * relu are x · share(x), the share being what is let through; what share and slope have in common is computed once.
 */
// @ts-ignore: decorator
@inline
function value(x: v128, kind: i32, slopes: usize, at: usize, count: i32): v128 {
  const one = f32x4.splat(1);
  if (kind == 0) {
    put(slopes, at, v128.and(one, f32x4.gt(x, f32x4.splat(0))), count);
    // The operands' order keeps what is not a number.
    return f32x4.pmax(x, f32x4.splat(0));
  }
  if (kind == 1) {
    const bell = exponential(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
    const share = below(x, bell);
    put(slopes, at, accumulate(share, x, f32x4.mul(bell, f32x4.splat(0.3989422804))), count);
    return f32x4.mul(x, share);
  }
  // x · σ(u(x)): u falls in the exponent, so its numbers are given with the other sign.
  let inner = f32x4.neg(x);
  let innerSlope = one;
  if (kind == 2) {
    // (1 + tanh u) / 2 = σ(2u), 2u = 2 √(2/π) (x + 0.044715 x³)
    const square = f32x4.mul(x, x);
    inner = f32x4.mul(x, accumulate(f32x4.splat(-1.5957691216), f32x4.splat(-0.07135481627), square));
    innerSlope = accumulate(f32x4.splat(1.5957691216), f32x4.splat(0.2140644488), square);
  } else if (kind == 3) {
    inner = f32x4.mul(x, f32x4.splat(-1.702));
    innerSlope = f32x4.splat(1.702);
  }
  const share = fallingSigmoid(inner);
  const y = f32x4.mul(x, share);
  put(slopes, at, accumulate(share, f32x4.mul(y, innerSlope), f32x4.sub(one, share)), count);
  return y;
}

/** out = f(x) for `n` numbers; where `slopes` is not 0, f′(x) there. */
export function activate(x: usize, out: usize, slopes: usize, n: i32, kind: i32): void {
  const chunks = chunksOf(n, LEAST);
  if (chunks == 1) return activateAll(x, out, slopes, n, kind);
  begin();
  setArgument(0, x);
  setArgument(1, out);
  setArgument(2, slopes);
  setArgument(3, n);
  setArgument(4, kind);
  share(ACTIVATE, chunks);
}

export function activatePart(chunk: i32, chunks: i32): void {
  const n = argument(3);
  const first = partStart(n, chunk, chunks, 4);
  const offset = <usize>first << 2;
  const slopes = argument(2) == 0 ? <usize>0 : argument(2) + offset;
  activateAll(argument(0) + offset, argument(1) + offset, slopes, partStart(n, chunk + 1, chunks, 4) - first, argument(4));
}

function activateAll(x: usize, out: usize, slopes: usize, n: i32, kind: i32): void {
  // A loop for each, without what the others need.
  if (kind == 0) activateWith(x, out, slopes, n, 0);
  else if (kind == 1) activateWith(x, out, slopes, n, 1);
  else if (kind == 2) activateWith(x, out, slopes, n, 2);
  else if (kind == 3) activateWith(x, out, slopes, n, 3);
  else activateWith(x, out, slopes, n, 4);
}

// @ts-ignore: decorator
@inline
function activateWith(x: usize, out: usize, slopes: usize, n: i32, kind: i32): void {
  const end = <usize>(n & ~3) << 2;
  const rest = n & 3;
  for (let at: usize = 0; at < end; at += 16) v128.store(out + at, value(v128.load(x + at), kind, slopes, at, 4));
  if (rest > 0) storePart(out + end, value(loadPart(x + end, rest, 0), kind, slopes, end, rest), rest);
}
