import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import { LabelError, nearMisses, stack, tensor, type Tensor } from "../tensor/index.ts";
import { UnknownWordError } from "../text/index.ts";
import { OptionError } from "./errors.ts";

/** The weights of a feed-forward layer over words. */
export interface FeedForwardWeights {
  /** The multi-word feature creation matrix. */
  readonly W1: Tensor<["vocabulary", "neuron"]>;
  /** Its bias; "a word that is always there". */
  readonly b1: Tensor<["neuron"]>;
  /** The selective second-order transition matrix: votes of each feature. */
  readonly W2: Tensor<["neuron", "vocabulary"]>;
}

/** What one neuron detects and what it votes for: a key and a value. */
export interface Memory {
  readonly neuron: string;
  /** Words with a weight in its column of W1: what it looks for (+) and what silences it (−). */
  readonly key: Readonly<Record<string, number>>;
  readonly bias: number;
  /** Words with a weight in its row of W2: what it adds to them. */
  readonly value: Readonly<Record<string, number>>;
}

/**
 * FFN(x) = max(0, x W1 + b1) W2: features from words, then votes from features. Each neuron is a memory: its
 * column of W1 is the key that an input is compared with, its row of W2 the value that it then gives.
 * Source: Rohrer, "Second order sequence model as matrix multiplications"; Geva et al. 2021, Transformer
 * Feed-Forward Layers Are Key-Value Memories.
 */
export class FeedForwardMemory implements Displayable {
  readonly W1: Tensor<["vocabulary", "neuron"]>;
  readonly b1: Tensor<["neuron"]>;
  readonly W2: Tensor<["neuron", "vocabulary"]>;
  readonly #words: readonly string[];
  readonly #neurons: readonly string[];

  /** @throws LabelError when the axis "vocabulary" of W1 has no words on it */
  constructor(weights: FeedForwardWeights) {
    this.W1 = weights.W1;
    this.b1 = weights.b1;
    this.W2 = weights.W2;
    const words = weights.W1.labels("vocabulary");
    if (words === undefined)
      throw new LabelError('W1 has no labels on its axis "vocabulary"; give it the words with withLabels.');
    this.#words = words;
    this.#neurons =
      weights.W1.labels("neuron") ??
      Array.from({ length: weights.W1.sizeOf("neuron") }, (_, neuron) => String(neuron));
  }

  /**
   * Which words are active, as the layer's input: 1 for each word of `words`, 0 for all others.
   *
   * @throws UnknownWordError
   */
  activities(words: readonly string[]): Tensor<["vocabulary"]> {
    const activity = new Float64Array(this.#words.length);
    for (const word of words) {
      const index = this.#words.indexOf(word);
      if (index < 0) throw new UnknownWordError(word, nearMisses(word, this.#words), this.#words.length);
      activity[index] = 1;
    }
    return tensor(["vocabulary"], activity, {
      shape: [activity.length],
      labels: { vocabulary: this.#words },
    });
  }

  /** Before the ReLU: x W1 + b1. */
  before(activities: Tensor<["vocabulary"]>): Tensor<["neuron"]> {
    return activities.dot(this.W1, "vocabulary").plus(this.b1);
  }

  /** The features: max(0, x W1 + b1). */
  features(activities: Tensor<["vocabulary"]>): Tensor<["neuron"]> {
    return this.before(activities).map((value) => Math.max(0, value));
  }

  /** The votes: features × W2. */
  votes(activities: Tensor<["vocabulary"]>): Tensor<["vocabulary"]> {
    return this.features(activities).dot(this.W2, "neuron");
  }

  /**
   * The features for each of the 2ⁿ ways in which `words` can be there or not; a row is named by the words that
   * are ("–" for none), the first word changes slowest.
   *
   * @throws OptionError for more than 12 words; UnknownWordError
   */
  truthTable(words: readonly string[]): Tensor<["row", "neuron"]> {
    if (words.length > 12)
      throw new OptionError("The number of words of a truth table", words.length, "at most 12 (4,096 rows)");
    const subsets = Array.from({ length: 2 ** words.length }, (_, row) =>
      words.filter((_, place) => ((row >> (words.length - 1 - place)) & 1) === 1),
    );
    return stack(
      subsets.map((subset) => this.features(this.activities(subset))),
      "row",
      subsets.map((subset) => subset.join(" ") || "–"),
    );
  }

  /** Each neuron as a key and a value in words. */
  get memories(): readonly Memory[] {
    return this.#neurons.map((neuron, index) => ({
      neuron,
      key: this.#nonZero((word) => this.W1.data[word * this.#neurons.length + index] ?? 0),
      bias: this.b1.data[index] ?? 0,
      value: this.#nonZero((word) => this.W2.data[index * this.#words.length + word] ?? 0),
    }));
  }

  toString(): string {
    const lines = this.memories.map(
      ({ neuron, key, bias, value }) =>
        `  ${neuron}: fires on ${signed(key)} (bias ${bias}), votes ${signed(value) || "for nothing"}`,
    );
    return [`A feed-forward layer with ${this.#neurons.length} features`, ...lines].join("\n");
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As text: its neurons and their votes. */
  [DISPLAY](): MimeBundle {
    return { "text/plain": this.toString() };
  }

  #nonZero(weight: (word: number) => number): Record<string, number> {
    return Object.fromEntries(
      this.#words.map((word, index) => [word, weight(index)] as const).filter(([, value]) => value !== 0),
    );
  }
}

function signed(weights: Readonly<Record<string, number>>): string {
  return Object.entries(weights)
    .map(
      ([word, weight]) => `${weight < 0 ? "−" : "+"}${Math.abs(weight) === 1 ? "" : Math.abs(weight)}${word}`,
    )
    .join(" ");
}
