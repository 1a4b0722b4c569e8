import { Transformer } from "../models/transformer/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { heads } from "./head.ts";

/**
 * The same model with each head's W_V, W_O written by the singular directions of W_OV: W_V = U S, W_O = Vᵀ, the strongest first,
 * and, where neither rotation, norm nor bias stands between queries and keys, W_Q = U √S, W_K = V √S of W_QK.
 * Where several heads share a key head, or values have biases, nothing of that part is changed.
 *
 * One basis out of all that a head could have, the same whichever it had before, but for signs and singular values that are equal.
 * Source: TransformerLens' `refactor_factored_attn_matrices`.
 */
export function refactored(model: Transformer): Transformer {
  const { configuration, vocabulary, sourceVocabulary } = model;
  const {
    keyHeads,
    heads: perLayer,
    attentionBiases,
    positions,
    queryKeyNorm,
    value,
    feature,
  } = configuration;
  const parameters = new Map(model.parameters);
  const isShared = keyHeads !== perLayer;
  const valuesAreFree = !isShared && valueBiasesAreZero(model);
  const queriesAreFree =
    !isShared && !attentionBiases.queryKeyValue && positions.kind !== "rotary" && !queryKeyNorm;
  const write = (name: string, head: number, matrix: Tensor<readonly [string, string]>) => {
    const changed = Float32Array.from(parameters.get(name) ?? []);
    changed.set(Float32Array.from(matrix.data), head * matrix.size);
    parameters.set(name, changed);
  };
  for (const { layer, index, OV, QK } of heads(model)) {
    const weight = `blocks.${layer}.attention`;
    if (valuesAreFree && value <= configuration.embedding) {
      const { U, S, V } = OV.svd();
      write(`${weight}.W_V`, index, U.times(S));
      write(`${weight}.W_O`, index, V.transpose("component", "out"));
    }
    if (queriesAreFree && feature <= configuration.embedding) {
      const { U, S, V } = QK.svd();
      const root = S.map(Math.sqrt);
      write(`${weight}.W_Q`, index, U.times(root));
      write(`${weight}.W_K`, index, V.times(root));
    }
  }
  return new Transformer(configuration, parameters, { vocabulary, sourceVocabulary });
}

function valueBiasesAreZero({ parameters }: Transformer): boolean {
  return [...parameters].every(
    ([name, data]) => !name.endsWith(".b_V") || data.every((number) => number === 0),
  );
}
