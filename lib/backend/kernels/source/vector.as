/** sum + x · y: one instruction where the engine has relaxed SIMD (Node 22), two elsewhere. */
// @ts-ignore: decorator
@inline
export function accumulate(sum: v128, x: v128, y: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, sum) : f32x4.add(sum, f32x4.mul(x, y));
}

/** The sum of the four numbers. */
// @ts-ignore: decorator
@inline
export function sumOf(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  );
}

/** The largest of the four numbers. */
// @ts-ignore: decorator
@inline
export function largestOf(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

/**
 * e^x of four numbers, relative error below 2e-7; 0 below −87, at most e^88. Source: the polynomial of Cephes' `expf` (Moshier), with the argument
 * reduced by whole powers of two; adding 1.5 · 2²³ rounds to a whole number, which is then in the sum's last bits. The polynomial's terms are formed in pairs
 * (Estrin's scheme), which wait for each other less: where another program shares the core, few steps of a loop are under way at once.
 */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  const small = f32x4.lt(x, f32x4.splat(-87));
  // The operands' order keeps what is not a number.
  x = f32x4.pmin(x, f32x4.splat(88));
  const rounded = accumulate(f32x4.splat(12582912), x, f32x4.splat(1.44269504088896341));
  const n = f32x4.sub(rounded, f32x4.splat(12582912));
  const r = accumulate(accumulate(x, n, f32x4.splat(-0.693359375)), n, f32x4.splat(2.12194440e-4));
  const square = f32x4.mul(r, r);
  const first = accumulate(f32x4.splat(5.0000001201e-1), f32x4.splat(1.6666665459e-1), r);
  const second = accumulate(f32x4.splat(4.1665795894e-2), f32x4.splat(8.3334519073e-3), r);
  const third = accumulate(f32x4.splat(1.3981999507e-3), f32x4.splat(1.9875691500e-4), r);
  const p = accumulate(first, accumulate(second, third, square), square);
  const y = accumulate(f32x4.add(f32x4.splat(1), r), p, square);
  const power = i32x4.shl(i32x4.add(rounded, i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(y, power), small);
}

/** Four numbers from `at`, of which only `count` are there; the others read as `rest`. */
// @ts-ignore: decorator
@inline
export function loadPart(at: usize, count: i32, rest: f32): v128 {
  let x = f32x4.splat(rest);
  x = f32x4.replace_lane(x, 0, load<f32>(at));
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(at, 4));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(at, 8));
  return x;
}

/** Writes the first `count` of three or fewer numbers. */
// @ts-ignore: decorator
@inline
export function storePart(at: usize, x: v128, count: i32): void {
  store<f32>(at, f32x4.extract_lane(x, 0));
  if (count > 1) store<f32>(at, f32x4.extract_lane(x, 1), 4);
  if (count > 2) store<f32>(at, f32x4.extract_lane(x, 2), 8);
}
