import { head as headOf } from "../circuits/index.ts";
import { cosine, stack, symmetricEigen, tensor, type Entry, type Tensor } from "../tensor/index.ts";
import { DirectionError } from "./errors.ts";
import {
  differenceProducts,
  heldOutProjection,
  indexPairs,
  innerProducts,
  meanCosine,
  type IndexPair,
  type InnerProducts,
} from "./inner-products.ts";
import type { ModelPlace } from "./place.ts";
import { RelationError, type Relation, type Scale } from "./relation.ts";
import { areaUnderCurve, rankCorrelation } from "./statistics.ts";
import { modelOf, type Subject } from "./words-in-text.ts";

/** How far a relation is a direction; larger is more. All from inner products only, so the same in every orthogonal basis. */
export interface RelationMeasures {
  /** Mean cosine of each two differences to − from. From −1/(n−1) to 1. */
  readonly meanCosine: number;
  /** σ₁² / Σσᵢ² of the matrix of differences: how much of them lies on one line. From 1/n to 1. */
  readonly firstShare: number;
  /** Share of pairs whose difference points along the direction of the others (of those with none of its words). From 0 to 1, .5 by chance. */
  readonly heldOutAccuracy: number;
  /** How well the direction of the other pairs parts the second words from the first, over all held-out words (area under the ROC curve). */
  readonly heldOutAUC: number;
  /** Share of a : b = c : ? answered by the nearest word to b − a + c, with a, b, c excluded, among all words given. */
  readonly analogyAccuracy: number;
}

/** The names of the measures, in the order of tables. */
export const MEASURES = [
  "meanCosine",
  "firstShare",
  "heldOutAccuracy",
  "heldOutAUC",
  "analogyAccuracy",
] as const satisfies readonly (keyof RelationMeasures)[];

/**
 * How far `relation` is a direction in `vectors` (["word", any axis], words as labels). Pairs with a word that is not there are left out.
 *
 * Source: claim 27's quantities; 3CosAdd: Mikolov et al. 2013, in the form of Levy & Goldberg 2014 (unit vectors).
 * @throws RelationError when fewer than two pairs are left
 * @example relationMeasures(readWords(model, words).at({ part: "embedding" }), capitals).analogyAccuracy
 */
export function relationMeasures(
  vectors: Tensor<readonly ["word", string]>,
  relation: Relation,
): RelationMeasures {
  return measuresOf(innerProducts(vectors), indexPairs(wordsOf(vectors), relation));
}

/** The measures from inner products alone. */
export function measuresOf(words: InnerProducts, pairs: readonly IndexPair[]): RelationMeasures {
  const count = pairs.length;
  const differences = differenceProducts(words, pairs);
  const [positives, negatives]: [number[], number[]] = [[], []];
  let [right, judged] = [0, 0];
  for (const pair of pairs) {
    const along = heldOutProjection(words, pairs, differences, pair);
    const [from, to] = [along(pair[0]), along(pair[1])];
    if (Number.isNaN(from)) continue;
    judged++;
    right += to > from ? 1 : to === from ? 0.5 : 0;
    positives.push(to);
    negatives.push(from);
  }
  return {
    meanCosine: meanCosine(differences, count),
    firstShare: firstShare(differences, count),
    heldOutAccuracy: judged === 0 ? Number.NaN : right / judged,
    heldOutAUC: areaUnderCurve(positives, negatives),
    analogyAccuracy: analogyAccuracy(words, pairs),
  };
}

function firstShare(differences: Float64Array, count: number): number {
  const { values } = symmetricEigen(tensor(["row", "column"], differences, { shape: [count, count] }));
  const sum = values.sum();
  return sum > 0 ? values.max() / sum : Number.NaN;
}

function analogyAccuracy({ size, products }: InnerProducts, pairs: readonly IndexPair[]): number {
  const unit = (word: number) => 1 / Math.sqrt(products[word * size + word] ?? 0);
  const cosineOf = (x: number, y: number) => (products[x * size + y] ?? 0) * unit(x) * unit(y);
  let [right, asked] = [0, 0];
  for (const [a, b] of pairs)
    for (const [c, answer] of pairs) {
      if (new Set([a, b, c, answer]).size < 4) continue;
      asked++;
      let best = -1;
      let nearest = -Infinity;
      for (let word = 0; word < size; word++) {
        if (word === a || word === b || word === c) continue;
        const score = cosineOf(word, b) - cosineOf(word, a) + cosineOf(word, c);
        if (score > nearest) [best, nearest] = [word, score];
      }
      if (best === answer) right++;
    }
  return asked === 0 ? Number.NaN : right / asked;
}

/** The differences to − from, one row a pair: labels "small → big". */
export function pairDifferences<const V extends string>(
  vectors: Tensor<readonly ["word", V]>,
  relation: Relation,
): Tensor<["pair", string]> {
  const words = wordsOf(vectors);
  const pairs = indexPairs(words, relation);
  return stack(
    pairs.map(([from, to]) => rowOf(vectors, to).minus(rowOf(vectors, from))),
    "pair",
    pairs.map(([from, to]) => `${words[from] ?? ""} → ${words[to] ?? ""}`),
  );
}

/**
 * The direction that a relation's differences have in common: the mean of the unit differences, at length 1. It points from first words to second.
 * @throws RelationError when fewer than two pairs are left, or the differences cancel
 */
