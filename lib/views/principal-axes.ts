/** Directions in which vectors differ most. */
export interface PrincipalAxes {
  readonly mean: Float64Array;
  /** Unit vectors, the direction of most variance first. */
  readonly axes: readonly Float64Array[];
  /** The share of all variance along each axis, 0 to 1. */
  readonly shares: readonly number[];
}

/**
 * The first `count` principal axes of the rows of a matrix, by power iteration with deflation. Signs are free; the
 * entry of largest size is made positive, so that the same vectors give the same picture.
 *
 * @param values [item, dimension], row after row
 */
export function principalAxes(
  values: ArrayLike<number>,
  items: number,
  dimensions: number,
  count: number,
): PrincipalAxes {
  const mean = new Float64Array(dimensions);
  for (let item = 0; item < items; item++)
    for (let index = 0; index < dimensions; index++)
      mean[index] = (mean[index] ?? 0) + (values[item * dimensions + index] ?? 0) / items;
  const centred = Float64Array.from(
    { length: items * dimensions },
    (_, cell) => (values[cell] ?? 0) - (mean[cell % dimensions] ?? 0),
  );
  let total = 0;
  for (const value of centred) total += value * value;
  const axes: Float64Array[] = [];
  const shares: number[] = [];
  for (let axis = 0; axis < count; axis++) {
    const direction = dominantDirection(centred, items, dimensions, axes, axis);
    axes.push(direction);
    let along = 0;
    for (let item = 0; item < items; item++) along += dot(centred, item * dimensions, direction) ** 2;
    shares.push(total === 0 ? 0 : along / total);
  }
  return { mean, axes, shares };
}

function dominantDirection(
  centred: Float64Array,
  items: number,
  dimensions: number,
  before: readonly Float64Array[],
  seed: number,
): Float64Array {
  let direction = orthonormal(
    Float64Array.from({ length: dimensions }, (_, index) => Math.sin(1 + index * 1.7 + seed * 0.9)),
    before,
  );
  for (let step = 0; step < 1000; step++) {
    const next = new Float64Array(dimensions);
    for (let item = 0; item < items; item++) {
      const along = dot(centred, item * dimensions, direction);
      for (let index = 0; index < dimensions; index++)
        next[index] = (next[index] ?? 0) + along * (centred[item * dimensions + index] ?? 0);
    }
    if (next.every((value) => Math.abs(value) < 1e-12)) break;
    const turned = orthonormal(next, before);
    const change = Math.hypot(...turned.map((value, index) => value - (direction[index] ?? 0)));
    direction = turned;
    if (change < 1e-12) break;
  }
  let largest = 0;
  for (const value of direction) if (Math.abs(value) > Math.abs(largest) + 1e-9) largest = value;
  return largest < 0 ? direction.map((value) => -value) : direction;
}

function orthonormal(vector: Float64Array, before: readonly Float64Array[]): Float64Array {
  const result = Float64Array.from(vector);
  for (const other of before) {
    const along = dot(result, 0, other);
    for (let index = 0; index < result.length; index++)
      result[index] = (result[index] ?? 0) - along * (other[index] ?? 0);
  }
  const length = Math.hypot(...result) || 1;
  return result.map((value) => value / length);
}

/** The product of `vector` with the entries of `values` from `start` on. */
export function dot(values: ArrayLike<number>, start: number, vector: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index++)
    sum += (values[start + index] ?? 0) * (vector[index] ?? 0);
  return sum;
}
