import { AxisError, SizeError } from "./errors.ts";
import { sharedLabels, type AxisLabels } from "./labels.ts";
import { describeShape, gathered, resultArray, stridesOf, type Layout, type NumberArray } from "./layout.ts";

/**
 * `right` spread to the axes of `left`, so that both lie in the same order.
 * Throws `AxisError` when `right` has an axis that `left` lacks, `SizeError` and `LabelError` when a shared axis differs.
 */
function alignedTo(left: Layout, right: Layout): { data: NumberArray; labels: Map<string, AxisLabels> } {
  const strides = stridesOf(right.shape);
  const labels = new Map(left.labels);
  const spread = new Array<number>(left.axes.length).fill(0);
  for (const [place, axis] of right.axes.entries()) {
    const target = left.axes.indexOf(axis);
    if (target < 0) {
      throw new AxisError(
        `The right has the axis "${axis}", which the left (${describeShape(left)}) lacks. ` +
          `Use dot or sum to remove it, rename to call it what it is on the left, or put the larger tensor on the left.`,
      );
    }
    const leftSize = left.shape[target] ?? 0;
    const rightSize = right.shape[place] ?? 0;
    if (leftSize !== rightSize) {
      throw new SizeError(
        `The axis "${axis}" has size ${leftSize} on the left (${describeShape(left)}) ` +
          `but ${rightSize} on the right (${describeShape(right)}).`,
      );
    }
    const words = sharedLabels(axis, left.labels.get(axis), right.labels.get(axis));
    if (words !== undefined) labels.set(axis, words);
    spread[target] = strides[place] ?? 0;
  }
  const isSameOrder =
    left.axes.length === right.axes.length && left.axes.every((axis, place) => right.axes[place] === axis);
  return { data: isSameOrder ? right.data : gathered(right.data, left.shape, spread, 0), labels };
}

/** Joins two tensors number by number; the right's axes are some of the left's, in any order. */
export function joined(left: Layout, right: Layout, join: (left: number, right: number) => number): Layout {
  const { data, labels } = alignedTo(left, right);
  const result = resultArray(left.data.length, left.data, data);
  for (let index = 0; index < result.length; index += 1) {
    result[index] = join(left.data[index] ?? 0, data[index] ?? 0);
  }
  return { axes: left.axes, shape: left.shape, data: result, labels, name: undefined };
}

/** Each number by itself. */
export function mapped(source: Layout, change: (value: number) => number): Layout {
  const result = resultArray(source.data.length, source.data);
  for (let index = 0; index < result.length; index += 1) result[index] = change(source.data[index] ?? 0);
  return { ...source, data: result, name: undefined };
}