export function commonDirection(
  vectors: Tensor<readonly ["word", string]>,
  relation: Relation,
): Tensor<[string]> {
  const differences = pairDifferences(vectors, relation);
  const [count = 0, width = 0] = differences.shape;
  const sum = new Float64Array(width);
  for (let row = 0; row < count; row++) {
    const difference = differences.data.slice(row * width, (row + 1) * width);
    const length = Math.hypot(...difference);
    if (length > 0) for (let i = 0; i < width; i++) sum[i] = (sum[i] ?? 0) + (difference[i] ?? 0) / length;
  }
  const length = Math.hypot(...sum);
  if (!(length > 1e-9))
    throw new RelationError(
      `relation "${relation.name}": its differences cancel; they have no common direction`,
    );
  return tensor(
    [vectors.axes[1]],
    sum.map((number) => number / length),
  );
}

/** Words on a relation's direction, and how well their order there is the scale's. */
export interface ScaleProjection {
  /** Spearman's rank correlation of the order and the coordinates, from −1 to 1. */
  readonly rankCorrelation: number;
  /** Each word's coordinate on the direction of the pairs without it, in the scale's order. */
  readonly coordinates: Tensor<["word"]>;
}

/**
 * The words of `scale` on the direction of `relation`; no word is on a direction that was fitted with it
 * (semantic projection, Grand et al. 2022, held out word by word).
 * @throws RelationError when fewer than three of the scale's words or two of the pairs are there
 */
export function scaleProjection(
  vectors: Tensor<readonly ["word", string]>,
  relation: Relation,
  scale: Scale,
): ScaleProjection {
  const words = wordsOf(vectors);
  const products = innerProducts(vectors);
  const pairs = indexPairs(words, relation);
  const differences = differenceProducts(products, pairs);
  const found = scale.words.flatMap((word) => {
    const row = words.indexOf(word);
    if (row < 0) return [];
    const coordinate = heldOutProjection(products, pairs, differences, [row])(row);
    return Number.isNaN(coordinate) ? [] : [{ word, coordinate }];
  });
  if (found.length < 3)
    throw new RelationError(
      `scale "${scale.name}": ${found.length} of its words can be projected; 3 are needed`,
    );
  const coordinates = found.map(({ coordinate }) => coordinate);
  return {
    rankCorrelation: rankCorrelation(
      found.map((_, rank) => rank),
      coordinates,
    ),
    coordinates: tensor(["word"], coordinates, { labels: { word: found.map(({ word }) => word) } }),
  };
}

/** Cosines of the common directions of `relations` with each other: is tall's direction big's? */
export function directionSimilarity(
  vectors: Tensor<readonly ["word", string]>,
  relations: readonly Relation[],
): Tensor<["relation", "other relation"]> {
  const names = relations.map(({ name }) => name);
  const directions = stack(
    relations.map((relation) =>
      commonDirection(vectors, relation).rename({ [vectors.axes[1]]: "dimension" } as never),
    ),
    "relation",
    names,
  ) as unknown as Tensor<["relation", "dimension"]>;
  return cosine(directions, directions.rename({ relation: "other relation" }), "dimension");
}

/** What a direction in the residual stream means in words. */
export interface DirectionWords {
  /** Words whose embedding lies most along the direction, and most against it. */
  readonly embedded: Extremes;
  /** Words whose logit the direction raises most and lowers most; `undefined` for models without unembedding. */
  readonly written: Extremes | undefined;
  /** At `OV` and `result` only: words whose embedding makes the head write most along the direction, and most against it. */
  readonly read: Extremes | undefined;
}
/** Words at both ends of a direction. */
export interface Extremes {
  readonly towards: readonly Entry<["vocabulary"]>[];
  readonly against: readonly Entry<["vocabulary"]>[];
}

/**
 * What `direction`, found at `place`, reads and writes in vocabulary. Norms between are not applied: fold them first (`foldedModel`).
 * @throws DirectionError for a direction in a head's own coordinates
 */
export function directionWords(
  subject: Subject,
  place: ModelPlace,
  direction: Tensor<readonly [string]>,
  { words = 8 }: { readonly words?: number } = {},
): DirectionWords {
  const model = modelOf(subject);
  if (direction.axes[0] !== "embedding")
    throw new DirectionError(
      `a direction on the axis "${direction.axes[0]}" says nothing in words; take it at query, key, OV or result`,
    );
  const along = direction as unknown as Tensor<["embedding"]>;
  const extremes = (votes: Tensor<["vocabulary"]>): Extremes => ({
    towards: votes.topK(words),
    against: votes.bottomK(words),
  });
  const W_E = model.parameter("W_E");
  const { unembedding } = model.configuration;
  return {
    embedded: extremes(W_E.dot(along, "embedding")),
    written:
      unembedding === "none"
        ? undefined
        : extremes(
            unembedding === "own"
              ? along.dot(model.parameter("W_U"), "embedding")
              : W_E.dot(along, "embedding"),
          ),
    read:
      place.part === "OV" || place.part === "result"
        ? extremes(
            W_E.dot(
              headOf(model, place.layer, place.head)
                .OV.dot(along.rename({ embedding: "out" }), "out")
                .rename({ source: "embedding" }),
              "embedding",
            ),
          )
        : undefined,
  };
}

function wordsOf(vectors: Tensor<readonly ["word", string]>): readonly string[] {
  const words = vectors.labels("word");
  if (words === undefined)
    throw new DirectionError("the vectors have no words as labels of their axis `word`");
  return words;
}

function rowOf(vectors: Tensor<readonly ["word", string]>, row: number): Tensor<[string]> {
  const [, width = 0] = vectors.shape;
  return tensor([vectors.axes[1]], vectors.data.slice(row * width, (row + 1) * width));
}
