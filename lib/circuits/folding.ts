import {
  parameterSpecifications,
  Transformer,
  transformerConfiguration,
  type TransformerConfiguration,
} from "../models/transformer/index.ts";
import { refactored } from "./refactoring.ts";

/** A way of rewriting weights that does not hold for this model; the message says why. */
export class FoldingError extends Error {
  override readonly name = "FoldingError";
}

/** Which rewritings are wanted; see {@link foldedModel}. */
export interface FoldingOptions {
  /** Gain and bias of each norm go into what reads it. Default: wherever the model has a learned norm. */
  readonly norms?: boolean;
  /** What writes to the residual stream writes vectors of mean 0. Default: wherever each reader subtracts the mean anyway. */
  readonly centreWriting?: boolean;
  /** Logits get mean 0 over the vocabulary: they change by a constant at each position, probabilities don't. Default: yes. */
  readonly centreUnembedding?: boolean;
  /** Biases of values go into the output's bias: shares of attention sum to 1, so they always add the same. Default: yes. */
  readonly valueBiases?: boolean;
  /** Each head's W_V, W_O (and W_Q, W_K, where nothing stands between them) by the singular directions of W_OV and W_QK. Default: no. */
  readonly refactor?: boolean;
}

/**
 * The same function with its weights rewritten so that they can be read: log-probabilities stay what they are, up to rounding.
 *
 * In order: norms folded into their readers (W ← diag(gain) W, b ← b + bias W, and, for layer norm, what reads loses its mean over
 * the embedding); writing weights centred; unembedding centred; value biases folded; optionally heads refactored.
 * What no longer makes sense for a model is refused when it is asked for, and left out when it is not.
 *
 * Source: definitions as in TransformerLens' weight processing (`fold_ln`, `center_writing_weights`, `center_unembed`,
 * `fold_value_biases`, `refactor_factored_attn_matrices`).
 *
 * @throws FoldingError for a rewriting that does not hold for this model
 */
export function foldedModel(model: Transformer, options: FoldingOptions = {}): Transformer {
  const before = model.configuration;
  const weights = new Weights(model);
  if (options.norms ?? canFoldNorms(before)) foldNorms(weights);
  if (options.centreWriting ?? canCentre(weights.configuration)) centreWriting(weights);
  if ((options.centreUnembedding ?? true) && before.unembedding !== "none") centreUnembedding(weights);
  if (options.valueBiases ?? true) foldValueBiases(weights);
  const folded = weights.model(model);
  return options.refactor === true ? refactored(folded) : folded;
}

/** Numbers that are being rewritten: vectors in float64, for they are sums; matrices in float32, one rounding a step, to need half the memory. */
type Numbers = Float32Array | Float64Array;

/** The parameters of a model while they are rewritten, under the names of the contract. What is not rewritten is shared with the model. */
class Weights {
  configuration: TransformerConfiguration;
  readonly #numbers: Map<string, Numbers>;
  readonly #changed = new Set<string>();

  constructor({ configuration, parameters }: Transformer) {
    this.configuration = configuration;
    this.#numbers = new Map(parameters);
  }

