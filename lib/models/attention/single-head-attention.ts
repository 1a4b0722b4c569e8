import type { Tensor } from "../../tensor/index.ts";
import { checkNumbers } from "./check-numbers.ts";
import {
  scaledDotProductAttention,
  type Attention,
  type AttentionOptions,
} from "./scaled-dot-product-attention.ts";
import type { HeadWeights } from "./weights.ts";

/** Every step of one head. */
export interface SingleHeadAttention extends Attention {
  readonly queries: Tensor<["query", "feature"]>;
  readonly keys: Tensor<["key", "feature"]>;
  readonly values: Tensor<["key", "value"]>;
  /** What the head adds to the residual stream: result × W_O. */
  readonly output: Tensor<["position", "embedding"]>;
}

/**
 * One head on a sentence: Q = x W_Q, K = x W_K, V = x W_V, softmax(Q Kᵀ / √d_k + mask) V W_O.
 * Source: Rohrer, "Single head attention revisited".
 *
 * @param x position, embedding; with the words as labels of "position" they come back on "query" and "key"
 * @throws WeightError, SizeError, LabelError
 */
export function singleHeadAttention(
  x: Tensor<["position", "embedding"]>,
  weights: HeadWeights,
  options: AttentionOptions = {},
): SingleHeadAttention {
  checkNumbers({ x, ...weights });
  const queries = x.rename({ position: "query" }).dot(weights.W_Q, "embedding");
  const keys = x.rename({ position: "key" }).dot(weights.W_K, "embedding");
  const values = x.rename({ position: "key" }).dot(weights.W_V, "embedding");
  const attention = scaledDotProductAttention(queries, keys, values, options);
  const output = attention.result.dot(weights.W_O, "value").rename({ query: "position" });
  return { queries, keys, values, ...attention, output };
}
