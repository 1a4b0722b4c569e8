import type { FastKernels } from "../kernels/fast-kernels.ts";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Arithmetic, Numbers } from "./arithmetic.ts";

/**
 * The weighted sum of −log softmax(logits)[target]: logits [..., vocabulary], one target and one weight for each row; a scalar, in nats.
 * With weights that sum to 1 it is the mean loss.
 */
export function crossEntropy(
  arithmetic: Arithmetic,
  logits: Numbers,
  targets: Int32Array,
  weights: Float32Array,
): Numbers {
  const { tf, fast, tape } = arithmetic;
  if (fast) return fastCrossEntropy(arithmetic, fast, logits, targets, weights);
  const vocabulary = logits.shape.at(-1) ?? 1;
  const rows: Tensor2D = tf.reshape(logits, [-1, vocabulary]);
  const shifted = tf.sub(rows, tf.max(rows, -1, true));
  const logShares = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
  const wanted = tf.cast(tf.oneHot(tf.tensor1d(targets, "int32"), vocabulary), "float32");
  const weight = tf.tensor2d(weights, [weights.length, 1]);
  const loss = tf.neg(tf.sum(tf.mul(tf.mul(logShares, wanted), weight)));
  tape?.record(loss, [logits], (dy) => [
    tf.reshape(tf.mul(tf.mul(tf.sub(tf.exp(logShares), wanted), weight), dy), logits.shape),
  ]);
  return loss;
}

function fastCrossEntropy(
  { tf, tape }: Arithmetic,
  fast: FastKernels,
  logits: Numbers,
  targets: Int32Array,
  weights: Float32Array,
): Numbers {
  const vocabulary = logits.shape.at(-1) ?? 1;
  const rows = targets.length;
  const gradient = tape === undefined ? undefined : fast.output(logits.shape);
  const parts = fast.output([rows, 2]);
  const scratch = gradient ?? fast.output([vocabulary]);
  const [target, weight] = [fast.at(fast.vector(targets)), fast.at(fast.vector(weights))];
  const [from, partsAt, to] = [fast.at(logits), fast.at(parts), fast.at(gradient)];
  fast.kernels.crossEntropy(from, target, weight, partsAt, to, fast.at(scratch), rows, vocabulary);
  const pairs = fast.view(parts);
  let sum = 0;
  for (const [row, share] of weights.entries()) {
    sum += share * (Math.log(pairs[2 * row + 1] ?? 1) + (pairs[2 * row] ?? 0));
  }
  const loss = tf.scalar(sum);
  if (gradient !== undefined) {
    tape?.record(loss, [logits], (dy) => {
      const factor = fast.view(dy)[0] ?? 1;
      return [factor === 1 ? gradient : tf.mul(gradient, factor)];
    });
  }
  return loss;
}
