import { drawColourLegend } from "./colour-legend.ts";
import { colourScale } from "./colours.ts";
import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, labelBeside, widestLabel } from "./label.ts";
import { vegaScale } from "./matrix-block.ts";
import { rankOf, toArray, type ArrayInput, type LabelledArray } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { drawPager, widestPage } from "./pager.ts";
import { numberExpression, round, Scene, tooltipExpression } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link topTokens}. */
export interface TopTokensOptions extends FigureOptions {
  /** How many tokens a column lists; 10 unless told. */
  readonly top?: number;
  /** The tokens, in place of the last axis' labels. */
  readonly tokens?: readonly string[];
}

/** More tokens than these in all columns together make a notebook heavy. */
const MOST_ENTRIES = 24_000;

/**
 * The tokens for which each of many things (neurons, features, heads, positions) is largest, a column each, with pages; a
 * switch shows those for which it is smallest. With layers, a second pair of arrows turns the layers. No kernel is needed.
 *
 * @param values [item, vocabulary] or [layer, item, vocabulary]: activations, logits or any score of a token
 * @throws ViewInputError for other axes, tokens of another number, or more than a figure should hold
 * @example topTokens([[0.1, 2, -1], [3, 0, 0.5]], { tokens: ["a", "b", "c"], top: 2 })
 */
export function topTokens(values: ArrayInput, options: TopTokensOptions = {}): Figure {
  const rank = rankOf(values);
  if (rank !== 2 && rank !== 3)
    throw new ViewInputError(
      `topTokens takes [item, vocabulary] or [layer, item, vocabulary], and got ${count(rank, "axis", "axes")}.`,
    );
  const names = ["layer", "item", "vocabulary"].slice(3 - rank);
  const array = toArray(values, rank, labelsOf(values, names, options), names, "topTokens");
  const layers = rank === 3 ? (array.shape[0] ?? 0) : 1;
  const [items = 0, size = 0] = array.shape.slice(-2);
  const [itemNames = [], words = []] = array.labels.slice(-2);
  const layerNames = rank === 3 ? (array.labels[0] ?? []) : [];
  const itemAxis = array.axes.at(-2) ?? "item";
  if (layers * items * size === 0)
    throw new ViewInputError(`topTokens has nothing to show: ${array.shape.join(" × ")}.`);
  const top = Math.max(1, Math.min(options.top ?? 10, size));
  if (layers * items * top * 2 > MOST_ENTRIES)
    throw new ViewInputError(
      `topTokens: ${layers * items} columns of ${top} tokens are more than a figure should hold; choose layers or ${itemAxis}s with .slice first, or a smaller top.`,
    );
  const { columns, shown, all } = readTops(array, layers * items, size, top);

  const width = options.width ?? FIGURE_WIDTH;
  const numbers = widestLabel(all.map((value) => formatNumber(value)));
  const columnWidth = Math.max(
    92,
    Math.min(190, Math.max(widestLabel(shown.map((word) => words[word] ?? "")), 40) + numbers + 24),
  );
  const perPage = Math.max(1, Math.min(items, Math.floor((width - 42) / columnWidth)));
  const sheets = Math.ceil(items / perPage);
  const scale = colourScale(all, options.colours, options.domain);
  const scene = new Scene(
    Math.max(options.width ?? 300, 42 + perPage * columnWidth),
    options.title ?? "Top tokens",
    `a column: ${itemAxis} · its tokens: the most first`,
  );
  scene.scale(vegaScale("value", scale));
  let y = scene.top + 8;
  scene.signal("smallest", false, { on: [{ events: "@switch:click", update: "!smallest" }] });
  scene.draw("text", [{ x: 12, y, fill: "#08519c", cursor: "pointer", fontWeight: "bold" }], {
    name: "switch",
    encode: { text: { signal: "smallest ? '⇄ the smallest values' : '⇄ the largest values'" } },
  });
  y += 26;
  let x = 12;
  const axisName = array.axes[0] ?? "layer";
  const layerLabels = layerNames.map((name) => fitText(`${axisName} ${name}`, 140));
  if (layers > 1) {
    scene.signal("layerLabels", layerLabels);
    const labelWidth = widestPage(layerLabels);
    x =
      18 + drawPager(scene, { name: "layer", pages: layers, x, y, label: "layerLabels[layer]", labelWidth });
  } else scene.signal("layer", 0);
  const sheetLabels = Array.from({ length: sheets }, (_, sheet) => {
    const end = Math.min(items, (sheet + 1) * perPage);
    return `${sheet * perPage + 1}–${end} of ${items}`;
  });
  if (sheets > 1) {
    scene.signal("sheetLabels", sheetLabels);
    const labelWidth = widestPage(sheetLabels);
    drawPager(scene, { name: "sheet", pages: sheets, x, y, label: "sheetLabels[sheet]", labelWidth });
  } else scene.signal("sheet", 0);
  if (layers > 1 || sheets > 1) y += 26;

  const line = 20;
  const first = y + 14;
  scene.signal(
    "words",
    shown.map((word) => words[word] ?? ""),
  );
  scene.signal(
    "shortWords",
    shown.map((word) => fitText(words[word] ?? "", columnWidth - numbers - 22)),
  );
  scene.signal(
    "itemNames",
    itemNames.map((name) => fitText(name, columnWidth - 12, THEME.size.label, true)),
  );
  scene.signal("tops", columns);
  const column = `tops[layer * ${items} + datum.item][smallest ? 1 : 0]`;
  scene.data("cells", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: perPage * top, as: "p" },
      { type: "formula", as: "c", expr: `floor(datum.p / ${top})` },
      { type: "formula", as: "r", expr: `datum.p % ${top}` },
      { type: "formula", as: "item", expr: `sheet * ${perPage} + datum.c` },
      { type: "filter", expr: `datum.item < ${items}` },
      { type: "formula", as: "word", expr: `${column}[2 * datum.r]` },
      { type: "formula", as: "value", expr: `${column}[2 * datum.r + 1]` },
      { type: "filter", expr: "isValid(datum.word)" },
    ],
  });
  const place = {
    x: { field: "c", mult: columnWidth, offset: 34 },
    y: { field: "r", mult: line, offset: first },
  };
  const fill = `scale('value', datum.value)`;
  const tooltip = tooltipExpression([
    [itemAxis, "itemNames[datum.item]"],
    ["token", "words[datum.word]"],
    ["value", numberExpression("datum.value")],
  ]);
  scene.mark({
    type: "rect",
    name: "cell",
    from: { data: "cells" },
    interactive: options.tooltip !== false,
    encode: {
      update: {
        ...place,
        width: { value: columnWidth - 6 },
        height: { value: line - 2 },
        cornerRadius: { value: 3 },
        fill: { signal: fill },
        ...(options.tooltip === false ? {} : { tooltip }),
      },
    },
  });
  const text = {
    baseline: { value: "middle" },
    font: { value: THEME.font },
    fontSize: { value: THEME.size.label },
    fill: { signal: `luminance(${fill}) < 0.179 ? '#ffffff' : '#000000'` },
    y: { ...place.y, offset: first + line / 2 - 1 },
  };
  for (const [shift, align, signal] of [
    [5, "left", "shortWords[datum.word]"],
    [columnWidth - 11, "right", `replace(${numberExpression("datum.value", ".3~g")}, '-', '−')`],
  ] as const)
    scene.mark({
      type: "text",
      from: { data: "cells" },
      interactive: false,
      encode: {
        update: {
          ...text,
          x: { ...place.x, offset: 34 + shift },
          align: { value: align },
          text: { signal },
        },
      },
    });
  scene.mark({
    type: "text",
    from: { data: "cells" },
    interactive: false,
    encode: {
      update: {
        ...text,
        x: { ...place.x, offset: 39 },
        y: { value: first - 10 },
        fill: { value: THEME.muted },
        fontWeight: { value: "bold" },
        text: { signal: "datum.r === 0 ? itemNames[datum.item] : ''" },
      },
    },
  });
  scene.draw(
    "text",
    Array.from({ length: top }, (_, rank) => ({
      x: 28,
      y: first + rank * line + line / 2 - 1,
      text: String(rank + 1),
      align: "right",
      fontSize: THEME.size.small,
      fill: THEME.muted,
    })),
  );
  const bottom = first + top * line + 12;
  scene.height = options.height ?? bottom + drawColourLegend(scene, scale, all, { x: 34, y: bottom }) + 10;
  const best = itemNames.slice(0, 3).map((name, item) => {
    const [word = 0, value = NaN] = columns[item]?.[0] ?? [];
    return `${name} ${labelBeside(words[shown[word] ?? 0] ?? "", formatNumber(value), " ")}`;
  });
  return sceneFigure(
    scene,
    options.description ??
      `The ${count(top, "token")} with the largest and the smallest values for ${count(items, itemAxis)}${layers > 1 ? ` in ${count(layers, axisName)}` : ""}; first: ${list(best)}.`,
  );
}

