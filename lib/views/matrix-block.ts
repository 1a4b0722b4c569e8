import { inkOn, parseColour, type ColourScale } from "./colours.ts";
import { fitText, formatNumber, textWidth, widestLabel } from "./label.ts";
import type { DrawnMatrix } from "./matrix.ts";
import { pack, packingSignal, readPacked } from "./packing.ts";
import { encodePng } from "./png.ts";
import { numberExpression, round, tooltipExpression, type MarkRow, type Node, type Scene } from "./scene.ts";
import { THEME } from "./theme.ts";

/** Up to this many cells are marks of their own; more are one image. */
export const MOST_CELL_MARKS = 2500;
/** An image has at most this many pixels on a side; more cells share a pixel. */
const MOST_PIXELS = 512;
/** The pointer reads at most this many values on a side; more cells share one. */
const MOST_READ = 180;

/** Where and how {@link drawMatrixBlock} draws. */
export interface BlockOptions {
  /** A name for marks, signals and scales; letters and digits. */
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly scale: ColourScale;
  readonly tooltip: boolean;
  /** Whether to write the value into each cell. */
  readonly values?: boolean;
  /** What the value is called in the tooltip. */
  readonly valueName?: string;
  /** What NaN means: such cells are hatched, and the tooltip says this. Without it they are grey and say NaN. */
  readonly missing?: string | undefined;
}

/** Draws the cells of a matrix, as marks or as one image, with tooltips that name row, column and value. */
export function drawMatrixBlock(scene: Scene, matrix: DrawnMatrix, options: BlockOptions): void {
  const { x, y, cellWidth, cellHeight } = options;
  const width = matrix.columns.length * cellWidth;
  const height = matrix.rows.length * cellHeight;
  scene.scale(vegaScale(`${options.name}Colour`, options.scale));
  if (matrix.rows.length * matrix.columns.length <= MOST_CELL_MARKS) drawCells(scene, matrix, options);
  else drawImage(scene, matrix, options);
  scene.draw("rect", [{ x, y, width, height, stroke: THEME.faint, strokeWidth: 1, fill: "transparent" }]);
}

/** A Vega colour scale of the same stops. */
export function vegaScale(name: string, scale: ColourScale): Node {
  return { name, type: "linear", domain: scale.domain.map(round), range: scale.range, clamp: true };
}

/** A channel that colours `datum.data` by the scale, and what is not finite by the theme. */
function cellFill(scaleName: string, isHatched: boolean): readonly Node[] {
  return [
    { test: "isNumber(datum.data)", scale: scaleName, field: "data" },
    { test: "datum.data === 'Infinity'", value: THEME.positiveInfinity },
    { test: "datum.data === '-Infinity'", value: THEME.negativeInfinity },
    { value: isHatched ? THEME.panel : THEME.missing },
  ];
}

function drawCells(scene: Scene, matrix: DrawnMatrix, options: BlockOptions): void {
  const { name, x, y, cellWidth, cellHeight, scale, tooltip, valueName = "value", missing } = options;
  const columns = matrix.columns.length;
  const isHatched = missing !== undefined && Array.from(matrix.values).some(Number.isNaN);
  const value = numberExpression("datum.data");
  if (isHatched && tooltip) scene.signal(`${name}Missing`, missing);
  scene.data(`${name}Cells`, Array.from(matrix.values, round), {
    transform: [
      { type: "window", ops: ["row_number"], as: ["i"] },
      { type: "formula", as: "r", expr: `floor((datum.i - 1) / ${columns})` },
      { type: "formula", as: "c", expr: `(datum.i - 1) % ${columns}` },
    ],
  });
  if (tooltip) {
    scene.signal(`${name}Rows`, matrix.rows);
    scene.signal(`${name}Columns`, matrix.columns);
  }
  const gap = Math.min(cellWidth, cellHeight) >= 9;
  scene.mark({
    type: "rect",
    name,
    from: { data: `${name}Cells` },
    interactive: tooltip,
    encode: {
      update: {
        x: { field: "c", mult: cellWidth, offset: x },
        y: { field: "r", mult: cellHeight, offset: y },
        width: { value: cellWidth },
        height: { value: cellHeight },
        fill: cellFill(`${name}Colour`, isHatched),
        ...(gap ? { stroke: { value: "#ffffff" }, strokeWidth: { value: 1 } } : {}),
        ...(tooltip
          ? {
              tooltip: tooltipExpression([
                [matrix.rowAxis, `${name}Rows[datum.r]`],
                [matrix.columnAxis, `${name}Columns[datum.c]`],
                [valueName, isHatched ? `datum.data === 'NaN' ? ${name}Missing : ${value}` : value],
              ]),
            }
          : {}),
      },
      ...(tooltip
        ? { hover: { stroke: { value: THEME.accent }, strokeWidth: { value: 2 }, zindex: { value: 1 } } }
        : {}),
    },
  });
  if (isHatched) drawHatches(scene, options);
  if (options.values !== true) return;
  const digits = cellDigits(matrix.values, cellWidth);
  const texts: MarkRow[] = [];
  for (let cell = 0; cell < matrix.values.length; cell++) {
    const value = matrix.values[cell] ?? NaN;
    if (isHatched && Number.isNaN(value)) continue;
    texts.push({
      x: x + ((cell % columns) + 0.5) * cellWidth,
      y: y + (Math.floor(cell / columns) + 0.5) * cellHeight,
      text: formatNumber(value, digits),
      fill: inkOn(scale.colour(value)),
    });
  }
  scene.draw("text", texts, {
    encode: { align: { value: "center" }, fontSize: { value: cellFont(cellHeight) } },
  });
}

