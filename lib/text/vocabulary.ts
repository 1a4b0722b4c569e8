import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import { nearMisses, tensor, type Tensor } from "../tensor/index.ts";
import { DuplicateWordError, EmptyCorpusError, UnknownWordError, WordIndexError } from "./errors.ts";
import { htmlTable, visibleToken } from "./html-table.ts";

/** How a vocabulary treats words that it does not have. */
export interface VocabularyOptions {
  /** The token that stands for every word that is not in the list; added at the end when the list lacks it. */
  readonly unknown?: string;
}

/**
 * The words that a model knows, each with its index: the order of one-hot vectors, of the rows of W_E and of
 * the columns of W_U.
 *
 * @example new Vocabulary(["files", "find", "my"]).indices(["find", "my", "files"]) // [1, 2, 0]
 */
export class Vocabulary implements Displayable {
  /** All words in the order of their indices. */
  readonly words: readonly string[];
  /** The token that stands for words that are not there, if one was set. */
  readonly unknown: string | undefined;
  readonly #index: ReadonlyMap<string, number>;

  /**
   * @param words the words in the order that they shall have; none twice
   * @throws DuplicateWordError, EmptyCorpusError
   */
  constructor(words: readonly string[], options: VocabularyOptions = {}) {
    const { unknown } = options;
    const all = unknown !== undefined && !words.includes(unknown) ? [...words, unknown] : [...words];
    if (all.length === 0)
      throw new EmptyCorpusError("The list of words for the vocabulary", "Give at least one.");
    const index = new Map<string, number>();
    for (const [position, word] of all.entries()) {
      const earlier = index.get(word);
      if (earlier !== undefined) throw new DuplicateWordError(word, earlier, position);
      index.set(word, position);
    }
    this.words = Object.freeze(all);
    this.unknown = unknown;
    this.#index = index;
  }

  /** The number of words, N in the source. */
  get size(): number {
    return this.words.length;
  }

  /** Whether `word` itself is in the list (an unknown token does not count as every word). */
  has(word: string): boolean {
    return this.#index.has(word);
  }

  /**
   * The index of `word`, from 0; that of the unknown token when it is not there and one was set.
   * @throws UnknownWordError with the words that are spelt nearly like it
   */
  index(word: string): number {
    const found =
      this.#index.get(word) ?? (this.unknown === undefined ? undefined : this.#index.get(this.unknown));
    if (found === undefined) throw new UnknownWordError(word, nearMisses(word, this.words), this.size);
    return found;
  }

  /**
   * The word at `index`.
   * @throws WordIndexError
   */
  word(index: number): string {
    const word = this.words[index];
    if (word === undefined) throw new WordIndexError(index, this.size);
    return word;
  }

  /** The indices of several words. */
  indices(words: readonly string[]): number[] {
    return words.map((word) => this.index(word));
  }

  /** The words at several indices. */
  wordsAt(indices: readonly number[]): string[] {
    return indices.map((index) => this.word(index));
  }

  /**
   * One word as a vector of zeros with a single one at its index, or a sentence as a matrix with one such row a
   * word (the source draws words as columns in its first chapter and as rows later; here they are rows).
   * Source: Rohrer, Transformers from Scratch, "One-hot encoding".
   *
   * @example new Vocabulary(["files", "find", "my"]).oneHot("my").toArray() // [0, 0, 1]
   */
  oneHot(word: string): Tensor<["vocabulary"]>;
  oneHot(words: readonly string[]): Tensor<["position", "vocabulary"]>;
  oneHot(words: string | readonly string[]): Tensor<["vocabulary"]> | Tensor<["position", "vocabulary"]> {
    if (typeof words === "string") {
      const vector = new Float64Array(this.size);
      vector[this.index(words)] = 1;
      return tensor(["vocabulary"], vector, { shape: [this.size], labels: { vocabulary: this.words } });
    }
    const matrix = new Float64Array(words.length * this.size);
    for (const [position, word] of words.entries()) matrix[position * this.size + this.index(word)] = 1;
    return tensor(["position", "vocabulary"], matrix, {
      shape: [words.length, this.size],
      labels: { position: words, vocabulary: this.words },
    });
  }

  /** The same words with further ones at the end, those that are there already left out. */
  with(...words: readonly string[]): Vocabulary {
    const further = [...new Set(words)].filter((word) => !this.has(word));
    return new Vocabulary(
      [...this.words, ...further],
      this.unknown === undefined ? {} : { unknown: this.unknown },
    );
  }

  toString(): string {
    const shown = this.words.slice(0, 20).map(visibleToken).join(", ");
    return `Vocabulary of ${this.size} words: ${shown}${this.size > 20 ? ", …" : ""}`;
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As a table of numbers and words. */
  [DISPLAY](): MimeBundle {
    const shown = this.words.slice(0, 50);
    const rows = shown.map((word, index) => [index, visibleToken(word)]);
    if (this.size > shown.length) rows.push(["…", `${this.size - shown.length} more`]);
    return {
      "text/plain": this.toString(),
      "text/html": htmlTable(`Vocabulary of ${this.size} words`, ["index", "word"], rows),
    };
  }
}
