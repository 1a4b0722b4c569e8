/** In CSS pixels: no figure is wider unless it is asked to be, so that it needs no scrolling beside a list of files or on half a screen. */
export const FIGURE_WIDTH = 640;

/**
 * The words that every view understands. A view's own options are documented beside it, and these mean the
 * same everywhere.
 */
export interface FigureOptions {
  /** A line above the picture; every view has a default that names what it shows. */
  readonly title?: string;
  /** The whole figure's width in CSS pixels, at most {@link FIGURE_WIDTH} unless told; narrower when its data are few. */
  readonly width?: number;
  /** The whole figure's height in CSS pixels; without it the data decide. */
  readonly height?: number;
  /** A colour scale by name ("blue", "purple", "green", "grey", "diverging") or its colours, from low to high. */
  readonly colours?: ColourChoice;
  /** Labels by axis name, in place of those that the data carry; plain number arrays have axes "row" and "column". */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** The values at the ends of the colour scale or the value axis: `[low, high]`, or `[low, white, high]`. */
  readonly domain?: readonly [number, number] | readonly [number, number, number];
  /** Whether pointing at a mark shows its labels and value; on unless false. */
  readonly tooltip?: boolean;
  /** Alternative text in place of the one that the view writes from its numbers. */
  readonly description?: string;
}

/** The name of a built-in scale, or at least two CSS hex colours from low to high. */
export type ColourChoice = "blue" | "purple" | "green" | "grey" | "diverging" | readonly string[];
