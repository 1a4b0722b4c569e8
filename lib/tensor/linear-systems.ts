import type { Axes } from "./axes.ts";
import { AxisError, NumberError, SizeError } from "./errors.ts";
import { sharedLabels } from "./labels.ts";
import { fromMatrix, matrixLayout, mlMatrix, scaleOf, squareLayout, tensorOf, toMatrix } from "./matrices.ts";
import { singularValues, singularVectors } from "./svd.ts";
import { layoutOf, type Tensor } from "./tensor.ts";

/** The sum of the diagonal of a square matrix. Throws `AxisError`, `SizeError`, `NumberError`. */
export function trace<const R extends string, const C extends string>(
  matrix: Tensor<readonly [R, C]>,
): number {
  const { layout, rows } = squareLayout(matrix, "A trace");
  let sum = 0;
  for (let index = 0; index < rows; index += 1) sum += layout.data[index * (rows + 1)] ?? 0;
  return sum;
}

/** The determinant of a square matrix. Throws `AxisError`, `SizeError`, `NumberError`. */
export function determinant<const R extends string, const C extends string>(
  matrix: Tensor<readonly [R, C]>,
): number {
  const { layout, rows } = squareLayout(matrix, "A determinant");
  return rows === 0 ? 1 : new (mlMatrix().LuDecomposition)(toMatrix(layout.data, rows, rows)).determinant;
}

/**
 * How many directions a matrix keeps apart: singular values above the largest times `tolerance`,
 * which is the larger size times 2⁻⁵² if not given (as in NumPy's `matrix_rank`). Throws `AxisError`, `NumberError`.
 */
export function rank<const R extends string, const C extends string>(
  matrix: Tensor<readonly [R, C]>,
  tolerance = Math.max(...matrix.shape) * Number.EPSILON,
): number {
  const values = singularValues(matrix);
  const limit = values.max() * tolerance;
  return Array.from(values.data).filter((value) => value > limit).length;
}

/**
 * The matrix that undoes this one, with the axes swapped. Throws `NumberError` when it is singular (no inverse), as well as
 * `AxisError` and `SizeError`.
 */
export function inverse<const R extends string, const C extends string>(
  matrix: Tensor<readonly [R, C]>,
): Tensor<[C, R]> {
  const { layout, rows } = squareLayout(matrix, "An inverse");
  const [rowAxis, columnAxis] = matrix.axes;
  const identity = new Float64Array(rows * rows);
  for (let index = 0; index < rows; index += 1) identity[index * (rows + 1)] = 1;
  const data = solved(layout.data, rows, identity, rows);
  return tensorOf([columnAxis, rowAxis], [rows, rows], data, layout.labels);
}

/**
 * The Moore–Penrose inverse of a matrix of any shape, with the axes swapped: the best that can be undone.
 * Singular values below the largest times `tolerance` count as 0. Throws `AxisError`, `NumberError`.
 */
export function pseudoInverse<const R extends string, const C extends string>(
  matrix: Tensor<readonly [R, C]>,
  tolerance = Math.max(...matrix.shape) * Number.EPSILON,
): Tensor<[C, R]> {
  const { layout, rows, columns } = matrixLayout(matrix, "A pseudo-inverse");
  const [rowAxis, columnAxis] = matrix.axes;
  const { left, values, right } = singularVectors(layout.data, rows, columns);
  const limit = (values[0] ?? 0) * tolerance;
  const count = values.length;
  const data = new Float64Array(columns * rows);
  for (const [component, value] of values.entries()) {
    if (value <= limit) break;
    for (let column = 0; column < columns; column += 1) {
      const factor = (right[column * count + component] ?? 0) / value;
      for (let row = 0; row < rows; row += 1) {
        const place = column * rows + row;
        data[place] = (data[place] ?? 0) + factor * (left[row * count + component] ?? 0);
      }
    }
  }
  return tensorOf([columnAxis, rowAxis], [columns, rows], data, layout.labels);
}

/**
 * The x with `matrix.dot(x, columnAxis)` equal to `wanted`, whose first axis is the matrix's row axis.
 * Throws `NumberError` when the matrix is singular, `AxisError` or `SizeError` when the two don't fit.
 * For more rows than columns use `pseudoInverse(matrix).dot(wanted, rowAxis)`: the nearest there is.
 */
export function solve<const R extends string, const C extends string, const Rest extends Axes>(
  matrix: Tensor<readonly [R, C]>,
  wanted: Tensor<readonly [NoInfer<R>, ...Rest]>,
): Tensor<[C, ...Rest]> {
  const { layout, rows } = squareLayout(matrix, "Solving");
  const right = layoutOf(wanted);
  const [rowAxis, columnAxis] = matrix.axes;
  if (right.axes[0] !== rowAxis || right.axes.includes(columnAxis)) {
    throw new AxisError(
      `The right side's first axis is to be "${rowAxis}", without "${columnAxis}"; it has [${right.axes.join(", ")}].`,
    );
  }
  if (right.shape[0] !== rows) {
    throw new SizeError(
      `The axis "${rowAxis}" has size ${rows} on the left but ${right.shape[0] ?? 0} on the right.`,
    );
  }
  sharedLabels(rowAxis, layout.labels.get(rowAxis), right.labels.get(rowAxis));
  const rest = right.axes.slice(1);
  const data = solved(layout.data, rows, right.data, rows === 0 ? 0 : right.data.length / rows);
  const labels = new Map([...right.labels, ...layout.labels]);
  const axes = [columnAxis, ...rest];
  return tensorOf(axes, [rows, ...right.shape.slice(1)], data, labels) as Tensor<Axes> as Tensor<
    [C, ...Rest]
  >;
}

/** Solves for `columns` right sides at once. Throws `NumberError` for a matrix that is singular to rounding. */
function solved(
  matrix: ArrayLike<number>,
  size: number,
  wanted: ArrayLike<number>,
  columns: number,
): Float64Array {
  if (size === 0 || columns === 0) return new Float64Array(size * columns);
  const scale = scaleOf(matrix);
  const decomposition = new (mlMatrix().LuDecomposition)(toMatrix(matrix, size, size, 1 / scale));
  const { values } = singularVectors(matrix, size, size);
  if ((values[size - 1] ?? 0) <= (values[0] ?? 0) * Number.EPSILON) {
    throw new NumberError(
      `The matrix is singular: it maps some direction to nothing, which cannot be undone. pseudoInverse() gives the best that can.`,
    );
  }
  return fromMatrix(decomposition.solve(toMatrix(wanted, size, columns)), 1 / scale);
}
