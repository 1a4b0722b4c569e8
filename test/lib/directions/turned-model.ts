import { transformerOf, type Transformer } from "../../../lib/models/transformer/index.ts";
import { inverse, randomNormal, tensor } from "../../../lib/tensor/index.ts";

/** The same function with every head's coordinates changed: (W_Q R, W_K R⁻ᵀ) and (W_V S, S⁻¹ W_O). Models without biases of attention. */
export async function turnedModel(model: Transformer, seed: number): Promise<Transformer> {
  const { layers, heads, embedding, feature, value } = model.configuration;
  const parameters = new Map(model.parameters);
  const change = (name: string, head: number, make: (part: Float64Array) => ArrayLike<number>) => {
    const stored = Float32Array.from(parameters.get(name) ?? []);
    const size = stored.length / heads;
    stored.set(
      Float32Array.from(make(Float64Array.from(stored.subarray(head * size, (head + 1) * size)))),
      head * size,
    );
    parameters.set(name, stored);
  };
  for (let layer = 0; layer < layers; layer++)
    for (let head = 0; head < heads; head++)
      for (const [into, back, size] of [
        ["W_Q", "W_K", feature],
        ["W_V", "W_O", value],
      ] as const) {
        const turn = randomNormal(["inner", "turned"], [size, size], {
          seed: `${seed} ${layer}.${head} ${into}`,
        });
        const undone = tensor(["turned", "inner"], inverse(turn).data.slice(), { shape: [size, size] });
        const name = `blocks.${layer}.attention`;
        change(`${name}.${into}`, head, (part) =>
          tensor(["embedding", "inner"], part, { shape: [embedding, size] })
            .dot(turn, "inner")
            .data.slice(),
        );
        change(`${name}.${back}`, head, (part) =>
          back === "W_K"
            ? tensor(["embedding", "inner"], part, { shape: [embedding, size] })
                .dot(undone, "inner")
                .data.slice()
            : undone
                .dot(tensor(["inner", "embedding"], part, { shape: [size, embedding] }), "inner")
                .data.slice(),
        );
      }
  return transformerOf(model.configuration, parameters, { vocabulary: model.vocabulary });
}
