import { randomNormal } from "../../tensor/index.ts";
import type { AttentionWeights } from "./weights.ts";

/** The sizes of a layer of heads. */
export interface AttentionSizes {
  /** h. */
  readonly heads: number;
  /** d_model, the width of the residual stream. */
  readonly embedding: number;
  /** d_k, the width of queries and keys; d_model / h unless given. */
  readonly feature?: number;
  /** d_v, the width of values; d_k unless given. */
  readonly value?: number;
  /** The same seed gives the same weights; 1 unless given. */
  readonly seed?: number | string;
}

/**
 * Untrained weights for a layer of heads: normally distributed with standard deviation 1 / √d_model, so that queries
 * and keys are about as large as what goes in. A start for playing, and the control for what a trained head does.
 *
 * @example multiHeadAttention(x, randomAttentionWeights({ heads: 2, embedding: 8 }))
 */
export function randomAttentionWeights(sizes: AttentionSizes): AttentionWeights {
  const { heads, embedding, seed = 1 } = sizes;
  const feature = sizes.feature ?? Math.max(1, Math.floor(embedding / heads));
  const value = sizes.value ?? feature;
  const deviation = 1 / Math.sqrt(embedding);
  const read = ["head", "embedding", "feature"] as const;
  return {
    W_Q: randomNormal(read, [heads, embedding, feature], { seed: `W_Q ${seed}`, deviation }),
    W_K: randomNormal(read, [heads, embedding, feature], { seed: `W_K ${seed}`, deviation }),
    W_V: randomNormal(["head", "embedding", "value"], [heads, embedding, value], {
      seed: `W_V ${seed}`,
      deviation,
    }),
    W_O: randomNormal(["head", "value", "embedding"], [heads, value, embedding], {
      seed: `W_O ${seed}`,
      deviation,
    }),
  };
}
