import { randomNumbers } from "../../tensor/index.ts";
import { Corpus } from "../corpus.ts";

/** A word far back, the latest word, and what follows because of both. */
export interface SkipTrigram {
  readonly source: string;
  readonly destination: string;
  readonly out: string;
}

/** A generated corpus whose last words are decided by skip-trigrams, with those that were planted. */
export interface SkipTrigramCorpus {
  readonly corpus: Corpus;
  /** All that were planted: source … destination → out. */
  readonly truth: readonly SkipTrigram[];
}

const SENTENCES = ["keep", "leave"] as const;
const ENDINGS: Readonly<Record<(typeof SENTENCES)[number], readonly (readonly [string, string])[]>> = {
  keep: [
    ["in", "mind"],
    ["at", "bay"],
    ["under", "wraps"],
  ],
  leave: [
    ["in", "peace"],
    ["at", "noon"],
    ["under", "cover"],
  ],
};
const BETWEEN = ["the", "secret", "old", "plan", "wolf", "quiet", "letter", "story", "red", "key"] as const;

/**
 * Sentences such as "keep the old plan in mind" and "keep the wolf at bay": the verb, one to four words that say
 * nothing, a preposition, and the word that verb and preposition decide together. After "leave" the same
 * prepositions lead elsewhere ("in peace", "at noon"), so neither word alone is enough.
 * Source of the idea: Elhage et al. 2021, "Skip-trigram bugs" (keep … in mind, keep … at bay).
 *
 * @param options.seed the same seed gives the same sentences; 1 unless given
 * @param options.sentences how many; 300 unless given
 */
export function skipTrigrams(
  options: { readonly seed?: number; readonly sentences?: number } = {},
): SkipTrigramCorpus {
  const seed = options.seed ?? 1;
  const count = options.sentences ?? 300;
  const random = randomNumbers(seed);
  const oneOf = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const sentences = Array.from({ length: count }, () => {
    const verb = oneOf(SENTENCES);
    const between = Array.from({ length: 1 + Math.floor(random() * 4) }, () => oneOf(BETWEEN));
    return [verb, ...between, ...oneOf(ENDINGS[verb])];
  });
  return {
    corpus: new Corpus(sentences, {
      name: "skip-trigrams",
      origin: {
        title: "Generated: keep … in mind, keep … at bay",
        where: "skipTrigrams() of this library",
        licence: "none needed",
        notes: `seed ${seed}, ${count} sentences`,
      },
    }),
    truth: SENTENCES.flatMap((source) =>
      ENDINGS[source].map(([destination, out]) => ({ source, destination, out })),
    ),
  };
}
