import { asStored, linear, linearHeads, linearOutput, type Arrangement } from "../arrangement.ts";
import type { ConfigReader } from "../config-reader.ts";
import { activation } from "./activation.ts";
import { namePrefix, unembeddingKind, unembeddingName, type Family, type StoredShapes } from "./family.ts";
import { rotary } from "./rotary.ts";

const UNEMBEDDING = "lm_head.weight";

/** What a whole language model writes before the names of its base model. */
const INNER = "model.";

/**
 * Llama and what is built like it (SmolLM2, Mistral, Qwen2, Qwen3): root-mean-square norm, rotary positions, grouped keys,
 * gated feed-forward.
 * Source: transformers `modeling_llama.py`, `modeling_qwen2.py`, `modeling_qwen3.py`.
 */
export const llama: Family = {
  modelTypes: ["llama", "mistral", "qwen2", "qwen3"],
  unembedding: UNEMBEDDING,
  ignored: /\.rotary_emb\.inv_freq$/,

  configuration(config, stored) {
    const embedding = config.count("hidden_size");
    const heads = config.count("num_attention_heads");
    const feature = config.count("head_dim", embedding / heads);
    const context = config.count("max_position_embeddings");
    const hasWindow =
      config.flag("use_sliding_window", config.has("sliding_window")) && config.has("sliding_window");
    if (hasWindow && config.count("sliding_window") < context)
      throw config.refuse(
        "sliding_window",
        `null, or at least max_position_embeddings (${context}): attention in a window is not supported`,
      );
    // transformers' Llama turns all features whatever this field says; a GGUF header's share is `turning_share`
    for (const reader of [config, config.nested("rope_parameters"), config.nested("rope_scaling")])
      if (reader.number("partial_rotary_factor", 1) !== 1)
        throw reader.refuse("partial_rotary_factor", "1: a part of the features turning is not supported");
    const first = `${prefix(stored)}layers.0.self_attn`;
    return {
      vocabulary: stored.get(`${prefix(stored)}embed_tokens.weight`)?.[0] ?? config.count("vocab_size"),
      context,
      layers: config.count("num_hidden_layers"),
      heads,
      keyHeads: config.count("num_key_value_heads", heads),
      embedding,
      feature,
      feedForward: {
        kind: "gated",
        neurons: config.count("intermediate_size"),
        activation: activation(config, "hidden_act", "silu"),
        biases: hasBias(config, stored, "mlp_bias", `${prefix(stored)}layers.0.mlp.up_proj.bias`),
      },
      norm: { kind: "root-mean-square", place: "before", epsilon: config.number("rms_norm_eps", 1e-6) },
      positions: rotary(config, feature, "turning_share", 1, "rope_theta"),
      attentionBiases: {
        queryKeyValue: hasBias(config, stored, "attention_bias", `${first}.q_proj.bias`),
        output: hasBias(config, stored, "attention_bias", `${first}.o_proj.bias`),
      },
      queryKeyNorm: stored.has(`${first}.q_norm.weight`),
      unembedding: unembeddingKind(config, stored, UNEMBEDDING, {
        isTied: false,
        isWhole: prefix(stored).endsWith(INNER),
      }),
    };
  },

  parameters(configuration, stored) {
    const { embedding, heads, keyHeads, feature, vocabulary, layers, feedForward, attentionBiases } =
      configuration;
    const neurons = feedForward?.neurons ?? 0;
    const start = prefix(stored);
    const parameters = new Map<string, Arrangement>([
      ["W_E", asStored(`${start}embed_tokens.weight`, vocabulary, embedding)],
      ["finalNorm.gain", asStored(`${start}norm.weight`, embedding)],
    ]);
    for (let layer = 0; layer < layers; layer++) {
      const block = `blocks.${layer}`;
      const from = `${start}layers.${layer}`;
      const add = (name: string, arrangement: Arrangement) => parameters.set(`${block}.${name}`, arrangement);
      add("attentionNorm.gain", asStored(`${from}.input_layernorm.weight`, embedding));
      add("feedForwardNorm.gain", asStored(`${from}.post_attention_layernorm.weight`, embedding));
      for (const [letter, count] of [
        ["Q", heads],
        ["K", keyHeads],
        ["V", keyHeads],
      ] as const) {
        const projection = `${from}.self_attn.${letter.toLowerCase()}_proj`;
        add(`attention.W_${letter}`, linearHeads(`${projection}.weight`, count, embedding, feature));
        if (attentionBiases.queryKeyValue)
          add(`attention.b_${letter}`, {
            ...asStored(`${projection}.bias`, count * feature),
            sizes: [count, feature],
            strides: [feature, 1],
          });
      }
      if (configuration.queryKeyNorm) {
        add("attention.queryNorm.gain", asStored(`${from}.self_attn.q_norm.weight`, feature));
        add("attention.keyNorm.gain", asStored(`${from}.self_attn.k_norm.weight`, feature));
      }
      add("attention.W_O", linearOutput(`${from}.self_attn.o_proj.weight`, heads, feature, embedding));
      if (attentionBiases.output) add("attention.b_O", asStored(`${from}.self_attn.o_proj.bias`, embedding));
      add("feedForward.W_in", linear(`${from}.mlp.up_proj.weight`, embedding, neurons));
      add("feedForward.W_gate", linear(`${from}.mlp.gate_proj.weight`, embedding, neurons));
      add("feedForward.W_out", linear(`${from}.mlp.down_proj.weight`, neurons, embedding));
      if (feedForward?.biases) {
        add("feedForward.b_in", asStored(`${from}.mlp.up_proj.bias`, neurons));
        add("feedForward.b_gate", asStored(`${from}.mlp.gate_proj.bias`, neurons));
        add("feedForward.b_out", asStored(`${from}.mlp.down_proj.bias`, embedding));
      }
    }
    if (configuration.unembedding === "own")
      parameters.set(
        "W_U",
        linear(unembeddingName(stored, UNEMBEDDING) ?? UNEMBEDDING, embedding, vocabulary),
      );
    return parameters;
  },
};

const prefix = (stored: StoredShapes) => namePrefix(stored, "embed_tokens.weight", INNER);

/** Whether the file has a bias that `config.json` may also speak of. */
function hasBias(config: ConfigReader, stored: StoredShapes, field: string, name: string): boolean {
  const isStored = stored.has(name);
  if (config.has(field) && config.flag(field, isStored) !== isStored)
    throw config.refuse(field, `${isStored}, since the file has ${isStored ? "a" : "no"} tensor ${name}`);
  return isStored;
}
