import type { Tensor } from "../../tensor/index.ts";

/** The weights of one head. */
export interface HeadWeights {
  readonly W_Q: Tensor<["embedding", "feature"]>;
  readonly W_K: Tensor<["embedding", "feature"]>;
  readonly W_V: Tensor<["embedding", "value"]>;
  readonly W_O: Tensor<["value", "embedding"]>;
}

/** The weights of all heads of a layer, biases where the model has them. */
export interface AttentionWeights {
  readonly W_Q: Tensor<["head", "embedding", "feature"]>;
  readonly W_K: Tensor<["head", "embedding", "feature"]>;
  readonly W_V: Tensor<["head", "embedding", "value"]>;
  readonly W_O: Tensor<["head", "value", "embedding"]>;
  readonly b_Q?: Tensor<["head", "feature"]>;
  readonly b_K?: Tensor<["head", "feature"]>;
  readonly b_V?: Tensor<["head", "value"]>;
  readonly b_O?: Tensor<["embedding"]>;
}

/** The weights of a feed-forward layer in the embedding space: max(0, x W_in + b_in) W_out + b_out. */
export interface FeedForwardLayerWeights {
  readonly W_in: Tensor<["embedding", "neuron"]>;
  readonly b_in?: Tensor<["neuron"]>;
  readonly W_out: Tensor<["neuron", "embedding"]>;
  readonly b_out?: Tensor<["embedding"]>;
}

/** What a layer norm multiplies with and adds after it has centred and scaled. */
export interface LayerNormWeights {
  readonly scale: Tensor<["embedding"]>;
  readonly shift: Tensor<["embedding"]>;
}

/** One layer of an encoder or decoder. What is left out is not there (attention-only, no norm, no cross-attention). */
export interface LayerWeights {
  readonly attention: AttentionWeights;
  /** Attention to the encoder's output. */
  readonly crossAttention?: AttentionWeights;
  readonly feedForward?: FeedForwardLayerWeights;
  readonly attentionNorm?: LayerNormWeights;
  readonly crossAttentionNorm?: LayerNormWeights;
  readonly feedForwardNorm?: LayerNormWeights;
}
