import type { FastKernels } from "../kernels/fast-kernels.ts";
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

/** Addresses of one call's first numbers: of a head's query side, key side and matrix [queries, keys]. */
type Call = (heads: number, query: number, key: number, matrix: number, isSum: number) => void;

/** One call for all heads of a sequence; with shared keys one for each head, those after a group's first adding to it. */
function forHeads(shape: AttentionShape, call: Call): void {
  const { batch, queries, keys, heads, keyHeads, size } = shape;
  const shared = heads / keyHeads;
  for (let item = 0; item < batch; item++) {
    const query = item * queries * heads * size * 4;
    const key = item * keys * keyHeads * size * 4;
    const matrix = item * heads * queries * keys * 4;
    if (shared === 1) call(heads, query, key, matrix, 0);
    else {
      for (let head = 0; head < heads; head++) {
        const group = Math.floor(head / shared);
        const isSum = head % shared === 0 ? 0 : 1;
        call(1, query + head * size * 4, key + group * size * 4, matrix + head * queries * keys * 4, isSum);
      }
    }
  }
}

/** matrix [batch, heads, queries, keys] = scale · q kᵀ in each head. */
export function queriesByKeys(
  fast: FastKernels,
  shape: AttentionShape,
  q: Numbers,
  k: Numbers,
  scale: number,
): Numbers {
  const { batch, queries, keys, heads, keyHeads, size } = shape;
  const out = fast.output([batch, heads, queries, keys]);
  const [a, b, c] = [fast.at(q), fast.at(k), fast.at(out)];
  const [down, across] = [heads * size, keyHeads * size];
  forHeads(shape, (count, query, key, matrix) => {
    fast.kernels.matmul(
      count,
      queries,
      keys,
      size,
      a + query,
      size,
      down,
      1,
      b + key,
      size,
      1,
      across,
      c + matrix,
      queries * keys,
      keys,
      scale,
      0,
      fast.workspace,
    );
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
): Numbers {
  const { batch, queries, keys, heads, keyHeads, size } = shape;
  const out = fast.output([batch, queries, heads * size]);
  const [a, b, c] = [fast.at(matrix), fast.at(k), fast.at(out)];
  const [down, across] = [heads * size, keyHeads * size];
  forHeads(shape, (count, query, key, at) => {
    fast.kernels.matmul(
      count,
      queries,
      size,
      keys,
      a + at,
      queries * keys,
      keys,
      1,
      b + key,
      size,
      across,
      1,
      c + query,
      size,
      down,
      scale,
      0,
      fast.workspace,
    );
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
): Numbers {
  const { batch, queries, keys, heads, keyHeads, size } = shape;
  const out = fast.output([batch, keys, keyHeads * size]);
  const [a, b, c] = [fast.at(matrix), fast.at(q), fast.at(out)];
  const [down, across] = [heads * size, keyHeads * size];
  forHeads(shape, (count, query, key, at, isSum) => {
    fast.kernels.matmul(
      count,
      keys,
      size,
      queries,
      a + at,
      queries * keys,
      1,
      keys,
      b + query,
      size,
      down,
      1,
      c + key,
      size,
      across,
      scale,
      isSum,
      fast.workspace,
    );
  });
  return out;
}
