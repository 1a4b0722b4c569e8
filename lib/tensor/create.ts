import type { Axes, LabelsOf, Nested, NestedNumbers, Shape } from "./axes.ts";
import { SizeError, TensorError } from "./errors.ts";
import { checkedLabels } from "./labels.ts";
import { checkAxes, checkShape, sizeOfShape, type Layout, type NumberArray } from "./layout.ts";
import { Tensor } from "./tensor.ts";

/** What may be said about a new tensor. */
export interface TensorOptions<A extends Axes> {
  /** Words for some axes, one for each index. */
  readonly labels?: LabelsOf<A>;
  /** What it is called in pictures and explanations: `W_Q`. */
  readonly name?: string;
}

/** What may be said about a tensor made of a typed array. */
export interface ArrayOptions<A extends Axes> extends TensorOptions<A> {
  /** The sizes of the axes, in order; needed when there is more than one axis. */
  readonly shape?: Shape<A>;
  /** `false` gives the array away instead of copying it: nobody may write to it afterwards. For large weights. */
  readonly copy?: boolean;
}

/**
 * A tensor of numbers in arrays of arrays, as deep as there are axes, or of a typed array that holds them row after row.
 *
 * Throws `AxisError` (a name twice), `SizeError` (ragged rows, a count that doesn't fit the shape), `LabelError`.
 *
 * @example
 * const counts = tensor(["word", "next"], [[0, 2], [1, 1]], { labels: { word: ["my", "files"] } });
 */
export function tensor<const A extends Axes>(
  axes: A,
  values: Nested<A> | Float64Array | Float32Array,
  options: ArrayOptions<A> = {},
): Tensor<[...A]> {
  checkAxes(axes);
  const { shape, data } = ArrayBuffer.isView(values)
    ? fromArray(axes, values, options)
    : fromNested(axes, values, options.shape);
  return new Tensor(layout(axes, shape, data, options));
}

/**
 * A tensor whose numbers are asked for when they are read first; not for cells. `numbers` gives as many as the shape has, which nobody writes to afterwards.
 *
 * Throws `AxisError`, `SizeError`, `LabelError`, but nothing about the numbers.
 */
export function deferredTensor<const A extends Axes>(
  axes: A,
  numbers: () => NumberArray,
  { shape, ...options }: TensorOptions<A> & { readonly shape: Shape<A> },
): Tensor<[...A]> {
  checkAxes(axes);
  checkShape(axes, shape);
  let read: NumberArray | undefined;
  return new Tensor({
    ...layout(axes, [...shape], new Float32Array(), options),
    get data() {
      return (read ??= numbers());
    },
  });
}

function fromArray(
  axes: Axes,
  values: NumberArray,
  { shape, copy = true }: { readonly shape?: readonly number[]; readonly copy?: boolean },
): { shape: readonly number[]; data: NumberArray } {
  if (!(values instanceof Float64Array) && !(values instanceof Float32Array)) {
    throw new TensorError(
      `The numbers are to be a Float64Array, a Float32Array or arrays of arrays, not ${Object.prototype.toString.call(values)}.`,
    );
  }
  if (shape === undefined && axes.length > 1) {
    throw new SizeError(
      `${values.length} numbers in one array on the axes [${axes.join(", ")}] need a shape: { shape: [${axes.map(() => "…").join(", ")}] }.`,
    );
  }
  const sizes = shape ?? (axes.length === 0 ? [] : [values.length]);
  checkShape(axes, sizes);
  if (sizeOfShape(sizes) !== values.length) {
    throw new SizeError(
      `The shape [${sizes.join(", ")}] of [${axes.join(", ")}] holds ${sizeOfShape(sizes)} numbers; ${values.length} were given.`,
    );
  }
  return { shape: [...sizes], data: copy ? values.slice() : values };
}

