import { SizeError } from "./errors.ts";
import { sharedLabels, type AxisLabels } from "./labels.ts";
import {
  describeShape,
  permuted,
  placeOfAxis,
  resultArray,
  sizeOfShape,
  type Layout,
  type NumberArray,
} from "./layout.ts";

/**
 * The product of two tensors, summed over the axes `over`; other axes that both have are aligned.
 * The result has the left's axes without `over`, then those that only the right has.
 * Sums are kept in double precision.
 *
 * Throws `AxisError` for an axis that one lacks, `SizeError` and `LabelError` when a shared axis differs.
 */
export function contraction(left: Layout, right: Layout, over: readonly string[]): Layout {
  for (const axis of over) {
    placeOfAxis(left, axis);
    placeOfAxis(right, axis);
  }
  const summed = [...new Set(over)];
  const shared = left.axes.filter((axis) => right.axes.includes(axis));
  const labels = new Map<string, AxisLabels>([...right.labels, ...left.labels]);
  for (const axis of shared) {
    const leftSize = left.shape[placeOfAxis(left, axis)] ?? 0;
    const rightSize = right.shape[placeOfAxis(right, axis)] ?? 0;
    if (leftSize !== rightSize) {
      throw new SizeError(
        `The axis "${axis}" has size ${leftSize} on the left (${describeShape(left)}) ` +
          `but ${rightSize} on the right (${describeShape(right)}).`,
      );
    }
    const words = sharedLabels(axis, left.labels.get(axis), right.labels.get(axis));
    if (words !== undefined) labels.set(axis, words);
  }

  const aligned = shared.filter((axis) => !summed.includes(axis));
  const leftOnly = left.axes.filter((axis) => !shared.includes(axis));
  const rightOnly = right.axes.filter((axis) => !shared.includes(axis));
  const sizeIn = (layout: Layout, axes: readonly string[]): number =>
    sizeOfShape(axes.map((axis) => layout.shape[placeOfAxis(layout, axis)] ?? 0));
  const batches = sizeIn(left, aligned);
  const rows = sizeIn(left, leftOnly);
  const columns = sizeIn(right, rightOnly);
  const terms = sizeIn(left, summed);

  const ordered = (layout: Layout, axes: readonly string[]): NumberArray =>
    permuted(
      layout.data,
      layout.shape,
      axes.map((axis) => placeOfAxis(layout, axis)),
    );
  const leftData = ordered(left, [...aligned, ...leftOnly, ...summed]);
  // Either order of the right suits one of the loops below: take the one that moves no numbers.
  const termsLast = [...aligned, ...rightOnly, ...summed];
  const columnsLast = [...aligned, ...summed, ...rightOnly];
  const isTermsLast = termsLast.every((axis, place) => right.axes[place] === axis);
  const rightData = isTermsLast ? right.data : ordered(right, columnsLast);

  const out = resultArray(batches * rows * columns, left.data, right.data);
  const multiply = isTermsLast ? multiplyByRows : multiplyByColumns;
  for (let batch = 0; batch < batches; batch += 1) {
    multiply(
      leftData.subarray(batch * rows * terms, (batch + 1) * rows * terms),
      rightData.subarray(batch * terms * columns, (batch + 1) * terms * columns),
      out.subarray(batch * rows * columns, (batch + 1) * rows * columns),
      rows,
      terms,
      columns,
    );
  }

  const computed = [...aligned, ...leftOnly, ...rightOnly];
  const axes = [...left.axes.filter((axis) => !summed.includes(axis)), ...rightOnly];
  const sizeOfAxis = (axis: string): number =>
    (left.axes.includes(axis)
      ? left.shape[left.axes.indexOf(axis)]
      : right.shape[right.axes.indexOf(axis)]) ?? 0;
  const data = permuted(
    out,
    computed.map(sizeOfAxis),
    axes.map((axis) => computed.indexOf(axis)),
  );
  for (const axis of summed) labels.delete(axis);
  return { axes, shape: axes.map(sizeOfAxis), data, labels, name: undefined };
}

/** How many columns are worked on at a time, so that four rows of the right stay in the nearest cache: 8 kB each. */
const COLUMN_BLOCK = 1024;

/** `out = left · right`, left [rows, terms], right [terms, columns]. */
function multiplyByColumns(
  left: NumberArray,
  right: NumberArray,
  out: NumberArray,
  rows: number,
  terms: number,
  columns: number,
): void {
  const sums = new Float64Array(Math.min(COLUMN_BLOCK, columns));
  const whole = terms - (terms % 4);
  for (let start = 0; start < columns; start += COLUMN_BLOCK) {
    const width = Math.min(COLUMN_BLOCK, columns - start);
    for (let row = 0; row < rows; row += 1) {
      sums.fill(0, 0, width);
      const rowStart = row * terms;
      let term = 0;
      for (; term < whole; term += 4) {
        const a = left[rowStart + term] ?? 0;
        const b = left[rowStart + term + 1] ?? 0;
        const c = left[rowStart + term + 2] ?? 0;
        const d = left[rowStart + term + 3] ?? 0;
        const first = term * columns + start;
        const second = first + columns;
        const third = second + columns;
        const fourth = third + columns;
        for (let column = 0; column < width; column += 1) {
          sums[column] =
            (sums[column] ?? 0) +
            a * (right[first + column] ?? 0) +
            b * (right[second + column] ?? 0) +
            c * (right[third + column] ?? 0) +
            d * (right[fourth + column] ?? 0);
        }
      }
      for (; term < terms; term += 1) {
        const a = left[rowStart + term] ?? 0;
        const first = term * columns + start;
        for (let column = 0; column < width; column += 1) {
          sums[column] = (sums[column] ?? 0) + a * (right[first + column] ?? 0);
        }
      }
      const outStart = row * columns + start;
      for (let column = 0; column < width; column += 1) out[outStart + column] = sums[column] ?? 0;
    }
  }
}

/** How many rows of each side are paired at a time, so that both blocks stay in cache. */
const ROW_BLOCK = 32;

/** `out = left · rightᵀ`, left [rows, terms], right [columns, terms]. */
function multiplyByRows(
  left: NumberArray,
  right: NumberArray,
  out: NumberArray,
  rows: number,
  terms: number,
  columns: number,
): void {
  for (let firstColumn = 0; firstColumn < columns; firstColumn += ROW_BLOCK) {
    const endColumn = Math.min(columns, firstColumn + ROW_BLOCK);
    for (let row = 0; row < rows; row += 1) {
      const rowStart = row * terms;
      let column = firstColumn;
      for (; column + 4 <= endColumn; column += 4) {
        const first = column * terms;
        const second = first + terms;
        const third = second + terms;
        const fourth = third + terms;
        let a = 0;
        let b = 0;
        let c = 0;
        let d = 0;
        for (let term = 0; term < terms; term += 1) {
          const factor = left[rowStart + term] ?? 0;
          a += factor * (right[first + term] ?? 0);
          b += factor * (right[second + term] ?? 0);
          c += factor * (right[third + term] ?? 0);
          d += factor * (right[fourth + term] ?? 0);
        }
        const to = row * columns + column;
        out[to] = a;
        out[to + 1] = b;
        out[to + 2] = c;
        out[to + 3] = d;
      }
      for (; column < endColumn; column += 1) {
        const first = column * terms;
        let sum = 0;
        for (let term = 0; term < terms; term += 1) {
          sum += (left[rowStart + term] ?? 0) * (right[first + term] ?? 0);
        }
        out[row * columns + column] = sum;
      }
    }
  }
}
