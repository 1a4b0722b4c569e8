import type { Tokeniser } from "./tokeniser.ts";

/**
 * One token a character (Unicode code point, so that an emoji of one code point is one token); nothing is lost:
 * `text(tokens(x))` is `x` for every string.
 *
 * @example new CharacterTokeniser().tokens("ran") // ["r", "a", "n"]
 */
export class CharacterTokeniser implements Tokeniser {
  readonly kind = "character";

  tokens(text: string): string[] {
    return Array.from(text);
  }

  text(tokens: readonly string[]): string {
    return tokens.join("");
  }
}
