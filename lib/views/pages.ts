import { count, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, visibleLabel } from "./label.ts";
import { alternatives } from "./nested.ts";
import type { FigureOptions } from "./options.ts";
import { drawPager, widestPage } from "./pager.ts";
import { Scene, type Node } from "./scene.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link pages}. */
export interface PagesOptions extends FigureOptions {
  /** What to call each page; the figures' titles unless told. */
  readonly names?: readonly string[];
  /** The page that is open at first, from 0. */
  readonly page?: number;
}

/**
 * Figures of any kind one at a time, with two arrows to turn the pages: no kernel is needed, and each stays interactive (one in
 * space is shown still); the whole is as wide as the widest of them at least. All of them are in the notebook; for very many there is `explore`.
 *
 * @throws ViewInputError when there is none, or another number of names
 * @example pages([heatmap(first), heatmap(second)], { names: ["layer 0", "layer 1"] })
 */
export function pages(figures: readonly Figure[], options: PagesOptions = {}): Figure {
  if (figures.length === 0) throw new ViewInputError("pages takes at least one figure.");
  const names = (options.names ?? figures.map(({ title }) => title)).map(visibleLabel);
  if (names.length !== figures.length)
    throw new ViewInputError(`pages: ${count(figures.length, "figure")} and ${count(names.length, "name")}.`);
  const start = options.page ?? 0;
  if (!(start in figures))
    throw new ViewInputError(`pages: there is no page ${start}; they go from 0 to ${figures.length - 1}.`);
  const specs = figures.map((figure) => figure.stillSpec as Node);
  const reach = (side: "width" | "height"): number => Math.max(...specs.map((spec) => Number(spec[side])));
  const scene = new Scene(Math.max(options.width ?? 260, reach("width")), options.title ?? "");
  const labels = names.map((name, index) =>
    fitText(`${index + 1} of ${figures.length}: ${name}`, scene.width - 90),
  );
  scene.signal("pageNames", labels);
  const y = scene.top + 8;
  drawPager(scene, {
    name: "page",
    pages: figures.length,
    x: 12,
    y,
    label: "pageNames[page]",
    labelWidth: widestPage(labels),
    start,
  });
  const each = specs.map((spec, index) => ({ spec, shown: `page === ${index}` }));
  alternatives(scene, each, "sheet", [0, y + 14]);
  scene.height = options.height ?? y + 14 + reach("height");
  const shown = figures[start];
  return sceneFigure(
    scene,
    options.description ??
      `${count(figures.length, "page")}: ${list(names)}. The one shown, ${names[start] ?? ""}: ${shown?.description ?? ""}`,
  );
}
