import type { Tensor } from "../tensor/index.ts";

/**
 * How undecided a distribution is, in nats: − Σ p ln p; 0 when one word has everything, ln n when n words are
 * equally likely. A row of zeros (after a terminal word) says nothing at all: NaN.
 * Source: Shannon 1948, section 6.
 *
 * @example entropy(new MarkovChain(batteryOrProgram()).next(["the"])) // 0.673
 */
export function entropy(distribution: Tensor<["vocabulary"]>): number {
  let sum = 0;
  let nats = 0;
  const { data } = distribution;
  for (let i = 0; i < data.length; i++) {
    const share = data[i] ?? 0;
    sum += share;
    if (share > 0) nats -= share * Math.log(share);
  }
  return sum === 0 ? NaN : nats;
}
