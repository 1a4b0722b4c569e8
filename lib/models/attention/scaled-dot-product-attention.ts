import { softmax, type Tensor } from "../../tensor/index.ts";

/** The steps of one attention, each a named tensor with the words on its axes. */
export interface Attention {
  /** Q Kᵀ / √d_k: how well each key fits each query. */
  readonly scores: Tensor<["query", "key"]>;
  /** What the softmax sees: scores plus mask. */
  readonly masked: Tensor<["query", "key"]>;
  /** The attention pattern: each row sums to 1. */
  readonly pattern: Tensor<["query", "key"]>;
  /** Z: for each query the values, mixed by its row of the pattern. */
  readonly result: Tensor<["query", "value"]>;
}

/** Settings of an attention. */
export interface AttentionOptions {
  /** Added to the scores before the softmax, for instance `causalMask(words)`. */
  readonly mask?: Tensor<["query", "key"]>;
  /** What the scores are multiplied by; 1 / √d_k unless given. */
  readonly scale?: number;
}

/**
 * softmax(Q Kᵀ / √d_k + mask) V.
 * Source: Vaswani et al. 2017, section 3.2.1, equation 1.
 *
 * @param queries Q, a row for each word that asks
 * @param keys K, a row for each word that can be attended to
 * @param values V, what each of these gives
 * @throws SizeError, LabelError when they do not fit
 * @example scaledDotProductAttention(Q, K, V, { mask: causalMask(words) }).pattern
 */
export function scaledDotProductAttention(
  queries: Tensor<["query", "feature"]>,
  keys: Tensor<["key", "feature"]>,
  values: Tensor<["key", "value"]>,
  options: AttentionOptions = {},
): Attention {
  const scale = options.scale ?? 1 / Math.sqrt(queries.sizeOf("feature"));
  const scores = queries.dot(keys, "feature").times(scale);
  const masked = scores.plus(options.mask ?? 0);
  const pattern = softmax(masked, "key");
  return { scores, masked, pattern, result: pattern.dot(values, "key") };
}
