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
  const { tf, tape } = arithmetic;
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
