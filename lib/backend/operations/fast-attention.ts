import type { Causal, FastKernels, ProductOptions } from "../kernels/fast-kernels.ts";
import type { Numbers } from "./arithmetic.ts";

/** Sizes of attention's products: q [batch, queries, heads × size], k or v [batch, keys, keyHeads × size]. */
export interface AttentionShape {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  readonly keyHeads: number;
  /** Features or values of a head. */
  readonly size: number;
}

/** How the operands of one head lie in memory: its query side, its key side and its matrix [queries, keys], as steps between rows, heads and sequences. */
function layout(shape: AttentionShape): { query: Steps; key: Steps; matrix: Steps } {
  const { queries, keys, heads, keyHeads, size } = shape;
  return {
    query: { row: heads * size, batch: size, group: queries * heads * size },
    key: { row: keyHeads * size, batch: size, group: keys * keyHeads * size },
    matrix: { row: keys, batch: queries * keys, group: heads * queries * keys },
  };
}

interface Steps {
  readonly row: number;
  readonly batch: number;
  readonly group: number;
}

/** How far from the first number the query side, key side and matrix of a call lie, in bytes. */
type Call = (query: number, key: number, matrix: number, options: ProductOptions) => void;

/** One call for all heads of all sequences; with shared keys one for each head, those after a group's first adding to it. */
function forHeads({ batch, queries, keys, heads, keyHeads, size }: AttentionShape, call: Call): void {
  const shared = heads / keyHeads;
  if (shared === 1) {
    call(0, 0, 0, { groups: batch, batch: heads });
    return;
  }
  for (let head = 0; head < heads; head++) {
    const key = Math.floor(head / shared) * size * 4;
    call(head * size * 4, key, head * queries * keys * 4, { groups: batch, isSum: head % shared !== 0 });
  }
}

/** matrix [batch, heads, queries, keys] = scale · q kᵀ in each head; with `causalFrom` only what is seen is set. */
export function queriesByKeys(
  fast: FastKernels,
  shape: AttentionShape,
  q: Numbers,
  k: Numbers,
  scale: number,
  causalFrom: number | null,
): Numbers {
  const { batch, queries, keys, heads, size } = shape;
  const out = fast.output([batch, heads, queries, keys]);
  const steps = layout(shape);
  const causal = causalOf("only-seen", causalFrom);
  forHeads(shape, (query, key, matrix, options) => {
    const a = { ...steps.query, at: fast.at(q) + query };
    const b = { ...steps.key, at: fast.at(k) + key, row: 1, column: steps.key.row };
    const c = { ...steps.matrix, at: fast.at(out) + matrix };
    fast.product(queries, keys, size, a, b, c, { ...options, isSum: false, scale, causal });
  });
  return out;
}

/** [batch, queries, heads × size] = scale · matrix k in each head. */
export function mixedKeys(
  fast: FastKernels,
  shape: AttentionShape,
  matrix: Numbers,
  k: Numbers,
  scale: number,
  causalFrom: number | null,
): Numbers {
  const { batch, queries, keys, heads, size } = shape;
  const out = fast.output([batch, queries, heads * size]);
  const steps = layout(shape);
  const causal = causalOf("from-seen", causalFrom);
  forHeads(shape, (query, key, at, options) => {
    const a = { ...steps.matrix, at: fast.at(matrix) + at };
    const b = { ...steps.key, at: fast.at(k) + key };
    const c = { ...steps.query, at: fast.at(out) + query };
    fast.product(queries, size, keys, a, b, c, { ...options, isSum: false, scale, causal });
  });
  return out;
}

/** [batch, keys, keyHeads × size] = scale · matrixᵀ q in each head, summed over the heads that share keys. */
export function mixedQueries(
  fast: FastKernels,
  shape: AttentionShape,
  matrix: Numbers,
  q: Numbers,
  scale: number,
  causalFrom: number | null,
): Numbers {
  const { batch, queries, keys, keyHeads, size } = shape;
  const out = fast.output([batch, keys, keyHeads * size]);
  const steps = layout(shape);
  const causal = causalOf("from-seers", causalFrom);
  forHeads(shape, (query, key, at, options) => {
    const a = { ...steps.matrix, at: fast.at(matrix) + at, row: 1, column: keys };
    const b = { ...steps.query, at: fast.at(q) + query };
    const c = { ...steps.key, at: fast.at(out) + key };
    fast.product(keys, size, queries, a, b, c, { ...options, scale, causal });
  });
  return out;
}

function causalOf(kind: Causal["kind"], from: number | null): Causal | undefined {
  return from === null ? undefined : { kind, from };
}
