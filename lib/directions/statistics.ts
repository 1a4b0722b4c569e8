import { quantileSorted, sampleRankCorrelation } from "simple-statistics";

/** A source of random numbers from 0 up to 1, for instance of `randomNumbers(seed)`. */
export type Random = () => number;

/** An effect beside what chance gives. */
export interface NullComparison {
  /** What was measured. */
  readonly observed: number;
  /** Mean of the same quantity under the null. */
  readonly nullMean: number;
  /** Standard deviation of it under the null. */
  readonly nullDeviation: number;
  /**
   * Share of the null that is at least as large as what was measured, with what was measured counted among it,
   * so never 0: (1 + #{null ≥ observed}) / (1 + #null).
   * Source: Phipson & Smyth 2010, "Permutation P-values should never be zero".
   */
  readonly pValue: number;
  /** How many null values it is compared with: the smallest possible p-value is 1 / (1 + draws). */
  readonly draws: number;
}

/** `observed` beside the values `nulls` of the same quantity where there is no effect; larger is more of an effect. */
export function nullComparison(observed: number, nulls: readonly number[]): NullComparison {
  const draws = nulls.length;
  const nullMean = nulls.reduce((sum, value) => sum + value, 0) / draws;
  const squares = nulls.reduce((sum, value) => sum + (value - nullMean) ** 2, 0);
  // equal up to rounding counts as equal, or the p-value would depend on the order of summation
  const margin = 1e-12 * Math.max(1, Math.abs(observed));
  const asLarge = nulls.filter((value) => value >= observed - margin).length;
  return {
    observed,
    nullMean,
    nullDeviation: draws > 1 ? Math.sqrt(squares / (draws - 1)) : Number.NaN,
    pValue: (1 + asLarge) / (1 + draws),
    draws,
  };
}

/** The numbers 0 … count - 1 in a random order (Fisher–Yates). */
export function permutation(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const swapped = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = swapped;
  }
  return order;
}

/**
 * The interval that holds `level` of the statistic's values over resamples of `items` drawn with replacement
 * (percentile bootstrap). Source: Efron & Tibshirani 1993, chapter 13.
 * @param statistic NaN results (a resample without contrast) are left out
 * @returns [low, high]; [NaN, NaN] where no resample gave a number
 */
export function bootstrapInterval<T>(
  items: readonly T[],
  statistic: (sample: readonly T[]) => number,
  random: Random,
  { resamples = 500, level = 0.95 }: { readonly resamples?: number; readonly level?: number } = {},
): readonly [low: number, high: number] {
  const values: number[] = [];
  for (let draw = 0; draw < resamples; draw++) {
    const sample = items.map(() => items[Math.floor(random() * items.length)] as T);
    const value = statistic(sample);
    if (!Number.isNaN(value)) values.push(value);
  }
  if (values.length === 0) return [Number.NaN, Number.NaN];
  values.sort((a, b) => a - b);
  const tail = (1 - level) / 2;
  return [quantileSorted(values, tail), quantileSorted(values, 1 - tail)];
}

/**
 * p-values corrected for how many were tried: rejecting those with q ≤ a keeps the expected share of false discoveries
 * among the rejected at most a. Source: Benjamini & Hochberg 1995.
 * @returns q-values in the order of `pValues`
 */
export function falseDiscoveryRates(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1));
  const rates = new Array<number>(pValues.length).fill(1);
  let smallest = 1;
  for (let rank = order.length; rank >= 1; rank--) {
    const index = order[rank - 1] ?? 0;
    smallest = Math.min(smallest, ((pValues[index] ?? 1) * pValues.length) / rank);
    rates[index] = smallest;
  }
  return rates;
}

/**
 * How well `scores` part the positives from the negatives: the chance that a random positive scores higher than a random
 * negative, ties counted half (area under the ROC curve). Source: Hanley & McNeil 1982.
 * @returns from 0 to 1, .5 for no contrast; NaN where one of the groups is empty
 */
export function areaUnderCurve(positives: readonly number[], negatives: readonly number[]): number {
  const pairs = positives.length * negatives.length;
  if (pairs === 0) return Number.NaN;
  let higher = 0;
  for (const positive of positives)
    for (const negative of negatives) higher += positive > negative ? 1 : positive === negative ? 0.5 : 0;
  return higher / pairs;
}

/** Spearman's rank correlation, ties by midranks; NaN where one of the lists doesn't vary. From -1 to 1. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  return a.length < 2 ? Number.NaN : sampleRankCorrelation([...a], [...b]);
}
