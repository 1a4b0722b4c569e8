import { fourAxes } from "./attention-pattern.ts";
import { colourScale } from "./colours.ts";
import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { keptSet } from "./kept-set.ts";
import { fitText, formatNumber, widestLabel } from "./label.ts";
import { columnLabels, drawLabels, pool, rasterUri } from "./matrix-block.ts";
import type { ArrayInput, LabelledArray } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { MOST_CODE, packCode, packingSignal, readCode } from "./packing.ts";
import { Scene, tooltipExpression, type Node } from "./scene.ts";
import { THEME } from "./theme.ts";
import { drawShadedTokens } from "./token-strip.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link attentionHeads}. */
export interface AttentionHeadsOptions extends FigureOptions {
  /** The tokens, when the patterns' axes don't carry them. */
  readonly tokens?: readonly string[];
  /** The head shown at first, [layer, head]; the one that looks most at other tokens than the first unless told. */
  readonly head?: readonly [layer: number, head: number];
}

/** Characters for the readable weights of all heads together. */
const MOST_CHARACTERS = 220_000;
/** Pixels on a side for one head's small picture. */
const MOST_HEAD_PIXELS = 64;

/**
 * Every head's pattern as a small picture in a grid of layers × heads; the one that is pointed at (a click keeps it)
 * is shown large with its tokens, and the text is shaded by what the chosen token looks at in that head.
 *
 * @param patterns [layer, head, query, key]; one layer or one head may be left out
 * @throws ViewInputError for other axes, or tokens of another number
 * @example attentionHeads(run.patterns, { tokens: ["the", "cat", "sat"] })
 */
