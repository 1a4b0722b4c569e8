import { tensor, type Tensor } from "../../tensor/index.ts";

/**
 * What is added to the scores so that no position attends to a later one: 0 for key ≤ query, −∞ above the diagonal.
 * It is *added before* the softmax, which turns −∞ into a share of exactly 0. (One source multiplies; minus infinity
 * times a score of 0 would be NaN, and times a negative score plus infinity.)
 * Source: Vaswani et al. 2017, section 3.2.3.
 *
 * @param positions their number, or the words at them
 * @example causalMask(2).toArray() // [[0, -Infinity], [0, 0]]
 */
export function causalMask(positions: number | readonly string[]): Tensor<["query", "key"]> {
  const length = typeof positions === "number" ? positions : positions.length;
  const mask = Float64Array.from({ length: length * length }, (_, cell) =>
    cell % length > Math.floor(cell / length) ? -Infinity : 0,
  );
  return tensor(["query", "key"], mask, {
    shape: [length, length],
    ...(typeof positions === "number" ? {} : { labels: { query: positions, key: positions } }),
  });
}
