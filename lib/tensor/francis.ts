import { NumberError } from "./errors.ts";
import type { ComplexNumber } from "./eigenvalues.ts";

/**
 * The eigenvalues of a square matrix without its eigenvectors, a quarter of the work: reflections to upper Hessenberg form, then Francis'
 * double shifted QR steps on the block that has not fallen apart yet.
 * Source: Golub and Van Loan, Matrix Computations, algorithms 7.4.2 (Hessenberg form) and 7.5.1 (Francis' step); exceptional shifts as in
 * EISPACK's `hqr`.
 *
 * @param matrix row-major, `size` × `size`, finite; overwritten
 * @throws NumberError where the steps do not converge, which no finite matrix is known to bring about
 */
export function eigenvaluesInPlace(matrix: Float64Array, size: number): ComplexNumber[] {
  toHessenberg(matrix, size);
  const h = (row: number, column: number) => matrix[row * size + column] ?? 0;
  const norm = Math.sqrt(matrix.reduce((sum, number) => sum + number * number, 0));
  const found: ComplexNumber[] = [];
  let high = size - 1;
  for (let steps = 0; high >= 0;) {
    const low = startOfBlock(matrix, size, high, norm);
    if (high - low > 1) {
      if (steps === MOST_STEPS)
        throw new NumberError(`The eigenvalues did not converge in ${MOST_STEPS} steps.`);
      steps += 1;
      francisStep(matrix, size, low, high, steps % 10 === 0);
      continue;
    }
    if (high === low) found.push({ real: h(high, high), imaginary: 0 });
    else found.push(...ofTwoByTwo(h(low, low), h(low, high), h(high, low), h(high, high)));
    high = low - 1;
    steps = 0;
  }
  return found;
}

/** Steps for one eigenvalue or pair; two or three are usual. */
const MOST_STEPS = 100;

/** By similarity, until nothing is left below the first subdiagonal. */
function toHessenberg(matrix: Float64Array, size: number): void {
  const reflector = new Float64Array(size);
  for (let column = 0; column < size - 2; column++) {
    let squares = 0;
    for (let row = column + 1; row < size; row++) {
      const entry = matrix[row * size + column] ?? 0;
      reflector[row] = entry;
      squares += entry * entry;
    }
    const first = reflector[column + 1] ?? 0;
    const below = squares - first * first;
    if (below <= 0) continue;
    const length = Math.sqrt(squares) * (first < 0 ? -1 : 1);
    reflector[column + 1] = first + length;
    reflect(matrix, size, reflector, 1 / (squares + first * length), {
      from: column + 1,
      to: size,
      left: column,
      right: size,
      top: 0,
      bottom: size,
    });
    for (let row = column + 2; row < size; row++) matrix[row * size + column] = 0;
  }
}

