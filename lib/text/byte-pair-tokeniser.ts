import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import { byteOf, byteToken, bytesOf, charactersOf } from "./byte-fallback.ts";
import { bytePairMerges, chunksOf, mergedTokens, type BytePairMerge } from "./byte-pair-merges.ts";
import { EmptyCorpusError, MergeCountError, TokenError } from "./errors.ts";
import { htmlTable, visibleToken } from "./html-table.ts";
import type { Tokeniser } from "./tokeniser.ts";
import { Vocabulary } from "./vocabulary.ts";

/** How long byte-pair encoding goes on. */
export interface BytePairOptions {
  /** The size of the vocabulary at which merging stops: characters of the text, 256 bytes, and merged tokens. */
  readonly vocabularySize?: number;
  /** The number of merges at which it stops; 100 unless either is given. */
  readonly merges?: number;
}

/**
 * Byte-pair encoding, trained on a text: it starts from the text's characters and joins the pair of neighbours
 * that is met most often, again and again. Single characters stay available; a character that the training text
 * did not have is spelt by its bytes ("<0xE2>"), so every string can be encoded and comes back unchanged.
 * Source: Rohrer, "Byte pair encoding"; byte fallback as in Kudo and Richardson 2018 (SentencePiece).
 *
 * @example new BytePairTokeniser("low lower lowest", { merges: 2 }).tokens("lowest") // ["low", "e", "s", "t"]
 */
export class BytePairTokeniser implements Tokeniser, Displayable {
  readonly kind = "byte-pair";
  /** What was merged, in order. */
  readonly merges: readonly BytePairMerge[];
  /** Characters of the training text in alphabetical order, then the 256 bytes, then the merged tokens. */
  readonly vocabulary: Vocabulary;
  readonly #rank: ReadonlyMap<string, number>;
  readonly #known = new Map<string, readonly string[]>();

  /**
   * @param text the training text
   * @throws EmptyCorpusError for an empty text; MergeCountError for a number of merges that is none
   */
  constructor(text: string, options: BytePairOptions = {}) {
    if (text.length === 0) throw new EmptyCorpusError("The text for byte-pair encoding", "Give some text.");
    const characters = [...new Set(text)].sort();
    const bytes = Array.from({ length: 256 }, (_, byte) => byteToken(byte));
    const words = new Set([...characters, ...bytes]);
    const size = options.vocabularySize ?? Infinity;
    if (options.merges !== undefined && !(Number.isInteger(options.merges) && options.merges >= 0))
      throw new MergeCountError(options.merges);
    const most = options.merges ?? (options.vocabularySize === undefined ? 100 : Infinity);
    const merges: BytePairMerge[] = [];
    if (words.size < size && most > 0)
      for (const merge of bytePairMerges(text)) {
        merges.push(merge);
        words.add(merge.merged);
        if (words.size >= size || merges.length >= most) break;
      }
    this.merges = merges;
    this.vocabulary = new Vocabulary([...words]);
    this.#rank = new Map(merges.map((merge) => [pairKey(merge.left, merge.right), merge.step]));
  }

  tokens(text: string): string[] {
    return chunksOf(text).flatMap((chunk) => {
      let tokens = this.#known.get(chunk);
      if (tokens === undefined) this.#known.set(chunk, (tokens = this.#tokensOf(chunk)));
      return tokens;
    });
  }

  text(tokens: readonly string[]): string {
    let text = "";
    let bytes: number[] = [];
    for (const token of tokens) {
      const byte = byteOf(token);
      if (byte !== undefined) {
        bytes.push(byte);
        continue;
      }
      text += charactersOf(bytes) + token;
      bytes = [];
    }
    return text + charactersOf(bytes);
  }

  /** The indices of the tokens of `text`. */
  encode(text: string): number[] {
    return this.vocabulary.indices(this.tokens(text));
  }

  /**
   * The text of the tokens at `indices`.
   * @throws WordIndexError
   */
  decode(indices: readonly number[]): string {
    return this.text(this.vocabulary.wordsAt(indices));
  }

  /**
   * How one word comes together: its characters, then what it is after each merge that touches it.
   *
   * @throws TokenError when `word` is empty
   * @example new BytePairTokeniser("low low", { merges: 2 }).steps("low") // [["l","o","w"], ["lo","w"], ["low"]]
   */
  steps(word: string): string[][] {
    if (word.length === 0) throw new TokenError("An empty word has no steps; give at least one character.");
    let tokens = this.#characters(word);
    const steps = [tokens];
    for (let merge = this.#next(tokens); merge !== undefined; merge = this.#next(tokens)) {
      tokens = mergedTokens(tokens, merge.left, merge.right);
      steps.push(tokens);
    }
    return steps;
  }

  toString(): string {
    const first = this.merges
      .slice(0, 10)
      .map(
        (merge) =>
          `  ${merge.step}. ${visibleToken(merge.left)} + ${visibleToken(merge.right)} (${merge.count} times)`,
      );
    const more = this.merges.length > 10 ? [`  … ${this.merges.length - 10} more`] : [];
    return [this.#summary(), ...first, ...more].join("\n");
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As a table of its merges. */
  [DISPLAY](): MimeBundle {
    const rows = this.merges
      .slice(0, 30)
      .map((merge): (string | number)[] => [
        merge.step,
        `${visibleToken(merge.left)} + ${visibleToken(merge.right)}`,
        visibleToken(merge.merged),
        merge.count,
        merge.tokensLeft,
      ]);
    const caption = this.#summary() + (this.merges.length > 30 ? " (the first 30)" : "");
    const headings = ["step", "most frequent pair", "new token", "times", "tokens in the text"];
    return { "text/plain": this.toString(), "text/html": htmlTable(caption, headings, rows) };
  }

  #summary(): string {
    return `Byte-pair encoding: ${this.merges.length} merges, ${this.vocabulary.size} tokens`;
  }

  #characters(chunk: string): string[] {
    return Array.from(chunk).flatMap((character) =>
      this.vocabulary.has(character) ? [character] : bytesOf(character).map(byteToken),
    );
  }

  #tokensOf(chunk: string): readonly string[] {
    let tokens = this.#characters(chunk);
    for (let merge = this.#next(tokens); merge !== undefined; merge = this.#next(tokens))
      tokens = mergedTokens(tokens, merge.left, merge.right);
    return tokens;
  }

  /** The earliest merge that some neighbours allow. */
  #next(tokens: readonly string[]): BytePairMerge | undefined {
    let earliest = Infinity;
    for (let position = 0; position + 1 < tokens.length; position++) {
      const rank = this.#rank.get(pairKey(tokens[position] ?? "", tokens[position + 1] ?? ""));
      if (rank !== undefined && rank < earliest) earliest = rank;
    }
    return this.merges[earliest - 1];
  }
}

function pairKey(left: string, right: string): string {
  return `${left.length}:${left}${right}`;
}
