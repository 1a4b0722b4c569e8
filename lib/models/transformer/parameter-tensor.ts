import { tensor, type Tensor } from "../../tensor/index.ts";
import type { TransformerConfiguration } from "./configuration.ts";
import { WeightsError } from "./errors.ts";
import { layerOfHook } from "./hook-tensors.ts";
import { parameterSpecifications, type Parameters } from "./parameters.ts";

/** A parameter as a named tensor with labels; shared key heads are repeated, so that the axis `head` is the same everywhere. */
export function parameterTensor(
  configuration: TransformerConfiguration,
  parameters: Parameters,
  name: string,
  words: { readonly vocabulary: readonly string[]; readonly sourceVocabulary: readonly string[] },
): Tensor<readonly string[]> {
  const specification = parameterSpecifications(configuration).find((each) => each.name === name);
  const data = parameters.get(name);
  if (specification === undefined || data === undefined) {
    throw new WeightsError(name, "this model has none of that name; `model.parameters.keys()` lists them.");
  }
  const { heads, keyHeads } = configuration;
  const isShared = specification.axes[0] === "keyHead";
  const axes = specification.axes.map((axis) => (axis === "keyHead" ? "head" : axis));
  const shape = isShared ? [heads, ...specification.shape.slice(1)] : [...specification.shape];
  const layer = layerOfHook(name);
  const labels: Record<string, readonly string[]> = {};
  if (axes.includes("vocabulary")) {
    labels["vocabulary"] = name.startsWith("encoder.") ? words.sourceVocabulary : words.vocabulary;
  }
  if (axes.includes("head") && layer !== undefined) {
    labels["head"] = Array.from({ length: heads }, (_, head) => `head ${layer}.${head}`);
  }
  const numbers = isShared ? repeated(data, keyHeads, heads / keyHeads) : data;
  return tensor(axes, numbers, { shape, labels, copy: false }).named(name) as Tensor<readonly string[]>;
}

function repeated(data: Float32Array, parts: number, times: number): Float32Array {
  if (times === 1) return data;
  const size = data.length / parts;
  const result = new Float32Array(data.length * times);
  for (let part = 0; part < parts; part++)
    for (let copy = 0; copy < times; copy++) {
      result.set(data.subarray(part * size, (part + 1) * size), (part * times + copy) * size);
    }
  return result;
}
