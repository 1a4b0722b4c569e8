import type { Tensor } from "../../tensor/index.ts";
import { OptionError } from "../errors.ts";
import { causalMask } from "./causal-mask.ts";
import { feedForward, type FeedForward } from "./feed-forward.ts";
import { layerNorm } from "./layer-norm.ts";
import { multiHeadAttention, type MultiHeadAttention } from "./multi-head-attention.ts";
import type { LayerNormWeights, LayerWeights } from "./weights.ts";

/** Where the layer norms stand. */
export interface StackOptions {
  /**
   * "none"; "before" each attention and feed-forward layer (GPT-2); or "after" the skip connection (the paper).
   * "none" unless given.
   */
  readonly norm?: "none" | "before" | "after";
}

/** What one layer did. */
export interface LayerSteps {
  /** The residual stream on the way in. */
  readonly before: Tensor<["position", "embedding"]>;
  readonly attention: MultiHeadAttention;
  readonly crossAttention?: MultiHeadAttention;
  readonly feedForward?: FeedForward;
  /** The residual stream on the way out. */
  readonly after: Tensor<["position", "embedding"]>;
}

/** What a stack of layers did, layer by layer. */
export interface StackSteps {
  readonly layers: readonly LayerSteps[];
  /** The residual stream after the last layer. */
  readonly output: Tensor<["position", "embedding"]>;
}

/**
 * Layers one after the other, each position attending to all: x = x + attention(x), x = x + feedForward(x). The skip
 * connections are the "x +": what no head moves stays.
 * Source: Vaswani et al. 2017, section 3.1 (encoder); Rohrer, "Skip connection", "Encoder stack".
 *
 * @param x the embedded words: position, embedding
 * @throws WeightError, SizeError, LabelError
 */
export function encoderStack(
  x: Tensor<["position", "embedding"]>,
  layers: readonly LayerWeights[],
  options: StackOptions = {},
): StackSteps {
  return stack(x, layers, options, {});
}

/**
 * The same with a causal mask, so that no position sees a later one; and, in layers that have weights for it,
 * attention to `memory`, the encoder's output: queries from the target, keys and values from the source.
 * Source: Vaswani et al. 2017, section 3.1 (decoder); Rohrer, "Decoder stack", "Cross-attention".
 *
 * @param options.memory the encoder's output; the same for every layer
 * @throws OptionError when a layer has weights for cross-attention and there is no `memory`
 */
export function decoderStack(
  x: Tensor<["position", "embedding"]>,
  layers: readonly LayerWeights[],
  options: StackOptions & { readonly memory?: Tensor<["position", "embedding"]> } = {},
): StackSteps {
  const mask = causalMask(x.labels("position") ?? x.sizeOf("position"));
  return stack(x, layers, options, { mask, ...(options.memory && { memory: options.memory }) });
}

interface StackInputs {
  readonly mask?: Tensor<["query", "key"]>;
  readonly memory?: Tensor<["position", "embedding"]>;
}

function stack(
  x: Tensor<["position", "embedding"]>,
  layers: readonly LayerWeights[],
  options: StackOptions,
  inputs: StackInputs,
): StackSteps {
  const steps: LayerSteps[] = [];
  let stream = x;
  for (const [number, layer] of layers.entries()) {
    if (layer.crossAttention !== undefined && inputs.memory === undefined)
      throw new OptionError(
        `memory for the cross-attention of layer ${number}`,
        "missing",
        "the encoder's output",
      );
    const step = layerSteps(stream, layer, options.norm ?? "none", inputs);
    steps.push(step);
    stream = step.after;
  }
  return { layers: steps, output: stream };
}

function layerSteps(
  before: Tensor<["position", "embedding"]>,
  layer: LayerWeights,
  norm: "none" | "before" | "after",
  { mask, memory }: StackInputs,
): LayerSteps {
  type Stream = Tensor<["position", "embedding"]>;
  const into = (x: Stream, weights?: LayerNormWeights): Stream =>
    norm === "before" ? layerNorm(x, weights) : x;
  const onto = (x: Stream, added: Stream, weights?: LayerNormWeights): Stream =>
    norm === "after" ? layerNorm(x.plus(added), weights) : x.plus(added);

  const attention = multiHeadAttention(
    into(before, layer.attentionNorm),
    layer.attention,
    mask ? { mask } : {},
  );
  let x = onto(before, attention.output, layer.attentionNorm);
  let steps: Omit<LayerSteps, "after"> = { before, attention };
  if (layer.crossAttention !== undefined && memory !== undefined) {
    const crossAttention = multiHeadAttention(into(x, layer.crossAttentionNorm), layer.crossAttention, {
      context: memory,
    });
    x = onto(x, crossAttention.output, layer.crossAttentionNorm);
    steps = { ...steps, crossAttention };
  }
  if (layer.feedForward !== undefined) {
    const fed = feedForward(into(x, layer.feedForwardNorm), layer.feedForward);
    x = onto(x, fed.output, layer.feedForwardNorm);
    steps = { ...steps, feedForward: fed };
  }
  return { ...steps, after: x };
}
