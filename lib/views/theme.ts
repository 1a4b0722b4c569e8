/**
 * The one theme: a white card with dark ink, which reads the same in light and dark JupyterLab, on GitHub, on
 * paper and on a projector. A transparent figure would need ink that is weak on both backgrounds.
 */
export const THEME = {
  background: "#ffffff",
  ink: "#1f2933",
  muted: "#5b6670",
  faint: "#d5dbe1",
  panel: "#f3f5f7",
  /** What the reader points at or has locked. */
  accent: "#b3005e",
  missing: "#c9c9c9",
  /** The line across a cell that cannot have a value. */
  hatch: "#97a2ac",
  positiveInfinity: "#000000",
  negativeInfinity: "#8f8f8f",
  font: '"DejaVu Sans Condensed", "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif',
  mono: '"DejaVu Sans Mono", Menlo, Consolas, monospace',
  size: { title: 15, subtitle: 11.5, label: 11.5, small: 10 },
} as const;

/**
 * Colours for categories, told apart with any kind of colour vision.
 * Source: Okabe and Ito, "Color Universal Design" (2008), with violet in place of yellow, which
 * is too pale on white; any two differ by at least 14 ΔE with usual vision, protanopia, deuteranopia and tritanopia.
 */
export const CATEGORY_COLOURS: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#e69f00",
  "#000000",
  "#7010e0",
];

/** The colour of category `index`, beginning again when there are more categories than colours. */
export function categoryColour(index: number): string {
  return CATEGORY_COLOURS[index % CATEGORY_COLOURS.length] ?? THEME.ink;
}