function labelsOf(
  values: ArrayInput,
  names: readonly string[],
  { tokens, labels }: TopTokensOptions,
): FigureOptions["labels"] {
  if (tokens === undefined) return labels;
  const last = "axes" in values ? values.axes.at(-1) : names.at(-1);
  return { ...labels, [last ?? "vocabulary"]: tokens };
}

interface Tops {
  /** By column: the largest and the smallest, each [word's place in `shown`, value, word, value, …]. */
  readonly columns: readonly (readonly [number[], number[]])[];
  /** The words that appear, by their index in the vocabulary. */
  readonly shown: readonly number[];
  /** All values that appear. */
  readonly all: readonly number[];
}

function readTops(array: LabelledArray, columns: number, size: number, top: number): Tops {
  const places = new Map<number, number>();
  const all: number[] = [];
  const read = Array.from({ length: columns }, (_, column) => {
    const own = Float64Array.from({ length: size }, (__, word) => array.values[column * size + word] ?? NaN);
    const entries = (order: readonly number[]): number[] =>
      order.flatMap((word) => {
        if (!places.has(word)) places.set(word, places.size);
        const value = Number(round(own[word] ?? 0));
        all.push(value);
        return [places.get(word) ?? 0, value];
      });
    const finite = own.map((value) => (Number.isFinite(value) ? value : NaN));
    return [
      entries(largest(finite, top)),
      entries(
        largest(
          finite.map((value) => -value),
          top,
        ),
      ),
    ] as const;
  });
  return { columns: read, shown: [...places.keys()], all };
}
