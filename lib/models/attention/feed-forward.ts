import type { Tensor } from "../../tensor/index.ts";
import { checkNumbers } from "./check-numbers.ts";
import type { FeedForwardLayerWeights } from "./weights.ts";

/** The steps of a feed-forward layer. */
export interface FeedForward {
  /** x W_in + b_in, before the ReLU. */
  readonly before: Tensor<["position", "neuron"]>;
  /** max(0, before): which features are there, and how strongly. */
  readonly neurons: Tensor<["position", "neuron"]>;
  /** What the layer adds: neurons × W_out + b_out. */
  readonly output: Tensor<["position", "embedding"]>;
}

/**
 * max(0, x W_in + b_in) W_out + b_out, at each position by itself.
 * Source: Vaswani et al. 2017, section 3.3, equation 2.
 *
 * @param x position, embedding
 * @throws WeightError for NaN or infinite weights
 */
export function feedForward(
  x: Tensor<["position", "embedding"]>,
  weights: FeedForwardLayerWeights,
): FeedForward {
  checkNumbers({ x, ...weights });
  const before = x.dot(weights.W_in, "embedding").plus(weights.b_in ?? 0);
  const neurons = before.map((value) => Math.max(0, value));
  return { before, neurons, output: neurons.dot(weights.W_out, "neuron").plus(weights.b_out ?? 0) };
}
