import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Arithmetic, Numbers } from "./arithmetic.ts";

/**
 * x W + b over the last axis: x [..., in], W [in, out] (or [out, in] with `isTransposed`: a tied unembedding), b [out].
 */
export function linear(
  arithmetic: Arithmetic,
  x: Numbers,
  weight: Numbers,
  bias?: Numbers,
  isTransposed = false,
): Numbers {
  const { tf, tape } = arithmetic;
  const rows = (t: Numbers): Tensor2D => tf.reshape(t, [-1, t.shape.at(-1) ?? 1]);
  const matrix = weight as Tensor2D;
  const product = tf.matMul(rows(x), matrix, false, isTransposed);
  const out = (isTransposed ? weight.shape[0] : weight.shape[1]) ?? 1;
  const y = tf.reshape(bias === undefined ? product : tf.add(product, bias), [...x.shape.slice(0, -1), out]);
  tape?.record(y, [x, weight, bias], (dy, [wantsX, wantsWeight, wantsBias]) => {
    const dyRows = rows(dy);
    return [
      wantsX === true ? tf.reshape(tf.matMul(dyRows, matrix, false, !isTransposed), x.shape) : undefined,
      wantsWeight === true
        ? isTransposed
          ? tf.matMul(dyRows, rows(x), true, false)
          : tf.matMul(rows(x), dyRows, true, false)
        : undefined,
      wantsBias === true ? tf.sum(dyRows, 0) : undefined,
    ];
  });
  return y;
}
