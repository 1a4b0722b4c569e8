export type { NextTokenModel } from "./next-token-model.ts";
export {
  ContextTooShortError,
  MatrixTooLargeError,
  NothingToCountError,
  OptionError,
  WeightError,
} from "./errors.ts";
export { MarkovChain, type MarkovChainOptions } from "./markov-chain.ts";
export { SecondOrderWithSkips, type SkipOptions } from "./second-order-with-skips.ts";
export { VoteTable, type Vote } from "./vote-table.ts";
export { attentionMask } from "./attention-mask.ts";
export { FeedForwardMemory, type FeedForwardWeights, type Memory } from "./feed-forward-memory.ts";
export { wordFeatures, type WordFeature } from "./word-features.ts";
export { SelectiveSecondOrder, type SelectiveSecondOrderParts } from "./selective-second-order.ts";
export { samplingDistribution, type SamplingOptions } from "./sampling-distribution.ts";
export { twoDimensionalEmbedding, type TwoDimensionalEmbedding } from "./two-dimensional-embedding.ts";
export { entropy } from "./entropy.ts";
export { completion, Completion, type CompletionOptions, type CompletionStep } from "./completion.ts";
export { Loss, lossFloor, modelLoss, type Prediction } from "./loss.ts";
export { causalMask } from "./attention/causal-mask.ts";
export { feedForward, type FeedForward } from "./attention/feed-forward.ts";
export { fourRandomWords, type FourRandomWords } from "./attention/four-random-words.ts";
export { layerNorm } from "./attention/layer-norm.ts";
export {
  concatenateThenProject,
  multiHeadAttention,
  type MultiHeadAttention,
  type MultiHeadAttentionOptions,
} from "./attention/multi-head-attention.ts";
export {
  encoderDecoder,
  type EncoderDecoderOptions,
  type EncoderDecoderRun,
  type EncoderDecoderWeights,
} from "./attention/encoder-decoder.ts";
export { positionalEncoding } from "./attention/positional-encoding.ts";
export { randomAttentionWeights, type AttentionSizes } from "./attention/random-weights.ts";
export {
  scaledDotProductAttention,
  type Attention,
  type AttentionOptions,
} from "./attention/scaled-dot-product-attention.ts";
export { singleHeadAttention, type SingleHeadAttention } from "./attention/single-head-attention.ts";
export {
  decoderStack,
  encoderStack,
  type LayerSteps,
  type StackOptions,
  type StackSteps,
} from "./attention/stack.ts";
export type {
  AttentionWeights,
  FeedForwardLayerWeights,
  HeadWeights,
  LayerNormWeights,
  LayerWeights,
} from "./attention/weights.ts";
export {
  HandMadeModel,
  handMadeModel,
  type HandMadeModelOptions,
  type HandMadeRun,
  type HandMadeWeights,
} from "./specification/hand-made-model.ts";
export {
  HeadSpecification,
  headSpecification,
  type HeadDescription,
  type ValueTerm,
} from "./specification/head-specification.ts";
export {
  anyWordOf,
  everyPosition,
  matching,
  previousPosition,
  samePosition,
  sameWord,
  withFeature,
  wordsInMask,
  type Direction,
  type LooksFor,
  type ScoreTerm,
} from "./specification/looks-for.ts";
export {
  is,
  NeuronSpecification,
  neuronSpecification,
  type Condition,
  type NeuronDescription,
} from "./specification/neuron-specification.ts";
export { channel, feature, prediction, word, type Reading } from "./specification/reading.ts";
export { ResidualSpace, type Block, type ResidualSpaceOptions } from "./specification/residual-space.ts";
export { transformerFromSpecification } from "./specification/transformer-from-specification.ts";
export { votes, type Votes } from "./specification/votes.ts";
export * from "./transformer/index.ts";
