import type { Axes } from "./axes.ts";
import { AxisError, SizeError, TensorError } from "./errors.ts";
import { AxisLabels, checkedLabels, sharedLabels } from "./labels.ts";
import {
  checkAxes,
  describeShape,
  permuted,
  placeOfAxis,
  resultArray,
  sizeOfShape,
  type Layout,
} from "./layout.ts";
import { computedOf, layoutOf, Tensor } from "./tensor.ts";

/**
 * Tensors with the same axes, one after the other on a new first axis, with a label for each if given.
 * Throws `AxisError`, `SizeError`, `LabelError`, and `TensorError` when there are none.
 *
 * @example stack([files, photos], "word", ["files", "photos"]) // two ["next"] → ["word", "next"]
 */
export function stack<const A extends Axes, const K extends string>(
  tensors: readonly Tensor<A>[],
  axis: K,
  labels?: readonly string[],
): Tensor<[K, ...A]> {
  const { first, layouts } = inOneOrder(tensors);
  const axes = [axis, ...first.axes];
  checkAxes(axes);
  const shared = new Map(first.labels);
  const part = sizeOfShape(first.shape);
  const data = resultArray(part * layouts.length, ...layouts.map((each) => each.data));
  for (const [index, each] of layouts.entries()) {
    for (const [place, name] of first.axes.entries()) checkSameSize(first, each, name, place);
    for (const name of first.axes) {
      const words = sharedLabels(name, shared.get(name), each.labels.get(name));
      if (words !== undefined) shared.set(name, words);
    }
    data.set(each.data, index * part);
  }
  const shape = [layouts.length, ...first.shape];
  const own = labels === undefined ? [] : checkedLabels(axes, shape, { [axis]: labels });
  return new Tensor(
    { axes, shape, data, labels: new Map([...shared, ...own]), name: undefined },
    { operation: "stack", inputs: tensors.map(computedOf), axis },
  );
}

/**
 * Tensors with the same axes, one after the other on `axis`; the other sizes are equal. The axis keeps labels if all have them.
 * Throws `AxisError`, `SizeError`, `LabelError`, and `TensorError` when there are none.
 */
export function concatenate<const A extends Axes>(tensors: readonly Tensor<A>[], axis: A[number]): Tensor<A> {
  const { first, layouts } = inOneOrder(tensors);
  const along = placeOfAxis(first, axis);
  const labels = new Map(first.labels);
  labels.delete(axis);
  for (const each of layouts) {
    for (const [place, name] of first.axes.entries()) {
      if (name === axis) continue;
      checkSameSize(first, each, name, place);
      const words = sharedLabels(name, labels.get(name), each.labels.get(name));
      if (words !== undefined) labels.set(name, words);
    }
  }
  const words = layouts.map((each) => each.labels.get(axis)?.words);
  if (words.every((each) => each !== undefined)) labels.set(axis, new AxisLabels(words.flat()));

  const lengths = layouts.map((each) => each.shape[along] ?? 0);
  const length = lengths.reduce((sum, each) => sum + each, 0);
  const shape = first.shape.map((size, place) => (place === along ? length : size));
  const outer = sizeOfShape(shape.slice(0, along));
  const inner = sizeOfShape(shape.slice(along + 1));
  const data = resultArray(outer * length * inner, ...layouts.map((each) => each.data));
  let to = 0;
  for (let block = 0; block < outer; block += 1) {
    for (const [index, each] of layouts.entries()) {
      const width = (lengths[index] ?? 0) * inner;
      data.set(each.data.subarray(block * width, (block + 1) * width), to);
      to += width;
    }
  }
  return new Tensor(
    { axes: first.axes, shape, data, labels, name: undefined },
    { operation: "concatenate", inputs: tensors.map(computedOf), axis },
  );
}

/** The layouts with their axes in the first one's order. */
function inOneOrder(tensors: readonly Tensor<Axes>[]): { first: Layout; layouts: Layout[] } {
  const [head] = tensors;
  if (head === undefined)
    throw new TensorError("There is nothing to put together: the list of tensors is empty.");
  const first = layoutOf(head);
  const layouts = tensors.map((each, index) => {
    const layout = layoutOf(each);
    const isSame =
      layout.axes.length === first.axes.length && first.axes.every((axis) => layout.axes.includes(axis));
    if (!isSame) {
      throw new AxisError(
        `The tensor at ${index} has the axes [${layout.axes.join(", ")}], the first [${first.axes.join(", ")}].`,
      );
    }
    const order = first.axes.map((axis) => placeOfAxis(layout, axis));
    return {
      ...layout,
      axes: first.axes,
      shape: order.map((place) => layout.shape[place] ?? 0),
      data: permuted(layout.data, layout.shape, order),
    };
  });
  return { first, layouts };
}

function checkSameSize(first: Layout, other: Layout, axis: string, place: number): void {
  if (first.shape[place] !== other.shape[place]) {
    throw new SizeError(
      `The axis "${axis}" has different sizes: ${describeShape(first)} beside ${describeShape(other)}.`,
    );
  }
}
