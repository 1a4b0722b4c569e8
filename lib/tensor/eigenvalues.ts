import { AxisError, NumberError } from "./errors.ts";
import { eigenvaluesInPlace } from "./francis.ts";
import { fromMatrix, mlMatrix, scaleOf, squareLayout, tensorOf, toMatrix } from "./matrices.ts";
import type { Tensor } from "./tensor.ts";

/** A number with a real and an imaginary part. */
export interface ComplexNumber {
  readonly real: number;
  readonly imaginary: number;
}

/** |z|. */
export function magnitude({ real, imaginary }: ComplexNumber): number {
  return Math.hypot(real, imaginary);
}

/**
 * The eigenvalues of a square matrix, largest |λ| first; of a complex pair the one with the positive imaginary part comes first.
 * The rows' and the columns' axis have different names but stand for the same space: `["embedding", "output"]`.
 *
 * Throws `AxisError`, `SizeError` when not square, `NumberError` for NaN or ±Infinity.
 *
 * @example eigenvalues(tensor(["row", "column"], [[0, -1], [1, 0]])) // a quarter turn: i and −i
 */
export function eigenvalues<const R extends string, const C extends string>(
  matrix: Tensor<readonly [R, C]>,
): ComplexNumber[] {
  const { layout, rows } = squareLayout(matrix, "Eigenvalues");
  if (rows === 0) return [];
  const scale = scaleOf(layout.data);
  const scaled = Float64Array.from(layout.data, (number) => number / scale);
  const values = eigenvaluesInPlace(scaled, rows).map(({ real, imaginary }) => ({
    real: real * scale,
    imaginary: imaginary * scale,
  }));
  return values.sort((a, b) => {
    const larger = magnitude(b) - magnitude(a);
    // The two of a pair may differ in the last bit.
    if (Math.abs(larger) > 1e-12 * (magnitude(a) + magnitude(b))) return larger;
    return b.real - a.real || b.imaginary - a.imaginary;
  });
}

/** The eigenvalues of a symmetric matrix with a unit vector for each, orthogonal to one another. */
export interface SymmetricEigen<R extends string, K extends string> {
  /** Real, largest first. */
  readonly values: Tensor<[K]>;
  /** A direction on the rows' axis in each column. */
  readonly vectors: Tensor<[R, K]>;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix: `vectors · diag(values) · vectorsᵀ` is the matrix again.
 * Signs are free: here the largest number in each vector is above 0.
 *
 * Throws `AxisError`, `SizeError` when not square, `NumberError` when not symmetric (beyond rounding), or for NaN or ±Infinity.
 */
export function symmetricEigen<
  const R extends string,
  const C extends string,
  const K extends string = "component",
>(matrix: Tensor<readonly [R, C]>, componentAxis?: K): SymmetricEigen<R, K> {
  const { layout, rows: size } = squareLayout(matrix, "An eigendecomposition");
  const { data } = layout;
  const component = (componentAxis ?? "component") as K;
  const [rowAxis, columnAxis] = matrix.axes;
  if (layout.axes.includes(component)) {
    throw new AxisError(`The matrix already has the axis "${component}": give the components another name.`);
  }
  const scale = scaleOf(data);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < row; column += 1) {
      const here = data[row * size + column] ?? 0;
      const mirrored = data[column * size + row] ?? 0;
      if (Math.abs(here - mirrored) > 1e-6 * scale) {
        throw new NumberError(
          `The matrix is not symmetric: ${rowAxis} ${row}, ${columnAxis} ${column} is ${here} but the mirrored cell ${mirrored}. ` +
            `Use eigenvalues() or svd().`,
        );
      }
    }
  }
  if (size === 0) {
    const none = new Float64Array(0);
    return {
      values: tensorOf([component], [0], none, new Map()),
      vectors: tensorOf([rowAxis, component], [0, 0], none, new Map()),
    };
  }
  const found = new (mlMatrix().EigenvalueDecomposition)(toMatrix(data, size, size, 1 / scale), {
    assumeSymmetric: true,
  });
  const order = Array.from({ length: size }, (_, index) => index).sort(
    (a, b) => (found.realEigenvalues[b] ?? 0) - (found.realEigenvalues[a] ?? 0),
  );
  const unordered = fromMatrix(found.eigenvectorMatrix);
  const vectors = new Float64Array(size * size);
  for (const [to, from] of order.entries()) {
    let largest = 0;
    for (let row = 0; row < size; row += 1) {
      const value = unordered[row * size + from] ?? 0;
      if (Math.abs(value) > Math.abs(largest) * (1 + 1e-9)) largest = value;
    }
    const sign = largest < 0 ? -1 : 1;
    for (let row = 0; row < size; row += 1) {
      vectors[row * size + to] = sign * (unordered[row * size + from] ?? 0);
    }
  }
  const values = Float64Array.from(order, (index) => (found.realEigenvalues[index] ?? 0) * scale);
  return {
    values: tensorOf([component], [size], values, new Map()),
    vectors: tensorOf([rowAxis, component], [size, size], vectors, layout.labels),
  };
}
