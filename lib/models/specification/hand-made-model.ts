import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../../display/index.ts";
import { softmax, tensor, type Tensor } from "../../tensor/index.ts";
import { htmlTable } from "../../text/html-table.ts";
import type { Vocabulary } from "../../text/index.ts";
import { decoderStack, type StackSteps } from "../attention/stack.ts";
import type { LayerWeights } from "../attention/weights.ts";
import { OptionError } from "../errors.ts";
import type { NextTokenModel } from "../next-token-model.ts";
import { compileLayer } from "./compile-layer.ts";
import type { HeadSpecification } from "./head-specification.ts";
import type { NeuronSpecification } from "./neuron-specification.ts";
import { OWN_PARTS } from "./reading.ts";
import { ResidualSpace } from "./residual-space.ts";

/** What a hand-made model knows besides its layers. */
export interface HandMadeModelOptions {
  readonly vocabulary: Vocabulary;
  /** The most words that it reads; 24 unless given. */
  readonly positions?: number;
  /** Properties of words, for `feature` and `withFeature`: for each property the words that have it. */
  readonly features?: Readonly<Record<string, readonly string[]>>;
  /** What the word itself adds to the next one: row = word, column (vocabulary) = next; nothing unless given. */
  readonly directPath?: Tensor<["row", "vocabulary"]>;
  /** The token in front of every sentence, where heads rest; "<start>" unless given. */
  readonly start?: string;
}

/** The weights of a whole decoder with one-hot positions, as the trainable transformer takes them too. */
export interface HandMadeWeights {
  readonly W_E: Tensor<["vocabulary", "embedding"]>;
  readonly W_P: Tensor<["position", "embedding"]>;
  readonly layers: readonly LayerWeights[];
  readonly W_U: Tensor<["embedding", "vocabulary"]>;
}

/** A run of the model. */
export interface HandMadeRun extends StackSteps {
  /** The words, the start token in front. */
  readonly tokens: readonly string[];
  /** For each position what it says of the next word, before the softmax. */
  readonly logits: Tensor<["position", "vocabulary"]>;
}

/** How much less likely than any other the start token is made; nats. */
const NEVER = -100;

/** A decoder whose weights were specified, not trained. Every dimension of its residual stream has a name. */
export class HandMadeModel implements NextTokenModel, Displayable {
  readonly vocabulary: Vocabulary;
  readonly maximumContext: number;
  readonly space: ResidualSpace;
  readonly weights: HandMadeWeights;
  readonly #start: string;
  readonly #layers: readonly (readonly (HeadSpecification | NeuronSpecification)[])[];

  /** See `handMadeModel`. */
  constructor(
    layers: readonly (readonly (HeadSpecification | NeuronSpecification)[])[],
    options: HandMadeModelOptions,
  ) {
    const { positions = 24, features = {}, start = "<start>" } = options;
    if (!Number.isInteger(positions) || positions < 1)
      throw new OptionError("positions", positions, "a whole number from 1");
    const channels = layers.flatMap((layer) => layer.flatMap((each) => each.parts.map(({ block }) => block)));
    this.vocabulary = options.vocabulary.with(start);
    this.maximumContext = positions;
    this.space = new ResidualSpace({
      vocabulary: this.vocabulary,
      positions: positions + 1,
      channels: channels.filter((name) => !OWN_PARTS.has(name)),
      features,
    });
    this.#start = start;
    this.#layers = layers;
    this.weights = {
      ...embeddings(this.space, start, options.directPath),
      layers: layers.map((layer) => compileLayer(this.space, layer)),
    };
  }

