import type { MimeBundle } from "./displayable.ts";

/** A matrix of numbers with the names of its axes and, where known, a label for each row and column. */
export interface LabelledMatrix {
  readonly rowAxis: string;
  readonly columnAxis: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Row after row: `values[row * columns.length + column]`. */
  readonly values: ArrayLike<number>;
  readonly title?: string;
}

/**
 * Drawers that a higher folder provides and a lower one uses: `lib/tensor` shows a large matrix as a picture
 * without importing `lib/views`, which sets `renderers.matrix` when it is loaded.
 */
export const renderers: {
  /** Draws a matrix as a picture. */
  matrix?: (matrix: LabelledMatrix) => MimeBundle | Promise<MimeBundle>;
} = {};
