import { drawColourLegend } from "./colour-legend.ts";
import { colourScale } from "./colours.ts";
import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, inertText, widestLabel } from "./label.ts";
import { cellDigits, columnLabels, drawLabels, drawMatrixBlock } from "./matrix-block.ts";
import { toMatrix, type MatrixInput } from "./matrix.ts";
import { alternatives } from "./nested.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { numberExpression, round, Scene, tooltipExpression, type Node } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** A head's place: its layer and its number there, both from 0. */
export type HeadIndex = readonly [layer: number, head: number];

/** What a head map shows of one head when it is chosen. */
export interface HeadDetail {
  readonly head: HeadIndex;
  readonly figure: Figure;
}

/** Options of {@link headMap}. */
export interface HeadMapOptions extends FigureOptions {
  /** What the effect is, for the tooltip and the legend. */
  readonly valueName?: string;
  /** What NaN means; "not measured" unless told. */
  readonly missing?: string;
  /** Further numbers of each head by name, for the tooltip: `{ shuffled: […], q: […] }`, each [layer, head]. */
  readonly beside?: Readonly<Record<string, MatrixInput>>;
  /** Heads that get a ring, such as those that passed a test; `markName` says in the legend what it means. */
  readonly marked?: readonly HeadIndex[];
  readonly markName?: string;
  /** A figure for some heads: beside or below the map, that of the head which is pointed at (a click keeps it). */
  readonly details?: readonly HeadDetail[];
  /** The head chosen at first; the strongest that has a detail unless told. */
  readonly head?: HeadIndex;
}

/** A black ring in a white one, which shows on any colour. */
const RING = [
  { stroke: "#ffffff", strokeWidth: 3.6, fill: "transparent" },
  { stroke: "#000000", strokeWidth: 1.6, fill: "transparent" },
];

/**
 * One number a head as a map of layers × heads: an effect, best over its null, so that white is "no more than chance".
 * Point at a head for its numbers; a click keeps it and shows its detail, also without a kernel.
 *
 * @param effects [layer, head]; NaN where nothing was measured
 * @throws ViewInputError when `beside`, `marked`, `details` or `head` don't fit the map
 * @example headMap([[0.1, 2.5], [-0.3, 0.2]], { valueName: "deviations over shuffled", marked: [[0, 1]], markName: "found" })
 */