  /**
   * Everything that happens on a sentence: the residual stream before and after each layer, scores, patterns, logits.
   *
   * @throws OptionError for more words than it has positions; UnknownWordError
   */
  run(tokens: readonly string[]): HandMadeRun {
    if (tokens.length > this.maximumContext)
      throw new OptionError(
        "The number of words",
        tokens.length,
        `at most ${this.maximumContext} (positions)`,
      );
    const all = [this.#start, ...tokens];
    const words = this.vocabulary.oneHot(all).dot(this.weights.W_E, "vocabulary");
    const x = words.plus(this.weights.W_P.slice({ position: [0, all.length] }).withoutLabels("position"));
    const steps = decoderStack(x, this.weights.layers);
    return { ...steps, tokens: all, logits: steps.output.dot(this.weights.W_U, "embedding") };
  }

  /** What is said of the word after `tokens`, before the softmax. */
  logits(tokens: readonly string[]): Tensor<["vocabulary"]> {
    return this.run(tokens).logits.at({ position: -1 });
  }

  next(tokens: readonly string[]): Tensor<["vocabulary"]> {
    return softmax(this.logits(tokens), "vocabulary");
  }

  get #caption(): string {
    return `A hand-made model, ${this.vocabulary.size} words, ${this.space.width} dimensions`;
  }

  toString(): string {
    const lines = this.#layers.flatMap((layer, number) => [
      `Layer ${number}`,
      ...layer.map(
        (each) =>
          `  ${each.description.name === undefined ? "" : `${each.description.name}: `}${each.toString()}`,
      ),
    ]);
    return [this.#caption, ...lines].join("\n");
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As a table: where each head looks, what it takes, and where to. */
  [DISPLAY](): MimeBundle {
    const headings = ["layer", "part", "where it looks", "what it takes", "where to", "strength"];
    const rows = this.#layers.flatMap((layer, number) => layer.map((each) => [number, ...each.row]));
    return { "text/plain": this.toString(), "text/html": htmlTable(this.#caption, headings, rows) };
  }
}

/**
 * A working language model out of specified heads and neurons: layer after layer, each reads the residual stream
 * and adds to it. A start token is put in front of every sentence; heads that find nothing rest on it.
 *
 * @param layers for each layer its heads and neurons
 * @throws UnknownWordError, OptionError, LabelError for specifications that do not fit the vocabulary
 * @example
 * const previous = headSpecification({ looksFor: previousPosition(), copies: word(), to: channel("previous word") });
 * const induction = headSpecification({ looksFor: matching(word(), channel("previous word")), copies: word(), strength: 10 });
 * handMadeModel([[previous], [induction]], { vocabulary })
 */
export function handMadeModel(
  layers: readonly (readonly (HeadSpecification | NeuronSpecification)[])[],
  options: HandMadeModelOptions,
): HandMadeModel {
  return new HandMadeModel(layers, options);
}

function embeddings(
  space: ResidualSpace,
  start: string,
  directPath: Tensor<["row", "vocabulary"]> | undefined,
): Pick<HandMadeWeights, "W_E" | "W_P" | "W_U"> {
  const { vocabulary, width, labels: embedding } = space;
  const size = vocabulary.size;
  const W_E = new Float64Array(size * width);
  const W_P = new Float64Array(space.positions * width);
  const W_U = new Float64Array(width * size);
  for (const [index, each] of vocabulary.words.entries()) {
    W_E[index * width + space.dimension("word", each)] = 1;
    W_U[space.dimension("predict", each) * size + index] = 1;
  }
  for (const [name, words] of Object.entries(space.features))
    for (const each of words) W_E[vocabulary.index(each) * width + space.dimension("feature", name)] = 1;
  for (let position = 0; position < space.positions; position++) {
    const dimension = space.dimension("position", String(position));
    W_P[position * width + dimension] = 1;
    W_U[dimension * size + vocabulary.index(start)] = NEVER;
  }
  const next = directPath?.labels("vocabulary") ?? [];
  for (const [row, from] of (directPath?.labels("row") ?? []).entries())
    for (const [column, to] of next.entries())
      W_U[space.dimension("word", from) * size + vocabulary.index(to)] =
        directPath?.data[row * next.length + column] ?? 0;
  return {
    W_E: tensor(["vocabulary", "embedding"], W_E, {
      shape: [size, width],
      labels: { vocabulary: vocabulary.words, embedding },
      name: "W_E",
    }),
    W_P: tensor(["position", "embedding"], W_P, {
      shape: [space.positions, width],
      labels: { embedding },
      name: "W_P",
    }),
    W_U: tensor(["embedding", "vocabulary"], W_U, {
      shape: [width, size],
      labels: { embedding, vocabulary: vocabulary.words },
      name: "W_U",
    }),
  };
}
