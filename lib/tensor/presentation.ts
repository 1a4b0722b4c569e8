import { renderers, type LabelledMatrix, type MimeBundle } from "../display/index.ts";
import { cellColour, CELL_STYLE, escapedHtml, HEAD_STYLE, NOT_A_NUMBER_COLOUR, TABLE_STYLE } from "./html.ts";
import { describeShape, sizeOfShape, type Layout, type NumberArray } from "./layout.ts";
import { numberText } from "./number-text.ts";
import { visibleLabel } from "./visible-label.ts";

/** A matrix up to this many rows and columns is a table of numbers; a larger one a picture. */
const TABLE_LIMIT = 20;

/** A picture shows up to this many rows and columns. */
const PICTURE_LIMIT = 200;

/** How many matrices of a tensor with more than two axes are shown as tables. */
const SLICE_LIMIT = 4;

/** How many rows and columns `text/plain` shows. */
const TEXT_LIMIT = 8;

/** `from −1.2 to 3`, and how many numbers are none or have no end. */
function rangeText(data: NumberArray): string {
  let [smallest, largest] = [Infinity, -Infinity];
  let [missing, above, below] = [0, 0, 0];
  for (const value of data) {
    if (Number.isNaN(value)) missing += 1;
    else if (value === Infinity) above += 1;
    else if (value === -Infinity) below += 1;
    else {
      if (value < smallest) smallest = value;
      if (value > largest) largest = value;
    }
  }
  const parts: string[] = [];
  if (smallest <= largest) parts.push(`from ${numberText(smallest)} to ${numberText(largest)}`);
  if (missing > 0) parts.push(`${missing} NaN`);
  if (above > 0) parts.push(`${above} ∞`);
  if (below > 0) parts.push(`${below} -∞`);
  return parts.join(", ");
}

/** One line: name, axes, range. */
function summary(layout: Layout): string {
  const { data, name } = layout;
  if (layout.axes.length === 0) return `${name === undefined ? "" : `${name} = `}${numberText(data[0] ?? 0)}`;
  const range = rangeText(data);
  return `${name ?? "Tensor"} (${describeShape(layout)})${range === "" ? ", empty" : `, ${range}`}`;
}

/** One line: name, axes, range and the first `limit` numbers. */
export function describe(layout: Layout, limit: number): string {
  if (layout.axes.length === 0 || layout.data.length === 0) return summary(layout);
  const first = Array.from(layout.data.subarray(0, limit), numberText);
  return `${summary(layout)}: ${first.join(", ")}${layout.data.length > limit ? ", …" : ""}`;
}

/** The summary, then the first rows and columns with their labels, in columns of equal width. */
export function plainText(layout: Layout): string {
  if (layout.axes.length === 0 || layout.data.length === 0) return summary(layout);
  const matrix = firstMatrix(layout);
  const rows = Math.min(matrix.rows.length, TEXT_LIMIT);
  const columns = Math.min(matrix.columns.length, TEXT_LIMIT);
  const isCut = columns < matrix.columns.length;
  const short = (text: string): string => visibleLabel(text, 16);
  const head = ["", ...matrix.columns.slice(0, columns).map(short), ...(isCut ? ["…"] : [])];
  const body = matrix.rows
    .slice(0, rows)
    .map((label, row) => [
      matrix.rowAxis === "" ? "" : short(label),
      ...Array.from({ length: columns }, (_, column) =>
        numberText(matrix.values[row * matrix.columns.length + column] ?? 0),
      ),
      ...(isCut ? ["…"] : []),
    ]);
  if (rows < matrix.rows.length) body.push(["…"]);
  const lines = [head, ...body];
  const widths = head.map((_, place) => Math.max(...lines.map((line) => widthOf(line[place] ?? ""))));
  const padded = lines.map((line) =>
    line
      .map((text, place) => {
        const gap = " ".repeat(Math.max(0, (widths[place] ?? 0) - widthOf(text)));
        return place === 0 ? text + gap : gap + text;
      })
      .join("  ")
      .trimEnd(),
  );
  const where = matrix.title === undefined ? [] : [`${matrix.title}:`];
  return [summary(layout), ...where, ...padded].join("\n");
}

/** How many characters wide a text is. */
function widthOf(text: string): number {
  return Array.from(text).length;
}

/** How a tensor shows itself: a number, tables, a picture, and always as text. */
export async function mimeBundleOf(layout: Layout): Promise<MimeBundle> {
  const text = { "text/plain": plainText(layout) };
  if (layout.axes.length === 0 || layout.data.length === 0) return text;
  const [rows, columns] = [layout.shape.at(-2) ?? 1, layout.shape.at(-1) ?? 0];
  const isSmall = rows <= TABLE_LIMIT && columns <= TABLE_LIMIT;
  if (!isSmall && layout.axes.length > 1 && renderers.matrix !== undefined) {
    const picture = await renderers.matrix(cropped(firstMatrix(layout), PICTURE_LIMIT));
    return { ...picture, ...text };
  }
  return { "text/html": htmlOf(layout), ...text };
}

/** A matrix with what to call it. */
interface Matrix extends LabelledMatrix {
  readonly values: NumberArray;
}

