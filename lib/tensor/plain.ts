import type { NestedNumbers } from "./axes.ts";
import { stridesOf, type Layout } from "./layout.ts";

/** A tensor as plain data for JSON. */
export interface TensorJson {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly name?: string;
  /** Row after row; NaN and ±Infinity, which JSON lacks, as strings. */
  readonly values: readonly (number | string)[];
}

/** The numbers in arrays of arrays, as deep as there are axes. */
export function nestedNumbers({ shape, data }: Layout): NestedNumbers {
  const strides = stridesOf(shape);
  const nested = (place: number, offset: number): NestedNumbers =>
    place === shape.length
      ? (data[offset] ?? 0)
      : Array.from({ length: shape[place] ?? 0 }, (_, index) =>
          nested(place + 1, offset + index * (strides[place] ?? 0)),
        );
  return nested(0, 0);
}

/** The content as plain data: what `JSON.stringify` can write. */
export function plainData({ axes, shape, labels, name, data }: Layout): TensorJson {
  return {
    axes,
    shape,
    labels: Object.fromEntries([...labels].map(([axis, { words }]) => [axis, words])),
    ...(name === undefined ? {} : { name }),
    values: Array.from(data, (value) => (Number.isFinite(value) ? value : String(value))),
  };
}
