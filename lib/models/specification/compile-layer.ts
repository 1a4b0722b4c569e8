import { stack, tensor, zeros, type Tensor } from "../../tensor/index.ts";
import type { AttentionWeights, FeedForwardLayerWeights, LayerWeights } from "../attention/weights.ts";
import { HeadSpecification } from "./head-specification.ts";
import { NeuronSpecification, type Condition } from "./neuron-specification.ts";
import type { ResidualSpace } from "./residual-space.ts";

/**
 * Heads and neurons of one layer as its weights; heads are filled up with zeros to the size of the largest.
 *
 * @param space the residual stream that they read and write
 */
export function compileLayer(
  space: ResidualSpace,
  layer: readonly (HeadSpecification | NeuronSpecification)[],
): LayerWeights {
  const heads = layer.filter((each) => each instanceof HeadSpecification);
  const neurons = layer.filter((each) => each instanceof NeuronSpecification);
  const attention = heads.length > 0 ? compileHeads(space, heads) : idleHead(space);
  return { attention, ...(neurons.length > 0 ? { feedForward: compileNeurons(space, neurons) } : {}) };
}

function compileHeads(space: ResidualSpace, heads: readonly HeadSpecification[]): AttentionWeights {
  const feature = Math.max(...heads.map((head) => head.scoreTerms(space).length));
  const value = Math.max(...heads.map((head) => head.valueTerms(space).length));
  const weights = heads.map((head) => head.weights(space, { feature, value }));
  const names = heads.map((head) => head.name);
  // What feature 3 is about differs from head to head, so that axis has no labels here.
  return {
    W_Q: stack(
      weights.map(({ W_Q }) => W_Q.withoutLabels("feature")),
      "head",
      names,
    ).named("W_Q"),
    W_K: stack(
      weights.map(({ W_K }) => W_K.withoutLabels("feature")),
      "head",
      names,
    ).named("W_K"),
    W_V: stack(
      weights.map(({ W_V }) => W_V.withoutLabels("value")),
      "head",
      names,
    ).named("W_V"),
    W_O: stack(
      weights.map(({ W_O }) => W_O.withoutLabels("value")),
      "head",
      names,
    ).named("W_O"),
  };
}

/** A head that moves nothing: for a layer of neurons alone. */
function idleHead(space: ResidualSpace): AttentionWeights {
  const labels = { head: ["idle"], embedding: space.labels };
  const read = (): Tensor<["head", "embedding", "feature"]> =>
    zeros(["head", "embedding", "feature"], [1, space.width, 1], { labels });
  return {
    W_Q: read(),
    W_K: read(),
    W_V: zeros(["head", "embedding", "value"], [1, space.width, 1], { labels }),
    W_O: zeros(["head", "value", "embedding"], [1, 1, space.width], { labels }),
  };
}

function compileNeurons(
  space: ResidualSpace,
  neurons: readonly NeuronSpecification[],
): FeedForwardLayerWeights {
  const count = neurons.length;
  const into = new Float64Array(space.width * count);
  const bias = new Float64Array(count);
  const out = new Float64Array(count * space.width);
  for (const [neuron, { description }] of neurons.entries()) {
    const weigh = (conditions: readonly Condition[], weight: number): void => {
      for (const { reading, word } of conditions)
        into[space.dimension(reading.block, word) * count + neuron] = weight;
    };
    weigh(description.firesOn, 1);
    weigh(description.unless, -1);
    bias[neuron] = 1 - description.firesOn.length;
    for (const [word, vote] of Object.entries(description.votes))
      out[neuron * space.width + space.dimension(description.to.block, word)] = vote;
  }
  const labels = { embedding: space.labels, neuron: neurons.map(({ name }) => name) };
  return {
    W_in: tensor(["embedding", "neuron"], into, { shape: [space.width, count], labels, name: "W_in" }),
    b_in: tensor(["neuron"], bias, { labels: { neuron: labels.neuron }, name: "b_in" }),
    W_out: tensor(["neuron", "embedding"], out, { shape: [count, space.width], labels, name: "W_out" }),
  };
}
