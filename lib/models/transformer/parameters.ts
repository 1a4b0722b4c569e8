import type { TransformerConfiguration } from "./configuration.ts";
import { WeightsError } from "./errors.ts";

/** What one parameter of a model is: the contract that loaders fill, optimisers read and checkpoints store. */
export interface ParameterSpecification {
  /** E.g. `blocks.0.attention.W_Q`. */
  readonly name: string;
  /** Names of the axes, in the order of storage (row-major). */
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  /**
   * What it starts as in a new model: `normal`, random with the standard deviation that the initialiser chooses for its fan-in;
   * `residual`, the same for maps that write to the residual stream; `embedding`, for tables; `ones`; `zeros`.
   */
  readonly start: "normal" | "residual" | "embedding" | "ones" | "zeros";
}

/** Weights by the contract's names: row-major numbers, in the shapes that {@link parameterSpecifications} gives. */
export type Parameters = ReadonlyMap<string, Float32Array>;

/**
 * The parameters of a model with this configuration, in the order of storage. Names and axes:
 *
 * | name | axes | when |
 * | --- | --- | --- |
 * | `W_E` | vocabulary, embedding | always |
 * | `W_position` | position, embedding | learned positions (offset + context rows) |
 * | `W_segment` | segment, embedding | token types |
 * | `embeddingNorm.gain`, `.bias` | embedding | |
 * | `blocks.N.attentionNorm.gain`, `.bias` | embedding | norm (`bias` only with kind `layer`) |
 * | `blocks.N.attention.W_Q` | head, embedding, feature | `b_Q` head, feature |
 * | `blocks.N.attention.W_K` | keyHead, embedding, feature | `b_K` keyHead, feature |
 * | `blocks.N.attention.W_V` | keyHead, embedding, value | `b_V` keyHead, value |
 * | `blocks.N.attention.W_O` | head, value, embedding | `b_O` embedding |
 * | `blocks.N.attention.queryNorm.gain`, `.keyNorm.gain` | feature | `queryKeyNorm` |
 * | `blocks.N.crossAttentionNorm.*`, `blocks.N.crossAttention.*` | the same | decoder of an encoder–decoder |
 * | `blocks.N.feedForwardNorm.gain`, `.bias` | embedding | |
 * | `blocks.N.feedForward.W_in` | embedding, neuron | `b_in` neuron |
 * | `blocks.N.feedForward.W_gate` | embedding, neuron | gated; `b_gate` neuron |
 * | `blocks.N.feedForward.W_out` | neuron, embedding | `b_out` embedding |
 * | `finalNorm.gain`, `.bias` | embedding | |
 * | `W_U` | embedding, vocabulary | unembedding `own` |
 * | `b_U` | vocabulary | |
 *
 * An encoder–decoder's encoder has `encoder.W_E`, `encoder.W_position`, `encoder.embeddingNorm.*`, `encoder.blocks.N.*`, `encoder.finalNorm.*`.
 * With the norm placed `after`, `attentionNorm` follows attention's addition and `feedForwardNorm` the feed-forward's.
 * Linear maps are used as x W + b: PyTorch's `Linear.weight` is the transpose, GPT-2's `Conv1D.weight` is not.
 */
