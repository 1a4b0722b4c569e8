import { DISPLAY, type MimeBundle } from "../display/index.ts";
import type {
  Axes,
  CellArgument,
  LabelsOf,
  NestedArray,
  OnlyAxes,
  PartialCell,
  Place,
  Product,
  Renamed,
  SharedAxis,
  MissingAxis,
  Without,
} from "./axes.ts";
import { agrees } from "./comparison.ts";
import { contraction } from "./contraction.ts";
import { entryAt, type Entry } from "./entry.ts";
import { describe, mimeBundleOf, plainText } from "./presentation.ts";
import { joined, mapped } from "./elementwise.ts";
import { AxisError } from "./errors.ts";
import { INSPECT } from "./inspection.ts";
import { checkedLabels, indexOfPlace } from "./labels.ts";
import { checkAxes, describeShape, placeOfAxis, sizeOfShape, transposed, type Layout } from "./layout.ts";
import { computed, type Computed, type Origin } from "./origin.ts";
import { nestedNumbers, plainData, type TensorJson } from "./plain.ts";
import { placesOfLargest } from "./ranking.ts";
import { largestOf, normOf, reduced, smallestOf, stepOfLargest, sumOf } from "./reduction.ts";
import { fixed, indicesOfCell, indicesOfRange, picked, valueAt } from "./selection.ts";

/** A tensor's content, for the other files of this folder. */
export let layoutOf: (source: Tensor<Axes>) => Layout;

/** A tensor's content with its origin, for the other files of this folder. */
export let computedOf: (source: Tensor<Axes>) => Computed;

/** The numbers of a tensor, to read: typed arrays cannot be frozen, so the type does it. `slice()` copies. */
export interface Numbers extends Iterable<number> {
  readonly length: number;
  readonly [index: number]: number;
  /** A copy of the numbers from `start` up to `end`, both counted from 0. */
  slice(start?: number, end?: number): Float64Array | Float32Array;
}

/**
 * Numbers on named axes, never changed. The names are in the type: `Tensor<["position", "embedding"]>`.
 * Made by `tensor`, `zeros`, `oneHot`, …; every operation gives a new tensor.
 *
 * Axes may carry labels (the words), which survive products, slices and transposes.
 * What was computed from what is remembered (within limits, see `origin.ts`), so that `explain` can take a number apart.
 */
export class Tensor<const out Names extends Axes> {
  readonly #computed: Computed;

  /** Not for cells: use `tensor`, `zeros`, `oneHot`, … */
  constructor(layout: Layout, origin?: Origin) {
    this.#computed = computed(layout, origin);
  }

