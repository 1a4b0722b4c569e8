import { asStored, linear, linearOutput, type Arrangement } from "../arrangement.ts";
import { activation } from "./activation.ts";
import { namePrefix, unembeddingKind, unembeddingName, type Family, type StoredShapes } from "./family.ts";
import { rotary } from "./rotary.ts";

const UNEMBEDDING = "embed_out.weight";

/** What a whole language model writes before the names of its base model. */
const INNER = "gpt_neox.";

/**
 * GPT-NeoX and Pythia: parallel residual, rotation of a quarter of the features, queries, keys and values fused head by head.
 * Source: transformers `modeling_gpt_neox.py`.
 */
export const neox: Family = {
  modelTypes: ["gpt_neox"],
  unembedding: UNEMBEDDING,
  ignored: /\.(attention\.(bias|masked_bias)|rotary_emb\.inv_freq)$/,

  configuration(config, stored) {
    const embedding = config.count("hidden_size");
    const heads = config.count("num_attention_heads");
    const hasBias = config.flag("attention_bias", true);
    return {
      vocabulary: stored.get(`${prefix(stored)}embed_in.weight`)?.[0] ?? config.count("vocab_size"),
      context: config.count("max_position_embeddings"),
      layers: config.count("num_hidden_layers"),
      heads,
      embedding,
      feedForward: {
        neurons: config.count("intermediate_size"),
        activation: activation(config, "hidden_act", "gelu"),
        biases: true,
      },
      norm: { kind: "layer", place: "before", epsilon: config.number("layer_norm_eps", 1e-5) },
      residual: config.flag("use_parallel_residual", true) ? "parallel" : "sequential",
      positions: rotary(config, embedding / heads, "rotary_pct", 0.25, "rotary_emb_base"),
      attentionBiases: { queryKeyValue: hasBias, output: hasBias },
      unembedding: unembeddingKind(config, stored, UNEMBEDDING, {
        isTied: false,
        isWhole: prefix(stored).endsWith(INNER),
      }),
    };
  },

  parameters(
    { embedding, heads, feature, vocabulary, layers, feedForward, unembedding, attentionBiases },
    stored,
  ) {
    const neurons = feedForward?.neurons ?? 0;
    const start = prefix(stored);
    const parameters = new Map<string, Arrangement>([
      ["W_E", asStored(`${start}embed_in.weight`, vocabulary, embedding)],
    ]);
    const norm = (name: string, from: string) => {
      parameters.set(`${name}.gain`, asStored(`${from}.weight`, embedding));
      parameters.set(`${name}.bias`, asStored(`${from}.bias`, embedding));
    };
    norm("finalNorm", `${start}final_layer_norm`);
    for (let layer = 0; layer < layers; layer++) {
      const block = `blocks.${layer}`;
      const from = `${start}layers.${layer}`;
      norm(`${block}.attentionNorm`, `${from}.input_layernorm`);
      norm(`${block}.feedForwardNorm`, `${from}.post_attention_layernorm`);
      for (const [part, letter] of ["Q", "K", "V"].entries()) {
        parameters.set(`${block}.attention.W_${letter}`, {
          from: `${from}.attention.query_key_value.weight`,
          stored: [3 * heads * feature, embedding],
          offset: part * feature * embedding,
          sizes: [heads, embedding, feature],
          strides: [3 * feature * embedding, 1, embedding],
        });
        if (attentionBiases.queryKeyValue)
          parameters.set(`${block}.attention.b_${letter}`, {
            from: `${from}.attention.query_key_value.bias`,
            stored: [3 * heads * feature],
            offset: part * feature,
            sizes: [heads, feature],
            strides: [3 * feature, 1],
          });
      }
      parameters.set(
        `${block}.attention.W_O`,
        linearOutput(`${from}.attention.dense.weight`, heads, feature, embedding),
      );
      if (attentionBiases.output)
        parameters.set(`${block}.attention.b_O`, asStored(`${from}.attention.dense.bias`, embedding));
      parameters.set(
        `${block}.feedForward.W_in`,
        linear(`${from}.mlp.dense_h_to_4h.weight`, embedding, neurons),
      );
      parameters.set(`${block}.feedForward.b_in`, asStored(`${from}.mlp.dense_h_to_4h.bias`, neurons));
      parameters.set(
        `${block}.feedForward.W_out`,
        linear(`${from}.mlp.dense_4h_to_h.weight`, neurons, embedding),
      );
      parameters.set(`${block}.feedForward.b_out`, asStored(`${from}.mlp.dense_4h_to_h.bias`, embedding));
    }
    if (unembedding === "own")
      parameters.set(
        "W_U",
        linear(unembeddingName(stored, UNEMBEDDING) ?? UNEMBEDDING, embedding, vocabulary),
      );
    return parameters;
  },
};

const prefix = (stored: StoredShapes) => namePrefix(stored, "embed_in.weight", INNER);
