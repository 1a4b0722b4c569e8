import type { AxisLabels } from "../labels.ts";
import { stridesOf, type Layout } from "../layout.ts";
import type { Computed } from "../origin.ts";

/** A place on an axis, with the words of that axis. */
export interface InnerStep {
  readonly axis: string;
  readonly index: number;
  readonly words: AxisLabels | undefined;
  /** The label where there are no words: the name of an addend. */
  readonly text?: string;
  /** For a sum over places: the places on the left factor's other axes, into which the product brings what it finds. */
  readonly into?: readonly InnerStep[];
}

/** A cell of a tensor: where it lies in the data. */
export interface CellOf {
  readonly node: Computed;
  readonly offset: number;
}

/** One summand of a cell: factor · Π of cells of other tensors. */
export interface Summand {
  readonly factor: number;
  readonly children: readonly CellOf[];
}

/** The summands of a cell, and the steps that each takes: found when asked for, since few are shown. */
export interface Summands {
  readonly list: readonly Summand[];
  readonly stepsAt: (place: number) => readonly InnerStep[];
}

/** The name under which the addends of a sum appear among a path's steps. */
export const ADDEND = "+";

/** Where the cell with these indices lies in the data. */
export function offsetOf({ shape }: Layout, indices: readonly number[]): number {
  let offset = 0;
  for (const [place, index] of indices.entries()) offset = offset * (shape[place] ?? 0) + index;
  return offset;
}

/** The index of a cell on each axis, in order. */
function indicesOf({ node: { layout }, offset }: CellOf): number[] {
  const indices = new Array<number>(layout.shape.length).fill(0);
  let rest = offset;
  for (let place = layout.shape.length - 1; place >= 0; place -= 1) {
    const size = layout.shape[place] ?? 1;
    indices[place] = rest % size;
    rest = Math.floor(rest / size);
  }
  return indices;
}

/** The number in a cell. */
export function valueOf({ node, offset }: CellOf): number {
  return node.layout.data[offset] ?? 0;
}

/** The place of a cell on each axis. */
export function stepsOfCell(cell: CellOf): InnerStep[] {
  const { axes, labels } = cell.node.layout;
  return indicesOf(cell).map((index, place) => {
    const axis = axes[place] ?? "";
    return { axis, index, words: labels.get(axis) };
  });
}

/** Whether following this node costs one product. */
export function isProduct({ origin }: Computed): boolean {
  return origin?.operation === "dot" && origin.over.length > 0;
}

const NO_STEPS: readonly InnerStep[] = [];

/** The summands of a cell, by how its tensor was computed; `undefined` when it was given. */
export function summandsOf(cell: CellOf): Summands | undefined {
  const { node } = cell;
  const { origin, layout } = node;
  if (origin === undefined) return undefined;
  switch (origin.operation) {
    case "dot":
      return productSummands(cell, origin.inputs, origin.over);
    case "sum": {
      const addends = addendsOf(cell, 1);
      return {
        list: addends.map(({ factor, child }) => ({ factor, children: [child] })),
        stepsAt: (index) => {
          const addend = addends[index];
          if (addend === undefined || addends.length === 1) return NO_STEPS;
          return [{ axis: ADDEND, index, words: undefined, text: nameOfAddend(addend.child.node, index) }];
        },
      };
    }
    case "sumOver": {
      const [input] = origin.inputs;
      const place = input.layout.axes.indexOf(origin.axis);
      const words = input.layout.labels.get(origin.axis);
      const indices = indicesOf(cell);
      return {
        list: Array.from({ length: input.layout.shape[place] ?? 0 }, (_, index) => ({
          factor: origin.factor,
          children: [{ node: input, offset: offsetOf(input.layout, indices.toSpliced(place, 0, index)) }],
        })),
        stepsAt: (index) => [{ axis: origin.axis, index, words }],
      };
    }
    case "rename":
      return single(origin.inputs[0], cell.offset);
    case "transpose": {
      const [input] = origin.inputs;
      return single(input, alignedOffset(layout, indicesOf(cell), input.layout));
    }
    case "at": {
      const [input] = origin.inputs;
      const indices = indicesOf(cell);
      const found = input.layout.axes.map(
        (axis) => origin.indices.get(axis) ?? indices[layout.axes.indexOf(axis)] ?? 0,
      );
      return single(input, offsetOf(input.layout, found));
    }
    case "pick": {
      const [input] = origin.inputs;
      const found = indicesOf(cell).map((index, place) => {
        const choices = origin.choices.get(layout.axes[place] ?? "");
        return choices?.[index] ?? index;
      });
      return single(input, offsetOf(input.layout, found));
    }
    case "stack": {
      const [index, ...rest] = indicesOf(cell);
      const part = origin.inputs[index ?? 0];
      const inner = { axes: layout.axes.slice(1) };
      return part === undefined ? undefined : single(part, alignedOffset(inner, rest, part.layout));
    }
    case "concatenate": {
      const place = layout.axes.indexOf(origin.axis);
      const indices = indicesOf(cell);
      let index = indices[place] ?? 0;
      for (const part of origin.inputs) {
        const length = part.layout.shape[part.layout.axes.indexOf(origin.axis)] ?? 0;
        if (index < length)
          return single(part, alignedOffset(layout, indices.with(place, index), part.layout));
        index -= length;
      }
      return undefined;
    }
  }
}