export function parameterSpecifications(
  configuration: TransformerConfiguration,
): readonly ParameterSpecification[] {
  const c = configuration;
  const list: ParameterSpecification[] = [];
  const add = (name: string, start: ParameterSpecification["start"], axes: Record<string, number>) =>
    list.push({ name, axes: Object.keys(axes), shape: Object.values(axes), start });
  const norm = (name: string) => {
    if (c.norm?.learned !== true) return;
    add(`${name}.gain`, "ones", { embedding: c.embedding });
    if (c.norm.kind === "layer") add(`${name}.bias`, "zeros", { embedding: c.embedding });
  };
  const tables = (prefix: string, vocabulary: number) => {
    add(`${prefix}W_E`, "embedding", { vocabulary, embedding: c.embedding });
    if (c.positions.kind === "learned") {
      const position = c.positions.offset + c.context;
      add(`${prefix}W_position`, "embedding", { position, embedding: c.embedding });
    }
    if (c.segments > 0)
      add(`${prefix}W_segment`, "embedding", { segment: c.segments, embedding: c.embedding });
    if (c.embeddingNorm) norm(`${prefix}embeddingNorm`);
  };
  const attention = (name: string) => {
    const { embedding, heads: head, keyHeads: keyHead, feature, value } = c;
    add(`${name}.W_Q`, "normal", { head, embedding, feature });
    add(`${name}.W_K`, "normal", { keyHead, embedding, feature });
    add(`${name}.W_V`, "normal", { keyHead, embedding, value });
    if (c.attentionBiases.queryKeyValue) {
      add(`${name}.b_Q`, "zeros", { head, feature });
      add(`${name}.b_K`, "zeros", { keyHead, feature });
      add(`${name}.b_V`, "zeros", { keyHead, value });
    }
    if (c.queryKeyNorm) {
      add(`${name}.queryNorm.gain`, "ones", { feature });
      add(`${name}.keyNorm.gain`, "ones", { feature });
    }
    add(`${name}.W_O`, "residual", { head, value, embedding });
    if (c.attentionBiases.output) add(`${name}.b_O`, "zeros", { embedding });
  };
  const feedForward = (name: string) => {
    if (c.feedForward === null) return;
    const { kind, neurons: neuron, biases } = c.feedForward;
    add(`${name}.W_in`, "normal", { embedding: c.embedding, neuron });
    if (biases) add(`${name}.b_in`, "zeros", { neuron });
    if (kind === "gated") {
      add(`${name}.W_gate`, "normal", { embedding: c.embedding, neuron });
      if (biases) add(`${name}.b_gate`, "zeros", { neuron });
    }
    add(`${name}.W_out`, "residual", { neuron, embedding: c.embedding });
    if (biases) add(`${name}.b_out`, "zeros", { embedding: c.embedding });
  };
  const blocks = (prefix: string, layers: number, hasCross: boolean) => {
    for (let layer = 0; layer < layers; layer++) {
      const block = `${prefix}blocks.${layer}`;
      norm(`${block}.attentionNorm`);
      attention(`${block}.attention`);
      if (hasCross) {
        norm(`${block}.crossAttentionNorm`);
        attention(`${block}.crossAttention`);
      }
      if (c.feedForward !== null) norm(`${block}.feedForwardNorm`);
      feedForward(`${block}.feedForward`);
    }
    if (c.finalNorm) norm(`${prefix}finalNorm`);
  };
  if (c.kind === "encoder-decoder") {
    tables("encoder.", c.sourceVocabulary ?? c.vocabulary);
    blocks("encoder.", c.encoderLayers ?? c.layers, false);
  }
  tables("", c.vocabulary);
  blocks("", c.layers, c.kind === "encoder-decoder");
  if (c.unembedding === "own") add("W_U", "normal", { embedding: c.embedding, vocabulary: c.vocabulary });
  if (c.unembedding !== "none" && c.unembeddingBias) add("b_U", "zeros", { vocabulary: c.vocabulary });
  return list;
}

/** How many numbers a model with this configuration holds. */
export function parameterCount(configuration: TransformerConfiguration): number {
  return parameterSpecifications(configuration).reduce((sum, { shape }) => sum + size(shape), 0);
}

/**
 * Checks that `parameters` are exactly those that `configuration` asks for, each of the right size and finite.
 *
 * @throws {WeightsError} naming the first parameter that is missing, unknown, of another size, or has a NaN or an infinity.
 */
export function checkParameters(configuration: TransformerConfiguration, parameters: Parameters): void {
  const specifications = parameterSpecifications(configuration);
  for (const { name, axes, shape } of specifications) {
    const data = parameters.get(name);
    const expected = axes.map((axis, i) => `${axis} ${shape[i] ?? 0}`).join(" × ");
    if (data === undefined) throw new WeightsError(name, `is missing; expected ${expected}.`);
    if (data.length !== size(shape)) {
      throw new WeightsError(name, `has ${data.length} numbers; expected ${expected} = ${size(shape)}.`);
    }
    const bad = firstNotFinite(data);
    if (bad !== -1) throw new WeightsError(name, `number ${bad} is ${data[bad]}; weights must be finite.`);
  }
  const known = new Set(specifications.map(({ name }) => name));
  for (const name of parameters.keys()) {
    if (!known.has(name)) throw new WeightsError(name, "is not a parameter of this configuration.");
  }
}

/** The place of the first NaN or infinity, or −1. Models have millions of numbers: 0 times each is summed first, which is 0 if all are finite. */
function firstNotFinite(data: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < data.length; i += 4) {
    a += 0 * (data[i] ?? 0);
    b += 0 * (data[i + 1] ?? 0);
    c += 0 * (data[i + 2] ?? 0);
    d += 0 * (data[i + 3] ?? 0);
  }
  for (; i < data.length; i++) a += 0 * (data[i] ?? 0);
  return a + b + c + d === 0 ? -1 : data.findIndex((number) => !Number.isFinite(number));
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
