import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Arithmetic, Numbers } from "./arithmetic.ts";

/** The rows of `table` [rows, columns] that `indices` name: [...shape, columns]. */
export function rowsOf(
  arithmetic: Arithmetic,
  table: Numbers,
  indices: Int32Array,
  shape: readonly number[],
): Numbers {
  const { tf, fast, tape } = arithmetic;
  const [count = 0, columns = 0] = table.shape;
  const places = fast?.vector(indices) ?? tf.tensor1d(indices, "int32");
  const rows = indices.length;
  let chosen: Numbers;
  if (fast) {
    chosen = fast.output([...shape, columns]);
    fast.kernels.gatherRows(fast.at(table), fast.at(places), fast.at(chosen), rows, columns);
  } else chosen = tf.reshape(tf.gather(table, places), [...shape, columns]);
  tape?.record(chosen, [table], (dy) => {
    if (fast) {
      const gradient = fast.output(table.shape);
      const [from, to] = [fast.at(dy), fast.at(gradient)];
      fast.kernels.scatterRows(from, fast.at(places), to, rows, columns, table.size);
      return [gradient];
    }
    const oneHot = tf.oneHot(places, count) as Tensor2D;
    const dyRows: Tensor2D = tf.reshape(dy, [-1, columns]);
    return [tf.matMul(tf.cast(oneHot, "float32"), dyRows, true)];
  });
  return chosen;
}
