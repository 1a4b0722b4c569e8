import { fitText, textWidth } from "./label.ts";
import { tooltipExpression, type MarkRow, type Scene } from "./scene.ts";
import { THEME } from "./theme.ts";

/** Where a token stands in running text. */
export interface TokenPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly text: string;
}

/** The height of one line of tokens, and of one token. */
const [TOKEN_LINE, TOKEN_HEIGHT] = [24, 20];

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

/** The box of a token, ready to draw. */
export function tokenBox(place: TokenPlace): MarkRow {
  return { x: place.x, y: place.y, width: place.width, height: TOKEN_HEIGHT, cornerRadius: 3 };
}

/** The text of a token in its box, ready to draw. */
export function tokenText(place: TokenPlace): MarkRow {
  return {
    x: place.x + place.width / 2,
    y: place.y + TOKEN_HEIGHT / 2 + 0.5,
    text: fitText(place.text, place.width - 4),
    align: "center",
  };
}

/** Where and how {@link drawShadedTokens} draws. */
export interface ShadedTokensPlace {
  /** The middle of the line above the tokens. */
  readonly y: number;
  /** A Vega expression for the index of the chosen token. */
  readonly chosen: string;
  /** What the marks say their column is, for the signals that listen. */
  readonly column?: number;
  /** What stands behind the line above, such as how many weights there are. */
  readonly note?: string;
}

/**
 * Tokens shaded by data set "shares" (`i`, `share`), as marks "strip", below a switch that turns signal "backwards".
 * @returns where they end
 */
export function drawShadedTokens(scene: Scene, tokens: readonly string[], place: ShadedTokensPlace): number {
  const { y, chosen, column, note = "" } = place;
  scene.signal("backwards", false, { on: [{ events: "@switch:click", update: "!backwards" }] });
  scene.draw("text", [{ x: 12, y, fill: "#08519c", cursor: "pointer", fontWeight: "bold" }], {
    name: "switch",
    encode: {
      text: {
        signal: `(backwards ? '⇄ shaded: what looks at the chosen token' : '⇄ shaded: what the chosen token looks at') + '${note}'`,
      },
    },
  });
  const { places, height } = tokenPlaces(tokens, 12, scene.width - 12, y + 14);
  scene.scale({
    name: "shade",
    type: "linear",
    domain: [0, 0.35, 1],
    range: ["#ffffff", "#6baed6", "#08306b"],
    clamp: true,
  });
  const transform = [
    { type: "lookup", from: "shares", key: "i", fields: ["i"], values: ["share"], default: 0 },
  ];
  scene.draw(
    "rect",
    places.map((each, i) => ({ ...tokenBox(each), i, c: column, cursor: "pointer", label: each.text })),
    {
      name: "strip",
      transform,
      encode: {
        fill: { signal: "scale('shade', datum.share)" },
        stroke: { signal: `datum.i === ${chosen} ? '${THEME.accent}' : '${THEME.faint}'` },
        strokeWidth: { signal: `datum.i === ${chosen} ? 2 : 0.5` },
        tooltip: tooltipExpression([
          ["token", "datum.label"],
          ["position", "datum.i"],
          ["attention", "format(datum.share, '.3f')"],
        ]),
      },
    },
  );
  scene.draw(
    "text",
    places.map((each, i) => ({ ...tokenText(each), i })),
    {
      transform,
      encode: { fill: { signal: `luminance(scale('shade', datum.share)) < 0.179 ? '#ffffff' : '#000000'` } },
    },
  );
  return y + 14 + height;
}