/** The matrix on the last two axes, at `index` of those before; a vector is one row. */
function matrixAt(layout: Layout, index: number): Matrix {
  const { axes, shape, labels, data, name } = layout;
  const [rowAxis, columnAxis] = [axes.at(-2) ?? "", axes.at(-1) ?? ""];
  const [rows, columns] = [axes.length < 2 ? 1 : (shape.at(-2) ?? 0), shape.at(-1) ?? 0];
  const wordsOf = (axis: string, size: number): readonly string[] =>
    labels.get(axis)?.words ?? Array.from({ length: size }, (_, place) => String(place));
  const places: string[] = [];
  let rest = index;
  for (let place = axes.length - 3; place >= 0; place -= 1) {
    const size = shape[place] ?? 1;
    const axis = axes[place] ?? "";
    places.unshift(`${axis} ${visibleLabel(wordsOf(axis, size)[rest % size] ?? "")}`);
    rest = Math.floor(rest / size);
  }
  const title = [...(name === undefined ? [] : [name]), ...places].join(", ");
  return {
    rowAxis,
    columnAxis,
    rows: axes.length < 2 ? [""] : wordsOf(rowAxis, rows),
    columns: wordsOf(columnAxis, columns),
    values: data.subarray(index * rows * columns, (index + 1) * rows * columns),
    ...(title === "" ? {} : { title }),
  };
}

function firstMatrix(layout: Layout): Matrix {
  const matrix = matrixAt(layout, 0);
  return layout.axes.length > 2 ? matrix : withoutTitle(matrix);
}

function withoutTitle({ rowAxis, columnAxis, rows, columns, values }: Matrix): Matrix {
  return { rowAxis, columnAxis, rows, columns, values };
}

/** The first `limit` rows and columns, and a title that says so. */
function cropped(matrix: Matrix, limit: number): Matrix {
  const [rows, columns] = [Math.min(matrix.rows.length, limit), Math.min(matrix.columns.length, limit)];
  if (rows === matrix.rows.length && columns === matrix.columns.length) return matrix;
  const values = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    const start = row * matrix.columns.length;
    values.set(matrix.values.subarray(start, start + columns), row * columns);
  }
  const part =
    matrix.rowAxis === ""
      ? `the first ${columns} of ${matrix.columns.length}`
      : `the first ${rows} × ${columns} of ${matrix.rows.length} × ${matrix.columns.length}`;
  return {
    ...matrix,
    rows: matrix.rows.slice(0, rows),
    columns: matrix.columns.slice(0, columns),
    values,
    title: matrix.title === undefined ? part : `${matrix.title}, ${part}`,
  };
}

function htmlOf(layout: Layout): string {
  const slices = sizeOfShape(layout.shape.slice(0, -2));
  let largest = 0;
  for (const value of layout.data) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  const tables = Array.from({ length: Math.min(slices, SLICE_LIMIT) }, (_, index) =>
    tableOf(cropped(matrixAt(layout, index), TABLE_LIMIT), largest),
  );
  const more =
    slices > SLICE_LIMIT ? `<div style="opacity:0.7">… and ${slices - SLICE_LIMIT} more</div>` : "";
  const note = `<div style="opacity:0.7;font-size:smaller">${escapedHtml(summary(layout))}</div>`;
  return `<div>${tables.join("")}${more}${note}</div>`;
}

/** A table with a colour in each cell; `largest` is the size of number that gets the full colour. */
function tableOf(matrix: Matrix, largest: number): string {
  const head = (text: string, align: string): string =>
    `<th style="${HEAD_STYLE};text-align:${align}" title="${escapedHtml(text)}">${escapedHtml(visibleLabel(text))}</th>`;
  const corner = [matrix.rowAxis, matrix.columnAxis].filter((axis) => axis !== "").join(" ↓ ") + " →";
  const columns = matrix.columns.map((label) => head(label, "right")).join("");
  const rows = matrix.rows.map((label, row) => {
    const cells = matrix.columns.map((_, column) => {
      const value = matrix.values[row * matrix.columns.length + column] ?? 0;
      const share = Number.isFinite(value) && largest > 0 ? value / largest : 0;
      const colour = Number.isNaN(value) ? NOT_A_NUMBER_COLOUR : cellColour(share);
      const dim = value === 0 ? ";opacity:0.45" : "";
      return `<td style="${CELL_STYLE};background:${colour}${dim}" title="${value}">${numberText(value)}</td>`;
    });
    const rowHead = matrix.rowAxis === "" ? `<th style="${HEAD_STYLE}"></th>` : head(label, "left");
    return `<tr style="background:transparent">${rowHead}${cells.join("")}</tr>`;
  });
  const caption =
    matrix.title === undefined
      ? ""
      : `<caption style="caption-side:top;text-align:left;font-weight:600;padding:2px 6px">${escapedHtml(matrix.title)}</caption>`;
  return (
    `<table style="${TABLE_STYLE}">${caption}<thead><tr style="background:transparent">` +
    `<th style="${HEAD_STYLE};text-align:left;opacity:0.6;font-weight:400">${escapedHtml(corner)}</th>${columns}</tr></thead>` +
    `<tbody>${rows.join("")}</tbody></table>`
  );
}
