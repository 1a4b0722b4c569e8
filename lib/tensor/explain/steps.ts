import type { AxisLabels } from "../labels.ts";
import type { Layout } from "../layout.ts";
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

/** One summand of a cell: factor · Π of cells of other tensors. */
export interface Alternative {
  readonly factor: number;
  readonly steps: readonly InnerStep[];
  readonly children: readonly CellOf[];
}

/** A cell of a tensor: an index for each axis, in order. */
export interface CellOf {
  readonly node: Computed;
  readonly indices: readonly number[];
}

/** The name under which the addends of a sum appear among a path's steps. */
export const ADDEND = "+";

/** Where a cell lies in the data. */
export function offsetOf({ shape }: Layout, indices: readonly number[]): number {
  let offset = 0;
  for (const [place, index] of indices.entries()) offset = offset * (shape[place] ?? 0) + index;
  return offset;
}

/** The number in a cell. */
export function valueOf({ node, indices }: CellOf): number {
  return node.layout.data[offsetOf(node.layout, indices)] ?? 0;
}

/** The place of a cell on each axis. */
export function stepsOfCell({ node: { layout }, indices }: CellOf): InnerStep[] {
  return layout.axes.map((axis, place) => ({
    axis,
    index: indices[place] ?? 0,
    words: layout.labels.get(axis),
  }));
}

/** Whether following this node costs one product. */
export function isProduct({ origin }: Computed): boolean {
  return origin?.operation === "dot" && origin.over.length > 0;
}

/** The summands of a cell, by how its tensor was computed; `undefined` when it was given. */
export function alternativesOf(cell: CellOf): Alternative[] | undefined {
  const { node, indices } = cell;
  const { origin, layout } = node;
  if (origin === undefined) return undefined;
  switch (origin.operation) {
    case "dot":
      return productAlternatives(cell, origin.inputs, origin.over);
    case "sum": {
      const addends = addendsOf(cell, 1);
      return addends.map(({ factor, child }, index) => ({
        factor,
        steps:
          addends.length === 1
            ? []
            : [{ axis: ADDEND, index, words: undefined, text: nameOfAddend(child.node, index) }],
        children: [child],
      }));
    }
    case "sumOver": {
      const [input] = origin.inputs;
      const place = input.layout.axes.indexOf(origin.axis);
      const words = input.layout.labels.get(origin.axis);
      return Array.from({ length: input.layout.shape[place] ?? 0 }, (_, index) => ({
        factor: origin.factor,
        steps: [{ axis: origin.axis, index, words }],
        children: [{ node: input, indices: indices.toSpliced(place, 0, index) }],
      }));
    }
    case "rename":
      return [single(origin.inputs[0], indices)];
    case "transpose": {
      const [input] = origin.inputs;
      return [single(input, aligned(layout, indices, input.layout))];
    }
    case "at": {
      const [input] = origin.inputs;
      const found = input.layout.axes.map(
        (axis) => origin.indices.get(axis) ?? indices[layout.axes.indexOf(axis)] ?? 0,
      );
      return [single(input, found)];
    }
    case "pick": {
      const [input] = origin.inputs;
      const found = input.layout.axes.map((axis, place) => {
        const index = indices[place] ?? 0;
        return origin.choices.get(axis)?.[index] ?? index;
      });
      return [single(input, found)];
    }
    case "stack": {
      const part = origin.inputs[indices[0] ?? 0];
      const inner = { axes: layout.axes.slice(1) };
      return part === undefined ? [] : [single(part, aligned(inner, indices.slice(1), part.layout))];
    }
    case "concatenate": {
      const place = layout.axes.indexOf(origin.axis);
      let index = indices[place] ?? 0;
      for (const part of origin.inputs) {
        const length = part.layout.shape[part.layout.axes.indexOf(origin.axis)] ?? 0;
        if (index < length) return [single(part, aligned(layout, indices.with(place, index), part.layout))];
        index -= length;
      }
      return [];
    }
  }
}

function single(node: Computed, indices: readonly number[]): Alternative {
  return { factor: 1, steps: [], children: [{ node, indices }] };
}

/** The indices of a cell in the order of another tensor's axes. */
function aligned(
  { axes }: Pick<Layout, "axes">,
  indices: readonly number[],
  target: Pick<Layout, "axes">,
): number[] {
  return target.axes.map((axis) => indices[axes.indexOf(axis)] ?? 0);
}

/** The addends of a sum, and of the unnamed sums among them: of `x.plus(a).plus(b)` these are x, a and b. */
function addendsOf({ node, indices }: CellOf, factor: number): { factor: number; child: CellOf }[] {
  const { origin, layout } = node;
  if (origin?.operation !== "sum") return [];
  return origin.inputs.flatMap((input, index) => {
    const child = { node: input, indices: aligned(layout, indices, input.layout) };
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

function productAlternatives(
  { node: { layout }, indices }: CellOf,
  [left, right]: readonly [Computed, Computed],
  over: readonly string[],
): Alternative[] {
  const summed = [...new Set(over)];
  const sizes = summed.map((axis) => left.layout.shape[left.layout.axes.indexOf(axis)] ?? 0);
  const words = summed.map((axis) => left.layout.labels.get(axis) ?? right.layout.labels.get(axis));
  const leftIndices = aligned(layout, indices, left.layout);
  const rightIndices = aligned(layout, indices, right.layout);
  const leftPlaces = summed.map((axis) => left.layout.axes.indexOf(axis));
  const rightPlaces = summed.map((axis) => right.layout.axes.indexOf(axis));
  const into = stepsOfCell({ node: left, indices: leftIndices }).filter(({ axis }) => !summed.includes(axis));

  const count = sizes.reduce((product, size) => product * size, 1);
  const alternatives: Alternative[] = [];
  for (let combination = 0; combination < count; combination += 1) {
    const leftCell = [...leftIndices];
    const rightCell = [...rightIndices];
    const steps: InnerStep[] = [];
    let rest = combination;
    for (let place = summed.length - 1; place >= 0; place -= 1) {
      const size = sizes[place] ?? 1;
      const index = rest % size;
      rest = Math.floor(rest / size);
      leftCell[leftPlaces[place] ?? 0] = index;
      rightCell[rightPlaces[place] ?? 0] = index;
      steps.unshift({ axis: summed[place] ?? "", index, words: words[place], into });
    }
    alternatives.push({
      factor: 1,
      steps,
      children: [
        { node: left, indices: leftCell },
        { node: right, indices: rightCell },
      ],
    });
  }
  return alternatives;
}