export function attentionHeads(patterns: ArrayInput, options: AttentionHeadsOptions = {}): Figure {
  const array = fourAxes(patterns, options);
  const [layers = 0, heads = 0, queries = 0, keys = 0] = array.shape;
  const [layerNames = [], headNames = [], tokens = [], sources = []] = array.labels;
  const averages = strongestHeads(array);
  const start = options.head ?? averages[0]?.place ?? [0, 0];
  if (!(start[0] < layers && start[1] < heads))
    throw new ViewInputError(
      `attentionHeads: there is no head ${start[1]} in layer ${start[0]}; there are ${layers} layers of ${heads} heads.`,
    );
  const scale = colourScale([0, 1], options.colours, options.domain ?? [0, 1]);
  const width = options.width ?? FIGURE_WIDTH;
  const scene = new Scene(
    width,
    options.title ?? "Attention heads",
    "Rows of a pattern are queries, columns keys. Point at a head or a token; click to keep it, with Shift to add a head: several are shown as their mean.",
  );

  const sprite = drawSprite(array, MOST_HEAD_PIXELS);
  scene.signal("sprite", rasterUri(sprite.rows, sprite.columns, sprite.values, scale));
  const rowRoom = Math.min(110, Math.max(34, widestLabel(tokens) + 12));
  const heading = columnLabels(sources, 200 / keys, 80);
  const gridX = 46;
  const gridY = scene.top + 20;
  const { tile, zoomSize, isBelow } = arrange(
    width - gridX - 14,
    22 + rowRoom + Math.min(40, heading.overhang),
    [layers, heads],
  );
  const zoomX = isBelow ? gridX + rowRoom : gridX + heads * tile + 22 + rowRoom;
  const zoomTop = isBelow ? gridY + layers * tile + 16 : scene.top;
  const zoomY = zoomTop + 20 + columnLabels(sources, zoomSize / keys, 80).height + 6;

  // The grid.
  const image = { url: { signal: "sprite" }, smooth: { value: false }, aspect: { value: false } };
  // A tile of fewer pixels than its picture would lose whole rows: it gets a picture of its own, of the strongest weights.
  const isShrunk = tile * 1.5 < sprite.columns / heads;
  const small = isShrunk ? drawSprite(array, Math.max(8, Math.round(tile))) : sprite;
  scene.mark({
    type: "image",
    interactive: false,
    encode: {
      update: {
        ...image,
        ...(isShrunk ? { url: { value: rasterUri(small.rows, small.columns, small.values, scale) } } : {}),
        x: { value: gridX },
        y: { value: gridY },
        width: { value: heads * tile },
        height: { value: layers * tile },
      },
    },
  });
  const tiles = Array.from({ length: layers * heads }, (_, index) => ({
    l: Math.floor(index / heads),
    h: index % heads,
  }));
  scene.signal("headHover", null, {
    on: [
      { events: "@tile:mouseover", update: "{l: datum.l, h: datum.h}" },
      { events: "@tile:mouseout", update: "null" },
    ],
  });
  const kept = keptSet(scene, "headsKept", "tile", "b", [start[0] * heads + start[1]], false);
  scene.data("headsShown", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: layers * heads, as: "b" },
      {
        type: "filter",
        expr: `headHover ? datum.b === headHover.l * ${heads} + headHover.h : ${kept.has("datum.b")}`,
      },
      { type: "window", ops: ["row_number"], as: ["nth"] },
      { type: "formula", as: "l", expr: `floor(datum.b / ${heads})` },
      { type: "formula", as: "h", expr: `datum.b % ${heads}` },
    ],
  });
  scene.signal("headCount", undefined, { update: `headHover ? 1 : ${kept.size}` });
  const boxes = tiles.map(({ l, h }) => ({
    x: gridX + h * tile,
    y: gridY + l * tile,
    width: tile,
    height: tile,
    l,
    h,
    b: l * heads + h,
  }));
  scene.draw(
    "rect",
    boxes.map((box) => ({
      ...box,
      layer: layerNames[box.l] ?? "",
      head: headNames[box.h] ?? "",
      fill: "transparent",
      cursor: "pointer",
      stroke: "#aab4bd",
      strokeWidth: 0.5,
    })),
    {
      name: "tile",
      encode:
        options.tooltip === false
          ? {}
          : {
              tooltip: tooltipExpression([
                ["layer", "datum.layer"],
                ["head", "datum.head"],
              ]),
            },
    },
  );
  scene.draw(
    "rect",
    boxes.map((box) => ({ ...box, fill: "transparent", strokeWidth: 2.5 })),
    {
      encode: {
        stroke: {
          signal: `headHover && headHover.l === datum.l && headHover.h === datum.h ? '${THEME.accent}' : ${kept.has("datum.b")} ? (headHover ? '#000000' : '${THEME.accent}') : 'transparent'`,
        },
      },
    },
  );
  const caption = { fontSize: THEME.size.small, fill: THEME.muted };
  const every = Math.max(1, Math.ceil(16 / tile));
  scene.draw(
    "text",
    headNames.flatMap((text, h) =>
      h % every > 0
        ? []
        : [
            {
              ...caption,
              x: gridX + (h + 0.5) * tile,
              y: gridY - 8,
              text: fitText(text, tile * every),
              align: "center",
            },
          ],
    ),
  );
  scene.draw(
    "text",
    layerNames.map((text, l) => ({
      ...caption,
      x: gridX - 6,
      y: gridY + (l + 0.5) * tile,
      text: fitText(text, 38),
      align: "right",
    })),
  );
  scene.draw("text", [{ ...caption, x: 12, y: gridY - 8, text: "layer" }]);

  // The chosen head, large.
  const cellWidth = zoomSize / keys;
  const cellHeight = zoomSize / queries;
  scene.draw("text", [{ x: zoomX, y: zoomTop + 2, fontWeight: "bold" }], {
    encode: {
      text: {
        signal:
          "headCount === 1 ? 'layer ' + layerNames[data('headsShown')[0].l] + ', head ' + headNames[data('headsShown')[0].h] : 'mean of ' + headCount + ' heads'",
      },
    },
  });
  scene.signal("layerNames", layerNames);
  scene.signal("headNames", headNames);
  scene.mark({
    type: "group",
    interactive: false,
    encode: {
      update: {
        x: { value: zoomX },
        y: { value: zoomY },
        width: { value: zoomSize },
        height: { value: zoomSize },
        clip: { value: true },
      },
    },
    marks: [
      {
        type: "image",
        from: { data: "headsShown" },
        interactive: false,
        encode: {
          update: {
            ...image,
            // The last pixels of a pattern may reach over its end.
            x: { signal: `-datum.h * ${zoomSize * sprite.across}` },
            y: { signal: `-datum.l * ${zoomSize * sprite.down}` },
            width: { value: heads * zoomSize * sprite.across },
            height: { value: layers * zoomSize * sprite.down },
            // The nth over the mean of those before, as one part in n: the mean of n.
            opacity: { signal: "1 / datum.nth" },
          },
        },
      },
    ],
  });
  drawLabels(
    scene,
    { x: zoomX, y: zoomY, cellWidth, cellHeight },
    tokens,
    columnLabels(sources, cellWidth, 80),
    rowRoom - 8,
  );
  const strongest = packStrongest(array);
  packingSignal(scene);
  scene.signal("strongest", strongest.packed);
  scene.signal("tokens", tokens);
  scene.signal("sources", sources);
  const at = (pixel: string, from: number, size: number, most: number): string =>
    `clamp(floor((${pixel} - ${from}) / ${size}), 0, ${most - 1})`;
  scene.signal("cell", null, {
    on: [
      {
        events: "@zoom:mousemove",
        update: `{q: ${at("y()", zoomY, cellHeight, queries)}, k: ${at("x()", zoomX, cellWidth, keys)}}`,
      },
      { events: "@zoom:mouseout", update: "null" },
    ],
  });
  scene.signal("tokenHover", -1, {
    on: [
      { events: "@strip:mouseover", update: "datum.i" },
      { events: "@strip:mouseout", update: "-1" },
    ],
  });
  scene.signal("tokenKept", queries - 1, {
    on: [
      { events: "@strip:click", update: "datum.i" },
      { events: "@zoom:click", update: "cell ? cell.q : tokenKept" },
    ],
  });
  scene.signal("token", undefined, { update: "tokenHover >= 0 ? tokenHover : cell ? cell.q : tokenKept" });
  decodeShares(scene, strongest.kept, queries);
  scene.draw(
    "rect",
    [{ x: zoomX, y: zoomY, width: zoomSize, height: zoomSize, fill: "transparent", stroke: "#aab4bd" }],
    {
      name: "zoom",
      encode: {
        tooltip: {
          signal: `cell ? ${
            tooltipExpression([
              ["query", "tokens[cell.q] + ' (' + cell.q + ')'"],
              ["key", "sources[cell.k] + ' (' + cell.k + ')'"],
              [
                "attention",
                `length(data('cellShare')) ? format(data('cellShare')[0].share, '.3f') : 'below the row’s ${strongest.kept} strongest'`,
              ],
            ])["signal"] as string
          } : ''`,
        },
      },
    },
  );
  const outline = { fill: "transparent", stroke: THEME.accent, strokeWidth: 1.5 };
  scene.draw("rect", [{ ...outline, x: zoomX, width: zoomSize, height: cellHeight }], {
    encode: { y: { signal: `${zoomY} + token * ${cellHeight}` }, opacity: { signal: "backwards ? 0 : 1" } },
  });
  scene.draw("rect", [{ ...outline, y: zoomY, height: zoomSize, width: cellWidth }], {
    encode: { x: { signal: `${zoomX} + token * ${cellWidth}` }, opacity: { signal: "backwards ? 1 : 0" } },
  });

  const stripY = Math.max(gridY + layers * tile, zoomY + zoomSize) + 16;
  const note = strongest.kept < keys ? ` (${strongest.kept} strongest)` : "";
  scene.height = drawShadedTokens(scene, tokens, { y: stripY + 6, chosen: "token", note }) + 6;
  return sceneFigure(scene, options.description ?? describe(array, averages));
}

