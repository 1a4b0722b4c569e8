import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Arithmetic, Numbers } from "./arithmetic.ts";

/** The rows of `table` [rows, columns] that `indices` name: [...shape, columns]. */
export function rowsOf(
  arithmetic: Arithmetic,
  table: Numbers,
  indices: Int32Array,
  shape: readonly number[],
): Numbers {
  const { tf, tape } = arithmetic;
  const [count = 0, columns = 0] = table.shape;
  const chosen = tf.reshape(tf.gather(table, tf.tensor1d(indices, "int32")), [...shape, columns]);
  tape?.record(chosen, [table], (dy) => {
    const oneHot = tf.oneHot(tf.tensor1d(indices, "int32"), count) as Tensor2D;
    const dyRows: Tensor2D = tf.reshape(dy, [-1, columns]);
    return [tf.matMul(tf.cast(oneHot, "float32"), dyRows, true)];
  });
  return chosen;
}
