import type { Tensor3D } from "@tensorflow/tfjs-core";
import type { FastKernels } from "../kernels/fast-kernels.ts";
import type { TensorFlow } from "../tensorflow.ts";
import type { Arithmetic, Numbers } from "./arithmetic.ts";

/** What each head adds to the residual stream: z [batch, position, heads × value], W_O [heads × value, n] give [batch, position, heads × n]. */
export function headResults(arithmetic: Arithmetic, z: Numbers, weight: Numbers, heads: number): Numbers {
  const { fast, tape } = arithmetic;
  const results = fast ? fastResults(fast, z, weight, heads) : composedResults(arithmetic, z, weight, heads);
  tape?.record(results, [z, weight], (dy, wants) =>
    fast
      ? fastGradients(fast, z, weight, heads, dy, wants)
      : composedGradients(arithmetic, z, weight, heads, dy, wants),
  );
  return results;
}

/** How z, W_O and the results lie in memory: steps between the rows and the heads of each. */
function layout(z: Numbers, weight: Numbers, heads: number) {
  const [batch = 0, position = 0, width = 0] = z.shape;
  const size = width / heads;
  const n = weight.shape[1] ?? 1;
  return {
    shape: [batch, position, heads * n],
    rows: batch * position,
    size,
    n,
    z: { row: width, batch: size },
    weight: { row: n, batch: size * n },
    results: { row: heads * n, batch: n },
  };
}

function fastResults(fast: FastKernels, z: Numbers, weight: Numbers, heads: number): Numbers {
  const { shape, rows, size, n, ...steps } = layout(z, weight, heads);
  const results = fast.output(shape);
  const [from, by, to] = [fast.at(z), fast.at(weight), fast.at(results)];
  fast.product(
    rows,
    n,
    size,
    { at: from, ...steps.z },
    { at: by, ...steps.weight },
    { at: to, ...steps.results },
    { batch: heads },
  );
  return results;
}

function fastGradients(
  fast: FastKernels,
  z: Numbers,
  weight: Numbers,
  heads: number,
  dy: Numbers,
  [wantsZ, wantsWeight]: readonly boolean[],
): (Numbers | undefined)[] {
  const { rows, size, n, ...steps } = layout(z, weight, heads);
  const options = { batch: heads };
  const results = { at: fast.at(dy), ...steps.results };
  let dz: Numbers | undefined;
  if (wantsZ === true) {
    dz = fast.output(z.shape);
    const turned = { at: fast.at(weight), ...steps.weight, row: 1, column: n };
    fast.product(rows, size, n, results, turned, { at: fast.at(dz), ...steps.z }, options);
  }
  let dWeight: Numbers | undefined;
  if (wantsWeight === true) {
    dWeight = fast.output(weight.shape);
    const turned = { at: fast.at(z), batch: size, row: 1, column: steps.z.row };
    fast.product(size, n, rows, turned, results, { at: fast.at(dWeight), ...steps.weight }, options);
  }
  return [dz, dWeight];
}

function composedResults({ tf }: Arithmetic, z: Numbers, weight: Numbers, heads: number): Numbers {
  const { shape, n } = layout(z, weight, heads);
  const results = tf.matMul(byHead(tf, z, heads), tf.reshape(weight, [heads, -1, n]));
  return tf.reshape(tf.transpose(results, [1, 0, 2]), shape);
}

function composedGradients(
  { tf }: Arithmetic,
  z: Numbers,
  weight: Numbers,
  heads: number,
  dy: Numbers,
  [wantsZ, wantsWeight]: readonly boolean[],
): (Numbers | undefined)[] {
  const { n } = layout(z, weight, heads);
  const results = byHead(tf, dy, heads);
  let dz: Numbers | undefined;
  if (wantsZ === true) {
    const back = tf.matMul(results, tf.reshape(weight, [heads, -1, n]), false, true);
    dz = tf.reshape(tf.transpose(back, [1, 0, 2]), z.shape);
  }
  const dWeight =
    wantsWeight === true
      ? tf.reshape(tf.matMul(byHead(tf, z, heads), results, true), weight.shape)
      : undefined;
  return [dz, dWeight];
}

/** [batch, position, heads × size] as [heads, batch × position, size]. */
function byHead(tf: TensorFlow, x: Numbers, heads: number): Tensor3D {
  const [batch = 0, position = 0, width = 0] = x.shape;
  return tf.transpose(tf.reshape(x, [batch * position, heads, width / heads]), [1, 0, 2]);
}

/** The sum over heads: x [batch, position, heads × n] gives [batch, position, n]. */
export function sumOfHeads(arithmetic: Arithmetic, x: Numbers, heads: number): Numbers {
  const { tf, fast, tape } = arithmetic;
  const [batch = 0, position = 0, width = 0] = x.shape;
  const size = width / heads;
  let sum: Numbers;
  if (fast) {
    sum = fast.output([batch, position, size]);
    const [from, to] = [fast.at(x), fast.at(sum)];
    for (let row = 0; row < batch * position; row++)
      fast.kernels.sumRows(from + row * width * 4, to + row * size * 4, heads, size);
  } else sum = tf.sum(tf.reshape(x, [batch, position, heads, size]), 2);
  tape?.record(sum, [x], (dy) => [tf.reshape(tf.tile(tf.expandDims(dy, 2), [1, 1, heads, 1]), x.shape)]);
  return sum;
}

/** Each of `heads` parts of the last axis `repeats` times in a row: grouped keys or values, one copy for each query head. */
export function repeatedHeads(arithmetic: Arithmetic, x: Numbers, heads: number, repeats: number): Numbers {
  if (repeats === 1) return x;
  const { tf, tape } = arithmetic;
  const [batch = 0, position = 0, width = 0] = x.shape;
  const size = width / heads;
  const copies = tf.tile(tf.reshape(x, [batch * position, heads, 1, size]), [1, 1, repeats, 1]);
  const all = tf.reshape(copies, [batch, position, width * repeats]);
  tape?.record(all, [x], (dy) => [
    tf.reshape(tf.sum(tf.reshape(dy, [batch * position, heads, repeats, size]), 2), x.shape),
  ]);
  return all;
}
