import { randomNormalNumbers } from "../../tensor/random.ts";
import type { TransformerConfiguration } from "./configuration.ts";
import { parameterSpecifications, type Parameters } from "./parameters.ts";
import { sinusoids } from "./positions.ts";

/** How a new model's weights are drawn. */
export interface InitialisationOptions {
  /** The same seed gives the same weights. */
  readonly seed: number | string;
  /**
   * Standard deviation of maps, embeddings and positions. Default: 1/√embedding for maps (of each its own input size), 0.02 for tables when there is a norm,
   * 1/√embedding for tables without one.
   */
  readonly deviation?: number;
  /** Learned positions start as sines and cosines times this number instead of at random (the induction pilot: 0.5). */
  readonly sinusoidalPositions?: number;
}

/**
 * New weights for `configuration`: maps normal with deviation 1/√(inputs), those that write to the residual stream divided by √(2 · layers)
 * (Radford et al. 2019, section 2.3), gains 1, biases 0.
 */
export function initialParameters(
  configuration: TransformerConfiguration,
  options: InitialisationOptions,
): Parameters {
  const { seed, deviation, sinusoidalPositions } = options;
  const writers = Math.sqrt(2 * Math.max(1, configuration.layers));
  const table = configuration.norm === null ? 1 / Math.sqrt(configuration.embedding) : 0.02;
  const parameters = new Map<string, Float32Array>();
  for (const { name, axes, shape, start } of parameterSpecifications(configuration)) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (start === "zeros" || start === "ones") {
      parameters.set(name, new Float32Array(size).fill(start === "ones" ? 1 : 0));
      continue;
    }
    if (name.endsWith("W_position") && sinusoidalPositions !== undefined) {
      const wave = sinusoids(shape[0] ?? 0, configuration.embedding);
      parameters.set(
        name,
        wave.map((number) => number * sinusoidalPositions),
      );
      continue;
    }
    // W_O's inputs are all heads' values; every other map's inputs are its axis before the last.
    const inputs =
      axes.at(-1) === "embedding" && axes[0] === "head" ? size / (shape.at(-1) ?? 1) : (shape.at(-2) ?? 1);
    const scale =
      deviation ??
      (start === "embedding"
        ? table
        : start === "residual"
          ? 1 / Math.sqrt(inputs) / writers
          : 1 / Math.sqrt(inputs));
    const next = randomNormalNumbers(`${seed} ${name}`);
    parameters.set(
      name,
      Float32Array.from({ length: size }, () => next() * scale),
    );
  }
  return parameters;
}
