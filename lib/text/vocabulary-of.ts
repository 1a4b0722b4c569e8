import type { WeightedSentence } from "./corpus.ts";
import { Vocabulary, type VocabularyOptions } from "./vocabulary.ts";

/** How the words of a text become a vocabulary. */
export interface VocabularyOfOptions extends VocabularyOptions {
  /**
   * "alphabetical" (as the source lists them; unless said otherwise), by first "appearance", or by "frequency"
   * (weighted, the most frequent first, equal ones alphabetically).
   */
  readonly order?: "alphabetical" | "appearance" | "frequency";
  /** Only this many of the most frequent words; needs `unknown` if the text is to be read with it. */
  readonly most?: number;
}

/**
 * The vocabulary of some sentences.
 *
 * @example vocabularyOf([{ tokens: ["my", "files"], weight: 1 }]).words // ["files", "my"]
 * @throws EmptyCorpusError when there is no word
 */
export function vocabularyOf(
  sentences: readonly Pick<WeightedSentence, "tokens" | "weight">[],
  options: VocabularyOfOptions = {},
): Vocabulary {
  const counts = new Map<string, number>();
  for (const { tokens, weight } of sentences)
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + weight);

  const byFrequency = [...counts].sort(
    ([wordA, countA], [wordB, countB]) => countB - countA || alphabetically(wordA, wordB),
  );
  const kept = new Set(byFrequency.slice(0, options.most ?? byFrequency.length).map(([word]) => word));
  const order = options.order ?? "alphabetical";
  const words =
    order === "frequency"
      ? [...kept]
      : order === "appearance"
        ? [...counts.keys()].filter((word) => kept.has(word))
        : [...kept].sort(alphabetically);
  return new Vocabulary(words, options.unknown === undefined ? {} : { unknown: options.unknown });
}

/** Without regard to capitals first, then by code unit: the same on every machine, whatever its language. */
function alphabetically(a: string, b: string): number {
  return compare(a.toLowerCase(), b.toLowerCase()) || compare(a, b);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
