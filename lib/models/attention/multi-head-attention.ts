import { concatenate, softmax, type Tensor } from "../../tensor/index.ts";
import { checkNumbers } from "./check-numbers.ts";
import type { AttentionWeights } from "./weights.ts";

/** Every step of a multi-head attention; "query" are the positions that ask, "key" those that answer. */
export interface MultiHeadAttention {
  /** Q, x W_Q. */
  readonly queries: Tensor<["query", "head", "feature"]>;
  /** K, x W_K. */
  readonly keys: Tensor<["key", "head", "feature"]>;
  /** V, x W_V. */
  readonly values: Tensor<["key", "head", "value"]>;
  /** Q Kᵀ / √d_k, the mask not yet added. */
  readonly scores: Tensor<["query", "head", "key"]>;
  /** softmax(scores + mask): rows sum to 1. */
  readonly pattern: Tensor<["query", "head", "key"]>;
  /** z: for each query and head the mixed values. */
  readonly z: Tensor<["query", "head", "value"]>;
  /** What each head adds to the residual stream: z W_O, head by head. */
  readonly results: Tensor<["query", "head", "embedding"]>;
  /** The sum of the heads' results (and b_O): what the layer adds. */
  readonly output: Tensor<["position", "embedding"]>;
}

/** Settings of a multi-head attention. */
export interface MultiHeadAttentionOptions {
  /** Added to the scores before the softmax; `causalMask(words)` in a decoder, nothing in an encoder. */
  readonly mask?: Tensor<["query", "key"]>;
  /** Where keys and values come from; the same words unless given (cross-attention: the encoder's output). */
  readonly context?: Tensor<["position", "embedding"]>;
  /** What the scores are multiplied by; 1 / √d_k unless given. */
  readonly scale?: number;
}

/**
 * Attention with several heads at once. Rows of scores and pattern are the words that ask (in cross-attention: the
 * target's), columns the words that are attended to (the source's).
 * Source: Vaswani et al. 2017, section 3.2.2; as a sum over heads: Elhage et al. 2021, "Attention heads are
 * independent and additive".
 *
 * @param x a row of the residual stream for each word: position, embedding
 * @throws WeightError for NaN or infinite weights; SizeError, LabelError when axes do not fit
 * @example
 * const words = "the quick brown fox jumps".split(" ");
 * const vocabulary = vocabularyOf([{ tokens: words, weight: 1 }]);
 * const W_E = randomNormal(["vocabulary", "embedding"], [vocabulary.size, 8], { seed: 1 });
 * const x = vocabulary.oneHot(words).dot(W_E, "vocabulary");
 * const { pattern } = multiHeadAttention(x, randomAttentionWeights({ heads: 2, embedding: 8 }), { mask: causalMask(words) });
 * pattern.at({ head: 0 }) // query × key, with the words
 */
export function multiHeadAttention(
  x: Tensor<["position", "embedding"]>,
  weights: AttentionWeights,
  options: MultiHeadAttentionOptions = {},
): MultiHeadAttention {
  checkNumbers({ x, context: options.context, ...weights });
  const asking = x.rename({ position: "query" });
  const answering = (options.context ?? x).rename({ position: "key" });
  const queries = asking.dot(weights.W_Q, "embedding").plus(weights.b_Q ?? 0);
  const keys = answering.dot(weights.W_K, "embedding").plus(weights.b_K ?? 0);
  const values = answering.dot(weights.W_V, "embedding").plus(weights.b_V ?? 0);

  const scale = options.scale ?? 1 / Math.sqrt(queries.sizeOf("feature"));
  const scores = queries.dot(keys, "feature").times(scale);
  const pattern = softmax(scores.plus(options.mask ?? 0), "key");
  const z = pattern.dot(values, "key");
  const results = z.dot(weights.W_O, "value");
  const output = results
    .sum("head")
    .rename({ query: "position" })
    .plus(weights.b_O ?? 0);
  return { queries, keys, values, scores, pattern, z, results, output };
}

/**
 * The same output in the paper's words: the heads' values side by side, times all W_O stacked on one another.
 *
 * @param z query, head, value
 * @param W_O head, value, embedding
 * @returns query, embedding: equal to summing `z W_O` over the heads
 */
export function concatenateThenProject(
  z: Tensor<["query", "head", "value"]>,
  W_O: Tensor<["head", "value", "embedding"]>,
): Tensor<["query", "embedding"]> {
  const heads = Array.from({ length: z.sizeOf("head") }, (_, head) => head);
  const sideBySide = concatenate(
    heads.map((head) => z.at({ head })),
    "value",
  );
  const stacked = concatenate(
    heads.map((head) => W_O.at({ head })),
    "value",
  );
  return sideBySide.dot(stacked, "value");
}
