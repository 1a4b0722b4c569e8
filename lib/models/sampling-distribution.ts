import { tensor, type Numbers, type Tensor } from "../tensor/index.ts";
import { OptionError } from "./errors.ts";

/** How freely the next word is drawn. */
export interface SamplingOptions {
  /** Below 1 the likely words gain, above 1 the others; 0 leaves the likeliest only. 1 unless given. */
  readonly temperature?: number;
  /** Only this many of the likeliest words. */
  readonly topK?: number;
  /** Only the likeliest words that together reach this share (nucleus sampling). */
  readonly topP?: number;
}

/**
 * A distribution as it is drawn from: each share to the power 1 / temperature, then the top k, then the smallest set
 * of likeliest words that reaches top p, scaled to sum 1. Words that were impossible stay so; equal ones
 * come in the vocabulary's order. A row of zeros stays a row of zeros.
 * Source: Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, section 3 (top p).
 *
 * @param distribution shares, axis "vocabulary"
 * @throws OptionError
 */
export function samplingDistribution(
  distribution: Tensor<["vocabulary"]>,
  options: SamplingOptions = {},
): Tensor<["vocabulary"]> {
  const { temperature = 1, topK = Infinity, topP = 1 } = options;
  if (!(temperature >= 0)) throw new OptionError("temperature", temperature, "0 or more");
  if (!(topK >= 1)) throw new OptionError("topK", topK, "at least 1");
  if (!(topP > 0 && topP <= 1)) throw new OptionError("topP", topP, "above 0 and at most 1");

  const given = distribution.data;
  const largest = distribution.max();
  const isOnlyOne = temperature === 0;
  // Relative to the largest: shares near zero must not all become zero at a low temperature.
  const weight = (share: number) =>
    isOnlyOne ? 1 : temperature === 1 ? share / largest : Math.exp(Math.log(share / largest) / temperature);

  const { least, equals } = lastKept(given, largest, isOnlyOne ? 1 : topK, topP, weight);
  const shares = new Float64Array(given.length);
  let equalsLeft = equals;
  let total = 0;
  for (let index = 0; index < given.length; index++) {
    const share = given[index] ?? 0;
    if (!(share >= least) || (share === least && equalsLeft-- <= 0)) continue;
    total += shares[index] = weight(share);
  }
  if (total > 0)
    for (let index = 0; index < shares.length; index++) shares[index] = (shares[index] ?? 0) / total;
  return labelledLike(distribution, shares);
}

/** The smallest share that is kept, and how many words that have exactly it are. */
function lastKept(
  shares: Numbers,
  largest: number,
  topK: number,
  topP: number,
  weight: (share: number) => number,
): { readonly least: number; readonly equals: number } {
  if (topK === 1) return { least: largest > 0 ? largest : Infinity, equals: 1 };
  if (topK >= shares.length && topP === 1) return { least: Number.MIN_VALUE, equals: Infinity };
  const rising = Float64Array.from(shares)
    .filter((share) => share > 0)
    .sort();
  const possible = Math.min(rising.length, Math.floor(topK));
  let total = 0;
  for (let rank = 1; rank <= possible; rank++) total += weight(rising[rising.length - rank] ?? 0);
  let [kept, reached] = [0, 0];
  // The tolerance keeps .5 + .3 + .2 from missing a top p of 1 by a rounding error.
  while (kept < possible && reached < topP * total * (1 - 1e-12)) {
    kept++;
    reached += weight(rising[rising.length - kept] ?? 0);
  }
  const least = rising[rising.length - kept] ?? Infinity;
  let equals = 0;
  while (equals < kept && rising[rising.length - kept + equals] === least) equals++;
  return { least, equals };
}

function labelledLike(model: Tensor<["vocabulary"]>, shares: Float64Array): Tensor<["vocabulary"]> {
  const words = model.labels("vocabulary");
  return tensor(["vocabulary"], shares, {
    shape: [shares.length],
    ...(words === undefined ? {} : { labels: { vocabulary: words } }),
  });
}