/** A line across each cell that is missing. */
function drawHatches(scene: Scene, { name, x, y, cellWidth, cellHeight }: BlockOptions): void {
  scene.data(`${name}Hatched`, undefined, {
    source: `${name}Cells`,
    transform: [{ type: "filter", expr: "datum.data === 'NaN'" }],
  });
  scene.mark({
    type: "rule",
    from: { data: `${name}Hatched` },
    interactive: false,
    encode: {
      update: {
        x: { field: "c", mult: cellWidth, offset: x + 1 },
        x2: { field: "c", mult: cellWidth, offset: x + cellWidth - 1 },
        y: { field: "r", mult: cellHeight, offset: y + cellHeight - 1 },
        y2: { field: "r", mult: cellHeight, offset: y + 1 },
        stroke: { value: THEME.hatch },
        strokeWidth: { value: 1 },
      },
    },
  });
}

/** The size of the numbers in cells so high. */
function cellFont(cellHeight: number): number {
  return Math.min(11, cellHeight * 0.6);
}

/** The most significant digits (3, 2 or 1) with which every value fits a cell so wide; 0 when none do. */
export function cellDigits(values: ArrayLike<number>, cellWidth: number, cellHeight = 20): number {
  for (const digits of [3, 2, 1]) {
    let fits = true;
    for (let cell = 0; cell < values.length && fits; cell++)
      fits = textWidth(formatNumber(values[cell] ?? NaN, digits), cellFont(cellHeight)) <= cellWidth - 3;
    if (fits) return digits;
  }
  return 0;
}

/** `matrix` with the strongest of each block of cells (the farthest from the white point), at most `most` on a side. */
export function pool(
  matrix: { rows: number; columns: number; values: ArrayLike<number> },
  most: number,
  white: number,
): { rows: number; columns: number; step: number; values: Float64Array } {
  const step = Math.max(1, Math.ceil(Math.max(matrix.rows, matrix.columns) / most));
  const rows = Math.ceil(matrix.rows / step);
  const columns = Math.ceil(matrix.columns / step);
  if (step === 1) return { rows, columns, step, values: Float64Array.from(matrix.values) };
  const values = new Float64Array(rows * columns).fill(white);
  const strengths = new Float64Array(rows * columns).fill(-1);
  for (let row = 0; row < matrix.rows; row++) {
    for (let column = 0; column < matrix.columns; column++) {
      const value = matrix.values[row * matrix.columns + column] ?? NaN;
      const into = Math.floor(row / step) * columns + Math.floor(column / step);
      const strength = Number.isNaN(value) ? Infinity : Math.abs(value - white);
      if (strength > (strengths[into] ?? 0)) {
        strengths[into] = strength;
        values[into] = value;
      }
    }
  }
  return { rows, columns, step, values };
}

