/**
 * The names of a tensor's axes, in order. As a type it is a tuple: `["position", "embedding"]`.
 * Code that computes its axes has `readonly string[]` instead; everything is then checked at run time only,
 * and `tensor.expectAxes("query", "key")` brings the names back into the type.
 */
export type Axes = readonly string[];

/** The axes `A` without those in the union `Removed`. */
export type Without<A extends Axes, Removed> = number extends A["length"]
  ? string[]
  : A extends readonly [infer First extends string, ...infer Rest extends Axes]
    ? First extends Removed
      ? Without<Rest, Removed>
      : [First, ...Without<Rest, Removed>]
    : [];

/** The axes of a product over `Over`: the left's, then those that only the right has. */
export type Product<Left extends Axes, Right extends Axes, Over> = number extends
  Left["length"] | Right["length"]
  ? string[]
  : [...Without<Left, Over>, ...Without<Right, Left[number]>];

/** The axes `A` under the names that `Names` gives them. */
export type Renamed<A extends Axes, Names> = {
  -readonly [Place in keyof A]: A[Place] extends keyof Names
    ? Names[A[Place]] extends string
      ? Names[A[Place]]
      : A[Place]
    : A[Place];
};

/** In an error message: the two tensors have no axis in common, so there is nothing to sum over. */
export interface NoSharedAxis<Left extends Axes, Right extends Axes> {
  readonly noSharedAxis: [Left, Right];
}

/** In an error message: the tensor has no axis of this name; its axes are `Known`. */
export interface UnknownAxis<Name, Known extends Axes> {
  readonly unknownAxis: [Name, Known];
}

/** In an error message: this axis has to be named too. */
export interface MissingAxis<Name> {
  readonly missingAxis: Name;
}

/** The axes that both have, which a product can sum over. */
export type SharedAxis<Left extends Axes, Right extends Axes> = [Left[number] & Right[number]] extends [never]
  ? NoSharedAxis<Left, Right>
  : Left[number] & Right[number];

/** One place on an axis: its index, counted from 0 (−1 is the last), or its label. */
export type Place = number | string;

/** One cell of a tensor: a place on each axis. */
export type Cell<A extends Axes> = { readonly [K in A[number]]: Place };

/** A place on some of the axes. */
export type PartialCell<A extends Axes> = { readonly [K in A[number]]?: Place };

/** Refuses keys that are not axes. */
export type OnlyAxes<Keyed, A extends Axes> = {
  readonly [K in Exclude<keyof Keyed, A[number]>]: UnknownAxis<K, A>;
};

/** A size for each axis, in the order of the axes. */
export type Shape<A extends Axes> = { readonly [K in keyof A]: number };

/** Words for some of the axes, one for each index. */
export type LabelsOf<A extends Axes> = { readonly [K in A[number]]?: readonly string[] };

/** What `value` takes: nothing for a tensor without axes, else the cell. */
export type CellArgument<A extends Axes> = number extends A["length"]
  ? [cell?: Cell<A>]
  : A extends readonly []
    ? []
    : [cell: Cell<A>];

/** One `T` for a tensor with one axis, else one for each axis by name. */
export type PerAxis<A extends Axes, T> = number extends A["length"]
  ? T | { readonly [axis: string]: T }
  : A extends readonly [string]
    ? T
    : { readonly [K in A[number]]: T };

/** Numbers in arrays of arrays, as deep as there are axes. */
export type Nested<A extends Axes> = number extends A["length"]
  ? NestedNumbers
  : A extends readonly [string, ...infer Rest extends Axes]
    ? readonly Nested<Rest>[]
    : number;

/** Numbers in arrays of arrays of any depth. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** Numbers in arrays of arrays that belong to the reader. */
export type NestedArray<A extends Axes> = number extends A["length"]
  ? NestedNumbers
  : A extends readonly [string, ...infer Rest extends Axes]
    ? NestedArray<Rest>[]
    : number;
