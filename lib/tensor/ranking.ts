import { TensorError } from "./errors.ts";
import type { NumberArray } from "./layout.ts";

/**
 * Where the `count` largest numbers lie, largest first, equals in the order they lie in. NaN comes after every number.
 * Keeps only `count` candidates, so that the top of a large tensor costs one pass.
 */
export function placesOfLargest(data: NumberArray, count: number, sign: 1 | -1 = 1): number[] {
  if (!Number.isInteger(count) || count < 0) {
    throw new TensorError(`The number of entries wanted is ${count}; it must be a whole number, 0 or more.`);
  }
  const limit = Math.min(count, data.length);
  if (limit === 0) return [];
  const rank = (place: number): number => {
    const value = data[place] ?? 0;
    return Number.isNaN(value) ? -Infinity : sign * value;
  };
  const isNumber = (place: number): number => (Number.isNaN(data[place]) ? 0 : 1);
  // Negative when `a` comes before `b`.
  const compare = (a: number, b: number): number => {
    const left = rank(a);
    const right = rank(b);
    if (left !== right) return left > right ? -1 : 1;
    return isNumber(b) - isNumber(a) || a - b;
  };
  if (limit > data.length / 8) {
    return Array.from({ length: data.length }, (_, place) => place)
      .sort(compare)
      .slice(0, limit);
  }
  // Collect candidates above a rising threshold; shrink the list each time that it has doubled.
  let kept: number[] = [];
  let last = -1;
  for (let place = 0; place < data.length; place += 1) {
    if (last >= 0 && compare(place, last) > 0) continue;
    kept.push(place);
    if (kept.length >= 2 * limit + 64) {
      kept = kept.sort(compare).slice(0, limit);
      last = kept[limit - 1] ?? -1;
    }
  }
  return kept.sort(compare).slice(0, limit);
}
