import { COLOUR_SCALES } from "./colours.ts";
import type { FigureOptions } from "./options.ts";
import { readPacked } from "./packing.ts";
import { numberExpression, round, tooltipExpression, type Json, type Node, type Scene } from "./scene.ts";
import { THEME } from "./theme.ts";

/** Data sets "queryCells" (the chosen query), "terms" (all keys' numbers and products) and "sums" (score and weight by key). */
export function addNeuronCells(
  scene: Scene,
  sizes: {
    readonly dimensions: number;
    readonly sources: number;
    readonly targets: number;
    readonly reach: number;
    readonly causal: boolean;
  },
): void {
  const { dimensions, sources, reach, causal } = sizes;
  const formula = (as: string, expr: string): Node => ({ type: "formula", as, expr });
  const query = readPacked("qs[head]", `token * ${dimensions} + datum.d`, -reach, reach);
  scene.data("queryCells", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: dimensions, as: "d" },
      formula("q", query),
      formula("k", "-1"),
      formula("hidden", "false"),
    ],
  });
  scene.data("terms", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: sources * dimensions, as: "p" },
      formula("k", `floor(datum.p / ${dimensions})`),
      formula("d", `datum.p % ${dimensions}`),
      formula("key", readPacked("ks[head]", "datum.p", -reach, reach)),
      formula("q", query),
      formula("term", "datum.q * datum.key"),
      formula("hidden", causal ? "datum.k > token" : "false"),
    ],
  });
  scene.data("sums", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: sources, as: "k" },
      formula("score", `scores[head][token * ${sources} + datum.k]`),
      formula("weight", `weights[head][token * ${sources} + datum.k]`),
    ],
  });
}

/** Where the cells of q, k and q × k stand, and how large they are. */
export interface NeuronCells extends Pick<FigureOptions, "colours" | "tooltip"> {
  /** The value at the ends of the colour scale of q and k. */
  readonly reach: number;
  readonly cell: number;
  readonly row: number;
  readonly keyX: number;
  readonly productX: number;
  readonly queryY: number;
  readonly first: number;
}

/** A Vega expression for a number in at most five characters. */
function cellText(value: string): string {
  const [short, fixed, small] = [".2~g", ".2f", ".0e"].map((form) => `format(${value}, '${form}')`);
  return `replace(length(${short}) <= 5 ? ${short} : abs(${value}) >= 0.005 ? ${fixed} : ${small}, /-/g, '−')`;
}

/** The chosen query above, all keys below it, and the products beside these; signal "dimension" is the one pointed at. */
export function drawNeuronCells(scene: Scene, options: NeuronCells): void {
  const { reach, cell, row, keyX, productX, queryY, first } = options;
  const tip = tooltipExpression([
    ["token", "datum.k < 0 ? tokens[token] : sources[datum.k]"],
    ["dimension", "datum.d"],
    ["q", "format(datum.q, '.3~g')"],
    ["k", "datum.k < 0 ? '–' : format(datum.key, '.3~g')"],
    ["q × k", "datum.k < 0 ? '–' : format(datum.term, '.3~g')"],
  ]);
  scene.signal("dimension", -1, {
    on: [
      { events: "@queryCell:mouseover, @keyCell:mouseover, @termCell:mouseover", update: "datum.d" },
      { events: "@queryCell:mouseout, @keyCell:mouseout, @termCell:mouseout", update: "-1" },
    ],
  });
  const cells = (name: string, data: string, x: number, value: string, most: string, at: Node): void => {
    const fill = `scale('signed', datum.${value} / ${most})`;
    scene.mark({
      type: "rect",
      name,
      from: { data },
      interactive: options.tooltip !== false,
      encode: {
        update: {
          x: { field: "d", mult: cell, offset: x },
          y: at,
          width: { value: cell },
          height: { value: row - (row > 10 ? 2 : 0) },
          fill: { signal: fill },
          opacity: { signal: "datum.hidden ? 0.25 : 1" },
          ...(cell >= 8 ? { stroke: { value: "#ffffff" }, strokeWidth: { value: 1 } } : {}),
          ...(options.tooltip === false ? {} : { tooltip: tip }),
        },
      },
    });
    if (cell < 28 || row < 12) return;
    scene.mark({
      type: "text",
      from: { data },
      interactive: false,
      encode: {
        update: {
          x: { field: "d", mult: cell, offset: x + cell / 2 },
          y: { ...at, offset: Number(at["offset"] ?? at["value"]) + row / 2 - 0.5 },
          ...("value" in at ? { y: { value: Number(at["value"]) + row / 2 - 0.5 } } : {}),
          text: {
            signal: cellText(`datum.${value}`),
          },
          align: { value: "center" },
          baseline: { value: "middle" },
          font: { value: THEME.font },
          fontSize: { value: 9 },
          fill: { signal: `luminance(${fill}) < 0.179 ? '#ffffff' : '#000000'` },
        },
      },
    });
  };
  const range = COLOUR_SCALES["diverging"] ?? [];
  const last = range.length - 1;
  scene.scale({
    name: "signed",
    type: "linear",
    domain: range.map((_, stop) => Number(round((2 * stop) / last - 1))),
    range: typeof options.colours === "object" ? options.colours : range,
    clamp: true,
  });
  const atRow = { field: "k", mult: row, offset: first };
  cells("queryCell", "queryCells", keyX, "q", String(reach), { value: queryY });
  cells("keyCell", "terms", keyX, "key", String(reach), atRow);
  cells("termCell", "terms", productX, "term", "productReach[head]", atRow);
}

