/** sum + x · y: one instruction where the engine has relaxed SIMD (Node 22), two elsewhere. */
// @ts-ignore: decorator
@inline
export function accumulate(sum: v128, x: v128, y: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, sum) : f32x4.add(sum, f32x4.mul(x, y));
}
