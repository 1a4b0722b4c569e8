import { extent } from "./colours.ts";
import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, widestLabel } from "./label.ts";
import { drawCategoryLegend } from "./legend.ts";
import { toMatrix, toVector, type MatrixInput, type VectorInput } from "./matrix.ts";
import type { FigureOptions } from "./options.ts";
import { numberExpression, Scene, tooltipExpression, type MarkRow } from "./scene.ts";
import { categoryColour, THEME } from "./theme.ts";
import { drawBottomAxis, linear } from "./value-axis.ts";

/** Options of {@link bars}. */
export interface BarsOptions extends FigureOptions {
  /** Show only so many bars, the longest; the rest are counted below. */
  readonly top?: number;
  /** Longest first ("value") or as given ("given", the default; with `top`, "value"). */
  readonly sort?: "given" | "value";
  /** What the values are: "probability", "votes"; the name of the value axis. */
  readonly valueName?: string;
}

/**
 * A bar for each entry of a vector; or for a matrix, a bar for each column stacked of its rows: votes for words by
 * voter, with negative votes to the left. The sum stands at the end of each bar.
 *
 * @param values one axis (entry), or two (voter, candidate), or a record of numbers by label
 * @throws ViewInputError for other inputs, or labels that do not match
 * @example bars({ photos: 0.5, files: 0.3, directories: 0.2 }, { title: "After “my”" })
 */
export function bars(values: VectorInput | MatrixInput, options: BarsOptions = {}): Figure {
  const table = stackedTable(values, options);
  const { voters, names } = table;
  const isStacked = voters.length > 1;
  const sums = names.map((_, column) =>
    voters.reduce((sum, __, row) => sum + finite(table.at(row, column)), 0),
  );
  const sorted = options.sort ?? (options.top === undefined ? "given" : "value");
  let order = names.map((_, index) => index);
  if (sorted === "value") order = order.toSorted((left, right) => (sums[right] ?? 0) - (sums[left] ?? 0));
  const hidden = Math.max(0, order.length - (options.top ?? order.length));
  order = order.slice(0, options.top ?? order.length);

  const width = options.width ?? 560;
  const { valueName } = options;
  // "entry" is what numbers without a name are called: it says nothing to a reader.
  const axis = table.axis === "entry" ? "" : table.axis;
  const part = hidden === 0 ? "" : `the ${order.length} largest of ${names.length}`;
  const subtitle = isStacked
    ? `${table.axis}, stacked by ${table.voterAxis}`
    : [axis, part].filter((text) => text !== "").join(": ");
  const scene = new Scene(width, options.title ?? (isStacked ? "Votes" : (valueName ?? "")), subtitle);
  let top = scene.top;
  if (isStacked)
    top +=
      drawCategoryLegend(
        scene,
        voters.map((name, row) => ({ name, colour: colourOf(row, options) })),
        12,
        width - 12,
        top,
      ) + 4;
  const left = Math.min(
    width * 0.4,
    Math.max(50, widestLabel(order.map((index) => names[index] ?? "")) + 18),
  );
  const step =
    options.height === undefined
      ? Math.max(14, Math.min(26, 420 / Math.max(1, order.length)))
      : (options.height - top - 46) / Math.max(1, order.length);
  const ends = order.flatMap((column) => stackEnds(voters.map((_, row) => finite(table.at(row, column)))));
  const [low, high] =
    options.domain === undefined ? extent([0, ...ends]) : [options.domain[0], options.domain.at(-1) ?? 1];
  const room = widestLabel(order.map((index) => formatNumber(sums[index] ?? 0))) + 10;
  const frame = { left, right: width - 14 - room, top, bottom: top + step * order.length };
  const position = linear(low, high === low ? low + 1 : high, frame.left + (low < 0 ? room : 0), frame.right);
  drawBottomAxis(scene, position, frame, valueName ?? "");
  const rows: MarkRow[] = [];
  const labels: MarkRow[] = [];
  const totals: MarkRow[] = [];
  for (const [place, column] of order.entries()) {
    const y = top + place * step + step * 0.14;
    let [above, below] = [0, 0];
    for (const [row, voter] of voters.entries()) {
      const value = table.at(row, column);
      const size = finite(value);
      const start = size < 0 ? below : above;
      if (size < 0) below += size;
      else above += size;
      if (size === 0 && isStacked) continue;
      rows.push({
        x: position(Math.min(start, start + size)),
        x2: position(Math.max(start, start + size)),
        y,
        height: step * 0.72,
        fill: colourOf(row, options),
        label: names[column] ?? "",
        voter,
        value: Number.isFinite(value) ? value : formatNumber(value),
      });
    }
    const sum = voters.length === 1 ? table.at(0, column) : (sums[column] ?? 0);
    labels.push({
      x: left - 8,
      y: top + (place + 0.5) * step,
      text: fitText(names[column] ?? "", left - 16),
      align: "right",
    });
    const isLeft = above === 0 && below < 0;
    totals.push({
      x: isLeft ? position(below) - 5 : position(above) + 5,
      align: isLeft ? "right" : "left",
      y: top + (place + 0.5) * step,
      text: formatNumber(sum),
      fontSize: Math.min(THEME.size.small, step * 0.8),
      fill: THEME.muted,
    });
  }
  const tip = tooltipExpression([
    [table.axis, "datum.label"],
    ...(isStacked ? ([[table.voterAxis, "datum.voter"]] as const) : []),
    [valueName ?? "value", numberExpression("datum.value")],
  ]);
  scene.draw("rect", rows, options.tooltip === false ? {} : { encode: { tooltip: tip } });
  scene.draw("text", labels);
  scene.draw("text", totals);
  if (hidden > 0) {
    const rest =
      sums.reduce((sum, value) => sum + value, 0) - order.reduce((sum, index) => sum + (sums[index] ?? 0), 0);
    const text = `and ${count(hidden, "more", "more")}, together ${formatNumber(rest)}`;
    scene.draw("text", [
      {
        x: width - 14,
        y: frame.bottom + 27,
        text,
        align: "right",
        fontSize: THEME.size.small,
        fill: THEME.muted,
      },
    ]);
  }
  scene.height = options.height ?? frame.bottom + (valueName === undefined && hidden === 0 ? 24 : 42);
  const leaders = largest(sums, 3).map((index) => `${names[index] ?? ""} ${formatNumber(sums[index] ?? 0)}`);
  const what = isStacked
    ? `Stacked bars of ${count(voters.length, "voter")} (${table.voterAxis}) for ${count(names.length, "entry", "entries")} (${table.axis})`
    : `Bars of ${count(names.length, "entry", "entries")}${axis === "" ? "" : ` (${axis})`}`;
  return sceneFigure(scene, options.description ?? `${what}; largest: ${list(leaders)}.`);
}

