import { AxisError, SizeError } from "./errors.ts";
import type { AxisLabels } from "./labels.ts";
import { suggestion } from "./near-misses.ts";

/** The arrays that hold a tensor's numbers. */
export type NumberArray = Float64Array | Float32Array;

/** A tensor's content: the numbers lie row after row, the last axis runs fastest. Nothing in it is ever changed. */
export interface Layout {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly data: NumberArray;
  readonly labels: ReadonlyMap<string, AxisLabels>;
  readonly name: string | undefined;
}

/** The product of the sizes: how many numbers there are. */
export function sizeOfShape(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** How far apart neighbours on each axis lie in the data. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let place = shape.length - 1; place >= 0; place -= 1) {
    strides[place] = stride;
    stride *= shape[place] ?? 1;
  }
  return strides;
}

/** Throws `AxisError` when a name is empty or stands twice. */
export function checkAxes(axes: readonly string[]): void {
  for (const [place, axis] of axes.entries()) {
    if (typeof axis !== "string" || axis === "") {
      throw new AxisError(`An axis needs a name; the one at ${place} of [${axes.join(", ")}] has none.`);
    }
    if (axes.indexOf(axis) !== place) {
      throw new AxisError(`The axis "${axis}" is named twice in [${axes.join(", ")}]: rename one of them.`);
    }
  }
}

/** Throws `SizeError` unless there is one whole number, 0 or more, for each axis. */
export function checkShape(axes: readonly string[], shape: readonly number[]): void {
  if (shape.length !== axes.length) {
    throw new SizeError(
      `The shape [${shape.join(", ")}] has ${shape.length} sizes for the ${axes.length} axes [${axes.join(", ")}].`,
    );
  }
  for (const [place, size] of shape.entries()) {
    if (!Number.isInteger(size) || size < 0) {
      throw new SizeError(
        `The size of the axis "${axes[place] ?? ""}" is ${size}; it must be a whole number, 0 or more.`,
      );
    }
  }
}

/** Where `axis` stands among the axes. Throws `AxisError`, suggesting what was meant. */
export function placeOfAxis(layout: Pick<Layout, "axes">, axis: string): number {
  const place = layout.axes.indexOf(axis);
  if (place < 0) {
    const end = layout.axes.length === 0 ? " It has no axes." : suggestion(axis, layout.axes);
    throw new AxisError(`The tensor has no axis "${axis}".${end}`);
  }
  return place;
}

/** `query 4 × key 6`: the axes with their sizes. */
export function describeShape(layout: Pick<Layout, "axes" | "shape">): string {
  if (layout.axes.length === 0) return "no axes";
  return layout.axes.map((axis, place) => `${axis} ${layout.shape[place] ?? 0}`).join(" × ");
}

/** An array for results: single precision only when all that went in was. */
export function resultArray(size: number, ...inputs: readonly NumberArray[]): NumberArray {
  return inputs.every((input) => input instanceof Float32Array)
    ? new Float32Array(size)
    : new Float64Array(size);
}

/**
 * The numbers in another order of the axes: `order[i]` is the old place of the new axis `i`. Copies, unless nothing moves.
 */
export function permuted(data: NumberArray, shape: readonly number[], order: readonly number[]): NumberArray {
  // Axes of size 1 may move freely without any number moving.
  const moving = order.filter((place) => shape[place] !== 1);
  if (moving.every((place, index) => index === 0 || place > (moving[index - 1] ?? 0))) return data;
  const strides = stridesOf(shape);
  const newShape = order.map((place) => shape[place] ?? 1);
  return gathered(
    data,
    newShape,
    order.map((place) => strides[place] ?? 0),
    0,
  );
}

/** The content with its axes in another order, which names every one. Throws `AxisError`. */
export function transposed(layout: Layout, axes: readonly string[]): Layout {
  checkAxes(axes);
  const order = axes.map((axis) => placeOfAxis(layout, axis));
  const missing = layout.axes.filter((axis) => !axes.includes(axis));
  if (missing.length > 0) {
    throw new AxisError(`A transpose names every axis; "${missing.join('", "')}" is missing.`);
  }
  return {
    ...layout,
    axes,
    shape: order.map((place) => layout.shape[place] ?? 0),
    data: permuted(layout.data, layout.shape, order),
  };
}

/** Copies the numbers at `offset + Σ index·stride` for all indices within `shape`. */
export function gathered(
  data: NumberArray,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): NumberArray {
  const size = sizeOfShape(shape);
  const result = data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  if (size === 0) return result;
  const rank = shape.length;
  const inner = rank === 0 ? 1 : (shape[rank - 1] ?? 1);
  const innerStride = rank === 0 ? 0 : (strides[rank - 1] ?? 0);
  const index = new Array<number>(Math.max(0, rank - 1)).fill(0);
  let from = offset;
  let to = 0;
  while (to < size) {
    for (let step = 0, source = from; step < inner; step += 1, source += innerStride) {
      result[to] = data[source] ?? 0;
      to += 1;
    }
    for (let place = rank - 2; place >= 0; place -= 1) {
      const next = (index[place] ?? 0) + 1;
      const stride = strides[place] ?? 0;
      const length = shape[place] ?? 1;
      if (next < length) {
        index[place] = next;
        from += stride;
        break;
      }
      index[place] = 0;
      from -= stride * (length - 1);
    }
  }
  return result;
}