function fromNested(
  axes: Axes,
  values: NestedNumbers,
  expected: readonly number[] | undefined,
): { shape: readonly number[]; data: NumberArray } {
  const shape: number[] = [];
  for (
    let level: NestedNumbers | undefined = values;
    Array.isArray(level);
    level = level[0] as NestedNumbers
  ) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  if (shape.length < axes.length && shape.at(-1) === 0) {
    // No rows: the sizes of the inner axes cannot be seen, so they are 0 unless given.
    const given = expected?.slice(shape.length) ?? [];
    while (shape.length < axes.length) shape.push(given.shift() ?? 0);
  }
  if (shape.length !== axes.length) {
    throw new SizeError(
      `[${axes.join(", ")}] are ${axes.length} axes; the numbers are nested ${shape.length} deep.`,
    );
  }
  const data = new Float64Array(sizeOfShape(shape));
  let to = 0;
  const fill = (level: NestedNumbers, depth: number, where: string): void => {
    if (depth === shape.length) {
      if (typeof level !== "number") {
        throw new SizeError(`A number was expected at ${where || "the top"}, not ${describeValue(level)}.`);
      }
      data[to] = level;
      to += 1;
      return;
    }
    if (!Array.isArray(level)) {
      throw new SizeError(
        `An array along the axis "${axes[depth] ?? ""}" was expected at ${where || "the top"}, not ${describeValue(level)}.`,
      );
    }
    const rows = level as readonly NestedNumbers[];
    if (rows.length !== shape[depth]) {
      throw new SizeError(
        `The rows are ragged: along "${axes[depth] ?? ""}", ${where || "the top"} has ${rows.length} where the first has ${shape[depth] ?? 0}.`,
      );
    }
    for (let index = 0; index < rows.length; index += 1) {
      fill(rows[index] as NestedNumbers, depth + 1, `${where}[${index}]`);
    }
  };
  fill(values, 0, "");
  if (expected?.some((size, place) => size !== shape[place]) === true) {
    throw new SizeError(`The numbers have the shape [${shape.join(", ")}], not [${expected.join(", ")}].`);
  }
  return { shape, data };
}

function describeValue(value: unknown): string {
  return Array.isArray(value) ? "an array" : `${typeof value} ${String(value)}`;
}

/** Checks labels and puts a layout together. */
export function layout<A extends Axes>(
  axes: A,
  shape: readonly number[],
  data: NumberArray,
  { labels = {}, name }: TensorOptions<A>,
): Layout {
  return { axes: Object.freeze([...axes]), shape, data, labels: checkedLabels(axes, shape, labels), name };
}

function filled<const A extends Axes>(
  axes: A,
  shape: Shape<A>,
  options: TensorOptions<A>,
  value: (index: number) => number,
): Tensor<[...A]> {
  checkAxes(axes);
  checkShape(axes, shape);
  const data = new Float64Array(sizeOfShape(shape));
  for (let index = 0; index < data.length; index += 1) data[index] = value(index);
  return new Tensor(layout(axes, [...shape], data, options));
}

/** A tensor of zeros. Throws `AxisError`, `SizeError`. */
export function zeros<const A extends Axes>(
  axes: A,
  shape: Shape<A>,
  options: TensorOptions<A> = {},
): Tensor<[...A]> {
  return filled(axes, shape, options, () => 0);
}

/** A tensor of ones. Throws `AxisError`, `SizeError`. */
export function ones<const A extends Axes>(
  axes: A,
  shape: Shape<A>,
  options: TensorOptions<A> = {},
): Tensor<[...A]> {
  return filled(axes, shape, options, () => 1);
}

/**
 * The identity matrix: 1 where row and column are the same. `sizeOrLabels` is the size, or the words of both axes.
 *
 * @example identity("word", "next", ["my", "files"])
 */
export function identity<const R extends string, const C extends string>(
  rowAxis: R,
  columnAxis: C,
  sizeOrLabels: number | readonly string[],
): Tensor<[R, C]> {
  const size = typeof sizeOrLabels === "number" ? sizeOrLabels : sizeOrLabels.length;
  const square: Tensor<readonly string[]> = filled(
    [rowAxis, columnAxis] as readonly string[],
    [size, size],
    {},
    (index) => (index % (size + 1) === 0 ? 1 : 0),
  );
  const labelled =
    typeof sizeOrLabels === "number"
      ? square
      : square.withLabels({ [rowAxis]: sizeOrLabels, [columnAxis]: sizeOrLabels });
  return labelled.expectAxes(rowAxis, columnAxis);
}
