import { textWidth } from "./label.ts";
import type { Scene } from "./scene.ts";
import { THEME } from "./theme.ts";

/** Where a pager stands and what it turns. */
export interface Pager {
  /** The signal that says which of the pages (from 0) is open; letters and digits. */
  readonly name: string;
  readonly pages: number;
  readonly x: number;
  /** The middle of its line. */
  readonly y: number;
  /** What stands between the arrows: a Vega expression that reads the signal, and the width to leave for it. */
  readonly label: string;
  readonly labelWidth: number;
  /** The page that is open at first; the first unless told. */
  readonly start?: number;
}

/** Two arrows that turn pages, round from the last to the first, and what is open between them. @returns where it ends */
export function drawPager(scene: Scene, pager: Pager): number {
  const { name, pages, x, y, label, labelWidth, start = 0 } = pager;
  scene.signal(name, start, {
    on: [
      { events: `@${name}Before:click`, update: `(${name} + ${pages - 1}) % ${pages}` },
      { events: `@${name}After:click`, update: `(${name} + 1) % ${pages}` },
    ],
  });
  const arrow = 22;
  const middle = x + arrow + labelWidth / 2 + 6;
  const text = { fontSize: THEME.size.label, align: "center" };
  scene.draw("text", [{ ...text, x: middle, y }], { encode: { text: { signal: label } } });
  const end = x + 2 * arrow + labelWidth + 12;
  if (pages < 2) return end;
  for (const [side, at, sign] of [
    ["Before", x, "‹"],
    ["After", end - arrow, "›"],
  ] as const) {
    const box = { x: at, y: y - 10, width: arrow, height: 20, cornerRadius: 4 };
    scene.draw("rect", [{ ...box, fill: THEME.panel, stroke: THEME.faint, cursor: "pointer" }], {
      name: `${name}${side}`,
    });
    scene.draw("text", [
      { ...text, x: at + arrow / 2, y: y - 1, text: sign, fontSize: 15, fontWeight: "bold", fill: "#08519c" },
    ]);
  }
  return end;
}

/** The width to leave for any of `labels`. */
export function widestPage(labels: readonly string[]): number {
  return labels.reduce((widest, label) => Math.max(widest, textWidth(label)), 0);
}
