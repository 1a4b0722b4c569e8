import { createRequire } from "node:module";
import type * as MlMatrix from "ml-matrix";
import type { Axes } from "./axes.ts";
import { AxisError, NumberError, SizeError } from "./errors.ts";
import { describeShape, type Layout } from "./layout.ts";
import { layoutOf, Tensor } from "./tensor.ts";

let loaded: typeof MlMatrix | undefined;

/** The library underneath the decompositions, loaded at first use: it costs some 20 ms. */
export function mlMatrix(): typeof MlMatrix {
  loaded ??= createRequire(import.meta.url)("ml-matrix") as typeof MlMatrix;
  return loaded;
}

/** A matrix's layout with its two axes. Throws `AxisError` for other ranks, `NumberError` for NaN or ±Infinity. */
export function matrixLayout(
  source: Tensor<Axes>,
  purpose: string,
): { layout: Layout; rows: number; columns: number; rowAxis: string; columnAxis: string } {
  const layout = layoutOf(source);
  const [rowAxis, columnAxis] = layout.axes;
  const [rows, columns] = layout.shape;
  if (
    layout.axes.length !== 2 ||
    rowAxis === undefined ||
    columnAxis === undefined ||
    rows === undefined ||
    columns === undefined
  ) {
    throw new AxisError(
      `${purpose} needs a matrix: two axes, not ${layout.axes.length} (${describeShape(layout)}).`,
    );
  }
  const wrong = layout.data.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new NumberError(
      `${purpose} needs finite numbers; at ${rowAxis} ${Math.floor(wrong / columns)}, ` +
        `${columnAxis} ${wrong % columns} there is ${layout.data[wrong] ?? 0}.`,
    );
  }
  return { layout, rows, columns, rowAxis, columnAxis };
}

/** As `matrixLayout`, and throws `SizeError` unless there are as many rows as columns. */
export function squareLayout(source: Tensor<Axes>, purpose: string): ReturnType<typeof matrixLayout> {
  const matrix = matrixLayout(source, purpose);
  if (matrix.rows !== matrix.columns) {
    throw new SizeError(
      `${purpose} needs as many rows as columns; this matrix is ${describeShape(matrix.layout)}.`,
    );
  }
  return matrix;
}

/** ml-matrix's form of `rows` × `columns` numbers that lie row after row, each times `factor`. */
export function toMatrix(
  data: ArrayLike<number>,
  rows: number,
  columns: number,
  factor = 1,
): MlMatrix.Matrix {
  const matrix = mlMatrix().Matrix.zeros(rows, columns);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      matrix.set(row, column, (data[row * columns + column] ?? 0) * factor);
    }
  }
  return matrix;
}

/** The numbers of ml-matrix's form row after row, each times `factor`. */
export function fromMatrix(
  matrix: { readonly rows: number; readonly columns: number; get(row: number, column: number): number },
  factor = 1,
): Float64Array {
  const data = new Float64Array(matrix.rows * matrix.columns);
  for (let row = 0; row < matrix.rows; row += 1) {
    for (let column = 0; column < matrix.columns; column += 1) {
      data[row * matrix.columns + column] = matrix.get(row, column) * factor;
    }
  }
  return data;
}

/** A tensor on `axes`, with those of `labels` that it has axes for. */
export function tensorOf<const A extends Axes>(
  axes: A,
  shape: readonly number[],
  data: Float64Array,
  labels: Layout["labels"],
): Tensor<[...A]> {
  const kept = new Map([...labels].filter(([axis]) => axes.includes(axis)));
  return new Tensor({ axes, shape, data, labels: kept, name: undefined });
}

/** The power of two nearest above the largest size: dividing by it is exact and keeps squares from overflowing. */
export function scaleOf(data: ArrayLike<number>): number {
  let largest = 0;
  for (let index = 0; index < data.length; index += 1)
    largest = Math.max(largest, Math.abs(data[index] ?? 0));
  if (largest === 0) return 1;
  return 2 ** Math.min(1023, Math.max(-1021, Math.ceil(Math.log2(largest))));
}
