import { placeOfAxis, sizeOfShape, type Layout, type NumberArray } from "./layout.ts";

/**
 * The numbers along one axis joined into one. `join` sees them as `values[start + step * stride]` for `length` steps.
 */
export function reduced(
  layout: Layout,
  axis: string,
  join: (values: NumberArray, start: number, stride: number, length: number) => number,
): Layout {
  const place = placeOfAxis(layout, axis);
  const length = layout.shape[place] ?? 0;
  const inner = sizeOfShape(layout.shape.slice(place + 1));
  const outer = sizeOfShape(layout.shape.slice(0, place));
  const data =
    layout.data instanceof Float32Array ? new Float32Array(outer * inner) : new Float64Array(outer * inner);
  for (let block = 0; block < outer; block += 1) {
    for (let offset = 0; offset < inner; offset += 1) {
      data[block * inner + offset] = join(layout.data, block * length * inner + offset, inner, length);
    }
  }
  const labels = new Map(layout.labels);
  labels.delete(axis);
  return {
    axes: layout.axes.filter((name) => name !== axis),
    shape: layout.shape.filter((_, index) => index !== place),
    data,
    labels,
    name: undefined,
  };
}

/** Σ of the numbers along an axis. */
export function sumOf(values: NumberArray, start: number, stride: number, length: number): number {
  let sum = 0;
  for (let step = 0, at = start; step < length; step += 1, at += stride) sum += values[at] ?? 0;
  return sum;
}

/** √Σx², scaled so that large numbers don't overflow. */
export function normOf(values: NumberArray, start: number, stride: number, length: number): number {
  let largest = 0;
  for (let step = 0, at = start; step < length; step += 1, at += stride) {
    const size = Math.abs(values[at] ?? 0);
    if (Number.isNaN(size)) return Number.NaN;
    if (size > largest) largest = size;
  }
  if (largest === 0 || largest === Infinity) return largest;
  let sum = 0;
  for (let step = 0, at = start; step < length; step += 1, at += stride) {
    const part = (values[at] ?? 0) / largest;
    sum += part * part;
  }
  return largest * Math.sqrt(sum);
}

/** The step of the largest number, the first of equals; NaN counts as larger than all, so that it is not overlooked. */
export function stepOfLargest(values: NumberArray, start: number, stride: number, length: number): number {
  let best = -1;
  let largest = -Infinity;
  for (let step = 0, at = start; step < length; step += 1, at += stride) {
    const value = values[at] ?? 0;
    if (Number.isNaN(value)) return step;
    if (best < 0 || value > largest) {
      best = step;
      largest = value;
    }
  }
  return best;
}

/** The largest number; NaN when there is one; −Infinity of none. */
export function largestOf(values: NumberArray, start: number, stride: number, length: number): number {
  const step = stepOfLargest(values, start, stride, length);
  return step < 0 ? -Infinity : (values[start + step * stride] ?? 0);
}

/** The smallest number; NaN when there is one; Infinity of none. */
export function smallestOf(values: NumberArray, start: number, stride: number, length: number): number {
  let smallest = Infinity;
  for (let step = 0, at = start; step < length; step += 1, at += stride) {
    const value = values[at] ?? 0;
    if (Number.isNaN(value)) return value;
    if (value < smallest) smallest = value;
  }
  return smallest;
}
