import { extent } from "./colours.ts";
import { count, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, visibleLabel, widestLabel } from "./label.ts";
import { toVector, type VectorInput } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { numberExpression, Scene, tooltipExpression, type MarkRow } from "./scene.ts";
import { THEME } from "./theme.ts";
import { drawBottomAxis, linear } from "./value-axis.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link attribution}. */
export interface AttributionOptions extends FigureOptions {
  /** What the parts must add up to; a difference is an error, not a picture. */
  readonly total?: number;
  /** How far the sum may be from `total`, relative to the largest part; 1e-4 unless told. */
  readonly tolerance?: number;
  /** Show so many parts, the largest by size; the others become one bar. 25 unless told. */
  readonly top?: number;
  /** Largest first ("size") or as given ("given", the default). */
  readonly sort?: "given" | "size";
  /** What is attributed: "logit of Mary − logit of John". */
  readonly valueName?: string;
}

const ADDS = "#0072b2";
const TAKES = "#b35806";

/**
 * What each part adds to a whole: bars on the left, and a waterfall on the right where each part begins at the end of
 * the one before, so that the last one ends at the sum.
 *
 * @param parts one axis (component)
 * @throws ViewInputError when `total` is given and the parts do not add up to it
 * @example attribution({ embedding: 0.5, "head 0.1": 2, "head 1.0": -0.5 }, { total: 2 })
 */
export function attribution(parts: VectorInput, options: AttributionOptions = {}): Figure {
  const { values, labels } = toVector(parts, options.labels, "attribution");
  const numbers = Array.from(values);
  const sum = numbers.reduce((total, value) => total + value, 0);
  const reach = Math.max(1e-12, ...numbers.map(Math.abs));
  if (options.total !== undefined && !(Math.abs(sum - options.total) <= (options.tolerance ?? 1e-4) * reach))
    throw new ViewInputError(
      `attribution: the parts add up to ${formatNumber(sum, 6)} and not to ${formatNumber(options.total, 6)}; a part is missing (a bias?) or was scaled differently.`,
    );
  let entries = numbers.map((value, index) => ({ name: labels[0]?.[index] ?? "", value, index }));
  const bySize = entries.toSorted((left, right) => Math.abs(right.value) - Math.abs(left.value));
  const kept = new Set(bySize.slice(0, options.top ?? 25).map(({ index }) => index));
  const others = entries.filter(({ index }) => !kept.has(index));
  entries = (options.sort === "size" ? bySize : entries).filter(({ index }) => kept.has(index));
  if (others.length > 0)
    entries.push({
      name: `${others.length} others`,
      value: others.reduce((total, { value }) => total + value, 0),
      index: -1,
    });
  const name = visibleLabel(options.valueName ?? "value");
  const width = options.width ?? FIGURE_WIDTH;
  const scene = new Scene(
    width,
    options.title ?? `What adds up to ${name}`,
    `Left: each part. Right: one after another, to the sum ${formatNumber(sum, 4)}.`,
  );
  const left = Math.min(width * 0.3, widestLabel([...entries.map((entry) => entry.name), "sum"]) + 20);
  const step =
    options.height === undefined
      ? Math.max(15, Math.min(24, 460 / (entries.length + 1)))
      : (options.height - scene.top - 44) / (entries.length + 1);
  const bottom = scene.top + step * (entries.length + 1);
  const half = (width - left - 12) / 2;
  const room = widestLabel(entries.map(({ value }) => formatNumber(value))) + 8;
  const bars = { left, right: left + half - 14, top: scene.top, bottom };
  const falls = { left: left + half + 8, right: width - 14, top: scene.top, bottom };
  const [low, high] =
    options.domain === undefined
      ? extent([0, ...entries.map(({ value }) => value)])
      : [options.domain[0], options.domain.at(-1) ?? 1];
  const across = linear(
    low,
    high === low ? low + 1 : high,
    bars.left + (low < 0 ? room : 0),
    bars.right - (high > 0 ? room : 0),
  );
  const runs: number[] = [0];
  for (const { value } of entries) runs.push((runs[runs.length - 1] ?? 0) + value);
  const [runLow, runHigh] = extent(runs);
  const along = linear(runLow, runHigh === runLow ? runLow + 1 : runHigh, falls.left, falls.right - room);
  drawBottomAxis(scene, across, bars, name);
  drawBottomAxis(scene, along, falls, `sum of ${name}`);
  const rows: MarkRow[] = [];
  const texts: MarkRow[] = [];
  const links: MarkRow[] = [];
  for (const [place, { name: label, value }] of entries.entries()) {
    const y = scene.top + place * step;
    const fill = value < 0 ? TAKES : ADDS;
    const [from, to] = [runs[place] ?? 0, runs[place + 1] ?? 0];
    const shared = { y: y + step * 0.15, height: step * 0.7, fill, label, value, from, to };
    rows.push({
      ...shared,
      x: across(Math.min(0, value)),
      x2: Math.max(across(Math.max(0, value)), across(Math.min(0, value)) + 0.7),
    });
    rows.push({
      ...shared,
      x: along(Math.min(from, to)),
      x2: Math.max(along(Math.max(from, to)), along(Math.min(from, to)) + 0.7),
    });
    texts.push({
      x: left - 8,
      y: y + step / 2,
      text: fitText(label, left - 14),
      align: "right",
      fontSize: THEME.size.label,
      fill: THEME.ink,
    });
    texts.push({
      x: value < 0 ? across(value) - 4 : across(value) + 4,
      y: y + step / 2,
      text: formatNumber(value),
      align: value < 0 ? "right" : "left",
      fontSize: THEME.size.small,
      fill: THEME.muted,
    });
    links.push({ x: along(to), x2: along(to), y: y + step * 0.85, y2: y + step * 1.15, stroke: THEME.muted });
  }
  const end = scene.top + entries.length * step;
  rows.push({
    x: along(Math.min(0, sum)),
    x2: along(Math.max(0, sum)),
    y: end + step * 0.15,
    height: step * 0.7,
    fill: THEME.ink,
    label: "sum",
    value: sum,
    from: 0,
    to: sum,
  });
  texts.push({
    x: left - 8,
    y: end + step / 2,
    text: "sum",
    align: "right",
    fontSize: THEME.size.label,
    fill: THEME.ink,
  });
  texts.push({
    x: along(Math.max(0, sum)) + 4,
    y: end + step / 2,
    text: formatNumber(sum),
    align: "left",
    fontSize: THEME.size.label,
    fill: THEME.ink,
  });
  scene.draw("rule", links);
  scene.draw("rect", rows, {
    encode:
      options.tooltip === false
        ? {}
        : {
            tooltip: tooltipExpression([
              ["part", "datum.label"],
              [name, numberExpression("datum.value")],
              ["sum before", numberExpression("datum.from")],
              ["sum after", numberExpression("datum.to")],
            ]),
          },
  });
  scene.draw("text", texts);
  scene.height = options.height ?? bottom + 38;
  const main = bySize.slice(0, 3).map((entry) => `${entry.name} ${formatNumber(entry.value)}`);
  return sceneFigure(
    scene,
    options.description ??
      `Attribution of ${name}: ${count(numbers.length, "part")} add up to ${formatNumber(sum, 4)}; largest: ${list(main)}.`,
  );
}
