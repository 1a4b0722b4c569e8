import { tensor, type Tensor } from "../tensor/index.ts";
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

  const largest = distribution.max();
  const ranked = Array.from(distribution.data, (share, index) => ({ index, share }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share || a.index - b.index)
    .slice(0, temperature === 0 ? 1 : topK)
    // Relative to the largest: shares near zero must not all become zero at a low temperature.
    .map(({ index, share }) => ({
      index,
      share: temperature === 0 ? 1 : Math.exp(Math.log(share / largest) / temperature),
    }));

  const total = ranked.reduce((sum, { share }) => sum + share, 0);
  const kept: { index: number; share: number }[] = [];
  let reached = 0;
  for (const entry of ranked) {
    // The tolerance keeps .5 + .3 + .2 from missing a top p of 1 by a rounding error.
    if (reached >= topP * total * (1 - 1e-12)) break;
    reached += entry.share;
    kept.push(entry);
  }

  const shares = new Float64Array(distribution.size);
  for (const { index, share } of kept) shares[index] = share / reached;
  return labelledLike(distribution, shares);
}

function labelledLike(model: Tensor<["vocabulary"]>, shares: Float64Array): Tensor<["vocabulary"]> {
  const words = model.labels("vocabulary");
  return tensor(["vocabulary"], shares, {
    shape: [shares.length],
    ...(words === undefined ? {} : { labels: { vocabulary: words } }),
  });
}
