import type { ColourChoice } from "./options.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** A colour as red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/**
 * The built-in scales. Sequential ones go from white (nothing) to dark in one hue, so lightness alone tells the
 * order; the diverging one goes from orange (negative) over white to blue (positive), the pair that every kind of
 * colour vision tells apart. Source: ColorBrewer 2.0, Blues, Purples, Greens, Greys and PuOr with Blues' dark half.
 */
export const COLOUR_SCALES: Readonly<Record<string, readonly string[]>> = {
  blue: ["#ffffff", "#e3eef9", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b"],
  purple: ["#ffffff", "#efedf5", "#dadaeb", "#bcbddc", "#9e9ac8", "#807dba", "#6a51a3", "#54278f", "#3f007d"],
  green: ["#ffffff", "#e5f5e0", "#c7e9c0", "#a1d99b", "#74c476", "#41ab5d", "#238b45", "#006d2c", "#00441b"],
  grey: ["#ffffff", "#f0f0f0", "#d9d9d9", "#bdbdbd", "#969696", "#737373", "#525252", "#252525", "#000000"],
  diverging: [
    "#7f3b08",
    "#b35806",
    "#e08214",
    "#fdb863",
    "#fee3c0",
    "#ffffff",
    "#c6dbef",
    "#9ecae1",
    "#4292c6",
    "#2171b5",
    "#08306b",
  ],
};

/** A colour scale over numbers. */
export interface ColourScale {
  /** The values at which `range` is reached, rising. */
  readonly domain: readonly number[];
  readonly range: readonly string[];
  readonly diverging: boolean;
  colour(value: number): string;
}

/** The red, green and blue of a hex colour such as "#08f" or "#0088ff". @throws ViewInputError for anything else */
export function parseColour(hex: string): Rgb {
  const match = /^#(?:([0-9a-f])([0-9a-f])([0-9a-f])|([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2}))$/iu.exec(hex);
  if (match === null)
    throw new ViewInputError(`"${hex}" is not a colour this library reads; write it as "#rrggbb".`);
  const digits = match[1] === undefined ? match.slice(4, 7) : match.slice(1, 4).map((digit) => digit + digit);
  const [red = 0, green = 0, blue = 0] = digits.map((digit) => Number.parseInt(digit, 16));
  return [red, green, blue];
}

/** A hex colour. */
export function hexColour(colour: Rgb): string {
  return `#${colour.map((channel) => Math.round(channel).toString(16).padStart(2, "0")).join("")}`;
}

/** The relative luminance of a colour, 0 to 1. Source: WCAG 2.2, "relative luminance". */
export function luminance(hex: string): number {
  const [red, green, blue] = parseColour(hex).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Ink that reads on `background`: black or white, whichever has the greater contrast (at least 4.58). */
export function inkOn(background: string): string {
  return luminance(background) > 0.179 ? "#000000" : "#ffffff";
}

/** Where the finite values lie; `[0, 1]` when there are none. */
export function extent(values: Iterable<number>): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

/**
 * The colour scale for `values`: sequential from 0 when none is negative, diverging round 0 otherwise, or as
 * `colours` and `domain` say. The same value has the same colour on either side of the white point.
 *
 * @throws ViewInputError when the domain does not rise or the colours are fewer than two
 */
export function colourScale(
  values: Iterable<number>,
  choice?: ColourChoice,
  domain?: readonly number[],
): ColourScale {
  const [low, high] = extent(values);
  const diverging =
    choice === "diverging" || domain?.length === 3 || (choice === undefined && (domain?.[0] ?? low) < 0);
  const range =
    typeof choice === "object" ? choice : COLOUR_SCALES[choice ?? (diverging ? "diverging" : "blue")];
  if (range === undefined) {
    const known = Object.keys(COLOUR_SCALES).join(", ");
    throw new ViewInputError(`There is no colour scale "${String(choice)}"; there are: ${known}.`);
  }
  if (range.length < 2) throw new ViewInputError("A colour scale needs at least two colours.");
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const ends =
    domain ??
    (diverging
      ? [-reach, 0, reach]
      : [Math.min(0, low), high > Math.min(0, low) ? high : Math.min(0, low) + 1]);
  const [first = 0, second = 1, third] = ends;
  const rising = first < second && (third === undefined || second < third);
  if (!rising || !ends.every((end) => Number.isFinite(end)))
    throw new ViewInputError(`The domain [${ends.join(", ")}] must be finite numbers that rise.`);
  const steps = range.length - 1;
  const stops = range.map((_, step) => {
    const share = step / steps;
    if (third === undefined) return first + share * (second - first);
    return share <= 0.5
      ? first + share * 2 * (second - first)
      : second + (share - 0.5) * 2 * (third - second);
  });
  const colours = range.map(parseColour);
  return {
    domain: stops,
    range,
    diverging,
    colour: (value) => interpolate(stops, colours, value),
  };
}

function interpolate(stops: readonly number[], colours: readonly Rgb[], value: number): string {
  if (Number.isNaN(value)) return THEME.missing;
  if (value === Infinity) return THEME.positiveInfinity;
  if (value === -Infinity) return THEME.negativeInfinity;
  let step = 1;
  while (step < stops.length - 1 && value > (stops[step] ?? Infinity)) step++;
  const from = stops[step - 1] ?? 0;
  const to = stops[step] ?? 1;
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
  const low = colours[step - 1] ?? [0, 0, 0];
  const high = colours[step] ?? [0, 0, 0];
  return hexColour(
    [0, 1, 2].map(
      (channel) => (low[channel] ?? 0) * (1 - share) + (high[channel] ?? 0) * share,
    ) as unknown as Rgb,
  );
}