/**
 * The size of a head in the grid and of the large one, in pixels: beside each other where the grid's heads stay legible, else one
 * below the other. `room` is what both may take; `between` what stands beside them.
 */
function arrange(
  room: number,
  between: number,
  [layers, heads]: readonly [number, number],
): { readonly tile: number; readonly zoomSize: number; readonly isBelow: boolean } {
  const free = room - between;
  const zoom = Math.max(220, Math.min(360, free * 0.52));
  const tile = Math.min(72, (free - zoom) / heads, 480 / layers);
  if (tile >= 14) return { tile, zoomSize: Math.min(360, free - heads * tile), isBelow: false };
  return { tile: Math.min(48, room / heads), zoomSize: Math.min(360, free), isBelow: true };
}

/** The numbers, for views into them without a copy. */
function numbersOf({ values }: LabelledArray): Float64Array {
  return values instanceof Float64Array ? values : new Float64Array(values);
}

/** All patterns in one picture, each at most `most` pixels on a side; `across` and `down` are its pixels over its cells. */
function drawSprite(
  array: LabelledArray,
  most: number,
): { rows: number; columns: number; values: Float64Array; across: number; down: number } {
  const [layers = 0, heads = 0, queries = 0, keys = 0] = array.shape;
  const step = Math.max(1, Math.ceil(Math.max(queries, keys) / most));
  const tall = Math.ceil(queries / step);
  const wide = Math.ceil(keys / step);
  const values = new Float64Array(layers * tall * heads * wide);
  const flat = numbersOf(array);
  for (let layer = 0; layer < layers; layer++)
    for (let head = 0; head < heads; head++) {
      const start = (layer * heads + head) * queries * keys;
      const block = pool(
        {
          rows: queries,
          columns: keys,
          values: flat.subarray(start, start + queries * keys),
        },
        most,
        0,
      );
      for (let row = 0; row < tall; row++)
        for (let column = 0; column < wide; column++)
          values[(layer * tall + row) * heads * wide + head * wide + column] =
            block.values[row * wide + column] ?? 0;
    }
  return {
    rows: layers * tall,
    columns: heads * wide,
    values,
    across: (wide * step) / keys,
    down: (tall * step) / queries,
  };
}

