import { asStored, linear, linearHeads, linearOutput, zeros, type Arrangement } from "../arrangement.ts";
import type { ConfigReader } from "../config-reader.ts";
import { activation } from "./activation.ts";
import { namePrefix, unembeddingKind, unembeddingName, type Family, type StoredShapes } from "./family.ts";

/** What minGPT's configuration calls its sizes, in the field `model_type`. */
const MINGPT_SIZES = ["gpt-mini", "gpt-micro", "gpt-nano", "gopher-44m"];

/** minGPT has the tanh form of gelu where nanoGPT has the exact one. Only minGPT's configuration has a dropout for each place. */
const isMinGpt = (config: ConfigReader) =>
  config.has("block_size") &&
  (["mingpt", ...MINGPT_SIZES].includes(config.word("model_type", "")) || config.has("resid_pdrop"));

const UNEMBEDDING = "lm_head.weight";

/** What a whole language model writes before the names of its base model. */
const INNER = "transformer.";

/**
 * GPT-2 and its descendants in the same names: nanoGPT and minGPT, which store `Linear` weights where GPT-2 has `Conv1D`,
 * and may have no biases.
 * Source: transformers `modeling_gpt2.py`; nanoGPT `model.py`.
 */
export const gpt2: Family = {
  modelTypes: ["gpt2", "nanogpt", "mingpt", ...MINGPT_SIZES],
  unembedding: UNEMBEDDING,
  ignored: /\.attn\.(bias|masked_bias)$/,

  configuration(config, stored) {
    for (const field of ["scale_attn_by_inverse_layer_idx", "add_cross_attention"])
      if (config.flag(field, false))
        throw config.refuse(field, "false: that variant of GPT-2 is not supported");
    const embedding = config.count("n_embd");
    const isNano = config.has("block_size");
    return {
      vocabulary: stored.get(`${prefix(stored)}wte.weight`)?.[0] ?? config.count("vocab_size"),
      context: isNano
        ? config.count("block_size")
        : config.count("n_positions", config.has("n_ctx") ? config.count("n_ctx") : undefined),
      layers: config.count("n_layer"),
      heads: config.count("n_head"),
      embedding,
      feedForward: {
        neurons: config.count("n_inner", 4 * embedding),
        activation: activation(
          config,
          "activation_function",
          isNano && !isMinGpt(config) ? "gelu" : "gelu_new",
        ),
        biases: hasBiases(stored),
      },
      norm: { kind: "layer", place: "before", epsilon: config.number("layer_norm_epsilon", 1e-5) },
      positions: "learned",
      attentionBiases: hasBiases(stored),
      scoreScale: config.flag("scale_attn_weights", true)
        ? 1 / Math.sqrt(embedding / config.count("n_head"))
        : 1,
      // transformers ties a GPT-2 unless told otherwise, nanoGPT always; minGPT has an unembedding of its own and says nothing
      unembedding: unembeddingKind(config, stored, UNEMBEDDING, {
        isTied: !isMinGpt(config) && !(isNano && unembeddingName(stored, UNEMBEDDING)),
        isWhole: prefix(stored).endsWith(INNER),
      }),
    };
  },

  parameters(configuration, stored) {
    const { embedding, heads, feature, vocabulary, context, layers, feedForward } = configuration;
    const neurons = feedForward?.neurons ?? 0;
    const start = prefix(stored);
    const isLinear = stored.get(`${start}h.0.attn.c_attn.weight`)?.[0] === 3 * embedding;
    const isBiased = hasBiases(stored);
    const norm = (name: string, from: string): [string, Arrangement][] => [
      [`${name}.gain`, asStored(`${from}.weight`, embedding)],
      [`${name}.bias`, isBiased ? asStored(`${from}.bias`, embedding) : zeros(embedding)],
    ];
    const parameters = new Map<string, Arrangement>([
      ["W_E", asStored(`${start}wte.weight`, vocabulary, embedding)],
      ["W_position", asStored(`${start}wpe.weight`, context, embedding)],
      ...norm("finalNorm", `${start}ln_f`),
    ]);
    const add = (name: string, arrangement: Arrangement) => parameters.set(name, arrangement);
    for (let layer = 0; layer < layers; layer++) {
      const block = `blocks.${layer}`;
      const from = `${start}h.${layer}`;
      for (const [name, arrangement] of norm(`${block}.attentionNorm`, `${from}.ln_1`))
        add(name, arrangement);
      for (const [name, arrangement] of norm(`${block}.feedForwardNorm`, `${from}.ln_2`))
        add(name, arrangement);
      for (const [part, letter] of ["Q", "K", "V"].entries()) {
        const weight = isLinear
          ? {
              ...linearHeads(`${from}.attn.c_attn.weight`, heads, embedding, feature),
              offset: part * embedding * embedding,
            }
          : {
              from: `${from}.attn.c_attn.weight`,
              offset: part * embedding,
              sizes: [heads, embedding, feature],
              strides: [feature, 3 * embedding, 1],
            };
        add(`${block}.attention.W_${letter}`, {
          ...weight,
          stored: isLinear ? [3 * embedding, embedding] : [embedding, 3 * embedding],
        });
        if (isBiased)
          add(`${block}.attention.b_${letter}`, {
            ...asStored(`${from}.attn.c_attn.bias`, embedding),
            stored: [3 * embedding],
            offset: part * embedding,
          });
      }
      const output = `${from}.attn.c_proj`;
      add(
        `${block}.attention.W_O`,
        isLinear
          ? linearOutput(`${output}.weight`, heads, feature, embedding)
          : asStored(`${output}.weight`, embedding, embedding),
      );
      if (isBiased) add(`${block}.attention.b_O`, asStored(`${output}.bias`, embedding));
      const map = (name: string, input: number, size: number) =>
        isLinear ? linear(name, input, size) : asStored(name, input, size);
      add(`${block}.feedForward.W_in`, map(`${from}.mlp.c_fc.weight`, embedding, neurons));
      if (isBiased) add(`${block}.feedForward.b_in`, asStored(`${from}.mlp.c_fc.bias`, neurons));
      add(`${block}.feedForward.W_out`, map(`${from}.mlp.c_proj.weight`, neurons, embedding));
      if (isBiased) add(`${block}.feedForward.b_out`, asStored(`${from}.mlp.c_proj.bias`, embedding));
    }
    if (configuration.unembedding === "own")
      add("W_U", linear(unembeddingName(stored, UNEMBEDDING) ?? UNEMBEDDING, embedding, vocabulary));
    return parameters;
  },
};

const prefix = (stored: StoredShapes) => namePrefix(stored, "wte.weight", INNER);

/** nanoGPT may be trained without biases, in norms too. */
const hasBiases = (stored: StoredShapes) => stored.has(`${prefix(stored)}ln_f.bias`);
