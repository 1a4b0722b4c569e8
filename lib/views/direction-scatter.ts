import type { Figure } from "./figure.ts";
import { toMatrix, toVector, type MatrixInput, type VectorInput } from "./matrix.ts";
import { dot } from "./principal-axes.ts";
import { scatter, type ScatterOptions } from "./scatter.ts";
import { ViewInputError } from "./view-input-error.ts";

/**
 * Vectors by how far they reach along two directions (dot products with the unit vectors).
 *
 * @param vectors [item, dimension]
 * @param directions two vectors of that dimension, of any length but 0
 * @throws ViewInputError when the sizes differ, or a direction is 0
 * @example directionScatter([[1, 0], [0, 1]], [[1, 1], [1, -1]], { names: ["size", "height"] })
 */
export function directionScatter(
  vectors: MatrixInput,
  directions: readonly [VectorInput, VectorInput],
  options: ScatterOptions = {},
): Figure {
  const matrix = toMatrix(vectors, options.labels, "directionScatter");
  const [x, y] = directions.map((direction) =>
    projections(matrix.values, matrix.rows.length, matrix.columns.length, direction),
  );
  const names = options.names ?? ["along the first direction", "along the second direction"];
  const labels = matrix.named[0] ? { labels: { entry: matrix.rows } } : {};
  return scatter(x ?? [], y ?? [], {
    equal: true,
    title: "Projections on two directions",
    ...options,
    names,
    ...labels,
  });
}

/** The dot product of each row with the unit vector of `direction`. @throws ViewInputError when sizes differ */
export function projections(
  values: ArrayLike<number>,
  items: number,
  dimensions: number,
  direction: VectorInput,
): number[] {
  const { values: entries } = toVector(direction, undefined, "direction");
  if (entries.length !== dimensions)
    throw new ViewInputError(`A direction has ${entries.length} entries and the vectors ${dimensions}.`);
  const length = Math.hypot(...Array.from(entries));
  if (!(length > 0)) throw new ViewInputError("A direction of length 0 points nowhere.");
  return Array.from({ length: items }, (_, item) => dot(values, item * dimensions, entries) / length);
}