/** Where a reflection acts: on its own rows and columns `from` to `to`, in columns `left` to `right` and rows `top` to `bottom`. */
interface Window {
  readonly from: number;
  readonly to: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** P A P with P = I − scale · v vᵀ, inside the window. */
function reflect(
  matrix: Float64Array,
  size: number,
  v: Float64Array,
  scale: number,
  { from, to, left, right, top, bottom }: Window,
): void {
  const sums = new Float64Array(right);
  for (let row = from; row < to; row++) {
    const weight = v[row] ?? 0;
    for (let column = left, at = row * size + left; column < right; column++, at++)
      sums[column] = (sums[column] ?? 0) + weight * (matrix[at] ?? 0);
  }
  for (let row = from; row < to; row++) {
    const weight = scale * (v[row] ?? 0);
    for (let column = left, at = row * size + left; column < right; column++, at++)
      matrix[at] = (matrix[at] ?? 0) - weight * (sums[column] ?? 0);
  }
  for (let row = top; row < bottom; row++) {
    let sum = 0;
    for (let column = from, at = row * size + from; column < to; column++, at++)
      sum += (matrix[at] ?? 0) * (v[column] ?? 0);
    sum *= scale;
    for (let column = from, at = row * size + from; column < to; column++, at++)
      matrix[at] = (matrix[at] ?? 0) - sum * (v[column] ?? 0);
  }
}

/**
 * The first row of the block that ends at `high`: above it the subdiagonal is 0, or is made so because it is no more than rounding of its
 * neighbours on the diagonal, or of the whole matrix where these are 0.
 */
function startOfBlock(matrix: Float64Array, size: number, high: number, norm: number): number {
  const h = (row: number, column: number) => Math.abs(matrix[row * size + column] ?? 0);
  for (let row = high; row > 0; row--) {
    const below = h(row, row - 1);
    if (below === 0) return row;
    if (below <= Number.EPSILON * (h(row - 1, row - 1) + h(row, row) || norm)) {
      matrix[row * size + row - 1] = 0;
      return row;
    }
  }
  return 0;
}

/** One implicit double shift on rows and columns `low` to `high`, by the eigenvalues of the last 2 × 2 block. */
function francisStep(matrix: Float64Array, size: number, low: number, high: number, isStuck: boolean): void {
  const h = (row: number, column: number) => matrix[row * size + column] ?? 0;
  const other = Math.abs(h(high, high - 1)) + Math.abs(h(high - 1, high - 2));
  const trace = isStuck ? 1.5 * other : h(high - 1, high - 1) + h(high, high);
  const determinant = isStuck
    ? other * other
    : h(high - 1, high - 1) * h(high, high) - h(high - 1, high) * h(high, high - 1);
  let x = h(low, low) * (h(low, low) - trace) + h(low, low + 1) * h(low + 1, low) + determinant;
  let y = h(low + 1, low) * (h(low, low) + h(low + 1, low + 1) - trace);
  let z = h(low + 1, low) * h(low + 2, low + 1);
  for (let row = low; row < high; row++) {
    const isLast = row === high - 1;
    reflectThree(matrix, size, x, y, isLast ? 0 : z, {
      from: row,
      to: isLast ? row + 2 : row + 3,
      left: Math.max(low, row - 1),
      right: high + 1,
      top: low,
      bottom: Math.min(row + 4, high + 1),
    });
    x = h(row + 1, row);
    y = row + 2 <= high ? h(row + 2, row) : 0;
    z = row + 3 <= high ? h(row + 3, row) : 0;
  }
  // what reflections leave below the subdiagonal is rounding
  for (let row = low + 2; row <= high; row++) {
    matrix[row * size + row - 2] = 0;
    if (row > low + 2) matrix[row * size + row - 3] = 0;
  }
}

/** {@link reflect} for the reflection that turns (x, y, z) into a multiple of (1, 0, 0); `z` is 0 at the end of a block, where there are two rows. */
function reflectThree(
  matrix: Float64Array,
  size: number,
  x: number,
  y: number,
  z: number,
  { from, to, left, right, top, bottom }: Window,
): void {
  const largest = Math.max(Math.abs(x), Math.abs(y), Math.abs(z));
  if (largest === 0) return;
  const [first, second, third] = [x / largest, y / largest, z / largest];
  const length = Math.hypot(first, second, third) * (first < 0 ? -1 : 1);
  // P = I − v wᵀ with v = (1, b, c) and w = (first + length) / length · v
  const b = second / (first + length);
  const c = third / (first + length);
  const scale = (first + length) / length;
  const hasThird = to - from === 3;
  for (let column = left, at = from * size + left; column < right; column++, at++) {
    const third = hasThird ? (matrix[at + 2 * size] ?? 0) : 0;
    const sum = scale * ((matrix[at] ?? 0) + b * (matrix[at + size] ?? 0) + c * third);
    matrix[at] = (matrix[at] ?? 0) - sum;
    matrix[at + size] = (matrix[at + size] ?? 0) - sum * b;
    if (hasThird) matrix[at + 2 * size] = third - sum * c;
  }
  for (let row = top; row < bottom; row++) {
    const at = row * size + from;
    const third = hasThird ? (matrix[at + 2] ?? 0) : 0;
    const sum = scale * ((matrix[at] ?? 0) + b * (matrix[at + 1] ?? 0) + c * third);
    matrix[at] = (matrix[at] ?? 0) - sum;
    matrix[at + 1] = (matrix[at + 1] ?? 0) - sum * b;
    if (hasThird) matrix[at + 2] = third - sum * c;
  }
}

/** The eigenvalues of ((a, b), (c, d)). */
function ofTwoByTwo(a: number, b: number, c: number, d: number): ComplexNumber[] {
  const half = (a - d) / 2;
  const square = half * half + b * c;
  const root = Math.sqrt(Math.abs(square));
  if (square < 0) {
    const real = (a + d) / 2;
    return [
      { real, imaginary: root },
      { real, imaginary: -root },
    ];
  }
  // the larger of the two from d, without cancellation; the other from their product with it
  const far = half + (half < 0 ? -root : root);
  return [
    { real: d + far, imaginary: 0 },
    { real: far === 0 ? d : d - (b * c) / far, imaginary: 0 },
  ];
}
