import type { Exchange } from "./exchanges.ts";
import type { IndexPair, InnerProducts } from "./inner-products.ts";
import { pairExchanges, pairTests, type PairExchanges, type PermutationTest } from "./permutation-tests.ts";

/** One relation at one place, to be tested: all that a thread needs to know. Plain data. */
export interface SweepTest {
  readonly words: InnerProducts;
  readonly pairs: readonly IndexPair[];
  /** Of the sweep and the relation: its places are tested with the same exchanges. */
  readonly seed: string;
  readonly draws: number;
  readonly stopAfter: number;
}

/**
 * Does tests one after the other, and remembers the exchanges of the relation that came last.
 * @param pause called now and then during a test: may wait
 */
export function sweepTester(
  pause?: () => void,
): (test: SweepTest) => Readonly<Record<Exchange, PermutationTest>> {
  let last: { readonly key: string; readonly exchanges: PairExchanges } | undefined;
  return ({ words, pairs, seed, draws, stopAfter }) => {
    const key = JSON.stringify([seed, pairs]);
    if (last?.key !== key) last = { key, exchanges: pairExchanges(pairs, seed) };
    return pairTests(words, last.exchanges, { draws, stopAfter, ...(pause && { pause }) });
  };
}
