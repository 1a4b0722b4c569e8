import type { Tensor } from "../../tensor/index.ts";
import type { LayerWeights } from "../attention/weights.ts";
import { transformerOf, type Transformer, type TransformerOptions } from "../transformer/index.ts";
import type { HandMadeModel } from "./hand-made-model.ts";

/**
 * A hand-made model as a transformer like any other: the same weights (in single precision), filled up with zeros so
 * that all layers have the same sizes. It can then be looked into with the tools for trained models, and trained on.
 * Sentences begin with the start token here, which the hand-made model puts in front by itself.
 *
 * @example
 * const transformer = await transformerFromSpecification(model);
 * transformer.run(["<start>", "a", "b", "a"], { keep: ["blocks.1.pattern"] })
 */
export async function transformerFromSpecification(model: HandMadeModel): Promise<Transformer> {
  const { W_E, W_P, W_U, layers } = model.weights;
  const largest = (size: (layer: LayerWeights) => number): number => Math.max(1, ...layers.map(size));
  const heads = largest(({ attention }) => attention.W_Q.sizeOf("head"));
  const feature = largest(({ attention }) => attention.W_Q.sizeOf("feature"));
  const value = largest(({ attention }) => attention.W_V.sizeOf("value"));
  const neurons = Math.max(0, ...layers.map((layer) => layer.feedForward?.W_in.sizeOf("neuron") ?? 0));
  const embedding = model.space.width;

  const parameters = new Map<string, Float32Array>();
  const add = (
    name: string,
    weights: Tensor<readonly string[]> | undefined,
    shape: readonly number[],
  ): void => {
    parameters.set(name, padded(weights, shape));
  };
  add("W_E", W_E, W_E.shape);
  add("W_position", W_P, W_P.shape);
  for (const [number, { attention, feedForward }] of layers.entries()) {
    const block = `blocks.${number}`;
    // Its scores are divided by the square root of the filled-up size here.
    const W_Q = attention.W_Q.times(Math.sqrt(feature / attention.W_Q.sizeOf("feature")));
    add(`${block}.attention.W_Q`, W_Q, [heads, embedding, feature]);
    add(`${block}.attention.W_K`, attention.W_K, [heads, embedding, feature]);
    add(`${block}.attention.W_V`, attention.W_V, [heads, embedding, value]);
    add(`${block}.attention.W_O`, attention.W_O, [heads, value, embedding]);
    if (neurons === 0) continue;
    add(`${block}.feedForward.W_in`, feedForward?.W_in, [embedding, neurons]);
    add(`${block}.feedForward.b_in`, feedForward?.b_in, [neurons]);
    add(`${block}.feedForward.W_out`, feedForward?.W_out, [neurons, embedding]);
    add(`${block}.feedForward.b_out`, feedForward?.b_out, [embedding]);
  }
  add("W_U", W_U, W_U.shape);

  const options: TransformerOptions = {
    vocabulary: model.vocabulary.size,
    context: W_P.sizeOf("position"),
    layers: layers.length,
    heads,
    embedding,
    feature,
    value,
    ...(neurons > 0 ? { feedForward: { kind: "plain", neurons, activation: "relu", biases: true } } : {}),
  };
  return transformerOf(options, parameters, { vocabulary: model.vocabulary });
}

/** The numbers in the first places of a larger array of zeros. */
function padded(weights: Tensor<readonly string[]> | undefined, shape: readonly number[]): Float32Array {
  const result = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (weights === undefined) return result;
  for (let cell = 0; cell < weights.size; cell++) {
    let rest = cell;
    let to = 0;
    for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
      const size = weights.shape[axis] ?? 1;
      to += (rest % size) * stride;
      rest = Math.floor(rest / size);
      stride *= shape[axis] ?? 1;
    }
    result[to] = weights.data[cell] ?? 0;
  }
  return result;
}
