import { SizeError } from "./errors.ts";
import { matrixLayout, tensorOf } from "./matrices.ts";
import { singularVectors } from "./svd.ts";
import type { Tensor } from "./tensor.ts";

/** The directions in which a cloud of points spreads most. */
export interface PrincipalComponents<P extends string, F extends string, K extends string> {
  /** The mean point. */
  readonly mean: Tensor<[F]>;
  /** A unit direction in each row, the one of the largest spread first. */
  readonly directions: Tensor<[K, F]>;
  /** The variance along each direction (divided by points − 1). */
  readonly variances: Tensor<[K]>;
  /** Each variance as a share of the whole; zeros when all points are the same. */
  readonly shares: Tensor<[K]>;
  /** The points in the new coordinates: (points − mean) · directions. */
  readonly coordinates: Tensor<[P, K]>;
}

/**
 * The principal components of points: a matrix with a point in each row, at least two.
 * `count` keeps the first so many. The new axis is called `component`.
 *
 * Throws `AxisError`, `SizeError` for fewer than two points, `NumberError` for NaN or ±Infinity.
 * Source: Pearson, 1901; computed by the singular value decomposition of the centred points.
 *
 * @example pca(embeddings, 2).coordinates // ["vocabulary", "embedding"] → ["vocabulary", "component"], to draw words in the plane
 */
export function pca<const P extends string, const F extends string>(
  points: Tensor<readonly [P, F]>,
  count?: number,
): PrincipalComponents<P, F, "component"> {
  const { layout, rows, columns } = matrixLayout(points, "Principal components");
  const [pointAxis, featureAxis] = points.axes;
  if (rows < 2)
    throw new SizeError(`Principal components need two points or more; "${pointAxis}" has ${rows}.`);
  const kept = Math.min(count ?? Infinity, rows, columns);
  if (!Number.isInteger(kept) || kept < 0) {
    throw new SizeError(
      `The number of components wanted is ${String(count)}; it must be a whole number, 0 or more.`,
    );
  }
  const mean = new Float64Array(columns);
  for (const [place, value] of layout.data.entries()) {
    mean[place % columns] = (mean[place % columns] ?? 0) + value / rows;
  }
  const centred = Float64Array.from(layout.data, (value, place) => value - (mean[place % columns] ?? 0));
  const { left, values, right } = singularVectors(centred, rows, columns);
  const all = values.length;
  const variances = values.map((value) => value ** 2 / (rows - 1));
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  const directions = new Float64Array(kept * columns);
  const coordinates = new Float64Array(rows * kept);
  for (let component = 0; component < kept; component += 1) {
    for (let feature = 0; feature < columns; feature += 1) {
      directions[component * columns + feature] = right[feature * all + component] ?? 0;
    }
    for (let point = 0; point < rows; point += 1) {
      coordinates[point * kept + component] = (left[point * all + component] ?? 0) * (values[component] ?? 0);
    }
  }
  const { labels } = layout;
  return {
    mean: tensorOf([featureAxis], [columns], mean, labels),
    directions: tensorOf(["component", featureAxis], [kept, columns], directions, labels),
    variances: tensorOf(["component"], [kept], variances.slice(0, kept), labels),
    shares: tensorOf(
      ["component"],
      [kept],
      variances.slice(0, kept).map((variance) => (total === 0 ? 0 : variance / total)),
      labels,
    ),
    coordinates: tensorOf([pointAxis, "component"], [rows, kept], coordinates, labels),
  };
}
