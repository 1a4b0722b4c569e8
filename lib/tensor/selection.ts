import { AxisError, IndexError } from "./errors.ts";
import { AxisLabels, indexOfPlace } from "./labels.ts";
import { gathered, placeOfAxis, sizeOfShape, stridesOf, type Layout } from "./layout.ts";

/** The index that a cell means on each of its axes. Throws `AxisError`, `IndexError` or `LabelError`. */
export function indicesOfCell(
  layout: Layout,
  cell: { readonly [axis: string]: number | string | undefined },
): Map<string, number> {
  const indices = new Map<string, number>();
  for (const [axis, place] of Object.entries(cell)) {
    const axisPlace = placeOfAxis(layout, axis);
    if (place === undefined) throw new IndexError(`The place on the axis "${axis}" is undefined.`);
    indices.set(axis, indexOfPlace(place, axis, layout.shape[axisPlace] ?? 0, layout.labels.get(axis)));
  }
  return indices;
}

/** The number in one cell, which names a place on every axis. */
export function valueAt(
  layout: Layout,
  cell: { readonly [axis: string]: number | string | undefined },
): number {
  const indices = indicesOfCell(layout, cell);
  let offset = 0;
  for (const [place, axis] of layout.axes.entries()) {
    const index = indices.get(axis);
    if (index === undefined) {
      throw new AxisError(
        `A cell has a place on every axis; "${axis}" is missing. (at() fixes only some axes.)`,
      );
    }
    offset = offset * (layout.shape[place] ?? 0) + index;
  }
  return layout.data[offset] ?? 0;
}

/** The part at one index of some axes, which fall away. Shares the numbers when they lie together. */
export function fixed(layout: Layout, indices: ReadonlyMap<string, number>): Layout {
  const strides = stridesOf(layout.shape);
  let offset = 0;
  const axes: string[] = [];
  const shape: number[] = [];
  const keptStrides: number[] = [];
  let isTogether = true;
  for (const [place, axis] of layout.axes.entries()) {
    const index = indices.get(axis);
    if (index === undefined) {
      axes.push(axis);
      shape.push(layout.shape[place] ?? 0);
      keptStrides.push(strides[place] ?? 0);
    } else {
      offset += index * (strides[place] ?? 0);
      if (axes.length > 0) isTogether = false;
    }
  }
  const data = isTogether
    ? layout.data.subarray(offset, offset + sizeOfShape(shape))
    : gathered(layout.data, shape, keptStrides, offset);
  const labels = new Map([...layout.labels].filter(([axis]) => !indices.has(axis)));
  return { axes, shape, data, labels, name: undefined };
}

/** The chosen indices of some axes, in the order given. */
export function picked(layout: Layout, choices: ReadonlyMap<string, readonly number[]>): Layout {
  let { data } = layout;
  const shape = [...layout.shape];
  const labels = new Map(layout.labels);
  for (const [axis, indices] of choices) {
    const place = placeOfAxis(layout, axis);
    const words = layout.labels.get(axis);
    if (words !== undefined) {
      labels.set(axis, new AxisLabels(indices.map((index) => words.words[index] ?? "")));
    }
    const before = sizeOfShape(shape.slice(0, place));
    const inner = sizeOfShape(shape.slice(place + 1));
    const length = shape[place] ?? 0;
    const size = before * indices.length * inner;
    const result = data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
    let to = 0;
    for (let outer = 0; outer < before; outer += 1) {
      for (const index of indices) {
        const from = (outer * length + index) * inner;
        result.set(data.subarray(from, from + inner), to);
        to += inner;
      }
    }
    data = result;
    shape[place] = indices.length;
  }
  return { axes: layout.axes, shape, data, labels, name: undefined };
}

/** The indices from `start` up to and without `end`; negative ones count from the end. Throws `IndexError` beyond the axis. */
export function indicesOfRange(axis: string, size: number, start: number, end: number = size): number[] {
  const fromEnd = (index: number): number => (index < 0 ? index + size : index);
  const from = fromEnd(start);
  const to = fromEnd(end);
  if (
    !Number.isInteger(start) ||
    !Number.isInteger(end) ||
    from < 0 ||
    from > size ||
    to < 0 ||
    to > size ||
    to < from
  ) {
    throw new IndexError(
      `[${start}, ${end}] is not a range of the axis "${axis}", which has the indices 0 to ${size - 1}. ` +
        `The end is not included; negative numbers count from the end.`,
    );
  }
  return Array.from({ length: to - from }, (_, step) => from + step);
}
