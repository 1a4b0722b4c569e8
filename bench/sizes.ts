import type { TransformerOptions } from "../lib/index.ts";

/** The models of the rows; peers/ has the same ones in Python. */
export const SMALL = {
  vocabulary: 64,
  context: 32,
  layers: 2,
  heads: 4,
  embedding: 64,
} satisfies TransformerOptions;

/** A small GPT with feed-forward part. */
export const LARGER = {
  vocabulary: 64,
  context: 128,
  layers: 4,
  heads: 4,
  embedding: 128,
  feedForward: true,
  norm: true,
} satisfies TransformerOptions;

/** GPT-2 small's sizes. */
export const GPT2 = {
  vocabulary: 50257,
  context: 1024,
  layers: 12,
  heads: 12,
  embedding: 768,
  feedForward: true,
  norm: true,
  attentionBiases: true,
  unembedding: "tied",
} satisfies TransformerOptions;

export const BATCH = 16;

/** Multiplications and additions of one pass forward: each map of each token, and of attention what a causal mask leaves. */
export function operationsForward(
  options: TransformerOptions & { vocabulary: number; layers: number; embedding: number },
  batch: number,
  positions: number,
): number {
  const { vocabulary, layers, embedding } = options;
  const tokens = batch * positions;
  const maps = (options.feedForward === true ? 12 : 4) * embedding ** 2;
  const attention = (2 * embedding * (positions + 1)) / 2;
  return 2 * tokens * (layers * (maps + attention) + embedding * vocabulary);
}
