/**
 * Cuts text into tokens and joins tokens to text. `text(tokens(x))` is `x` for character and byte-pair tokenisers,
 * and for the word tokeniser a tidy form of `x` (see there).
 */
export interface Tokeniser {
  /** What the tokens are. */
  readonly kind: "word" | "character" | "byte-pair" | "word-piece";
  /** The tokens of `text` in order. */
  tokens(text: string): string[];
  /** The text that the tokens make. */
  text(tokens: readonly string[]): string;
}