  get #layout(): Layout {
    return this.#computed.layout;
  }

  /** The names of the axes, in order. */
  get axes(): Names {
    return this.#layout.axes as Names;
  }

  /** The sizes of the axes, in order. */
  get shape(): readonly number[] {
    return this.#layout.shape;
  }

  /** How many numbers there are. */
  get size(): number {
    return sizeOfShape(this.#layout.shape);
  }

  /** The numbers row after row, the last axis running fastest. */
  get data(): Numbers {
    return this.#layout.data;
  }

  /** What it is called, for pictures and explanations: `W_Q`. */
  get name(): string | undefined {
    return this.#layout.name;
  }

  /** The same tensor under a name such as `W_Q`. What is computed from it has no name. */
  named<A extends Axes>(this: Tensor<A>, name: string): Tensor<A> {
    return new Tensor({ ...this.#layout, name }, this.#computed.origin);
  }

  /** The size of one axis. Throws `AxisError`. */
  sizeOf<A extends Axes>(this: Tensor<A>, axis: A[number]): number {
    return this.#layout.shape[placeOfAxis(this.#layout, axis)] ?? 0;
  }

  /** The labels of one axis, if it has any. Throws `AxisError`. */
  labels<A extends Axes>(this: Tensor<A>, axis: A[number]): readonly string[] | undefined {
    placeOfAxis(this.#layout, axis);
    return this.#layout.labels.get(axis)?.words;
  }

  /**
   * The same numbers with labels on some axes, one string for each index; other axes keep theirs.
   * Throws `AxisError` or `SizeError`.
   */
  withLabels<A extends Axes>(this: Tensor<A>, labels: LabelsOf<A>): Tensor<A> {
    const { axes, shape } = this.#layout;
    const added = checkedLabels(axes, shape, labels);
    return this.#relabelled(new Map([...this.#layout.labels, ...added]));
  }

  /** The same numbers without the labels of the axes named, or without any. */
  withoutLabels<A extends Axes>(this: Tensor<A>, ...axes: A[number][]): Tensor<A> {
    for (const axis of axes) placeOfAxis(this.#layout, axis);
    const kept = [...this.#layout.labels].filter(([axis]) => axes.length > 0 && !axes.includes(axis));
    return this.#relabelled(new Map(kept));
  }

  /**
   * The product: multiplies with `other` and sums over the axis `over` (or several). Other axes that both have are aligned.
   * The result has this tensor's axes without `over`, then those that only `other` has.
   *
   * Throws `AxisError`, `SizeError`, or `LabelError` when the words on a shared axis differ.
   *
   * @example
   * queries.dot(keys, "feature") // ["query", "head", "feature"] · ["key", "head", "feature"] → ["query", "head", "key"]
   */
  dot<A extends Axes, const B extends Axes, const K extends SharedAxis<A, B>>(
    this: Tensor<A>,
    other: Tensor<B>,
    over: K | readonly K[],
  ): Tensor<Product<A, B, K>> {
    const axes = (typeof over === "object" && Array.isArray(over) ? over : [over]) as readonly string[];
    return new Tensor(contraction(this.#layout, other.#layout, axes), {
      operation: "dot",
      inputs: [this.#computed, other.#computed],
      over: axes,
    });
  }

  /** The product of each number with each of `other`: the axes of both. Throws `AxisError` when they share one. */
  outer<A extends Axes, const B extends Axes>(this: Tensor<A>, other: Tensor<B>): Tensor<[...A, ...B]> {
    const shared = this.#layout.axes.filter((axis) => other.#layout.axes.includes(axis));
    if (shared.length > 0) {
      throw new AxisError(
        `An outer product needs different axes; both have "${shared.join('", "')}": rename one.`,
      );
    }
    return new Tensor(contraction(this.#layout, other.#layout, []), {
      operation: "dot",
      inputs: [this.#computed, other.#computed],
      over: [],
    });
  }

  /** The sum with a number, or with a tensor on some or all of the same axes, in any order (a bias). */
  plus<A extends Axes>(this: Tensor<A>, other: number | Tensor<readonly A[number][]>): Tensor<A> {
    if (typeof other === "number") return this.#shifted(other);
    return new Tensor(
      joined(this.#layout, other.#layout, (left, right) => left + right),
      { operation: "sum", inputs: [this.#computed, other.#computed], factors: [1, 1] },
    );
  }

  /** The difference with a number, or with a tensor on some or all of the same axes. */
  minus<A extends Axes>(this: Tensor<A>, other: number | Tensor<readonly A[number][]>): Tensor<A> {
    if (typeof other === "number") return this.#shifted(-other);
    return new Tensor(
      joined(this.#layout, other.#layout, (left, right) => left - right),
      { operation: "sum", inputs: [this.#computed, other.#computed], factors: [1, -1] },
    );
  }

  /** Each number times a number, or times the matching number of a tensor on some or all of the same axes. */
  times<A extends Axes>(this: Tensor<A>, other: number | Tensor<readonly A[number][]>): Tensor<A> {
    if (typeof other === "number") return this.#scaled(other);
    return new Tensor(
      joined(this.#layout, other.#layout, (left, right) => left * right),
      { operation: "dot", inputs: [this.#computed, other.#computed], over: [] },
    );
  }

  /** Each number divided by a number, or by the matching number of a tensor on some or all of the same axes. */
  dividedBy<A extends Axes>(this: Tensor<A>, other: number | Tensor<readonly A[number][]>): Tensor<A> {
    if (typeof other === "number") {
      return new Tensor(
        mapped(this.#layout, (value) => value / other),
        { operation: "sum", inputs: [this.#computed], factors: [1 / other] },
      );
    }
    return new Tensor(joined(this.#layout, other.#layout, (left, right) => left / right));
  }

  /** Each number changed by `change`. */
  map<A extends Axes>(this: Tensor<A>, change: (value: number) => number): Tensor<A> {
    return new Tensor(mapped(this.#layout, change));
  }

  /**
   * Other names for some axes. Throws `AxisError` for an unknown axis or when two would have one name.
   *
   * @example keys.rename({ position: "key" })
   */
  rename<A extends Axes, const M extends { readonly [K in A[number]]?: string }>(
    this: Tensor<A>,
    names: M & OnlyAxes<M, A>,
  ): Tensor<Renamed<A, M>> {
    const given = new Map<string, unknown>(Object.entries(names));
    for (const axis of given.keys()) placeOfAxis(this.#layout, axis);
    const renamed = (axis: string): string => {
      const name = given.get(axis);
      return typeof name === "string" ? name : axis;
    };
    const axes = this.#layout.axes.map(renamed);
    checkAxes(axes);
    const labels = new Map([...this.#layout.labels].map(([axis, words]) => [renamed(axis), words] as const));
    return new Tensor({ ...this.#layout, axes, labels }, { operation: "rename", inputs: [this.#computed] });
  }

  /** A matrix with its rows as columns. */
  transpose<const R extends string, const C extends string>(this: Tensor<readonly [R, C]>): Tensor<[C, R]>;
  /** The axes in the order given, which names every one. Throws `AxisError`. */
  transpose<A extends Axes, const B extends readonly A[number][]>(
    this: Tensor<A>,
    ...axes: B & ([A[number]] extends [B[number]] ? unknown : MissingAxis<Exclude<A[number], B[number]>>)
  ): Tensor<[...B]>;
  transpose(...given: readonly string[]): Tensor<string[]> {
    const { axes } = this.#layout;
    const isBare = given.length === 0 && axes.length <= 2;
    const order = isBare ? [...axes].reverse() : [...given];
    return new Tensor(transposed(this.#layout, order), { operation: "transpose", inputs: [this.#computed] });
  }

  /**
   * The same tensor if its axes are these, in this order; else an `AxisError`.
   * Brings the axes back into the type after code that computed them.
   */
  expectAxes<const B extends Axes>(...axes: B): Tensor<[...B]> {
    const own = this.#layout.axes;
    if (own.length !== axes.length || own.some((axis, place) => axis !== axes[place])) {
      throw new AxisError(`The axes are [${own.join(", ")}], not [${axes.join(", ")}].`);
    }
    return this as unknown as Tensor<[...B]>;
  }

  /**
   * The part at one index or label of some axes, which fall away.
   *
   * @example scores.at({ head: 3, query: "milk" }) // ["head", "query", "key"] → ["key"]
   */
  at<A extends Axes, const C extends PartialCell<A>>(
    this: Tensor<A>,
    cell: C & OnlyAxes<C, A>,
  ): Tensor<Without<A, keyof C>> {
    const indices = indicesOfCell(this.#layout, cell);
    return new Tensor(fixed(this.#layout, indices), { operation: "at", inputs: [this.#computed], indices });
  }

  /** One row of a matrix, by index or label. */
  row<const R extends string, const C extends string>(
    this: Tensor<readonly [R, C]>,
    place: Place,
  ): Tensor<[C]> {
    return this.#fixedAt(0, 2, place) as Tensor<[C]>;
  }

  /** One column of a matrix, by index or label. */
  column<const R extends string, const C extends string>(
    this: Tensor<readonly [R, C]>,
    place: Place,
  ): Tensor<[R]> {
    return this.#fixedAt(1, 2, place) as Tensor<[R]>;
  }

  /**
   * The number of a tensor without axes, or the one in `cell`, which gives an index or label for each axis.
   * Throws `AxisError`, `IndexError` or `LabelError`.
   *
   * @example scores.value({ query: "milk", key: "drank" })
   */
  value<A extends Axes>(this: Tensor<A>, ...cell: CellArgument<A>): number {
    return valueAt(this.#layout, cell[0] ?? {});
  }

  /** The indices from the first up to and without the second, on some axes; negative ones count from the end. */
  slice<A extends Axes>(
    this: Tensor<A>,
    ranges: { readonly [K in A[number]]?: readonly [start: number, end?: number] },
  ): Tensor<A> {
    const choices = new Map<string, readonly number[]>();
    for (const [axis, range] of Object.entries<readonly [number, number?] | undefined>(ranges)) {
      const size = this.sizeOf(axis);
      if (range !== undefined) choices.set(axis, indicesOfRange(axis, size, range[0], range[1]));
    }
    return this.#picked(choices);
  }

  /** Some indices or labels of some axes, in the order given; one may come more than once. */
  pick<A extends Axes>(
    this: Tensor<A>,
    choices: { readonly [K in A[number]]?: readonly Place[] },
  ): Tensor<A> {
    const indices = new Map<string, readonly number[]>();
    for (const [axis, places] of Object.entries<readonly Place[] | undefined>(choices)) {
      const size = this.sizeOf(axis);
      const labels = this.#layout.labels.get(axis);
      if (places !== undefined) {
        indices.set(
          axis,
          places.map((place) => indexOfPlace(place, axis, size, labels)),
        );
      }
    }
    return this.#picked(indices);
  }

  /** The sum of all numbers. */
  sum(): number;
  /** The sums along an axis, which falls away. */
  sum<A extends Axes, const K extends A[number]>(this: Tensor<A>, axis: K): Tensor<Without<A, K>>;
  sum(axis?: string): number | Tensor<string[]> {
    if (axis === undefined) return sumOf(this.#layout.data, 0, 1, this.size);
    return new Tensor(reduced(this.#layout, axis, sumOf), {
      operation: "sumOver",
      inputs: [this.#computed],
      axis,
      factor: 1,
    });
  }

  /** The mean of all numbers; NaN of none. */
  mean(): number;
  /** The means along an axis, which falls away. */
  mean<A extends Axes, const K extends A[number]>(this: Tensor<A>, axis: K): Tensor<Without<A, K>>;
  mean(axis?: string): number | Tensor<string[]> {
    if (axis === undefined) return sumOf(this.#layout.data, 0, 1, this.size) / this.size;
    const mean = reduced(
      this.#layout,
      axis,
      (values, start, stride, length) => sumOf(values, start, stride, length) / length,
    );
    return new Tensor(mean, {
      operation: "sumOver",
      inputs: [this.#computed],
      axis,
      factor: 1 / this.sizeOf(axis),
    });
  }

  /** √Σx²: the length of a vector, the Frobenius norm of a matrix. */
  norm(): number;
  /** The lengths of the vectors along an axis, which falls away. */
  norm<A extends Axes, const K extends A[number]>(this: Tensor<A>, axis: K): Tensor<Without<A, K>>;
  norm(axis?: string): number | Tensor<string[]> {
    if (axis === undefined) return normOf(this.#layout.data, 0, 1, this.size);
    return new Tensor(reduced(this.#layout, axis, normOf));
  }

  /** The largest number; NaN if there is one; −Infinity of none. */
  max(): number;
  /** The largest numbers along an axis, which falls away. */
  max<A extends Axes, const K extends A[number]>(this: Tensor<A>, axis: K): Tensor<Without<A, K>>;
  max(axis?: string): number | Tensor<string[]> {
    if (axis === undefined) return largestOf(this.#layout.data, 0, 1, this.size);
    return new Tensor(reduced(this.#layout, axis, largestOf));
  }

  /** The smallest number; NaN if there is one; Infinity of none. */
  min(): number;
  /** The smallest numbers along an axis, which falls away. */
  min<A extends Axes, const K extends A[number]>(this: Tensor<A>, axis: K): Tensor<Without<A, K>>;
  min(axis?: string): number | Tensor<string[]> {
    if (axis === undefined) return smallestOf(this.#layout.data, 0, 1, this.size);
    return new Tensor(reduced(this.#layout, axis, smallestOf));
  }

  /** Where the largest number is: its index, label and value. Throws `AxisError` when there are no numbers. */
  argmax<A extends Axes>(this: Tensor<A>): Entry<A>;
  /** The index of the largest number along an axis, which falls away. */
  argmax<A extends Axes, const K extends A[number]>(this: Tensor<A>, axis: K): Tensor<Without<A, K>>;
  argmax<A extends Axes>(this: Tensor<A>, axis?: string): Entry<A> | Tensor<string[]> {
    if (axis === undefined) {
      const place = stepOfLargest(this.#layout.data, 0, 1, this.size);
      if (place < 0)
        throw new AxisError(`A tensor without numbers (${describeShape(this.#layout)}) has no largest one.`);
      return entryAt<A>(this.#layout, place);
    }
    return new Tensor(
      reduced({ ...this.#layout, data: Float64Array.from(this.#layout.data) }, axis, stepOfLargest),
    );
  }

  /** The `count` largest numbers with their labels, largest first; fewer when there are fewer. NaN comes last. */
  topK<A extends Axes>(this: Tensor<A>, count: number): Entry<A>[] {
    return placesOfLargest(this.#layout.data, count).map((place) => entryAt<A>(this.#layout, place));
  }

  /** The `count` smallest numbers with their labels, smallest first. NaN comes last. */
  bottomK<A extends Axes>(this: Tensor<A>, count: number): Entry<A>[] {
    return placesOfLargest(this.#layout.data, count, -1).map((place) => entryAt<A>(this.#layout, place));
  }

  /** Whether the axes (in any order), sizes and numbers are the same; NaN equals NaN. Labels and names don't count. */
  equals(other: Tensor<Axes>): boolean {
    return agrees(this.#layout, other.#layout, (left, right) => left === right);
  }

  /** Whether the axes (in any order) and sizes are the same and each number is within `tolerance` (absolute, and relative to its size). */
  allClose(other: Tensor<Axes>, tolerance = 1e-9): boolean {
    return agrees(
      this.#layout,
      other.#layout,
      (left, right) =>
        left === right || Math.abs(left - right) <= tolerance * Math.max(1, Math.abs(left), Math.abs(right)),
    );
  }

  /** The numbers in arrays of arrays, as deep as there are axes; a number for a tensor without axes. */
  toArray<A extends Axes>(this: Tensor<A>): NestedArray<A> {
    return nestedNumbers(this.#layout) as NestedArray<A>;
  }

  /** Plain data for `JSON.stringify`; `tensorFromJson` reads it. NaN and ±Infinity become strings. */
  toJSON(): TensorJson {
    return plainData(this.#layout);
  }

  /** One line: name, axes, range and the first values. */
  toString(): string {
    return describe(this.#layout, 6);
  }

  /** What `console.log` prints. */
  [INSPECT](): string {
    return plainText(this.#layout);
  }

  /** A small tensor as a table, a large one as a picture or a summary. */
  [DISPLAY](): MimeBundle | Promise<MimeBundle> {
    return mimeBundleOf(this.#layout);
  }

  #relabelled<A extends Axes>(this: Tensor<A>, labels: Layout["labels"]): Tensor<A> {
    return new Tensor({ ...this.#layout, labels }, { operation: "rename", inputs: [this.#computed] });
  }

  #shifted<A extends Axes>(this: Tensor<A>, amount: number): Tensor<A> {
    return new Tensor(
      mapped(this.#layout, (value) => value + amount),
      { operation: "sum", inputs: [this.#computed, constant(amount)], factors: [1, 1] },
    );
  }

  #scaled<A extends Axes>(this: Tensor<A>, factor: number): Tensor<A> {
    return new Tensor(
      mapped(this.#layout, (value) => value * factor),
      { operation: "sum", inputs: [this.#computed], factors: [factor] },
    );
  }

  #picked<A extends Axes>(this: Tensor<A>, choices: ReadonlyMap<string, readonly number[]>): Tensor<A> {
    return new Tensor(picked(this.#layout, choices), {
      operation: "pick",
      inputs: [this.#computed],
      choices,
    });
  }

  #fixedAt(axisPlace: number, rank: number, place: Place): Tensor<Axes> {
    const { axes, shape, labels } = this.#layout;
    const axis = axes[axisPlace];
    if (axes.length !== rank || axis === undefined) {
      throw new AxisError(
        `A row or column is taken from a matrix; the axes are [${axes.join(", ")}]. Use at().`,
      );
    }
    const indices = new Map([[axis, indexOfPlace(place, axis, shape[axisPlace] ?? 0, labels.get(axis))]]);
    return new Tensor(fixed(this.#layout, indices), { operation: "at", inputs: [this.#computed], indices });
  }

  static {
    layoutOf = (source) => source.#layout;
    computedOf = (source) => source.#computed;
  }
}

function constant(value: number): Computed {
  const data = Float64Array.of(value);
  return computed({ axes: [], shape: [], data, labels: new Map(), name: undefined }, undefined);
}
