import type { IndexPair, InnerProducts } from "./inner-products.ts";
import { randomNumbers } from "../tensor/index.ts";
import { relation, type Relation } from "./relation.ts";
import { permutation, type Random } from "./statistics.ts";

/** What is exchanged at random, and so which structure is taken away; see {@link pairTests}. */
export const EXCHANGES = ["words", "order", "partners"] as const;
/** See {@link EXCHANGES}. */
export type Exchange = (typeof EXCHANGES)[number];

/** The mean cosine of the differences beside what it is when something is exchanged at random. Plain data. */
export interface PermutationTest {
  readonly nullMean: number;
  readonly nullDeviation: number;
  /** Share of the exchanges that did as well, what is there counted among them: never 0. */
  readonly pValue: number;
  /** How many exchanges were tried. */
  readonly draws: number;
}

/** How exchanges are drawn. */
export interface PermutationOptions {
  /** Random numbers for each kind of exchange, so that one cannot change another. */
  readonly random: (exchange: Exchange) => Random;
  /** At most so many. */
  readonly draws: number;
  /** Enough once so many did as well: the p-value is then this over the draws so far. Source: Besag & Clifford 1991. */
  readonly stopAfter: number;
}

/** Up to so many pairs, all 2ⁿ⁻¹ orders are tried in place of random ones. */
const MOST_PAIRS_COUNTED = 14;
/** Equal up to rounding is as good, or p-values would depend on the order of summation. */
const MARGIN = 1e-9;

/**
 * Mean cosine of the differences, tested three ways:
 *
 * - `words`: all words among all places in pairs (the shuffled twin). Rare under it: the pairs have *something* in common.
 * - `order`: first with second word within pairs. Rare under it: the common direction tells *second from first* words, and is not
 *   just a direction along which words of a pair differ. With n pairs its p-value cannot be below 2¹⁻ⁿ.
 * - `partners`: second words among each other. Rare under it: it matters *which* second word goes with which first, so that pairs are
 *   parallelograms; not rare: all second words have something that all first words lack, whoever is paired with whom.
 *
 * Each is exact: if what it exchanges is arbitrary, p ≤ a has probability at most a.
 */
export function pairTests(
  words: InnerProducts,
  pairs: readonly IndexPair[],
  { random, draws, stopAfter }: PermutationOptions,
): Readonly<Record<Exchange, PermutationTest>> {
  const from = Int32Array.from(pairs, ([word]) => word);
  const to = Int32Array.from(pairs, ([, word]) => word);
  const statistic = meanCosineOf(words, pairs.length);
  const observed = statistic(from, to);
  const test = (next: () => number) => drawnTest(observed, next, draws, stopAfter);
  return {
    words: test(drawsOfWords(from, to, statistic, random("words"))),
    order:
      pairs.length <= MOST_PAIRS_COUNTED
        ? countedOrders(words, pairs)
        : test(drawsOfOrder(from, to, statistic, random("order"))),
    partners: test(drawsOfPartners(from, to, statistic, random("partners"))),
  };
}

/** The statistic of pairs as rows of their first and of their second words. */
type Statistic = (from: Int32Array, to: Int32Array) => number;

// The three exchanges once more, in place: a sweep draws them some hundred million times.

function drawsOfWords(from: Int32Array, to: Int32Array, statistic: Statistic, random: Random): () => number {
  const words = [...new Set([...from, ...to])];
  const slots = [from, to].map((side) => Int32Array.from(side, (word) => words.indexOf(word)));
  const [fromSlots = from, toSlots = to] = slots;
  const moved = Int32Array.from(words);
  const [first, second] = [from.slice(), to.slice()];
  return () => {
    exchange(moved, random);
    for (let i = 0; i < first.length; i++) {
      first[i] = moved[fromSlots[i] ?? 0] ?? 0;
      second[i] = moved[toSlots[i] ?? 0] ?? 0;
    }
    return statistic(first, second);
  };
}

function drawsOfPartners(
  from: Int32Array,
  to: Int32Array,
  statistic: Statistic,
  random: Random,
): () => number {
  const partners = to.slice();
  return () => {
    for (let attempt = 0; attempt < 100; attempt++) {
      exchange(partners, random);
      if (partners.every((word, i) => word !== from[i])) return statistic(from, partners);
    }
    return statistic(from, to);
  };
}

function drawsOfOrder(from: Int32Array, to: Int32Array, statistic: Statistic, random: Random): () => number {
  const [first, second] = [from.slice(), to.slice()];
  return () => {
    for (let i = 0; i < first.length; i++) {
      const isTurned = random() < 0.5;
      first[i] = (isTurned ? to : from)[i] ?? 0;
      second[i] = (isTurned ? from : to)[i] ?? 0;
    }
    return statistic(first, second);
  };
}

/** In a random order, in place (Fisher–Yates). */
function exchange(words: Int32Array, random: Random): void {
  for (let last = words.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const moved = words[last] ?? 0;
    words[last] = words[other] ?? 0;
    words[other] = moved;
  }
}

/**
 * The relation with something exchanged at random: a control in which nothing should be found (`words`), no direction (`order`),
 * or no pairing (`partners`).
 * @example shuffledTwin(capitals, "words", { seed: 1 })
 */
