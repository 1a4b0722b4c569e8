import { asStored, linear, linearHeads, linearOutput, type Arrangement } from "../arrangement.ts";
import { activation } from "./activation.ts";
import { namePrefix, unembeddingName, type Family, type StoredShapes } from "./family.ts";
import { rotary } from "./rotary.ts";

/**
 * Llama and what is built like it (SmolLM2, Mistral, Qwen2, Qwen3): root-mean-square norm, rotary positions, grouped keys,
 * gated feed-forward.
 * Source: transformers `modeling_llama.py`, `modeling_qwen2.py`, `modeling_qwen3.py`.
 */
export const llama: Family = {
  modelTypes: ["llama", "mistral", "qwen2", "qwen3"],
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
        biases: stored.has(`${prefix(stored)}layers.0.mlp.up_proj.bias`),
      },
      norm: { kind: "root-mean-square", place: "before", epsilon: config.number("rms_norm_eps", 1e-6) },
      positions: rotary(config, feature, "partial_rotary_factor", 1, "rope_theta"),
      attentionBiases: {
        queryKeyValue: stored.has(`${first}.q_proj.bias`),
        output: stored.has(`${first}.o_proj.bias`),
      },
      queryKeyNorm: stored.has(`${first}.q_norm.weight`),
      unembedding:
        config.flag("tie_word_embeddings", false) || !unembeddingName(stored, UNEMBEDDING) ? "tied" : "own",
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

const UNEMBEDDING = "lm_head.weight";

const prefix = (stored: StoredShapes) => namePrefix(stored, "embed_tokens.weight", "model.");
