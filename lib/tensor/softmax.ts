import type { Axes } from "./axes.ts";
import { placeOfAxis, resultArray, sizeOfShape } from "./layout.ts";
import { largestOf } from "./reduction.ts";
import { layoutOf, Tensor } from "./tensor.ts";

/**
 * Shares along an axis: e^x over the sum of e^x, so that each row is between 0 and 1 and sums to 1. Same axes.
 *
 * The row's maximum is subtracted first, so that nothing overflows. A masked score of −Infinity gets exactly 0.
 * A row of nothing but −Infinity has no shares to give: it becomes zeros, "attends to nothing" (most libraries give NaN).
 * A row with NaN or +Infinity becomes NaN.
 *
 * Source: Vaswani et al., Attention Is All You Need, section 3.2.1.
 *
 * @example softmax(tensor(["key"], [0, 0, -Infinity]), "key") // [0.5, 0.5, 0]
 */
export function softmax<const A extends Axes>(scores: Tensor<A>, axis: A[number]): Tensor<A> {
  const layout = layoutOf(scores);
  const place = placeOfAxis(layout, axis);
  const length = layout.shape[place] ?? 0;
  const stride = sizeOfShape(layout.shape.slice(place + 1));
  const outer = sizeOfShape(layout.shape.slice(0, place));
  const { data } = layout;
  const shares = resultArray(data.length, data);
  const powers = new Float64Array(length);
  for (let block = 0; block < outer; block += 1) {
    for (let offset = 0; offset < stride; offset += 1) {
      const start = block * length * stride + offset;
      const largest = largestOf(data, start, stride, length);
      if (largest === -Infinity) continue;
      let sum = 0;
      for (let step = 0; step < length; step += 1) {
        const power = Math.exp((data[start + step * stride] ?? 0) - largest);
        powers[step] = power;
        sum += power;
      }
      for (let step = 0; step < length; step += 1) shares[start + step * stride] = (powers[step] ?? 0) / sum;
    }
  }
  return new Tensor({ ...layout, data: shares, name: undefined });
}
