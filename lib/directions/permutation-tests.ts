import { BLOCK, DrawnExchanges, EXCHANGES, type Exchange } from "./exchanges.ts";
import type { IndexPair, InnerProducts } from "./inner-products.ts";

/** The mean cosine of the differences beside what it is when something is exchanged at random. Plain data. */
export interface PermutationTest {
  readonly nullMean: number;
  readonly nullDeviation: number;
  /** Share of the exchanges that did as well, what is there counted among them: never 0. */
  readonly pValue: number;
  /** How many exchanges were tried. */
  readonly draws: number;
}

/** How many exchanges are tried. */
export interface PermutationOptions {
  /** At most so many. */
  readonly draws: number;
  /** Enough once so many did as well: the p-value is then this over the draws so far. Source: Besag & Clifford 1991. */
  readonly stopAfter: number;
  /** Called every {@link BLOCK} exchanges: may wait. */
  readonly pause?: () => void;
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
  { pairs, drawn }: PairExchanges,
  options: PermutationOptions,
): Readonly<Record<Exchange, PermutationTest>> {
  const count = pairs.length;
  const statistic = meanCosines(words, count);
  const asTheyAre = pairs.map(([from]) => from).concat(pairs.map(([, to]) => to));
  statistic(Int32Array.from(Array.from({ length: AT_ONCE }, () => asTheyAre).flat()), 0);
  const observed = statistic.values[0] ?? 0;
  const test = (exchange: Exchange) => drawnTest(observed, statistic, drawn[exchange], options);
  return {
    words: test("words"),
    order: count <= MOST_PAIRS_COUNTED ? countedOrders(words, pairs) : test("order"),
    partners: test("partners"),
  };
}

/** Pairs with the exchanges that they are tested with. */
export interface PairExchanges {
  readonly pairs: readonly IndexPair[];
  readonly drawn: Readonly<Record<Exchange, DrawnExchanges>>;
}

/** `pairs` to be tested with the exchanges of `seed`, at however many places. */
export function pairExchanges(pairs: readonly IndexPair[], seed: string): PairExchanges {
  return {
    pairs,
    drawn: Object.fromEntries(
      EXCHANGES.map((exchange) => [exchange, new DrawnExchanges(pairs, exchange, seed)]),
    ) as Record<Exchange, DrawnExchanges>,
  };
}

/** Exchanges that are evaluated at a time, so that a product of two words is read once for all of them. */
const AT_ONCE = 4;

/** Puts the statistic of the {@link AT_ONCE} exchanges from `start` on into `values`. */
interface Statistic {
  (rows: Int32Array, start: number): void;
  readonly values: Float64Array;
}

/**
 * The mean cosine of differences as a function of the pairs: the squared length of the sum of all unit differences, in which each word
 * has one coefficient. As `meanCosine` of all their products, in less time; a sweep does it some hundred million times.
 */
function meanCosines({ size, products }: InnerProducts, count: number): Statistic {
  /** One over the length of the difference of two words; 0 where there is none. */
  const inverse = new Float64Array(size * size);
  /** The lower triangle, row after row, all but the diagonal doubled. */
  const triangle = new Float64Array((size * (size + 1)) / 2);
  for (let a = 0, at = 0; a < size; a++)
    for (let b = 0; b <= a; b++, at++) {
      const product = products[a * size + b] ?? 0;
      const square = (products[a * size + a] ?? 0) + (products[b * size + b] ?? 0) - 2 * product;
      inverse[a * size + b] = inverse[b * size + a] = square > 0 ? 1 / Math.sqrt(square) : 0;
      triangle[at] = a === b ? product : 2 * product;
    }
  // coefficients of a word in the exchanges at hand, side by side
  const coefficients = new Float64Array(AT_ONCE * size);
  const values = new Float64Array(AT_ONCE);
  const share = 1 / (count * (count - 1));
  const statistic = (rows: Int32Array, start: number) => {
    coefficients.fill(0);
    for (let lane = 0; lane < AT_ONCE; lane++) {
      const offset = (start + lane) * 2 * count;
      let units = 0;
      for (let i = 0; i < count; i++) {
        const a = rows[offset + i] ?? 0;
        const b = rows[offset + count + i] ?? 0;
        const length = inverse[a * size + b] ?? 0;
        const from = AT_ONCE * a + lane;
        const to = AT_ONCE * b + lane;
        coefficients[from] = (coefficients[from] ?? 0) - length;
        coefficients[to] = (coefficients[to] ?? 0) + length;
        if (length > 0) units++;
      }
      values[lane] = -units * share;
    }
    let q0 = 0;
    let q1 = 0;
    let q2 = 0;
    let q3 = 0;
    for (let a = 0, at = 0; a < size; a++) {
      let w0 = 0;
      let w1 = 0;
      let w2 = 0;
      let w3 = 0;
      const own = AT_ONCE * a;
      for (let other = 0; other <= own; other += AT_ONCE) {
        const product = triangle[at++] ?? 0;
        w0 += (coefficients[other] ?? 0) * product;
        w1 += (coefficients[other + 1] ?? 0) * product;
        w2 += (coefficients[other + 2] ?? 0) * product;
        w3 += (coefficients[other + 3] ?? 0) * product;
      }
      q0 += (coefficients[own] ?? 0) * w0;
      q1 += (coefficients[own + 1] ?? 0) * w1;
      q2 += (coefficients[own + 2] ?? 0) * w2;
      q3 += (coefficients[own + 3] ?? 0) * w3;
    }
    values[0] = (values[0] ?? 0) + q0 * share;
    values[1] = (values[1] ?? 0) + q1 * share;
    values[2] = (values[2] ?? 0) + q2 * share;
    values[3] = (values[3] ?? 0) + q3 * share;
  };
  return Object.assign(statistic, { values });
}

function drawnTest(
  observed: number,
  statistic: Statistic,
  exchanges: DrawnExchanges,
  { draws: most, stopAfter, pause }: PermutationOptions,
): PermutationTest {
  let [asGood, draws, sum, squares] = [0, 0, 0, 0];
  while (draws < most && asGood < stopAfter) {
    const start = draws % BLOCK;
    if (start === 0) pause?.();
    const rows = exchanges.block((draws - start) / BLOCK);
    statistic(rows, start);
    for (let lane = 0; lane < AT_ONCE && draws < most && asGood < stopAfter; lane++) {
      const value = statistic.values[lane] ?? 0;
      draws++;
      sum += value;
      squares += value * value;
      if (value >= observed - MARGIN) asGood++;
    }
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
