import type { Arrangement } from "../arrangement.ts";
import { PretrainedError } from "../errors.ts";

/** Names of llama.cpp's tensors, block by block, and what transformers calls the same. Source: gguf-py `tensor_mapping.py`. */
const LLAMA: Readonly<Record<string, string>> = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
  attn_norm: "input_layernorm",
  ffn_norm: "post_attention_layernorm",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  attn_q_norm: "self_attn.q_norm",
  attn_k_norm: "self_attn.k_norm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
};

const GPT2: Readonly<Record<string, string>> = {
  token_embd: "transformer.wte",
  position_embd: "transformer.wpe",
  output_norm: "transformer.ln_f",
  output: "lm_head",
  attn_norm: "ln_1",
  ffn_norm: "ln_2",
  attn_qkv: "attn.c_attn",
  attn_output: "attn.c_proj",
  ffn_up: "mlp.c_fc",
  ffn_down: "mlp.c_proj",
};

/** An architecture of GGUF in the words of a `config.json`, with its tensors' names in transformers' words. */
export interface GgufTranslation {
  readonly config: Readonly<Record<string, unknown>>;
  /** transformers' name → the file's name. */
  readonly names: ReadonlyMap<string, string>;
  /** Undoes what llama.cpp's conversion did to a parameter, by the parameter's name in our contract. */
  readonly restore: (parameter: string, arrangement: Arrangement) => Arrangement;
}

/**
 * What a GGUF header says, as `config.json` would.
 * @param metadata the header's key–value pairs
 * @param frequencyFactors the tensor `rope_freqs.weight`, if there is one
 * @throws PretrainedError for an architecture that is not llama, qwen2, qwen3 or gpt2, or a missing key
 */
export function translateGguf(
  metadata: Readonly<Record<string, unknown>>,
  stored: Iterable<string>,
  frequencyFactors?: readonly number[],
): GgufTranslation {
  const architecture = metadata["general.architecture"];
  if (typeof architecture !== "string" || !["llama", "qwen2", "qwen3", "gpt2"].includes(architecture))
    throw new PretrainedError(
      `GGUF: general.architecture is ${JSON.stringify(architecture)}; expected llama, qwen2, qwen3 or gpt2`,
    );
  const isGpt2 = architecture === "gpt2";
  const words = isGpt2 ? GPT2 : LLAMA;
  const names = new Map<string, string>();
  for (const name of stored) {
    const [, layer, part, kind] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
    const word = part === undefined ? undefined : words[part];
    if (word === undefined) {
      // a part of a block that has no name here is not forgotten: the family refuses it
      if (layer !== undefined && part !== "attn_rot_embd") names.set(name, name);
      continue;
    }
    const block = layer === undefined ? "" : `${isGpt2 ? "transformer.h" : "model.layers"}.${layer}.`;
    names.set(`${block}${word}.${kind ?? ""}`, name);
  }
  const key = (name: string) => metadata[`${architecture}.${name}`];
  return {
    config: isGpt2
      ? {
          model_type: "gpt2",
          n_embd: key("embedding_length"),
          n_head: key("attention.head_count"),
          n_layer: key("block_count"),
          n_positions: key("context_length"),
          n_inner: key("feed_forward_length"),
          layer_norm_epsilon: key("attention.layer_norm_epsilon"),
          tie_word_embeddings: !names.has("lm_head.weight"),
        }
      : {
          model_type: architecture,
          hidden_size: key("embedding_length"),
          num_attention_heads: key("attention.head_count"),
          num_key_value_heads: key("attention.head_count_kv"),
          num_hidden_layers: key("block_count"),
          max_position_embeddings: key("context_length"),
          intermediate_size: key("feed_forward_length"),
          rms_norm_eps: key("attention.layer_norm_rms_epsilon"),
          head_dim: key("attention.key_length"),
          rope_theta: key("rope.freq_base"),
          turning_share: turningShare(key),
          rope_scaling: frequencyFactors
            ? { rope_type: "each", factors: frequencyFactors }
            : ropeScaling(key("rope.scaling.type"), key("rope.scaling.factor")),
          tie_word_embeddings: !names.has("lm_head.weight"),
        },
    names,
    // The conversion of `llama` (alone) reorders each head's query and key rows so that neighbours turn together.
    restore: (parameter, arrangement) =>
      architecture === "llama" && /\.[Wb]_[QK]$/.test(parameter)
        ? withoutNeighbours(arrangement)
        : arrangement,
  };
}

type Key = (name: string) => unknown;

/** The share of a head's features that turn, where the header says how many do. */
function turningShare(key: Key): number | undefined {
  const [turning, heads, embedding] = [
    "rope.dimension_count",
    "attention.head_count",
    "embedding_length",
  ].map((name) => Number(key(name)));
  const feature = Number(key("attention.key_length") ?? (embedding ?? 0) / (heads ?? 1));
  return turning !== undefined && turning > 0 && turning < feature ? turning / feature : undefined;
}

/** Any other type than none and linear is passed on, for the family to refuse it. */
function ropeScaling(type: unknown, factor: unknown) {
  return type === undefined || type === "none" ? undefined : { rope_type: type, factor };
}

/** The last axis (a head's features) out of rows in the order 0, d/2, 1, d/2 + 1, … */
function withoutNeighbours(arrangement: Arrangement): Arrangement {
  const features = arrangement.sizes.at(-1) ?? 0;
  const row = arrangement.strides.at(-1) ?? 0;
  return {
    ...arrangement,
    sizes: [...arrangement.sizes.slice(0, -1), 2, features / 2],
    strides: [...arrangement.strides.slice(0, -1), row, 2 * row],
  };
}
