import { AxisError } from "./errors.ts";
import { fromMatrix, matrixLayout, mlMatrix, tensorOf, toMatrix } from "./matrices.ts";
import type { Tensor } from "./tensor.ts";

/**
 * A matrix as `Q.dot(R, "component")`: Q's columns are unit vectors at right angles, R is upper triangular with a
 * diagonal of 0 or more. There are as many components as the smaller size.
 *
 * Throws `AxisError`, and `NumberError` for NaN or ±Infinity.
 */
export function qr<const R extends string, const C extends string, const K extends string = "component">(
  matrix: Tensor<readonly [R, C]>,
  componentAxis?: K,
): { readonly Q: Tensor<[R, K]>; readonly R: Tensor<[K, C]> } {
  const { layout, rows, columns } = matrixLayout(matrix, "A QR decomposition");
  const component = (componentAxis ?? "component") as K;
  const [rowAxis, columnAxis] = matrix.axes;
  if (layout.axes.includes(component)) {
    throw new AxisError(`The matrix already has the axis "${component}": give the components another name.`);
  }
  const count = Math.min(rows, columns);
  if (count === 0) {
    return {
      Q: tensorOf([rowAxis, component], [rows, 0], new Float64Array(0), layout.labels),
      R: tensorOf([component, columnAxis], [0, columns], new Float64Array(0), layout.labels),
    };
  }
  const whole = toMatrix(layout.data, rows, columns);
  // ml-matrix expects at least as many rows as columns: of a wide matrix the first columns decide Q.
  const upright = rows < columns ? whole.subMatrix(0, rows - 1, 0, rows - 1) : whole;
  const orthogonal = new (mlMatrix().QrDecomposition)(upright).orthogonalMatrix;
  const triangle = orthogonal.transpose().mmul(whole);
  for (let index = 0; index < count; index += 1) {
    for (let column = 0; column < Math.min(index, columns); column += 1) triangle.set(index, column, 0);
    if (triangle.get(index, index) < 0) {
      triangle.mulRow(index, -1);
      orthogonal.mulColumn(index, -1);
    }
  }
  return {
    Q: tensorOf([rowAxis, component], [rows, count], fromMatrix(orthogonal), layout.labels),
    R: tensorOf([component, columnAxis], [count, columns], fromMatrix(triangle), layout.labels),
  };
}
