import type { Layout } from "./layout.ts";

/** A tensor's content with how it was computed. */
export interface Computed {
  readonly layout: Layout;
  readonly origin: Origin | undefined;
  /** The longest chain of remembered operations that led here. */
  readonly depth: number;
  /** About how many bytes the origin keeps in memory. */
  readonly kept: number;
  /** Whether there was an origin that was too deep or too large to remember. */
  readonly isForgotten: boolean;
}

/** How a tensor was computed, for the operations whose result is a sum of products: what `explain` takes apart. */
export type Origin =
  /** Products summed over `over`; with no axis, number by number. */
  | {
      readonly operation: "dot";
      readonly inputs: readonly [Computed, Computed];
      readonly over: readonly string[];
    }
  /** Σ factor · input, number by number. */
  | { readonly operation: "sum"; readonly inputs: readonly Computed[]; readonly factors: readonly number[] }
  /** factor · Σ along an axis. */
  | {
      readonly operation: "sumOver";
      readonly inputs: readonly [Computed];
      readonly axis: string;
      readonly factor: number;
    }
  /** The same numbers in the same order under other names or labels. */
  | { readonly operation: "rename"; readonly inputs: readonly [Computed] }
  | { readonly operation: "transpose"; readonly inputs: readonly [Computed] }
  | {
      readonly operation: "at";
      readonly inputs: readonly [Computed];
      readonly indices: ReadonlyMap<string, number>;
    }
  | {
      readonly operation: "pick";
      readonly inputs: readonly [Computed];
      readonly choices: ReadonlyMap<string, readonly number[]>;
    }
  /** The inputs one after the other on a new axis. */
  | { readonly operation: "stack"; readonly inputs: readonly Computed[]; readonly axis: string }
  /** The inputs one after the other on an axis that they have. */
  | { readonly operation: "concatenate"; readonly inputs: readonly Computed[]; readonly axis: string };

/** The longest chain of operations that a tensor remembers, so that a loop of a million steps doesn't keep a million tensors. */
const DEPTH_LIMIT = 64;

/** How many bytes of intermediate results one tensor may keep in memory. */
const KEPT_LIMIT = 64 * 2 ** 20;

/** A given tensor (not computed) larger than this is taken for weights that someone else holds, and not counted. */
const WEIGHTS_SIZE = 2 ** 20;

/**
 * A tensor's content with its origin, unless that would reach too deep or keep too much in memory: then the tensor
 * stands for itself, as if it had been given. What is remembered depends on shapes and operations only,
 * never on when the garbage collector runs.
 */
export function computed(layout: Layout, origin: Origin | undefined): Computed {
  if (origin === undefined) return { layout, origin, depth: 0, kept: 0, isForgotten: false };
  const depth = 1 + Math.max(0, ...origin.inputs.map((input) => input.depth));
  let kept = origin.inputs.reduce((sum, input) => sum + bytesOf(input) + input.kept, 0);
  // The sum counts shared inputs again and again: count exactly before giving up.
  if (kept > KEPT_LIMIT) kept = bytesBelow(origin);
  if (depth > DEPTH_LIMIT || kept > KEPT_LIMIT) {
    return { layout, origin: undefined, depth: 0, kept: 0, isForgotten: true };
  }
  return { layout, origin, depth, kept, isForgotten: false };
}

function bytesOf({ layout, origin }: Computed): number {
  const bytes = layout.data.byteLength;
  return origin === undefined && bytes > WEIGHTS_SIZE ? 0 : bytes;
}

function bytesBelow(origin: Origin): number {
  const seen = new Set<ArrayBufferLike>();
  const visited = new Set<Computed>();
  let bytes = 0;
  const visit = (input: Computed): void => {
    if (visited.has(input)) return;
    visited.add(input);
    // Views of the same numbers count once.
    if (!seen.has(input.layout.data.buffer)) {
      seen.add(input.layout.data.buffer);
      bytes += bytesOf(input);
    }
    input.origin?.inputs.forEach(visit);
  };
  origin.inputs.forEach(visit);
  return bytes;
}