/** A frame round the dimension that is pointed at, in columns that begin at these places. */
export function drawDimensionFrame(
  scene: Scene,
  { cell, bottom }: { readonly cell: number; readonly bottom: number },
  corners: readonly (readonly [x: number, top: number])[],
): void {
  for (const [x, top] of corners)
    scene.draw("rect", [{ width: Math.max(2, cell), y: top - 1, height: bottom - top + 1 }], {
      encode: {
        x: { signal: `${x} + max(0, dimension) * ${cell}` },
        stroke: { value: THEME.accent },
        strokeWidth: { value: 1.5 },
        fill: { value: "transparent" },
        opacity: { signal: "dimension >= 0 ? 1 : 0" },
      },
    });
}

/** The sum of each key as a bar from zero, and its share as a bar from the left. */
export function drawNeuronSums(
  scene: Scene,
  place: {
    readonly scoreX: number;
    readonly weightX: number;
    readonly sumRoom: number;
    readonly first: number;
    readonly row: number;
    readonly scores: readonly (readonly (number | null)[])[];
  },
): void {
  const { scoreX, weightX, sumRoom, first, row, scores } = place;
  const finite = scores.flat().filter((score) => score !== null);
  const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  const textRoom = 40;
  const unit = (sumRoom - textRoom - 8) / (high - low || 1);
  const zero = scoreX - low * unit;
  const y = { field: "k", mult: row, offset: first };
  const height = { value: row - (row > 10 ? 3 : 0) };
  const mark = (type: string, update: Readonly<Record<string, Json>>): void =>
    scene.mark({ type, from: { data: "sums" }, interactive: false, encode: { update } });
  mark("rect", {
    x: { signal: `${zero} + min(0, datum.score || 0) * ${unit}` },
    x2: { signal: `${zero} + max(0, datum.score || 0) * ${unit}` },
    y,
    height,
    fill: { signal: "datum.score < 0 ? '#b35806' : '#2171b5'" },
  });
  mark("rect", {
    x: { value: weightX },
    width: { signal: `datum.weight * ${sumRoom - textRoom - 8}` },
    y,
    height,
    fill: { value: "#08306b" },
  });
  const text = {
    y: { ...y, offset: first + row / 2 - 1.5 },
    align: { value: "right" },
    baseline: { value: "middle" },
    font: { value: THEME.font },
    fontSize: { value: Math.min(THEME.size.small, row * 0.8) },
    fill: { value: THEME.ink },
  };
  const number = numberExpression("datum.score", ".3~g");
  mark("text", {
    ...text,
    x: { value: scoreX + sumRoom - 8 },
    text: { signal: `isValid(datum.score) ? replace(${number}, '-', '−') : 'masked'` },
    opacity: { signal: "isValid(datum.score) ? 1 : 0.5" },
  });
  mark("text", {
    ...text,
    x: { value: weightX + sumRoom - 4 },
    text: { signal: "isValid(datum.score) ? format(datum.weight, '.3f') : ''" },
  });
  scene.draw("rule", [{ x: zero, x2: zero, y: first - 2, y2: first + (scores[0] ? row * 1 : 0) }], {
    encode: { y2: { signal: `${first} + length(sources) * ${row}` }, stroke: { value: THEME.muted } },
  });
}