  get names(): readonly string[] {
    return [...this.#numbers.keys()];
  }

  /** What a parameter is now; not to be written to. */
  get(name: string): Numbers {
    const found = this.#numbers.get(name);
    if (found) return found;
    throw new FoldingError(`the model has no parameter ${name}`);
  }

  /** A parameter's numbers to be written to. */
  changing(name: string): Numbers {
    const found = this.get(name);
    if (this.#changed.has(name)) return found;
    const copy = isVector(name) ? Float64Array.from(found) : found.slice();
    this.#numbers.set(name, copy);
    this.#changed.add(name);
    return copy;
  }

  /** Changes what the model is; parameters that it has from now on start as zeros, those that it no longer has go. */
  become(change: Partial<TransformerConfiguration>): void {
    this.configuration = transformerConfiguration({ ...this.configuration, ...change });
    const specifications = parameterSpecifications(this.configuration);
    for (const { name, shape } of specifications) {
      if (this.#numbers.has(name)) continue;
      const size = shape.reduce((product, length) => product * length, 1);
      this.#numbers.set(name, isVector(name) ? new Float64Array(size) : new Float32Array(size));
      this.#changed.add(name);
    }
    const known = new Set(specifications.map(({ name }) => name));
    for (const name of this.names) if (!known.has(name)) this.#numbers.delete(name);
  }

  model({ vocabulary, sourceVocabulary }: Transformer): Transformer {
    const names = parameterSpecifications(this.configuration).map(({ name }) => name);
    const parameters = new Map(
      names.map((name) => {
        const numbers = this.get(name);
        return [name, numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)];
      }),
    );
    return new Transformer(this.configuration, parameters, { vocabulary, sourceVocabulary });
  }
}

/** Whether a parameter is a bias or a gain. */
function isVector(name: string): boolean {
  return /(^|\.)b_\w+$|\.(gain|bias)$/.test(name);
}

/** Whether {@link foldedModel} can write the norms of such a model into what reads them. */
export function canFoldNorms({ norm, positions, kind }: TransformerConfiguration): boolean {
  return (
    norm?.learned === true &&
    norm.place === "before" &&
    kind !== "encoder-decoder" &&
    !("at" in positions && positions.at === "queries-and-keys")
  );
}

/** Whether every reader of the residual stream subtracts its mean first. */
function canCentre({ norm, finalNorm, positions, kind, unembedding }: TransformerConfiguration): boolean {
  return (
    norm?.kind === "layer" &&
    norm.place === "before" &&
    (finalNorm || unembedding === "none") &&
    kind !== "encoder-decoder" &&
    !("at" in positions && positions.at === "queries-and-keys")
  );
}

function foldNorms(weights: Weights): void {
  const { configuration } = weights;
  const { norm, embedding, layers, finalNorm, unembedding, feedForward } = configuration;
  if (!norm || !canFoldNorms(configuration))
    throw new FoldingError(
      "norms can be folded where they are learned and stand before what reads them, in a decoder or encoder whose positions are not added after the norm; " +
        `this model has ${norm ? `${norm.learned ? "learned" : "fixed"} norms, placed ${norm.place}` : "no norms"}`,
    );
  if (unembedding === "tied") untie(weights);
  const taken = new Map(
    weights.names.filter((name) => /Norm\.(gain|bias)$/.test(name)).map((name) => [name, weights.get(name)]),
  );
  weights.become({
    norm: { ...norm, learned: false },
    attentionBiases: {
      ...configuration.attentionBiases,
      queryKeyValue: configuration.attentionBiases.queryKeyValue || norm.kind === "layer",
    },
    feedForward: feedForward && { ...feedForward, biases: feedForward.biases || norm.kind === "layer" },
    unembedding: unembedding === "none" ? "none" : "own",
    unembeddingBias:
      unembedding !== "none" && (configuration.unembeddingBias || (finalNorm && norm.kind === "layer")),
  });
  const fold = (from: string, weight: string, bias: string, blocks: number) => {
    const gain = taken.get(`${from}.gain`);
    const shift = taken.get(`${from}.bias`);
    const data = weights.changing(weight);
    const columns = data.length / blocks / embedding;
    const biases = shift && weights.changing(bias);
    const means = new Float64Array(columns);
    for (let block = 0; block < blocks; block++) {
      const start = block * embedding * columns;
      means.fill(0);
      for (let row = 0, at = start; row < embedding; row++)
        for (let column = 0; column < columns; column++, at++) {
          const number = data[at] ?? 0;
          const out = block * columns + column;
          if (biases) biases[out] = (biases[out] ?? 0) + (shift[row] ?? 0) * number;
          means[column] = (means[column] ?? 0) + ((gain?.[row] ?? 1) * number) / embedding;
        }
      // layer norm takes the mean away from what is read, so what reads it can do without its own
      if (norm.kind !== "layer") means.fill(0);
      for (let row = 0, at = start; row < embedding; row++)
        for (let column = 0; column < columns; column++, at++)
          data[at] = (gain?.[row] ?? 1) * (data[at] ?? 0) - (means[column] ?? 0);
    }
  };
  const { heads, keyHeads } = configuration;
  for (let layer = 0; layer < layers; layer++) {
    const block = `blocks.${layer}`;
    for (const [letter, count] of [
      ["Q", heads],
      ["K", keyHeads],
      ["V", keyHeads],
    ] as const)
      fold(
        `${block}.attentionNorm`,
        `${block}.attention.W_${letter}`,
        `${block}.attention.b_${letter}`,
        count,
      );
    if (!feedForward) continue;
    fold(`${block}.feedForwardNorm`, `${block}.feedForward.W_in`, `${block}.feedForward.b_in`, 1);
    if (feedForward.kind === "gated")
      fold(`${block}.feedForwardNorm`, `${block}.feedForward.W_gate`, `${block}.feedForward.b_gate`, 1);
  }
  if (finalNorm && unembedding !== "none") fold("finalNorm", "W_U", "b_U", 1);
}

/** Subtracts from each row of `columns` numbers its mean. */
function centreRows(data: Numbers, columns: number): void {
  for (let start = 0; start < data.length; start += columns) {
    let mean = 0;
    for (let at = start; at < start + columns; at++) mean += (data[at] ?? 0) / columns;
    for (let at = start; at < start + columns; at++) data[at] = (data[at] ?? 0) - mean;
  }
}

/** A W_U of its own instead of the transpose of W_E. */
function untie(weights: Weights): void {
  const { vocabulary, embedding } = weights.configuration;
  const W_E = weights.get("W_E");
  weights.become({ unembedding: "own" });
  const W_U = weights.changing("W_U");
  // sixteen words at once: what is written side by side stays in the processor's cache
  for (let first = 0; first < vocabulary; first += 16)
    for (let feature = 0; feature < embedding; feature++)
      for (let word = first; word < Math.min(first + 16, vocabulary); word++)
        W_U[feature * vocabulary + word] = W_E[word * embedding + feature] ?? 0;
}

function centreWriting(weights: Weights): void {
  const { configuration } = weights;
  if (!canCentre(configuration))
    throw new FoldingError(
      "writing weights can be centred only where every reader subtracts the mean: layer norm before each part and at the end",
    );
  if (configuration.unembedding === "tied") untie(weights);
  for (const name of weights.names)
    if (/(^W_(E|position|segment)|\.W_O|\.b_O|\.W_out|\.b_out)$/.test(name))
      centreRows(weights.changing(name), configuration.embedding);
}

function centreUnembedding(weights: Weights): void {
  const { configuration } = weights;
  if (configuration.unembedding === "tied") untie(weights);
  centreRows(weights.changing("W_U"), configuration.vocabulary);
  if (configuration.unembeddingBias) centreRows(weights.changing("b_U"), configuration.vocabulary);
}

function foldValueBiases(weights: Weights): void {
  const { configuration } = weights;
  const { layers, heads, keyHeads, value, embedding, attentionBiases, kind } = configuration;
  if (!attentionBiases.queryKeyValue || kind === "encoder-decoder") return;
  if (!attentionBiases.output) weights.become({ attentionBiases: { ...attentionBiases, output: true } });
  for (let layer = 0; layer < layers; layer++) {
    const attention = `blocks.${layer}.attention`;
    const W_O = weights.get(`${attention}.W_O`);
    const [b_V, b_O] = [weights.changing(`${attention}.b_V`), weights.changing(`${attention}.b_O`)];
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor((head * keyHeads) / heads);
      for (let feature = 0; feature < value; feature++)
        for (let out = 0; out < embedding; out++)
          b_O[out] =
            (b_O[out] ?? 0) +
            (b_V[keyHead * value + feature] ?? 0) * (W_O[(head * value + feature) * embedding + out] ?? 0);
    }
    b_V.fill(0);
  }
}
