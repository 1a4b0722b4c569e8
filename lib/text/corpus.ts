import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import { EmptyCorpusError, EmptySentenceError, SentenceWeightError } from "./errors.ts";
import { htmlTable } from "./html-table.ts";
import type { Tokeniser } from "./tokeniser.ts";
import { vocabularyOf } from "./vocabulary-of.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { WordTokeniser } from "./word-tokeniser.ts";

/** Where a text comes from, as data. */
export interface CorpusOrigin {
  /** The author and the work, or what made it. */
  readonly title: string;
  /** Where to find it: an address, a package or a function of this library. */
  readonly where: string;
  /** The licence, or why none is needed. */
  readonly licence: string;
  /** What was changed, or how it was made (seed, sizes). */
  readonly notes?: string;
}

/** A sentence in tokens, with the share of the corpus that it stands for. */
export interface WeightedSentence {
  readonly tokens: readonly string[];
  /** Its share or number of times, in any unit: only the proportions matter. */
  readonly weight: number;
}

/** What a sentence can be given as: text; tokens; or either with a weight (1 unless given). */
export type SentenceSource =
  | string
  | readonly string[]
  | { readonly text: string; readonly weight?: number }
  | { readonly tokens: readonly string[]; readonly weight?: number };

/** What a counted model can be made from. */
export type CorpusSource = Corpus | readonly SentenceSource[];

/** Settings of a corpus. */
export interface CorpusOptions {
  /** What it is called in tables and error messages. */
  readonly name?: string;
  readonly origin?: CorpusOrigin;
  /** How text becomes tokens; words in lower case without punctuation unless given. */
  readonly tokeniser?: Tokeniser;
}

const OWN: CorpusOrigin = {
  title: "Sentences given by the reader",
  where: "this cell",
  licence: "the reader's own",
};

/**
 * Weighted sentences with their origin.
 *
 * @example new Corpus(["Show me my files please", { text: "Show me my photos please", weight: 2 }]).vocabulary.size // 6
 */
export class Corpus implements Displayable {
  readonly name: string;
  readonly origin: CorpusOrigin;
  readonly sentences: readonly WeightedSentence[];
  readonly tokeniser: Tokeniser;
  #vocabulary: Vocabulary | undefined;

  /**
   * @param sentences at least one; each text, tokens, or either with a weight
   * @throws EmptyCorpusError, EmptySentenceError, SentenceWeightError
   */
  constructor(sentences: readonly SentenceSource[], options: CorpusOptions = {}) {
    this.name = options.name ?? "corpus";
    this.origin = options.origin ?? OWN;
    this.tokeniser = options.tokeniser ?? new WordTokeniser();
    if (sentences.length === 0)
      throw new EmptyCorpusError(
        `The ${this.name === "corpus" ? "" : `"${this.name}" `}corpus`,
        "Give at least one sentence.",
      );
    this.sentences = sentences.map((sentence, index) => weighted(sentence, index, this.tokeniser));
  }

  /** Its words in alphabetical order, as the source lists them; for another order see `vocabularyOf`. */
  get vocabulary(): Vocabulary {
    return (this.#vocabulary ??= vocabularyOf(this.sentences));
  }

  /** The number of tokens in all sentences, each counted once. */
  get tokenCount(): number {
    return this.sentences.reduce((count, sentence) => count + sentence.tokens.length, 0);
  }

  toString(): string {
    const shown = this.sentences
      .slice(0, 6)
      .map((sentence) => `  ${String(sentence.weight).padEnd(5)} ${this.tokeniser.text(sentence.tokens)}`);
    if (this.sentences.length > 6) shown.push(`  … ${this.sentences.length - 6} more`);
    return [`${this.#summary()} (${this.origin.title})`, ...shown].join("\n");
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As a table of sentences and weights. */
  [DISPLAY](): MimeBundle {
    const shown = this.sentences.slice(0, 12);
    const rows = shown.map((sentence) => [sentence.weight, this.tokeniser.text(sentence.tokens)]);
    if (this.sentences.length > shown.length)
      rows.push(["…", `${this.sentences.length - shown.length} more`]);
    const caption = `${this.#summary()}. ${this.origin.title}; ${this.origin.where}; ${this.origin.licence}`;
    return { "text/plain": this.toString(), "text/html": htmlTable(caption, ["weight", "sentence"], rows) };
  }

  #summary(): string {
    const count = this.sentences.length;
    return `${this.name}: ${count} sentence${count === 1 ? "" : "s"}, ${this.tokenCount} tokens, ${this.vocabulary.size} different`;
  }
}

/** `source` as a corpus: itself, or a new one from sentences. */
export function corpusFrom(source: CorpusSource): Corpus {
  return source instanceof Corpus ? source : new Corpus(source);
}

function weighted(source: SentenceSource, index: number, tokeniser: Tokeniser): WeightedSentence {
  const given =
    typeof source === "string" ? { text: source } : isTokens(source) ? { tokens: source } : source;
  const tokens = "tokens" in given ? [...given.tokens] : tokeniser.tokens(given.text);
  const weight = "weight" in given ? (given.weight ?? 1) : 1;
  if (tokens.length === 0) throw new EmptySentenceError(index, "text" in given ? given.text : "");
  if (!Number.isFinite(weight) || weight <= 0) throw new SentenceWeightError(index, weight);
  return Object.freeze({ tokens: Object.freeze(tokens), weight });
}

function isTokens(source: Exclude<SentenceSource, string>): source is readonly string[] {
  return Array.isArray(source);
}
