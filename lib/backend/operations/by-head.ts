import type { Arithmetic, Numbers } from "./arithmetic.ts";

/** What each head adds to the residual stream: z [batch, position, heads × value], W_O [heads × value, n] give [batch, position, heads × n]. */
export function headResults(arithmetic: Arithmetic, z: Numbers, weight: Numbers, heads: number): Numbers {
  const { tf, tape } = arithmetic;
  const [batch = 0, position = 0, width = 0] = z.shape;
  const size = width / heads;
  const n = weight.shape[1] ?? 1;
  const perHead = (x: Numbers, length: number) =>
    tf.transpose(tf.reshape(x, [batch * position, heads, length]), [1, 0, 2]);
  const back = (x: Numbers, length: number) =>
    tf.reshape(tf.transpose(x, [1, 0, 2]), [batch, position, heads * length]);
  const zByHead = perHead(z, size);
  const weightByHead = tf.reshape(weight, [heads, size, n]);
  const results = back(tf.matMul(zByHead, weightByHead), n);
  tape?.record(results, [z, weight], (dy, [wantsZ, wantsWeight]) => {
    const dyByHead = perHead(dy, n);
    return [
      wantsZ === true ? back(tf.matMul(dyByHead, weightByHead, false, true), size) : undefined,
      wantsWeight === true ? tf.reshape(tf.matMul(zByHead, dyByHead, true), weight.shape) : undefined,
    ];
  });
  return results;
}

/** The sum over heads: x [batch, position, heads × n] gives [batch, position, n]. */
export function sumOfHeads(arithmetic: Arithmetic, x: Numbers, heads: number): Numbers {
  const { tf, tape } = arithmetic;
  const [batch = 0, position = 0, width = 0] = x.shape;
  const sum = tf.sum(tf.reshape(x, [batch, position, heads, width / heads]), 2);
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