/**
 * Each query's strongest weights as text, one string a head: four characters a weight, two for the key and two for the
 * weight in 4,095ths. As many as fit, all of them for short texts.
 */
function packStrongest(array: LabelledArray): { packed: string[]; kept: number } {
  const [layers = 0, heads = 0, queries = 0, keys = 0] = array.shape;
  const kept = Math.min(keys, Math.max(3, Math.floor(MOST_CHARACTERS / (4 * layers * heads * queries))));
  const weights = numbersOf(array);
  const all = Array.from({ length: keys }, (_, key) => key);
  const packed = Array.from({ length: layers * heads }, (_, block) => {
    const parts: string[] = [];
    for (let query = 0; query < queries; query++) {
      const start = (block * queries + query) * keys;
      const strongest = kept < keys ? largest(weights.subarray(start, start + keys), kept) : all;
      // A row of fewer numbers than `kept` (the others are NaN) is filled, so that each row has its place.
      for (let nth = 0; nth < kept; nth++) {
        const key = strongest[nth] ?? 0;
        const weight = nth in strongest ? (weights[start + key] ?? 0) : 0;
        const share = Number.isFinite(weight) ? Math.min(1, Math.max(0, weight)) : 0;
        parts.push(packCode(key), packCode(Math.round(share * MOST_CODE)));
      }
    }
    return parts.join("");
  });
  return { packed, kept };
}

/** Data sets "shares" (of the chosen token, by place in the text) and "cellShare" (of the cell pointed at): means over the heads shown. */
function decodeShares(scene: Scene, kept: number, queries: number): void {
  const share = (from: string, to: string, filter: string): readonly Node[] => [
    { type: "formula", as: "p", expr: `sequence(${from}, ${to})` },
    { type: "flatten", fields: ["p"] },
    { type: "formula", as: "k", expr: readCode("strongest[datum.b]", "datum.p * 4") },
    { type: "filter", expr: filter },
    {
      type: "formula",
      as: "share",
      expr: `${readCode("strongest[datum.b]", "datum.p * 4 + 2")} / ${MOST_CODE} / headCount`,
    },
    { type: "formula", as: "i", expr: `backwards ? floor(datum.p / ${kept}) : datum.k` },
    { type: "aggregate", groupby: ["i"], fields: ["share"], ops: ["sum"], as: ["share"] },
  ];
  scene.data("shares", undefined, {
    source: "headsShown",
    transform: share(
      `backwards ? 0 : token * ${kept}`,
      `backwards ? ${queries * kept} : (token + 1) * ${kept}`,
      "!backwards || datum.k === token",
    ),
  });
  scene.data("cellShare", undefined, {
    source: "headsShown",
    transform: share(
      `cell ? cell.q * ${kept} : 0`,
      `cell ? (cell.q + 1) * ${kept} : 0`,
      "cell && datum.k === cell.k",
    ),
  });
}

interface HeadAverage {
  readonly place: readonly [number, number];
  readonly share: number;
}

/** Heads by how much they look at tokens other than the first and the query itself, the most first. */
function strongestHeads(array: LabelledArray): HeadAverage[] {
  const [layers = 0, heads = 0, queries = 0, keys = 0] = array.shape;
  return Array.from({ length: layers * heads }, (_, block) => {
    let share = 0;
    for (let query = 0; query < queries; query++)
      for (let key = 1; key < keys; key++)
        if (key !== query) share += array.values[(block * queries + query) * keys + key] ?? 0;
    return {
      place: [Math.floor(block / heads), block % heads] as const,
      share: share / Math.max(1, queries),
    };
  }).toSorted((left, right) => right.share - left.share);
}

function describe(array: LabelledArray, averages: readonly HeadAverage[]): string {
  const [layers = 0, heads = 0, queries = 0] = array.shape;
  const most = averages
    .slice(0, 3)
    .map(
      ({ place, share }) =>
        `layer ${array.labels[0]?.[place[0]] ?? ""} head ${array.labels[1]?.[place[1]] ?? ""} ${formatNumber(share)}`,
    );
  return `Attention patterns of ${count(layers, "layer")} of ${count(heads, "head")} over ${count(queries, "token")}; mean attention to tokens other than the first and the token itself is largest for ${list(most)}.`;
}
