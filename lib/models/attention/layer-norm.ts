import { tensor, type Tensor } from "../../tensor/index.ts";
import type { LayerNormWeights } from "./weights.ts";

/**
 * Each position's vector with mean 0 and standard deviation 1, then times `scale`, plus `shift`. The variance is the
 * population's (divided by n) and `epsilon` stands inside the root.
 * Source: Ba, Kiros and Hinton 2016, Layer Normalization, equation 4.
 *
 * @param x position, embedding
 * @param epsilon keeps the division finite when all numbers are equal; 1e-5 unless given
 * @example layerNorm(x) // [.2, .1, .3] becomes [0, −1.2238, 1.2238]
 */
export function layerNorm(
  x: Tensor<["position", "embedding"]>,
  weights?: LayerNormWeights,
  epsilon = 1e-5,
): Tensor<["position", "embedding"]> {
  const width = x.sizeOf("embedding");
  const normalised = new Float64Array(x.size);
  for (let start = 0; start < x.size; start += width) {
    const row = Array.from(x.data.slice(start, start + width));
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    for (const [place, value] of row.entries())
      normalised[start + place] = (value - mean) / Math.sqrt(variance + epsilon);
  }
  const position = x.labels("position");
  const embedding = x.labels("embedding");
  const result = tensor(["position", "embedding"], normalised, {
    shape: [x.sizeOf("position"), width],
    labels: { ...(position && { position }), ...(embedding && { embedding }) },
  });
  return weights === undefined ? result : result.times(weights.scale).plus(weights.shift);
}
