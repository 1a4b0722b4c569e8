import type { Transformer } from "../models/transformer/index.ts";
import { rotaryFrequencies } from "../models/transformer/positions.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { HeadError } from "./errors.ts";

/**
 * W_Q as it meets keys `distance` positions before the query: with rotary positions each pair of features is turned by
 * distance × frequency, since q R(p) · (k R(p − distance)) = q R(distance) · k; otherwise W_Q itself.
 *
 * Source: Su et al. 2021 (RoFormer), section 3.2: scores depend on the relative position alone.
 * @param W_Q the axis `feature` last
 * @throws HeadError for a distance that is no whole number of at least 0
 */
export function queriesAtDistance<const A extends readonly string[]>(
  model: Transformer,
  W_Q: Tensor<A>,
  distance: number,
): Tensor<A> {
  if (!Number.isInteger(distance) || distance < 0)
    throw new HeadError(
      `a distance is a whole number of positions from the query back to the key, at least 0; not ${distance}`,
    );
  const { positions, feature } = model.configuration;
  if (positions.kind !== "rotary" || distance === 0) return W_Q;
  const from = W_Q.data;
  const data = Float64Array.from(from);
  const isHalves = positions.pairs === "halves";
  for (const [pair, frequency] of rotaryFrequencies(positions).entries()) {
    const [first, second] = isHalves ? [pair, pair + positions.features / 2] : [2 * pair, 2 * pair + 1];
    const [cosine, sine] = [Math.cos(distance * frequency), Math.sin(distance * frequency)];
    for (let row = 0; row < data.length; row += feature) {
      const [one, other] = [from[row + first] ?? 0, from[row + second] ?? 0];
      data[row + first] = one * cosine - other * sine;
      data[row + second] = one * sine + other * cosine;
    }
  }
  const plain: Tensor<readonly string[]> = W_Q;
  const labels = Object.fromEntries(
    plain.axes.flatMap((axis) => {
      const words = plain.labels(axis);
      return words && axis !== "feature" ? [[axis, words]] : [];
    }),
  );
  return tensor([...plain.axes], data, {
    shape: [...plain.shape],
    labels,
    copy: false,
  }) as unknown as Tensor<A>;
}
