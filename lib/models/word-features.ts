import { tensor } from "../tensor/index.ts";
import type { Vocabulary } from "../text/index.ts";
import { FeedForwardMemory } from "./feed-forward-memory.ts";
import { OptionError } from "./errors.ts";

/** A feature of several words: all of `all` are there and none of `none`; and the words it votes for. */
export interface WordFeature {
  /** What it is called; the words of `all`, joined by ", ", unless given. */
  readonly name?: string;
  /** Words that have to be there. */
  readonly all: readonly string[];
  /** Words that must not be there. */
  readonly none?: readonly string[];
  /** Its votes: what it adds to each word. */
  readonly votes?: Readonly<Record<string, number>>;
}

/**
 * Writes features down as the weights of a feed-forward layer: in W1 a column a feature, 1 for each word that it
 * wants, −1 for each that it must not see, and a bias of 1 − (number of wanted words), so that only all wanted words
 * together lift it above zero, to exactly 1; in W2 its votes as a row.
 * Source: Rohrer, "Second order sequence model as matrix multiplications" (its columns "battery, ran" and
 * "program, ran"); read as keys and values of a memory: Geva et al. 2021.
 *
 * @throws UnknownWordError, OptionError for a feature that wants no word
 * @example
 * wordFeatures(vocabulary, [
 *   { all: ["battery", "ran"], none: ["program"], votes: { down: 1 } },
 *   { all: ["program", "ran"], none: ["battery"], votes: { please: 1 } },
 * ])
 */
export function wordFeatures(vocabulary: Vocabulary, features: readonly WordFeature[]): FeedForwardMemory {
  const size = vocabulary.size;
  const names = features.map((feature) => feature.name ?? feature.all.join(", "));
  const weights = new Float64Array(size * features.length);
  const biases = new Float64Array(features.length);
  const votes = new Float64Array(features.length * size);
  for (const [neuron, feature] of features.entries()) {
    if (feature.all.length === 0)
      throw new OptionError(`"all" of feature ${neuron}`, "empty", "at least one word");
    for (const word of feature.all) weights[vocabulary.index(word) * features.length + neuron] = 1;
    for (const word of feature.none ?? []) weights[vocabulary.index(word) * features.length + neuron] = -1;
    biases[neuron] = 1 - feature.all.length;
    for (const [word, vote] of Object.entries(feature.votes ?? {}))
      votes[neuron * size + vocabulary.index(word)] = vote;
  }
  const count = features.length;
  const labels = { vocabulary: vocabulary.words, neuron: names };
  return new FeedForwardMemory({
    W1: tensor(["vocabulary", "neuron"], weights, { shape: [size, count], labels, name: "W1" }),
    b1: tensor(["neuron"], biases, { labels: { neuron: names }, name: "b1" }),
    W2: tensor(["neuron", "vocabulary"], votes, { shape: [count, size], labels, name: "W2" }),
  });
}
