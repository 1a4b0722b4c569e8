import { LabelError, softmax, type Tensor } from "../../tensor/index.ts";
import { Vocabulary } from "../../text/index.ts";
import { checkNumbers } from "./check-numbers.ts";
import { positionalEncoding } from "./positional-encoding.ts";
import { decoderStack, encoderStack, type StackOptions, type StackSteps } from "./stack.ts";
import type { LayerWeights } from "./weights.ts";

/** The weights of an encoder–decoder, given as data. */
export interface EncoderDecoderWeights {
  /** The embedding of the source language; labels of its axis "vocabulary" are the words. */
  readonly W_E_source: Tensor<["vocabulary", "embedding"]>;
  /** The embedding of the target language. */
  readonly W_E_target: Tensor<["vocabulary", "embedding"]>;
  readonly encoder: readonly LayerWeights[];
  /** Layers with `crossAttention`. */
  readonly decoder: readonly LayerWeights[];
  /** The unembedding into the target language. */
  readonly W_U: Tensor<["embedding", "vocabulary"]>;
}

/** Settings of an encoder–decoder. */
export interface EncoderDecoderOptions extends StackOptions {
  /** Whether sines and cosines are added to the embedded words; true unless said otherwise. */
  readonly positions?: boolean;
}

/** A run of an encoder–decoder. */
export interface EncoderDecoderRun {
  readonly encoder: StackSteps;
  readonly decoder: StackSteps;
  /** For each target position the words that may come next, before the softmax. */
  readonly logits: Tensor<["position", "vocabulary"]>;
  /** The same as shares. */
  readonly distributions: Tensor<["position", "vocabulary"]>;
}

/**
 * An encoder–decoder on a pair of sentences. In each decoder layer's cross-attention rows are target words (they
 * ask), columns source words (they answer).
 * Source: Vaswani et al. 2017, section 3.1; Rohrer, "Cross-attention"; Doshi, the grid of El/bola/es/azul on
 * The/ball/is/blue.
 *
 * @param source the words of the source sentence
 * @param target the words of the target sentence so far
 * @throws UnknownWordError, LabelError when an embedding has no words, WeightError, OptionError
 */
export function encoderDecoder(
  source: readonly string[],
  target: readonly string[],
  weights: EncoderDecoderWeights,
  options: EncoderDecoderOptions = {},
): EncoderDecoderRun {
  const { W_E_source, W_E_target, W_U } = weights;
  checkNumbers({ W_E_source, W_E_target, W_U });
  const positions = options.positions ?? true;
  const encoder = encoderStack(embedded(source, W_E_source, positions), weights.encoder, options);
  const decoder = decoderStack(embedded(target, W_E_target, positions), weights.decoder, {
    ...options,
    memory: encoder.output,
  });
  const logits = decoder.output.dot(W_U, "embedding");
  return { encoder, decoder, logits, distributions: softmax(logits, "vocabulary") };
}

/** One-hot × W_E, plus positions. */
function embedded(
  words: readonly string[],
  W_E: Tensor<["vocabulary", "embedding"]>,
  withPositions: boolean,
): Tensor<["position", "embedding"]> {
  const known = W_E.labels("vocabulary");
  if (known === undefined)
    throw new LabelError(
      'The embedding has no words on its axis "vocabulary"; give it some with withLabels.',
    );
  const x = new Vocabulary(known).oneHot(words).dot(W_E, "vocabulary");
  return withPositions ? x.plus(positionalEncoding(words.length, W_E.sizeOf("embedding"))) : x;
}
