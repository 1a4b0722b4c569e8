import { count, largest, list } from "./describe.ts";
import type { Figure } from "./figure.ts";
import { flowFigure } from "./flow.ts";
import { formatNumber } from "./label.ts";
import { toMatrix, type MatrixInput } from "./matrix.ts";
import type { FigureOptions } from "./options.ts";

/** Options of {@link voteFlow}. */
export interface VoteFlowOptions extends FigureOptions {
  /** Votes smaller than this are left out; 0 unless told. */
  readonly threshold?: number;
}

/**
 * Votes as flow: features on the left, the words that they vote for on the right with the sum of their votes; brown
 * ribbons are votes against. Point at a feature or a word to see only its ribbons; a click keeps it.
 *
 * @param votes [feature, word]
 * @throws ViewInputError when it is not a matrix
 * @example voteFlow([[1, 0], [0.5, 0.5]], { labels: { row: ["dog … ran", "the … ran"], column: ["down", "up"] } })
 */
export function voteFlow(votes: MatrixInput, options: VoteFlowOptions = {}): Figure {
  const matrix = toMatrix(votes, options.labels, "voteFlow");
  const { rows, columns, values } = matrix;
  const sums = columns.map((_, column) =>
    rows.reduce((sum, __, row) => sum + (values[row * columns.length + column] ?? 0), 0),
  );
  const leaders = largest(sums, 3).map(
    (column) => `${columns[column] ?? ""} ${formatNumber(sums[column] ?? 0)}`,
  );
  return flowFigure(
    {
      leftAxis: matrix.rowAxis === "row" ? "feature" : matrix.rowAxis,
      rightAxis: matrix.columnAxis === "column" ? "word" : matrix.columnAxis,
      left: rows,
      right: columns,
      values,
      valueName: "vote",
    },
    {
      title: "Votes",
      hint: "Ribbons are as wide as the vote; at the right, the sum. Point at a name; click to keep it.",
      width: 600,
      description: `Votes of ${count(rows.length, "feature")} for ${count(columns.length, "word")}; most votes: ${list(leaders)}.`,
      sums: true,
    },
    options,
  );
}