interface StackedTable {
  readonly axis: string;
  readonly voterAxis: string;
  readonly names: readonly string[];
  readonly voters: readonly string[];
  at(voter: number, name: number): number;
}

function stackedTable(input: VectorInput | MatrixInput, options: BarsOptions): StackedTable {
  const isMatrix =
    (Array.isArray(input) && Array.isArray(input[0])) ||
    ("axes" in input && Array.isArray(input.axes) && input.axes.length === 2) ||
    "rowAxis" in input;
  if (!isMatrix) {
    const vector = toVector(input, options.labels, "bars");
    const names = vector.labels[0] ?? [];
    return {
      axis: vector.axes[0] ?? "entry",
      voterAxis: "",
      names,
      voters: [""],
      at: (_, name) => vector.values[name] ?? NaN,
    };
  }
  const matrix = toMatrix(input, options.labels, "bars");
  return {
    axis: matrix.columnAxis,
    voterAxis: matrix.rowAxis,
    names: matrix.columns,
    voters: matrix.rows,
    at: (voter, name) => matrix.values[voter * matrix.columns.length + name] ?? NaN,
  };
}

function colourOf(row: number, options: FigureOptions): string {
  const own = typeof options.colours === "object" ? options.colours : [];
  return own.length === 0 ? categoryColour(row) : (own[row % own.length] ?? THEME.ink);
}

function stackEnds(values: readonly number[]): number[] {
  return [
    values.filter((value) => value < 0).reduce((sum, value) => sum + value, 0),
    values.filter((value) => value > 0).reduce((sum, value) => sum + value, 0),
  ];
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
