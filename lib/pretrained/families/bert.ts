import { asStored, linear, linearHeads, linearOutput, type Arrangement } from "../arrangement.ts";
import { activation } from "./activation.ts";
import { namePrefix, type Family, type StoredShapes } from "./family.ts";

/**
 * BERT-like encoders (BERT, MiniLM): post-norm, learned positions, token types, no logits.
 * Source: transformers `modeling_bert.py`.
 */
export const bert: Family = {
  modelTypes: ["bert"],
  ignored: /\.position_ids$/,

  configuration(config, stored) {
    if (config.flag("is_decoder", false))
      throw config.refuse("is_decoder", "false: BERT as a decoder is not supported");
    const kind = config.word("position_embedding_type", "absolute");
    if (kind !== "absolute") throw config.refuse("position_embedding_type", '"absolute"');
    return {
      kind: "encoder",
      vocabulary:
        stored.get(`${prefix(stored)}embeddings.word_embeddings.weight`)?.[0] ?? config.count("vocab_size"),
      context: config.count("max_position_embeddings"),
      layers: config.count("num_hidden_layers"),
      heads: config.count("num_attention_heads"),
      embedding: config.count("hidden_size"),
      feedForward: {
        neurons: config.count("intermediate_size"),
        activation: activation(config, "hidden_act", "gelu"),
        biases: true,
      },
      norm: { kind: "layer", place: "after", epsilon: config.number("layer_norm_eps", 1e-12) },
      embeddingNorm: true,
      finalNorm: false,
      positions: "learned",
      segments: config.count("type_vocab_size", 2),
      attentionBiases: true,
      unembedding: "none",
    };
  },

  parameters({ embedding, heads, feature, vocabulary, context, segments, layers, feedForward }, stored) {
    const neurons = feedForward?.neurons ?? 0;
    const start = prefix(stored);
    const parameters = new Map<string, Arrangement>([
      ["W_E", asStored(`${start}embeddings.word_embeddings.weight`, vocabulary, embedding)],
      ["W_position", asStored(`${start}embeddings.position_embeddings.weight`, context, embedding)],
      ["W_segment", asStored(`${start}embeddings.token_type_embeddings.weight`, segments, embedding)],
    ]);
    const norm = (name: string, from: string) => {
      // Google's first checkpoints say gamma and beta
      const isOld = stored.has(`${from}.gamma`);
      parameters.set(`${name}.gain`, asStored(`${from}.${isOld ? "gamma" : "weight"}`, embedding));
      parameters.set(`${name}.bias`, asStored(`${from}.${isOld ? "beta" : "bias"}`, embedding));
    };
    norm("embeddingNorm", `${start}embeddings.LayerNorm`);
    for (let layer = 0; layer < layers; layer++) {
      const block = `blocks.${layer}`;
      const from = `${start}encoder.layer.${layer}`;
      norm(`${block}.attentionNorm`, `${from}.attention.output.LayerNorm`);
      norm(`${block}.feedForwardNorm`, `${from}.output.LayerNorm`);
      for (const [letter, name] of [
        ["Q", "query"],
        ["K", "key"],
        ["V", "value"],
      ] as const) {
        const map = `${from}.attention.self.${name}`;
        parameters.set(
          `${block}.attention.W_${letter}`,
          linearHeads(`${map}.weight`, heads, embedding, feature),
        );
        parameters.set(`${block}.attention.b_${letter}`, asStored(`${map}.bias`, embedding));
      }
      const output = `${from}.attention.output.dense`;
      parameters.set(`${block}.attention.W_O`, linearOutput(`${output}.weight`, heads, feature, embedding));
      parameters.set(`${block}.attention.b_O`, asStored(`${output}.bias`, embedding));
      parameters.set(
        `${block}.feedForward.W_in`,
        linear(`${from}.intermediate.dense.weight`, embedding, neurons),
      );
      parameters.set(`${block}.feedForward.b_in`, asStored(`${from}.intermediate.dense.bias`, neurons));
      parameters.set(`${block}.feedForward.W_out`, linear(`${from}.output.dense.weight`, neurons, embedding));
      parameters.set(`${block}.feedForward.b_out`, asStored(`${from}.output.dense.bias`, embedding));
    }
    return parameters;
  },
};

const prefix = (stored: StoredShapes) => namePrefix(stored, "embeddings.word_embeddings.weight", "bert.");
