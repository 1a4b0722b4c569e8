/** Text for HTML, so that nothing in it is read as markup. */
export function escapedHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`);
}

/** Blue for above 0, orange for below: told apart by colour-blind readers too, and both clear on white and on black. */
const ABOVE = "31, 119, 210";
const BELOW = "226, 106, 20";

/** A background for a number between −1 and 1, thin enough for light and dark text. */
export function cellColour(share: number): string {
  const strength = Math.min(1, Math.abs(share));
  return strength === 0
    ? "transparent"
    : `rgba(${share > 0 ? ABOVE : BELOW}, ${(0.08 + 0.42 * strength).toFixed(2)})`;
}

/** Behind a NaN, which is mostly a mistake. */
export const NOT_A_NUMBER_COLOUR = "rgba(214, 39, 40, 0.35)";

/** Tables take the colour and size of the text around them. */
export const TABLE_STYLE = "border-collapse:collapse;margin:4px 0;color:inherit;font-size:inherit";

/** The full colour of a bar for a number above or below 0. */
export function barColour(value: number): string {
  return `rgba(${value >= 0 ? ABOVE : BELOW}, 0.75)`;
}

/** Styles are written on each element: JupyterLab takes `<style>` out of notebooks that it does not trust. */
export const CELL_STYLE =
  "padding:2px 6px;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap";
export const HEAD_STYLE = "padding:2px 6px;font-weight:600;white-space:nowrap;background:transparent";
