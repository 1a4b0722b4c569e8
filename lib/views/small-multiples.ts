import { sceneFigure, type Figure } from "./figure.ts";
import { nested } from "./nested.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { Scene, type Node } from "./scene.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link smallMultiples}. */
export interface SmallMultiplesOptions extends FigureOptions {
  /** How many figures stand beside each other; as many as fit the width otherwise. */
  readonly columns?: number;
}

/**
 * Figures of any kind side by side as one figure; each stays interactive (one in space is shown still), and as wide as it was made.
 *
 * @throws ViewInputError when there is none
 * @example smallMultiples([heatmap(a), heatmap(b)], { title: "Before and after" })
 */
export function smallMultiples(figures: readonly Figure[], options: SmallMultiplesOptions = {}): Figure {
  if (figures.length === 0) throw new ViewInputError("smallMultiples takes at least one figure.");
  const specs = figures.map((figure) => figure.stillSpec as Node);
  const sizes = specs.map((spec) => ({ width: Number(spec["width"]), height: Number(spec["height"]) }));
  const most = options.width ?? FIGURE_WIDTH;
  const gap = 10;
  const rows: number[][] = [[]];
  let used = 0;
  for (const [index, { width }] of sizes.entries()) {
    const row = rows[rows.length - 1] ?? [];
    const isFull =
      options.columns === undefined ? row.length > 0 && used + width > most : row.length === options.columns;
    if (isFull) {
      rows.push([index]);
      used = width + gap;
    } else {
      row.push(index);
      used += width + gap;
    }
  }
  const widths = rows.map((row) => row.reduce((sum, index) => sum + (sizes[index]?.width ?? 0) + gap, -gap));
  const scene = new Scene(Math.max(...widths), options.title ?? "");
  let y = options.title === undefined ? 0 : scene.top;
  for (const row of rows) {
    let x = 0;
    for (const index of row) {
      const spec = specs[index];
      if (spec !== undefined) scene.mark(nested(spec, `panel${index}`, x, y));
      x += (sizes[index]?.width ?? 0) + gap;
    }
    y += Math.max(...row.map((index) => sizes[index]?.height ?? 0)) + gap;
  }
  scene.height = options.height ?? y - gap;
  return sceneFigure(
    scene,
    options.description ?? figures.map((figure) => `${figure.title}: ${figure.description}`).join(" "),
  );
}
