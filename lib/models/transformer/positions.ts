import type { PositionConfiguration, RotaryScaling } from "./configuration.ts";

/**
 * Sines and cosines for positions 0 to `count` − 1: PE(position, 2i) = sin(position / 10000^(2i/embedding)), PE(position, 2i + 1) = cos of the same.
 * Source: Vaswani et al. 2017, section 3.5. Row after row, count × embedding.
 *
 * @example sinusoids(10, 6)[6] // .8415 = sin 1
 */
export function sinusoids(count: number, embedding: number): Float32Array {
  return Float32Array.from({ length: count * embedding }, (_, i) => {
    const feature = i % embedding;
    const angle = Math.floor(i / embedding) / 10000 ** ((feature - (feature % 2)) / embedding);
    return feature % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

/** The frequencies of rotary positions: how far each pair of features turns from one position to the next, in radians. */
export function rotaryFrequencies(positions: PositionConfiguration & { readonly kind: "rotary" }): number[] {
  const { features, base, scaling } = positions;
  return Array.from({ length: features / 2 }, (_, pair) =>
    stretched(base ** ((-2 * pair) / features), pair, scaling),
  );
}

/** Llama 3.1's rule as in `transformers`, `_compute_llama3_parameters`; linear: every frequency divided by the factor; each: by its pair's. */
function stretched(frequency: number, pair: number, scaling: RotaryScaling | undefined): number {
  if (scaling === undefined) return frequency;
  if (scaling.kind === "linear") return frequency / scaling.factor;
  if (scaling.kind === "each") return frequency / (scaling.factors[pair] ?? 1);
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  const turns = (originalContext * frequency) / (2 * Math.PI);
  if (turns < low) return frequency / factor;
  if (turns > high) return frequency;
  const smooth = (turns - low) / (high - low);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}
