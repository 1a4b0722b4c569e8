import { inspect } from "node:util";
import type { Bundle } from "./bundle.ts";
import { escapeHtml } from "./html.ts";

/** Rows shown from the beginning and the end of a long table, as data frames of other languages do. */
const FIRST_ROWS = 10;
const LAST_ROWS = 5;

const COLUMN_LIMIT = 20;

/** Characters of one cell of the table. */
const CELL_LIMIT = 80;

/** Rows that are looked at to tell a table from a list. */
const SAMPLE = 100;

/** Rows by number, each with what it holds by column. */
export interface Table {
  readonly rowCount: number;
  readonly columns: readonly string[];
  readonly value: (row: number, column: string) => unknown;
}

/** An array of plain objects, seen as a table; nothing for other values. */
export function tableOf(value: unknown): Table | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const sample = sampled(value);
  if (!sample.every(isRecord)) return undefined;
  const columns = new Set<string>();
  for (const row of sample) for (const name of Object.keys(row)) columns.add(name);
  if (columns.size === 0) return undefined;
  const rows = value as readonly Readonly<Record<string, unknown>>[];
  return { rowCount: value.length, columns: [...columns], value: (row, column) => rows[row]?.[column] };
}

/** The first and the last elements. */
function sampled(rows: readonly unknown[]): readonly unknown[] {
  return rows.length <= 2 * SAMPLE ? rows.slice() : [...rows.slice(0, SAMPLE), ...rows.slice(-SAMPLE)];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The table as HTML and as text, its first and last rows, and its shape. */
export function tableBundle({ rowCount, columns: all, value }: Table): Bundle {
  const columns = all.slice(0, COLUMN_LIMIT);
  const isLong = rowCount > FIRST_ROWS + LAST_ROWS + 1;
  const numbers = isLong
    ? [...range(0, FIRST_ROWS), ...range(rowCount - LAST_ROWS, rowCount)]
    : [...range(0, rowCount)];
  const rows = numbers.map((row) => columns.map((column) => safeValue(() => value(row, column))));
  const shape = `${rowCount} ${rowCount === 1 ? "row" : "rows"} × ${all.length} ${all.length === 1 ? "column" : "columns"}`;
  const gap = isLong ? FIRST_ROWS : undefined;
  return {
    data: {
      "text/html": htmlOf({ columns, hasMore: all.length > columns.length, numbers, rows, gap, shape }),
      "text/plain": textTable({ columns, hasMore: all.length > columns.length, numbers, rows, gap, shape }),
    },
  };
}

interface Shown {
  readonly columns: readonly string[];
  readonly hasMore: boolean;
  readonly numbers: readonly number[];
  readonly rows: readonly (readonly unknown[])[];
  /** Number of shown rows before the ones left out. */
  readonly gap: number | undefined;
  readonly shape: string;
}

function htmlOf({ columns, hasMore, numbers, rows, gap, shape }: Shown): string {
  const more = (tag: string) => (hasMore ? `<${tag}>…</${tag}>` : "");
  const head = columns.map((column) => `<th>${escapeHtml(column)}</th>`).join("");
  const body = rows.map((row, index) => {
    const cells = row.map((value) => {
      const alignment = typeof value === "number" || typeof value === "bigint" ? "right" : "left";
      return `<td style="text-align:${alignment}">${escapeHtml(cellText(value))}</td>`;
    });
    const line = `<tr><th>${numbers[index] ?? ""}</th>${cells.join("")}${more("td")}</tr>`;
    return index === gap
      ? `<tr><th>…</th>${"<td>…</td>".repeat(columns.length)}${more("td")}</tr>\n${line}`
      : line;
  });
  return [
    "<table>",
    `<thead><tr><th></th>${head}${more("th")}</tr></thead>`,
    "<tbody>",
    ...body,
    "</tbody>",
    "</table>",
    `<p>${shape}</p>`,
  ].join("\n");
}

function textTable({ columns, hasMore, numbers, rows, gap, shape }: Shown): string {
  const tail = hasMore ? ["…"] : [];
  const lines = [
    ["", ...columns, ...tail],
    ...rows.map((row, index) => [String(numbers[index]), ...row.map(cellText), ...tail]),
  ];
  if (gap !== undefined) lines.splice(gap + 1, 0, ["…", ...columns.map(() => "…"), ...tail]);
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length)),
  );
  const isNumeric = columns.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  const texts = lines.map((line) =>
    line
      .map((text, column) =>
        column === 0 || isNumeric[column - 1]
          ? text.padStart(widths[column] ?? 0)
          : text.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return [...texts, "", shape].join("\n");
}

/** A value in one cell of a table: one line, short. */
function cellText(value: unknown): string {
  let text: string;
  if (typeof value === "string") text = value;
  else if (typeof value === "number") text = numberText(value);
  else if (value === undefined) text = "";
  else text = safeText(value);
  text = text.replace(/\s+/g, " ");
  return text.length <= CELL_LIMIT ? text : `${text.slice(0, CELL_LIMIT - 1)}…`;
}

/** Six significant digits of a fraction; whole numbers whole. */
function numberText(value: number): string {
  return Number.isInteger(value) || !Number.isFinite(value)
    ? String(value)
    : String(Number(value.toPrecision(6)));
}

function safeText(value: unknown): string {
  try {
    return inspect(value, {
      depth: 1,
      breakLength: Infinity,
      maxArrayLength: 6,
      maxStringLength: CELL_LIMIT,
    });
  } catch {
    return "?";
  }
}

function safeValue(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function* range(from: number, to: number): Generator<number> {
  for (let number = from; number < to; number++) yield number;
}
