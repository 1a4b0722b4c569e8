import { AxisError } from "./errors.ts";
import { fromMatrix, matrixLayout, mlMatrix, scaleOf, tensorOf, toMatrix } from "./matrices.ts";
import type { Tensor } from "./tensor.ts";

/** A matrix as a sum of `component` outer products, strongest first: `U diag(S) Vᵀ`. */
export interface SingularValueDecomposition<R extends string, C extends string, K extends string> {
  /** Left singular vectors: a direction on the rows' axis in each column. */
  readonly U: Tensor<[R, K]>;
  /** Singular values, largest first, none below 0. */
  readonly S: Tensor<[K]>;
  /** Right singular vectors: a direction on the columns' axis in each column (not transposed). */
  readonly V: Tensor<[C, K]>;
}

/**
 * The singular value decomposition of a matrix of any shape: `U.times(S).dot(V, "component")` is the matrix again.
 * There are as many components as the smaller size; those of singular value 0 fill up with unit vectors.
 *
 * Signs are free: here the largest number in each column of U is above 0. When two singular values are (nearly) equal,
 * their vectors are one choice out of many; only the plane that they span means anything.
 *
 * `componentAxis` is the name of the new axis. Throws `AxisError`, and `NumberError` for NaN or ±Infinity.
 *
 * @example
 * const { U, S, V } = svd(tensor(["row", "column"], [[3, 0], [0, -2]])); // S is [3, 2]
 */
export function svd<const R extends string, const C extends string, const K extends string = "component">(
  matrix: Tensor<readonly [R, C]>,
  componentAxis?: K,
): SingularValueDecomposition<R, C, K> {
  const { layout, rows, columns } = matrixLayout(matrix, "A singular value decomposition");
  const component = (componentAxis ?? "component") as K;
  const [rowAxis, columnAxis] = matrix.axes;
  if (layout.axes.includes(component)) {
    throw new AxisError(`The matrix already has the axis "${component}": give the components another name.`);
  }
  const count = Math.min(rows, columns);
  const { left, values, right } = singularVectors(layout.data, rows, columns);
  return {
    U: tensorOf([rowAxis, component], [rows, count], left, layout.labels),
    S: tensorOf([component], [count], values, layout.labels),
    V: tensorOf([columnAxis, component], [columns, count], right, layout.labels),
  };
}

/** `svd` on plain arrays, row after row: left [rows, count], values, right [columns, count]. */
export function singularVectors(
  data: ArrayLike<number>,
  rows: number,
  columns: number,
): { left: Float64Array; values: Float64Array; right: Float64Array } {
  const count = Math.min(rows, columns);
  if (count === 0) {
    return { left: new Float64Array(0), values: new Float64Array(0), right: new Float64Array(0) };
  }
  const scale = scaleOf(data);
  const { SingularValueDecomposition } = mlMatrix();
  const isWide = rows < columns;
  const upright = toMatrix(data, rows, columns, 1 / scale);
  // ml-matrix expects at least as many rows as columns.
  const found = new SingularValueDecomposition(isWide ? upright.transpose() : upright);
  const left = fromMatrix(isWide ? found.rightSingularVectors : found.leftSingularVectors);
  const right = fromMatrix(isWide ? found.leftSingularVectors : found.rightSingularVectors);
  const values = Float64Array.from(found.diagonal.slice(0, count), (value) => value * scale);
  for (let component = 0; component < count; component += 1) {
    let largest = 0;
    for (let row = 0; row < rows; row += 1) {
      const value = left[row * count + component] ?? 0;
      // A tie is decided by the first, in spite of rounding.
      if (Math.abs(value) > Math.abs(largest) * (1 + 1e-9)) largest = value;
    }
    if (largest >= 0) continue;
    for (let row = 0; row < rows; row += 1)
      left[row * count + component] = -(left[row * count + component] ?? 0);
    for (let column = 0; column < columns; column += 1) {
      right[column * count + component] = -(right[column * count + component] ?? 0);
    }
  }
  return { left, values, right };
}

/** The singular values of a matrix, largest first. Throws as `svd` does. */
export function singularValues<const R extends string, const C extends string>(
  matrix: Tensor<readonly [R, C]>,
): Tensor<["component"]> {
  const { layout, rows, columns } = matrixLayout(matrix, "Singular values");
  const { values } = singularVectors(layout.data, rows, columns);
  return tensorOf(["component"], [values.length], values, new Map());
}