export function shuffledTwin(
  { name, pairs }: Relation,
  exchange: Exchange,
  { seed }: { readonly seed: number | string },
): Relation {
  const words = [...new Set(pairs.flat())];
  const indices = pairs.map(([from, to]): IndexPair => [words.indexOf(from), words.indexOf(to)]);
  const exchanged = { words: shuffledWords, order: exchangedOrder, partners: shuffledPartners }[exchange](
    indices,
    randomNumbers(`twin ${seed} ${exchange}`),
  );
  return relation(
    `${name}, ${exchange} exchanged`,
    exchanged.map(([from, to]) => [words[from] ?? "", words[to] ?? ""] as const),
    `${name} with its ${exchange} exchanged at random`,
  );
}

/** The pairs with their words exchanged at random among all places in them: the shuffled twin. A word that is there twice moves as one. */
export function shuffledWords(pairs: readonly IndexPair[], random: Random): IndexPair[] {
  const words = [...new Set(pairs.flat())];
  const order = permutation(words.length, random);
  const moved = new Map(words.map((word, index) => [word, words[order[index] ?? 0] ?? 0]));
  return pairs.map(([from, to]) => [moved.get(from) ?? 0, moved.get(to) ?? 0]);
}

/** First words with each other's second words: keeps what all first words have in common against all second words. No word meets itself. */
export function shuffledPartners(pairs: readonly IndexPair[], random: Random): IndexPair[] {
  for (let attempt = 0; attempt < 100; attempt++) {
    const order = permutation(pairs.length, random);
    const moved = pairs.map(([from], index): IndexPair => [from, pairs[order[index] ?? 0]?.[1] ?? 0]);
    if (moved.every(([from, to]) => from !== to)) return moved;
  }
  return [...pairs];
}

/** Each pair as it is or turned round, by chance: keeps who is paired with whom. */
export function exchangedOrder(pairs: readonly IndexPair[], random: Random): IndexPair[] {
  return pairs.map(([from, to]) => (random() < 0.5 ? [from, to] : [to, from]));
}

/**
 * The mean cosine of differences as a function of the pairs: the squared length of the sum of all unit differences, in which each word
 * has one coefficient. As `meanCosine` of all their products, in less time.
 */
function meanCosineOf({ size, products }: InnerProducts, count: number): Statistic {
  const coefficients = new Float64Array(size);
  return (from, to) => {
    coefficients.fill(0);
    let units = 0;
    for (let i = 0; i < count; i++) {
      const [a, b] = [from[i] ?? 0, to[i] ?? 0];
      const square =
        (products[a * size + a] ?? 0) + (products[b * size + b] ?? 0) - 2 * (products[a * size + b] ?? 0);
      if (!(square > 0)) continue;
      const inverse = 1 / Math.sqrt(square);
      coefficients[a] = (coefficients[a] ?? 0) - inverse;
      coefficients[b] = (coefficients[b] ?? 0) + inverse;
      units++;
    }
    let square = 0;
    for (let a = 0; a < size; a++) {
      const coefficient = coefficients[a] ?? 0;
      if (coefficient === 0) continue;
      let others = 0;
      for (let b = 0; b < a; b++) others += (coefficients[b] ?? 0) * (products[a * size + b] ?? 0);
      square += coefficient * (2 * others + coefficient * (products[a * size + a] ?? 0));
    }
    return (square - units) / (count * (count - 1));
  };
}

function drawnTest(observed: number, next: () => number, most: number, stopAfter: number): PermutationTest {
  let [asGood, draws, sum, squares] = [0, 0, 0, 0];
  while (draws < most && asGood < stopAfter) {
    const value = next();
    draws++;
    sum += value;
    squares += value * value;
    if (value >= observed - MARGIN) asGood++;
  }
  return {
    nullMean: draws === 0 ? Number.NaN : sum / draws,
    nullDeviation: draws === 0 ? Number.NaN : Math.sqrt(Math.max(0, squares / draws - (sum / draws) ** 2)),
    pValue: asGood >= stopAfter ? asGood / draws : (1 + asGood) / (1 + draws),
    draws,
  };
}

/** All orders within pairs, each once (the first pair stays: turning all round changes nothing). One pair is turned at a time (Gray code). */
function countedOrders({ size, products }: InnerProducts, pairs: readonly IndexPair[]): PermutationTest {
  const count = pairs.length;
  const cosines = new Float64Array(count * count);
  const at = (a: number, b: number) => products[a * size + b] ?? 0;
  const lengths = pairs.map(([from, to]) =>
    Math.sqrt(Math.max(0, at(from, from) + at(to, to) - 2 * at(from, to))),
  );
  for (const [i, [a, b]] of pairs.entries())
    for (const [j, [c, d]] of pairs.entries()) {
      const length = (lengths[i] ?? 0) * (lengths[j] ?? 0);
      if (i !== j && length > 0)
        cosines[i * count + j] = (at(b, d) - at(b, c) - at(a, d) + at(a, c)) / length;
    }
  const signs = new Float64Array(count).fill(1);
  let value = cosines.reduce((sum, cosine) => sum + cosine, 0) / (count * (count - 1));
  const observed = value;
  const draws = 2 ** (count - 1);
  let [asGood, sum, squares] = [1, value, value * value];
  for (let step = 1; step < draws; step++) {
    const turned = count - 1 - Math.log2(step & -step);
    let change = 0;
    for (let j = 0; j < count; j++) change += (signs[j] ?? 0) * (cosines[turned * count + j] ?? 0);
    value -= (4 * (signs[turned] ?? 0) * change) / (count * (count - 1));
    signs[turned] = -(signs[turned] ?? 0);
    sum += value;
    squares += value * value;
    if (value >= observed - MARGIN) asGood++;
  }
  return {
    nullMean: sum / draws,
    nullDeviation: Math.sqrt(Math.max(0, squares / draws - (sum / draws) ** 2)),
    pValue: asGood / draws,
    draws,
  };
}
