import type { LabelledMatrix } from "../display/index.ts";
import { visibleLabel } from "./label.ts";
import { ViewInputError } from "./view-input-error.ts";

/** What a named tensor shows of itself: `lib/tensor`'s `Tensor` is one. */
export interface TensorLike {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  /** The words along an axis, where it has any. */
  labels(axis: string): readonly string[] | undefined;
}

/** A matrix as a view takes it: a tensor of two axes, a labelled matrix, or rows of numbers. */
export type MatrixInput = TensorLike | LabelledMatrix | readonly (readonly number[])[];

/** A vector as a view takes it: a tensor of one axis, numbers, or numbers by label. */
export type VectorInput = TensorLike | readonly number[] | Readonly<Record<string, number>>;

/** A tensor of any number of axes, or nested arrays of numbers. */
export type ArrayInput = TensorLike | NestedNumbers;
/** Numbers in arrays in arrays. */
export type NestedNumbers = readonly number[] | readonly NestedNumbers[];

/** Numbers with the name of each axis and a label for each index, ready to draw. */
export interface LabelledArray {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  /** Labels by axis, in order, already visible and inert. */
  readonly labels: readonly (readonly string[])[];
  /** Whether the labels of each axis were given, and are not just the index. */
  readonly named: readonly boolean[];
}

/** A matrix ready to draw. */
export interface DrawnMatrix {
  readonly rowAxis: string;
  readonly columnAxis: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly named: readonly [boolean, boolean];
  readonly values: ArrayLike<number>;
}

type Labels = Readonly<Record<string, readonly string[]>> | undefined;

/**
 * Any input as labelled numbers of exactly `rank` axes.
 *
 * @throws ViewInputError when the rank is another, rows differ in length, or labels do not match a size
 */
export function toArray(
  input: unknown,
  rank: number,
  labels: Labels,
  axisNames: readonly string[],
  view: string,
): LabelledArray {
  const array = readArray(input, axisNames, view);
  if (array.shape.length !== rank) {
    throw new ViewInputError(
      `${view} takes ${rank} ${rank === 1 ? "axis" : "axes"}, and got ${array.shape.length} (${array.axes.join(", ")}); choose from the others with .at({ axis: index }).`,
    );
  }
  const given = array.axes.map((axis, index) => labels?.[axis] ?? array.given[index]);
  return {
    axes: array.axes,
    shape: array.shape,
    values: array.values,
    named: given.map((list) => list !== undefined),
    labels: array.shape.map((size, index) => {
      const list = given[index];
      if (list !== undefined && list.length !== size)
        throw new ViewInputError(
          `${view}: axis "${array.axes[index] ?? ""}" has ${size} entries and ${list.length} labels.`,
        );
      return list?.map(visibleLabel) ?? Array.from({ length: size }, (_, entry) => String(entry));
    }),
  };
}

/** A matrix input, checked. */
export function toMatrix(
  input: unknown,
  labels: Labels,
  view: string,
  axisNames = ["row", "column"],
): DrawnMatrix {
  const { axes, labels: drawn, named, values } = toArray(input, 2, labels, axisNames, view);
  return {
    rowAxis: axes[0] ?? "row",
    columnAxis: axes[1] ?? "column",
    rows: drawn[0] ?? [],
    columns: drawn[1] ?? [],
    named: [named[0] ?? false, named[1] ?? false],
    values,
  };
}

/** A vector input, checked. */
export function toVector(input: unknown, labels: Labels, view: string, axisName = "entry"): LabelledArray {
  const isRecord =
    typeof input === "object" &&
    input !== null &&
    !Array.isArray(input) &&
    !isTensor(input) &&
    !ArrayBuffer.isView(input);
  if (!isRecord) return toArray(input, 1, labels, [axisName], view);
  const entries = Object.entries(input as Record<string, number>);
  const values = entries.map(([, value]) => value);
  return toArray(
    values,
    1,
    { [axisName]: labels?.[axisName] ?? entries.map(([label]) => label) },
    [axisName],
    view,
  );
}

/** How many axes `input` has; 0 for what is neither tensor nor array. */
export function rankOf(input: unknown): number {
  if (isTensor(input)) return input.shape.length;
  return Array.isArray(input) || ArrayBuffer.isView(input) ? 1 + rankOf((input as unknown[])[0]) : 0;
}

interface ReadArray {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly given: readonly (readonly string[] | undefined)[];
}

function readArray(input: unknown, axisNames: readonly string[], view: string): ReadArray {
  if (isTensor(input))
    return {
      axes: input.axes,
      shape: input.shape,
      values: input.data,
      given: input.axes.map((axis) => input.labels(axis)),
    };
  if (isLabelledMatrix(input)) {
    const shape = [input.rows.length, input.columns.length];
    checkSize(input.values.length, shape, view);
    return {
      axes: [input.rowAxis, input.columnAxis],
      shape,
      values: input.values,
      given: [input.rows, input.columns],
    };
  }
  if (ArrayBuffer.isView(input) && !(input instanceof DataView)) {
    const values = input as unknown as ArrayLike<number>;
    return { axes: [axisNames[0] ?? "entry"], shape: [values.length], values, given: [undefined] };
  }
  if (!Array.isArray(input))
    throw new ViewInputError(`${view} takes a tensor or arrays of numbers, and got ${typeof input}.`);
  const shape: number[] = [];
  for (
    let level: unknown = input;
    Array.isArray(level) || ArrayBuffer.isView(level);
    level = (level as unknown[])[0]
  )
    shape.push((level as unknown[]).length);
  const values = new Float64Array(shape.reduce((product, length) => product * length, 1));
  flatten(input, shape, 0, values, 0, view);
  return {
    axes: shape.map((_, index) => axisNames[index] ?? `axis ${index}`),
    shape,
    values,
    given: shape.map(() => undefined),
  };
}

/** Writes the numbers of nested arrays into `into`, from `start` on. @returns where they end */
function flatten(
  level: unknown,
  shape: readonly number[],
  depth: number,
  into: Float64Array,
  start: number,
  view: string,
): number {
  const list = level as unknown[];
  const isList = Array.isArray(list) || ArrayBuffer.isView(list);
  if (!isList || list.length !== shape[depth])
    throw new ViewInputError(
      `${view}: the first row has ${shape[depth] ?? 0} entries and another has ${isList ? list.length : "none"}; all must be as long.`,
    );
  let end = start;
  const isLast = depth === shape.length - 1;
  for (const item of list) {
    if (!isLast) end = flatten(item, shape, depth + 1, into, end, view);
    else if (typeof item === "number") into[end++] = item;
    else throw new ViewInputError(`${view}: ${String(item)} is not a number.`);
  }
  return end;
}

function checkSize(count: number, shape: readonly number[], view: string): void {
  const size = shape.reduce((product, length) => product * length, 1);
  if (count !== size)
    throw new ViewInputError(`${view}: ${shape.join(" × ")} needs ${size} values, and got ${count}.`);
}

function isTensor(input: unknown): input is TensorLike {
  return (
    typeof input === "object" &&
    input !== null &&
    "axes" in input &&
    "shape" in input &&
    "data" in input &&
    "labels" in input &&
    typeof input.labels === "function"
  );
}

function isLabelledMatrix(input: unknown): input is LabelledMatrix {
  return typeof input === "object" && input !== null && "rowAxis" in input && "values" in input;
}
