import { count } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, textWidth, visibleLabel } from "./label.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { Scene, type MarkRow } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** One row: values by column. */
export type TableRow = Readonly<Record<string, string | number>>;

/** Options of {@link table}. */
export interface TableOptions extends FigureOptions {
  /** The columns to show, in order; all of the first row unless told. */
  readonly columns?: readonly string[];
  /** The columns whose numbers also have a bar; those of fractions unless told. */
  readonly barsFor?: readonly string[];
}

/**
 * Rows of words and numbers, such as the likeliest tokens: words to the left, numbers to the right with a bar. Each
 * column has its own scale; a `domain` gives the value of a full bar to all of them.
 *
 * @throws ViewInputError when there is no row, or a column that no row has
 * @example table([{ token: " Mary", probability: 0.7 }, { token: " the", probability: 0.05 }])
 */
export function table(rows: readonly TableRow[], options: TableOptions = {}): Figure {
  const [first] = rows;
  if (first === undefined) throw new ViewInputError("table takes at least one row.");
  const columns = options.columns ?? Object.keys(first);
  for (const column of columns)
    if (!rows.some((row) => column in row))
      throw new ViewInputError(
        `table: no row has a column "${column}"; there are: ${Object.keys(first).join(", ")}.`,
      );
  const kinds = columns.map((name) => {
    const numbers = rows.map((row) => row[name]).filter((value) => typeof value === "number");
    const isNumber = numbers.length === rows.length;
    const hasBar =
      isNumber && (options.barsFor?.includes(name) ?? numbers.some((value) => !Number.isInteger(value)));
    const texts = rows.map((row) => cellText(row[name]));
    const width = Math.min(
      260,
      Math.max(
        textWidth(visibleLabel(name), THEME.size.small, true),
        ...texts.map((text) => textWidth(text)),
      ) + 18,
    );
    const reach = options.domain?.at(-1) ?? Math.max(...numbers.map(Math.abs));
    return { name, isNumber, hasBar, texts, width, reach: Math.max(1e-12, reach) };
  });
  const bars = kinds.filter(({ hasBar }) => hasBar).length;
  const total = (chosen: typeof kinds): number => chosen.reduce((sum, kind) => sum + kind.width, 0);
  const most = options.width ?? FIGURE_WIDTH;
  // Where the columns do not fit, first the bars become shorter or go, then the words are cut; numbers stay whole.
  const fitting = bars === 0 ? 0 : Math.min(90, (most - 24 - total(kinds)) / bars);
  const barWidth = fitting >= 34 ? fitting : 0;
  const numbers = total(kinds.filter(({ isNumber }) => isNumber));
  const words = total(kinds) - numbers;
  const squeeze = Math.min(1, Math.max(0.2, (most - 24 - bars * barWidth - numbers) / Math.max(1, words)));
  const width = options.width ?? Math.max(220, Math.min(most, 24 + total(kinds) + bars * barWidth));
  const scene = new Scene(width, options.title ?? "Table");
  const step = 22;
  const top = scene.top + 8;
  scene.draw(
    "rect",
    rows.flatMap((_, row) =>
      row % 2 === 0
        ? [{ x: 8, y: top + 14 + row * step, width: width - 16, height: step, fill: THEME.panel }]
        : [],
    ),
  );
  const barRows: MarkRow[] = [];
  const textRows: MarkRow[] = [];
  const heads: MarkRow[] = [];
  let x = 14;
  for (const { name, isNumber, hasBar, texts: cells, width: wanted, reach } of kinds) {
    const room = isNumber ? wanted : wanted * squeeze;
    const at = isNumber ? x + room - 12 : x;
    const align = isNumber ? "right" : "left";
    heads.push({ x: at, y: top + 4, text: fitText(visibleLabel(name), room, THEME.size.small, true), align });
    for (const [row, text] of cells.entries()) {
      const y = top + 14 + (row + 0.5) * step;
      textRows.push({ x: at, y, text: fitText(text, room - 8), align });
      const value = rows[row]?.[name];
      if (hasBar && barWidth > 0 && typeof value === "number" && Number.isFinite(value))
        barRows.push({
          x: x + room - 4,
          y: y - 6,
          width: Math.min(1, Math.abs(value) / reach) * (barWidth - 16),
          height: 12,
          fill: value < 0 ? "#b35806" : "#2171b5",
        });
    }
    x += room + (hasBar ? barWidth : 0);
  }
  scene.draw("rule", [{ x: 8, x2: width - 8, y: top + 13, y2: top + 13, stroke: THEME.muted }]);
  scene.draw("text", heads, {
    encode: {
      fontSize: { value: THEME.size.small },
      fontWeight: { value: "bold" },
      fill: { value: THEME.muted },
    },
  });
  scene.draw("rect", barRows);
  scene.draw("text", textRows);
  scene.height = options.height ?? top + 14 + rows.length * step + 10;
  const head = rows
    .slice(0, 3)
    .map((row) => columns.map((column) => `${column} ${cellText(row[column])}`).join(", "));
  return sceneFigure(
    scene,
    options.description ?? `Table of ${count(rows.length, "row")}; first: ${head.join("; ")}.`,
  );
}

function cellText(value: string | number | undefined): string {
  return typeof value === "number" ? formatNumber(value) : value === undefined ? "" : visibleLabel(value);
}
