import type { Tokeniser } from "./tokeniser.ts";

/** What a word tokeniser does with capitals and punctuation. */
export interface WordTokeniserOptions {
  /** Whether "Check" and "check" are the same word; true unless said otherwise, as in the source's vocabularies. */
  readonly lowerCase?: boolean;
  /** Whether each mark (".", ",", "?") is a token of its own, or left out (as in the source). */
  readonly punctuation?: "leave out" | "keep";
}

const WORD = /[\p{L}\p{N}\p{M}]+(?:['’_-][\p{L}\p{N}\p{M}]+)*/gu;
const WORD_OR_MARK =
  /<[\p{L}\p{N}_-]+>|[\p{L}\p{N}\p{M}]+(?:['’_-][\p{L}\p{N}\p{M}]+)*|[^\s\p{L}\p{N}\p{M}]/gu;
const CLOSING = /^[.,;:!?)\]}…%»”]$/u;
const OPENING = /^[([{«“¿¡]$/u;

/**
 * Words of any script: runs of letters, digits and their marks, with apostrophes and hyphens inside ("don't",
 * "sun-dried"). Blanks are not kept: `text(tokens)` puts one blank between words, none before a closing mark.
 *
 * @example new WordTokeniser().tokens("Show me my files please.") // ["show", "me", "my", "files", "please"]
 */
export class WordTokeniser implements Tokeniser {
  readonly kind = "word";
  readonly #lowerCase: boolean;
  readonly #pattern: RegExp;

  constructor(options: WordTokeniserOptions = {}) {
    this.#lowerCase = options.lowerCase ?? true;
    this.#pattern = options.punctuation === "keep" ? WORD_OR_MARK : WORD;
  }

  tokens(text: string): string[] {
    const normalised = text.normalize("NFC");
    return (this.#lowerCase ? normalised.toLowerCase() : normalised).match(this.#pattern) ?? [];
  }

  text(tokens: readonly string[]): string {
    let text = "";
    let glue = true;
    for (const token of tokens) {
      text += glue || CLOSING.test(token) ? token : ` ${token}`;
      glue = OPENING.test(token);
    }
    return text;
  }
}
