import type { Axes, Product, SharedAxis } from "./axes.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The cosine of the angle between vectors along `axis`: 1 same direction, 0 at right angles, −1 opposite.
 * Axes as for `dot`. A vector of length 0 has no direction: its cosine is NaN.
 *
 * @example cosine(words, words.rename({ word: "other" }), "embedding") // ["word", "other"]
 */
export function cosine<const A extends Axes, const B extends Axes, const K extends SharedAxis<A, B> & string>(
  left: Tensor<A>,
  right: Tensor<B>,
  axis: K,
): Tensor<Product<A, B, K>> {
  const unit = (source: Tensor<Axes>): Tensor<Axes> => {
    const length = source.norm(axis);
    return source.dividedBy(length);
  };
  const product: Tensor<Axes> = unit(left).dot(unit(right), axis);
  return product as Tensor<Product<A, B, K>>;
}