/** A colour as the four bytes of a pixel, opaque. */
function asPixel(colour: string): number {
  return new Uint32Array(Uint8Array.of(...parseColour(colour), 255).buffer)[0] ?? 0;
}

/** The matrix as a PNG in a data URI, one pixel a cell or a block of cells. */
export function rasterUri(
  rows: number,
  columns: number,
  values: ArrayLike<number>,
  scale: ColourScale,
): string {
  const pixels = new Uint32Array(rows * columns);
  const data = new Uint8Array(pixels.buffer);
  const low = scale.domain[0] ?? 0;
  const high = scale.domain.at(-1) ?? 1;
  const table = Uint32Array.from({ length: 64 }, (_, step) =>
    asPixel(scale.colour(low + (step / 63) * (high - low))),
  );
  const notFinite = [NaN, Infinity, -Infinity].map((value) => asPixel(scale.colour(value)));
  for (let cell = 0; cell < pixels.length; cell++) {
    const value = values[cell] ?? NaN;
    pixels[cell] =
      (Number.isFinite(value)
        ? table[Math.min(63, Math.max(0, Math.round(((value - low) / (high - low)) * 63)))]
        : notFinite[Number.isNaN(value) ? 0 : value > 0 ? 1 : 2]) ?? 0;
  }
  const png = encodePng({ width: columns, height: rows, data });
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

function drawImage(scene: Scene, matrix: DrawnMatrix, options: BlockOptions): void {
  const { name, x, y, cellWidth, cellHeight, scale, tooltip, valueName = "value" } = options;
  const rows = matrix.rows.length;
  const columns = matrix.columns.length;
  const white = scale.diverging ? (scale.domain[(scale.domain.length - 1) / 2] ?? 0) : (scale.domain[0] ?? 0);
  const size = { rows, columns, values: matrix.values };
  const drawn = pool(size, MOST_PIXELS, white);
  const width = columns * cellWidth;
  const height = rows * cellHeight;
  scene.draw("image", [
    {
      url: rasterUri(drawn.rows, drawn.columns, drawn.values, scale),
      x,
      y,
      width: drawn.columns * drawn.step * cellWidth,
      height: drawn.rows * drawn.step * cellHeight,
    },
  ]);
  if (!tooltip) return;
  const read = pool(size, MOST_READ, white);
  const finite = Array.from(read.values).filter((value) => Number.isFinite(value));
  const low = finite.reduce((least, value) => Math.min(least, value), Infinity);
  const high = finite.reduce((most, value) => Math.max(most, value), -Infinity);
  packingSignal(scene);
  scene.signal(`${name}Packed`, pack(read.values, low, high));
  if (matrix.named[0]) scene.signal(`${name}Rows`, matrix.rows);
  if (matrix.named[1]) scene.signal(`${name}Columns`, matrix.columns);
  const at = `${name}At`;
  const place = (pixel: string, start: number, step: number, count: number): string =>
    `clamp(floor((${pixel} - ${start}) / ${step * (pixel === "x()" ? cellWidth : cellHeight)}), 0, ${count - 1})`;
  scene.signal(at, null, {
    on: [
      {
        events: `@${name}:mousemove`,
        update: `[${place("y()", y, read.step, read.rows)}, ${place("x()", x, read.step, read.columns)}]`,
      },
      { events: `@${name}:mouseout`, update: "null" },
    ],
  });
  const label = (axis: 0 | 1, signal: string, count: number): string => {
    const first = `${at}[${axis}] * ${read.step}`;
    const last = `min(${first} + ${read.step - 1}, ${count - 1})`;
    const show = (index: string): string => (matrix.named[axis] ? `${signal}[${index}]` : index);
    return read.step === 1 ? show(first) : `${show(first)} + ' – ' + ${show(last)}`;
  };
  const value = readPacked(`${name}Packed`, `${at}[0] * ${read.columns} + ${at}[1]`, low, high);
  scene.draw("rect", [{ x, y, width, height, fill: "transparent" }], {
    name,
    encode: {
      tooltip: {
        signal: `${at} ? ${
          tooltipExpression([
            [matrix.rowAxis, label(0, `${name}Rows`, rows)],
            [matrix.columnAxis, label(1, `${name}Columns`, columns)],
            [
              read.step === 1 ? valueName : `strongest of ${read.step} × ${read.step}`,
              numberExpression(value, ".3~g"),
            ],
          ])["signal"] as string
        } : ''`,
      },
    },
  });
  scene.draw(
    "rect",
    [
      {
        fill: "transparent",
        stroke: THEME.accent,
        strokeWidth: 1.5,
        width: Math.max(3, read.step * cellWidth),
        height: Math.max(3, read.step * cellHeight),
      },
    ],
    {
      interactive: false,
      encode: {
        x: { signal: `${at} ? ${x} + ${at}[1] * ${read.step * cellWidth} : -99` },
        y: { signal: `${at} ? ${y} + ${at}[0] * ${read.step * cellHeight} : -99` },
      },
    },
  );
}

/** How the labels over the columns stand. */
export interface ColumnLabels {
  readonly angle: 0 | -45 | -90;
  /** Room above the matrix. */
  readonly height: number;
  /** Room to the right of the last column. */
  readonly overhang: number;
  readonly labels: readonly string[];
}

/** How column labels fit cells so wide: flat, else slanted, else upright; at most `limit` pixels long. */
export function columnLabels(labels: readonly string[], cellWidth: number, limit = 150): ColumnLabels {
  const size = THEME.size.label;
  const widest = widestLabel(labels);
  if (widest <= cellWidth - 4) return { angle: 0, height: size + 6, overhang: 0, labels };
  const fitted = labels.map((label) => fitText(label, limit));
  const length = Math.min(limit, widest);
  if (cellWidth >= 15) {
    const rise = length * Math.SQRT1_2 + size;
    return {
      angle: -45,
      height: rise + 2,
      overhang: Math.max(0, length * Math.SQRT1_2 + size / 2 - cellWidth / 2),
      labels: fitted,
    };
  }
  return { angle: -90, height: length + 8, overhang: 0, labels: fitted };
}

/**
 * Column labels, and how wide cells may be: at most `cellWidth`, and so that `count` of them and what a slanted label needs
 * beside the last are at most `room` pixels.
 */
export function fitColumns(
  labels: readonly string[],
  cellWidth: number,
  count: number,
  room: number,
  limit?: number,
): { readonly cellWidth: number; readonly head: ColumnLabels } {
  let head = columnLabels(labels, cellWidth, limit);
  if (count * cellWidth + head.overhang <= room || count === 0) return { cellWidth, head };
  const slanted = (room - head.overhang - cellWidth / 2) / Math.max(1, count - 0.5);
  head = columnLabels(labels, slanted, limit);
  const fits = count * slanted + head.overhang <= room + 1e-6;
  return fits ? { cellWidth: slanted, head } : { cellWidth: (room - head.overhang) / count, head };
}

/** Draws labels over columns and to the left of rows; where they would touch, only every few. */
export function drawLabels(
  scene: Scene,
  place: { x: number; y: number; cellWidth: number; cellHeight: number },
  rows: readonly string[] | undefined,
  columns: ColumnLabels | undefined,
  rowRoom = 200,
  named: readonly [boolean, boolean] = [true, true],
): void {
  const size = THEME.size.label;
  if (rows !== undefined) {
    const every = labelStep((size + 1) / place.cellHeight, named[0]);
    const texts = rows.flatMap((label, row) =>
      row % every > 0
        ? []
        : [{ x: place.x - 6, y: place.y + (row + 0.5) * place.cellHeight, text: fitText(label, rowRoom) }],
    );
    scene.draw("text", texts, { encode: { align: { value: "right" } } });
  }
  if (columns === undefined) return;
  const { angle } = columns;
  const every = angle === -90 ? labelStep((size + 1) / place.cellWidth, named[1]) : 1;
  const texts = columns.labels.flatMap((text, column) =>
    column % every > 0
      ? []
      : [{ x: place.x + (column + 0.5) * place.cellWidth, y: place.y - (angle === 0 ? 9 : 6), text }],
  );
  scene.draw("text", texts, {
    encode: { angle: { value: angle }, align: { value: angle === 0 ? "center" : "left" } },
  });
}

/** Every how many labels to draw when `needed` cells are as wide as one; round numbers when they are only indices. */
function labelStep(needed: number, named: boolean): number {
  if (needed <= 1) return 1;
  if (named) return Math.ceil(needed);
  const least = needed * 1.5;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= least) ?? least;
}
