import type { Tensor } from "../tensor/index.ts";
import { RelationError, type Relation } from "./relation.ts";

/** A pair as the rows of its two words. */
export type IndexPair = readonly [from: number, to: number];

/** The products of all words' vectors with each other: all that measures of directions depend on, and small. */
export interface InnerProducts {
  readonly size: number;
  /** [word, word], row after row. */
  readonly products: Float64Array;
}

/** The inner products of the rows of `vectors`. */
export function innerProducts(vectors: Tensor<readonly ["word", string]>): InnerProducts {
  const [size = 0, width = 0] = vectors.shape;
  const { data } = vectors;
  const products = new Float64Array(size * size);
  for (let a = 0; a < size; a++)
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (data[a * width + i] ?? 0) * (data[b * width + i] ?? 0);
      products[a * size + b] = products[b * size + a] = sum;
    }
  return { size, products };
}

/**
 * The relation's pairs as rows of `words`; pairs with a word that is not there are left out.
 * @throws RelationError when fewer than `least` pairs are left
 */
export function indexPairs(words: readonly string[], relation: Relation, least = 2): IndexPair[] {
  const rows = new Map(words.map((word, row) => [word, row]));
  const pairs = relation.pairs.flatMap(([from, to]): IndexPair[] => {
    const [a, b] = [rows.get(from), rows.get(to)];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
  if (pairs.length < least)
    throw new RelationError(
      `relation "${relation.name}": the model has both words of ${pairs.length} of its ${relation.pairs.length} pairs; ${least} are needed`,
    );
  return pairs;
}

/** Products of the differences to − from of all pairs with each other. */
export function differenceProducts(
  { size, products }: InnerProducts,
  pairs: readonly IndexPair[],
): Float64Array {
  const count = pairs.length;
  const result = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    const [a = 0, b = 0] = pairs[i] ?? [];
    for (let j = 0; j <= i; j++) {
      const [c = 0, d = 0] = pairs[j] ?? [];
      result[i * count + j] = result[j * count + i] =
        (products[b * size + d] ?? 0) -
        (products[b * size + c] ?? 0) -
        (products[a * size + d] ?? 0) +
        (products[a * size + c] ?? 0);
    }
  }
  return result;
}

/** Mean cosine of each two differences; a difference of length 0 has cosine 0 with all. From −1/(n−1) to 1. */
export function meanCosine(differences: Float64Array, count: number): number {
  const lengths = Float64Array.from({ length: count }, (_, i) =>
    Math.sqrt(Math.max(0, differences[i * count + i] ?? 0)),
  );
  let sum = 0;
  for (let i = 0; i < count; i++)
    for (let j = 0; j < i; j++) {
      const product = (lengths[i] ?? 0) * (lengths[j] ?? 0);
      if (product > 0) sum += (differences[i * count + j] ?? 0) / product;
    }
  return sum / ((count * (count - 1)) / 2);
}

/** A word's coordinate on the direction that the pairs without any of `heldOut` have in common; NaN where none is left. */
export function heldOutProjection(
  { size, products }: InnerProducts,
  pairs: readonly IndexPair[],
  differences: Float64Array,
  heldOut: readonly number[],
): (word: number) => number {
  const count = pairs.length;
  const fit: number[] = [];
  for (const [i, [from, to]] of pairs.entries())
    if (!heldOut.includes(from) && !heldOut.includes(to) && (differences[i * count + i] ?? 0) > 0)
      fit.push(i);
  const length = (i: number) => Math.sqrt(differences[i * count + i] ?? 0);
  let square = 0;
  for (const i of fit)
    for (const j of fit) square += (differences[i * count + j] ?? 0) / (length(i) * length(j));
  if (fit.length === 0 || !(square > 1e-18)) return () => Number.NaN;
  const scale = 1 / Math.sqrt(square);
  return (word) => {
    let sum = 0;
    for (const i of fit) {
      const [from, to] = pairs[i] ?? [0, 0];
      sum += ((products[word * size + to] ?? 0) - (products[word * size + from] ?? 0)) / length(i);
    }
    return sum * scale;
  };
}
