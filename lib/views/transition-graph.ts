import { count, largest, list } from "./describe.ts";
import type { Figure } from "./figure.ts";
import { flowFigure } from "./flow.ts";
import { formatNumber } from "./label.ts";
import { toMatrix, type MatrixInput } from "./matrix.ts";
import type { FigureOptions } from "./options.ts";

/** Options of {@link transitionGraph}. */
export interface TransitionGraphOptions extends FigureOptions {
  /** Transitions less likely than this are left out; 0 unless told. */
  readonly threshold?: number;
}

/**
 * A Markov chain as flow: each word on the left parts into the words that may come next, as wide as they are likely.
 * Point at a word to see only its ribbons; a click keeps it.
 *
 * @param transitions [word, next word], rows that add up to 1
 * @throws ViewInputError when it is not a matrix
 * @example transitionGraph([[0, 1], [0.5, 0.5]], { labels: { row: ["a", "b"], column: ["a", "b"] } })
 */
export function transitionGraph(transitions: MatrixInput, options: TransitionGraphOptions = {}): Figure {
  const matrix = toMatrix(transitions, options.labels, "transitionGraph");
  const likely = largest(matrix.values, 4).map(
    (cell) =>
      `${matrix.rows[Math.floor(cell / matrix.columns.length)] ?? ""} → ${matrix.columns[cell % matrix.columns.length] ?? ""} ${formatNumber(matrix.values[cell] ?? 0)}`,
  );
  return flowFigure(
    {
      leftAxis: "word",
      rightAxis: "next word",
      left: matrix.rows,
      right: matrix.columns,
      values: matrix.values,
      valueName: "probability",
    },
    {
      title: "What comes next",
      hint: "Ribbons are as wide as the next word is likely. Point at a word; click to keep it.",
      width: 560,
      description: `Transitions between ${count(matrix.rows.length, "word")}; most likely: ${list(likely)}.`,
      sums: false,
    },
    options,
  );
}