export function headMap(effects: MatrixInput, options: HeadMapOptions = {}): Figure {
  const drawn = toMatrix(effects, options.labels, "headMap", ["layer", "head"]);
  const [layers, heads] = [drawn.rows.length, drawn.columns.length];
  const { marked = [], details = [] } = options;
  const valueName = inertText(options.valueName ?? "effect");
  const missing = inertText(options.missing ?? "not measured");
  const markName = inertText(options.markName ?? "marked");
  for (const [layer, head] of [
    ...marked,
    ...details.map((detail) => detail.head),
    ...(options.head === undefined ? [] : [options.head]),
  ])
    if (!(layer in drawn.rows && head in drawn.columns))
      throw new ViewInputError(
        `headMap: there is no head ${head} in layer ${layer}; there are ${layers} layers of ${heads} heads.`,
      );
  const beside = Object.entries(options.beside ?? {}).map(([name, matrix]) => {
    const { rows, columns, values } = toMatrix(matrix, undefined, `headMap: ${name}`, ["layer", "head"]);
    if (rows.length !== layers || columns.length !== heads)
      throw new ViewInputError(
        `headMap: "${name}" is ${rows.length} × ${columns.length}, and the map ${layers} × ${heads}.`,
      );
    return [name, Array.from(values, round)] as const;
  });
  const sizes = Float64Array.from(drawn.values, Math.abs);
  const order = largest(sizes, sizes.length);
  const cellOf = ([layer, head]: HeadIndex): number => layer * heads + head;
  const detailed = new Set(details.map((detail) => cellOf(detail.head)));
  const start =
    options.head === undefined
      ? (order.find((cell) => detailed.has(cell)) ?? order[0] ?? 0)
      : cellOf(options.head);

  const specs = details.map(({ figure }) => figure.stillSpec as Node);
  const detailWidth = Math.max(0, ...specs.map((spec) => Number(spec["width"])));
  const detailHeight = Math.max(0, ...specs.map((spec) => Number(spec["height"])));
  const most = options.width ?? FIGURE_WIDTH;
  const left = Math.min(160, Math.max(50, widestLabel(drawn.rows) + 20));
  const cell = Math.max(12, Math.min(46, (Math.min(most, 520) - left - 24) / Math.max(1, heads)));
  const column = columnLabels(drawn.columns, cell, 90);
  const mapWidth = Math.max(340, left + cell * heads + column.overhang + 16);
  const isBeside = details.length > 0 && mapWidth + detailWidth <= most;
  const width = isBeside ? mapWidth + detailWidth : Math.max(mapWidth, detailWidth);
  const hint = details.length === 0 ? "" : " Point at a head; click to keep it.";
  const scene = new Scene(
    width,
    options.title ?? `${valueName} by head`,
    `rows: ${drawn.rowAxis} · columns: ${drawn.columnAxis}.${hint}`,
  );
  const top = scene.top + column.height;
  const cellHeight =
    options.height === undefined
      ? Math.min(cell, 30)
      : Math.max(8, (options.height - top - 60) / Math.max(1, layers));
  const scale = colourScale(Array.from(drawn.values), options.colours, options.domain);
  const place = { x: left, y: top, cellWidth: cell, cellHeight };
  const measured = Array.from(drawn.values).filter((value) => !Number.isNaN(value));
  const written = cellHeight >= 13 && cellDigits(measured, cell, cellHeight) > 0;
  drawMatrixBlock(scene, drawn, { name: "map", ...place, scale, tooltip: false, values: written, missing });
  drawLabels(scene, place, drawn.rows, column, left - 12, drawn.named);
  // Along the cell's edge, so that it leaves the number free.
  const cornerRadius = Math.min(cell, cellHeight) * 0.4;
  for (const line of RING)
    scene.draw(
      "rect",
      marked.map(([layer, head]) => ({
        x: left + head * cell + 2,
        y: top + layer * cellHeight + 2,
        width: cell - 4,
        height: cellHeight - 4,
        cornerRadius,
        ...line,
      })),
    );

  scene.signal("over", -1, {
    on: [
      { events: "@head:mouseover", update: "datum.i" },
      { events: "@head:mouseout", update: "-1" },
    ],
  });
  scene.signal("kept", start, { on: [{ events: "@head:click", update: "datum.i" }] });
  scene.signal("chosen", undefined, { update: "over >= 0 ? over : kept" });
  scene.signal("missing", missing);
  scene.signal(
    "besides",
    beside.map(([, values]) => values),
  );
  const value = "datum.value";
  scene.draw(
    "rect",
    Array.from(drawn.values, (number, i) => ({
      i,
      x: left + (i % heads) * cell,
      y: top + Math.floor(i / heads) * cellHeight,
      layer: drawn.rows[Math.floor(i / heads)] ?? "",
      head: drawn.columns[i % heads] ?? "",
      value: number,
      width: cell,
      height: cellHeight,
      fill: "transparent",
      cursor: "pointer",
    })),
    {
      name: "head",
      encode: {
        stroke: { signal: `datum.i === chosen ? '${THEME.accent}' : 'transparent'` },
        strokeWidth: { value: 2.5 },
        ...(options.tooltip === false
          ? {}
          : {
              tooltip: tooltipExpression([
                [drawn.rowAxis, "datum.layer"],
                [drawn.columnAxis, "datum.head"],
                [valueName, `datum.value === 'NaN' ? missing : ${numberExpression(value)}`],
                ...beside.map(
                  ([name], index) => [name, numberExpression(`besides[${index}][datum.i]`)] as const,
                ),
              ]),
            }),
      },
    },
  );
  let bottom = top + layers * cellHeight + 14;
  const right = mapWidth - 8;
  bottom +=
    drawColourLegend(scene, scale, drawn.values, { x: left, y: bottom, right, name: valueName, missing }) + 6;
  if (marked.length > 0) {
    for (const line of RING)
      scene.draw("rect", [{ x: left - 3, y: bottom + 1, width: 16, height: 11, cornerRadius: 5, ...line }]);
    scene.draw("text", [
      {
        x: left + 19,
        y: bottom + 6,
        text: fitText(markName, mapWidth - left - 20),
        fontSize: THEME.size.small,
        fill: THEME.muted,
      },
    ]);
    bottom += 16;
  }
  scene.height = Math.max(
    options.height ?? 0,
    isBeside ? Math.max(bottom + 8, scene.top + detailHeight) : bottom + 8 + detailHeight,
  );
  drawDetails(
    scene,
    specs,
    details.map((detail) => cellOf(detail.head)),
    isBeside ? [mapWidth, scene.top] : [0, bottom + 4],
  );

  const name = (index: number): string =>
    `${drawn.rows[Math.floor(index / heads)] ?? ""}.${drawn.columns[index % heads] ?? ""} ${formatNumber(drawn.values[index] ?? NaN)}`;
  const without = drawn.values.length - measured.length;
  const empty = without === 0 ? "" : ` ${count(without, "head")} ${missing}.`;
  const tested = marked.length === 0 ? "" : ` ${count(marked.length, "head")} ${markName}.`;
  return sceneFigure(
    scene,
    options.description ??
      `Map of ${count(layers, "layer")} by ${count(heads, "head")} by ${valueName}; strongest: ${list(order.slice(0, 3).map(name))}.${tested}${empty}`,
  );
}

/** Where the heads of a {@link headMap} stand, in order, in CSS pixels from its upper left corner. */
export function headBoxes(map: Figure): readonly HeadBox[] {
  const { marks, data } = map.spec as {
    readonly marks: readonly HeadMark[];
    readonly data: readonly { readonly name: string; readonly values?: readonly Partial<HeadBox>[] }[];
  };
  const mark = marks.find(({ name }) => name === "head");
  const rows = data.find(({ name }) => name === mark?.from?.data)?.values ?? [];
  // What all heads have in common stands at the mark.
  const channel = (row: Partial<HeadBox>, name: keyof HeadBox): number =>
    row[name] ?? mark?.encode.update[name]?.value ?? 0;
  return rows.map((row) => ({
    x: channel(row, "x"),
    y: channel(row, "y"),
    width: channel(row, "width"),
    height: channel(row, "height"),
  }));
}

/** A head's rectangle in the map, in CSS pixels. */
export interface HeadBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface HeadMark {
  readonly name?: string;
  readonly from?: { readonly data: string };
  readonly encode: { readonly update: { readonly [Channel in keyof HeadBox]?: { readonly value?: number } } };
}

/** Each detail in the same place, all but the chosen one moved out of sight. */
function drawDetails(
  scene: Scene,
  specs: readonly Node[],
  cells: readonly number[],
  [x, y]: readonly [number, number],
): void {
  if (specs.length === 0) return;
  const each = specs.map((spec, index) => ({ spec, shown: `chosen === ${cells[index] ?? -1}` }));
  alternatives(scene, each, "detail", [x, y]);
  scene.draw(
    "text",
    [{ x: x + 16, y: y + 24, text: "nothing more to show for this head", fill: THEME.muted }],
    {
      encode: { opacity: { signal: `indexof(${JSON.stringify(cells)}, chosen) < 0 ? 1 : 0` } },
    },
  );
}
