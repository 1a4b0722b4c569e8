import { textWidth } from "./label.ts";
import { THEME } from "./theme.ts";

/** Where a token stands in running text. */
export interface TokenPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly text: string;
}

/** The height of one line of tokens. */
export const TOKEN_LINE = 24;

/** Tokens as running text between `left` and `right`, with the height that it takes. */
export function tokenPlaces(
  tokens: readonly string[],
  left: number,
  right: number,
  y: number,
  fontSize: number = THEME.size.label,
): { places: TokenPlace[]; height: number } {
  let x = left;
  let line = 0;
  const places = tokens.map((text) => {
    const width = Math.min(right - left, Math.max(14, textWidth(text, fontSize) + 9));
    if (x > left && x + width > right) {
      x = left;
      line++;
    }
    const place = { x, y: y + line * TOKEN_LINE, width, text };
    x += width + 2;
    return place;
  });
  return { places, height: (line + 1) * TOKEN_LINE };
}
