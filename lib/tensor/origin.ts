import type { Axes } from "./axes.ts";
import type { Tensor } from "./tensor.ts";

/** How a tensor was computed, for the operations whose result is a sum of products: what `explain` takes apart. */
export type Origin =
  /** Products summed over `over`; with no axis, number by number. */
  | {
      readonly operation: "dot";
      readonly inputs: readonly [Tensor<Axes>, Tensor<Axes>];
      readonly over: readonly string[];
    }
  /** Σ factor · input, number by number; an input may be a plain number. */
  | {
      readonly operation: "sum";
      readonly inputs: readonly (Tensor<Axes> | number)[];
      readonly factors: readonly number[];
    }
  /** factor · Σ along an axis. */
  | {
      readonly operation: "sumOver";
      readonly inputs: readonly [Tensor<Axes>];
      readonly axis: string;
      readonly factor: number;
    }
  /** The same numbers in the same order under other names or labels. */
  | { readonly operation: "rename"; readonly inputs: readonly [Tensor<Axes>] }
  | { readonly operation: "transpose"; readonly inputs: readonly [Tensor<Axes>] }
  | {
      readonly operation: "at";
      readonly inputs: readonly [Tensor<Axes>];
      readonly indices: ReadonlyMap<string, number>;
    }
  | {
      readonly operation: "pick";
      readonly inputs: readonly [Tensor<Axes>];
      readonly choices: ReadonlyMap<string, readonly number[]>;
    }
  /** The inputs one after the other on a new axis. */
  | { readonly operation: "stack"; readonly inputs: readonly Tensor<Axes>[]; readonly axis: string }
  /** The inputs one after the other on an axis that they have. */
  | { readonly operation: "concatenate"; readonly inputs: readonly Tensor<Axes>[]; readonly axis: string };

/** Until bounds are set below, everything is kept. */
export function boundedOrigin(origin: Origin, _bytes: number): Origin | undefined {
  return origin;
}
