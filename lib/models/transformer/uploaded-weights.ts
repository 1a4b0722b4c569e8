import type { Arithmetic, Numbers } from "../../backend/operations/index.ts";
import type { TransformerConfiguration } from "./configuration.ts";
import type { Weights } from "./forward.ts";
import { parameterSpecifications, type Parameters, type ParameterSpecification } from "./parameters.ts";
import { sinusoids } from "./positions.ts";

/**
 * The parameters as tensors of TensorFlow.js, in the layout that {@link Weights} describes; they live until `dispose`.
 * Sinusoidal positions are among them, as a constant.
 */
export class UploadedWeights {
  readonly weights: Weights;

  constructor({ tf }: Arithmetic, configuration: TransformerConfiguration, parameters: Parameters) {
    const weights = new Map<string, Numbers>();
    for (const specification of parameterSpecifications(configuration)) {
      const data = parameters.get(specification.name) ?? new Float32Array();
      weights.set(specification.name, tf.tensor(arranged(specification, data), arrangedShape(specification)));
    }
    if (configuration.positions.kind === "sinusoidal") {
      const rows = configuration.context + configuration.positions.offset;
      weights.set(
        "sinusoids",
        tf.tensor(sinusoids(rows, configuration.embedding), [rows, configuration.embedding]),
      );
    }
    for (const weight of weights.values()) tf.keep(weight);
    this.weights = weights;
  }

  dispose(): void {
    for (const weight of this.weights.values()) weight.dispose();
  }
}

/** Whether a parameter is a map from the residual stream into heads: W_Q, W_K, W_V. */
function isHeadMap({ axes }: ParameterSpecification): boolean {
  return axes.length === 3 && axes[1] === "embedding";
}

/** The shape in the arithmetic of a parameter. */
function arrangedShape(specification: ParameterSpecification): number[] {
  const [first = 1, second = 1, third = 1] = specification.shape;
  if (isHeadMap(specification)) return [second, first * third];
  if (specification.shape.length === 3) return [first * second, third];
  return specification.axes.length === 2 &&
    specification.axes[1] !== "embedding" &&
    specification.name.includes(".b_")
    ? [first * second]
    : [...specification.shape];
}

/** A parameter's numbers as the arithmetic wants them: [head, embedding, feature] becomes [embedding, head × feature]. */
function arranged(specification: ParameterSpecification, data: Float32Array): Float32Array {
  const [heads = 1, embedding = 1, size = 1] = specification.shape;
  return isHeadMap(specification) ? swapped(data, heads, embedding, size) : data;
}

/** The way back: numbers of the arithmetic in the contract's layout. */
export function unarranged(specification: ParameterSpecification, data: Float32Array): Float32Array {
  const [heads = 1, embedding = 1, size = 1] = specification.shape;
  return isHeadMap(specification) ? swapped(data, embedding, heads, size) : data;
}

/** [a, b, size] as [b, a, size]. */
function swapped(data: Float32Array, a: number, b: number, size: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) {
      const from = (i * b + j) * size;
      result.set(data.subarray(from, from + size), (j * a + i) * size);
    }
  return result;
}