function single(node: Computed, offset: number): Summands {
  return { list: [{ factor: 1, children: [{ node, offset }] }], stepsAt: () => NO_STEPS };
}

/** Where the cell with these indices lies in another tensor that has some of the axes. */
function alignedOffset({ axes }: Pick<Layout, "axes">, indices: readonly number[], target: Layout): number {
  return offsetOf(
    target,
    target.axes.map((axis) => indices[axes.indexOf(axis)] ?? 0),
  );
}

/** The addends of a sum, and of the unnamed sums among them: of `x.plus(a).plus(b)` these are x, a and b. */
function addendsOf(cell: CellOf, factor: number): { factor: number; child: CellOf }[] {
  const { origin, layout } = cell.node;
  if (origin?.operation !== "sum") return [];
  const indices = indicesOf(cell);
  return origin.inputs.flatMap((input, index) => {
    const child = { node: input, offset: alignedOffset(layout, indices, input.layout) };
    const weight = factor * (origin.factors[index] ?? 1);
    const isInnerSum =
      origin.inputs.length > 1 && input.origin?.operation === "sum" && input.layout.name === undefined;
    return isInnerSum ? addendsOf(child, weight) : [{ factor: weight, child }];
  });
}

function nameOfAddend({ layout, origin }: Computed, index: number): string {
  if (layout.name !== undefined) return layout.name;
  if (origin === undefined && layout.axes.length === 0) return String(layout.data[0] ?? 0);
  return `addend ${index + 1}`;
}

function productSummands(
  cell: CellOf,
  [left, right]: readonly [Computed, Computed],
  over: readonly string[],
): Summands {
  const { layout } = cell.node;
  const summed = [...new Set(over)];
  const sizes = summed.map((axis) => left.layout.shape[left.layout.axes.indexOf(axis)] ?? 0);
  const words = summed.map((axis) => left.layout.labels.get(axis) ?? right.layout.labels.get(axis));
  const stridesIn = (target: Layout): number[] => {
    const strides = stridesOf(target.shape);
    return summed.map((axis) => strides[target.axes.indexOf(axis)] ?? 0);
  };
  const leftStrides = stridesIn(left.layout);
  const rightStrides = stridesIn(right.layout);
  const indices = indicesOf(cell);
  const leftStart = alignedOffset(layout, indices, left.layout);
  const rightStart = alignedOffset(layout, indices, right.layout);

  const list: Summand[] = [];
  const count = sizes.reduce((product, size) => product * size, 1);
  for (let combination = 0; combination < count; combination += 1) {
    let leftOffset = leftStart;
    let rightOffset = rightStart;
    let rest = combination;
    for (let place = summed.length - 1; place >= 0; place -= 1) {
      const size = sizes[place] ?? 1;
      const index = rest % size;
      rest = (rest - index) / size;
      leftOffset += index * (leftStrides[place] ?? 0);
      rightOffset += index * (rightStrides[place] ?? 0);
    }
    list.push({
      factor: 1,
      children: [
        { node: left, offset: leftOffset },
        { node: right, offset: rightOffset },
      ],
    });
  }
  const stepsAt = (combination: number): InnerStep[] => {
    const into = stepsOfCell({ node: left, offset: leftStart }).filter(({ axis }) => !summed.includes(axis));
    let rest = combination;
    return summed
      .map((axis, place) => ({ axis, place }))
      .reverse()
      .map(({ axis, place }) => {
        const size = sizes[place] ?? 1;
        const index = rest % size;
        rest = (rest - index) / size;
        return { axis, index, words: words[place], into };
      })
      .reverse();
  };
  return { list, stepsAt };
}
