import { readFileSync } from "node:fs";
import {
  readSafetensors,
  transformerConfiguration,
  transformerOf,
  type Transformer,
  type TransformerConfiguration,
} from "../../../../lib/models/transformer/index.ts";

/** What `transformers` computed for a fixture: see test/fixtures/models/make.py. */
export interface Expected {
  readonly tokens: number[][];
  readonly hidden: number[][][][];
  readonly attention: number[][][][][];
  readonly logits?: number[][][];
  readonly loss?: number;
}

export type FixtureName = "gpt2-tiny" | "neox-tiny" | "llama-tiny" | "bert-tiny";

const FOLDER = new URL("../../../fixtures/models/", import.meta.url);

const CONFIGURATIONS: Record<FixtureName, TransformerConfiguration> = {
  "gpt2-tiny": transformerConfiguration({
    vocabulary: 61,
    context: 16,
    layers: 3,
    heads: 4,
    embedding: 24,
    feedForward: true,
    norm: true,
    attentionBiases: true,
    unembedding: "tied",
  }),
  "neox-tiny": transformerConfiguration({
    vocabulary: 61,
    context: 16,
    layers: 2,
    heads: 4,
    embedding: 32,
    feedForward: { neurons: 64, activation: "gelu" },
    norm: true,
    attentionBiases: true,
    residual: "parallel",
    positions: { kind: "rotary", features: 2 },
  }),
  "llama-tiny": transformerConfiguration({
    vocabulary: 61,
    context: 16,
    layers: 2,
    heads: 4,
    keyHeads: 2,
    embedding: 32,
    feedForward: { kind: "gated", neurons: 48 },
    norm: { kind: "root-mean-square", epsilon: 1e-6 },
    positions: "rotary",
    unembedding: "tied",
  }),
  "bert-tiny": transformerConfiguration({
    kind: "encoder",
    vocabulary: 61,
    context: 16,
    layers: 2,
    heads: 3,
    embedding: 24,
    feedForward: { neurons: 48, activation: "gelu" },
    norm: { place: "after", epsilon: 1e-12 },
    embeddingNorm: true,
    segments: 2,
    attentionBiases: true,
    unembedding: "none",
  }),
};

/** What is stored under `name`, with columns from `from` to `to` where several maps share one tensor. */
type Read = (name: string) => Promise<{ data: Float32Array; shape: readonly number[] }>;

/** Reads a fixture and maps its names to the weights contract, independently of lib/pretrained. */
export async function loadFixture(name: FixtureName): Promise<{ model: Transformer; expected: Expected }> {
  const expected = JSON.parse(readFileSync(new URL(`${name}/expected.json`, FOLDER), "utf8")) as Expected;
  const { tensors } = readSafetensors(readFileSync(new URL(`${name}/model.safetensors`, FOLDER)));
  const read: Read = (stored) => {
    const tensor = tensors.get(stored);
    return tensor === undefined ? Promise.reject(new Error(`no ${stored}`)) : Promise.resolve(tensor);
  };
  const c = CONFIGURATIONS[name];
  const parameters = new Map<string, Float32Array>();
  await MAPPINGS[name](read, c, (parameter, data) => parameters.set(parameter, data));
  return { model: await transformerOf(c, parameters), expected };
}

type Set = (parameter: string, data: Float32Array) => void;

const MAPPINGS: Record<FixtureName, (read: Read, c: TransformerConfiguration, set: Set) => Promise<void>> = {
  async "gpt2-tiny"(read, c, set) {
    set("W_E", (await read("transformer.wte.weight")).data);
    set("W_position", (await read("transformer.wpe.weight")).data);
    for (let n = 0; n < c.layers; n++) {
      const [from, to] = [`transformer.h.${n}`, `blocks.${n}`];
      await norm(read, set, `${from}.ln_1`, `${to}.attentionNorm`);
      await norm(read, set, `${from}.ln_2`, `${to}.feedForwardNorm`);
      const weight = (await read(`${from}.attn.c_attn.weight`)).data;
      const bias = (await read(`${from}.attn.c_attn.bias`)).data;
      for (const [part, letter] of ["Q", "K", "V"].entries()) {
        set(
          `${to}.attention.W_${letter}`,
          heads(c.heads, c.embedding, c.feature, (h, e, f) => weight[e * 72 + part * 24 + h * 6 + f] ?? NaN),
        );
        set(`${to}.attention.b_${letter}`, bias.slice(part * 24, part * 24 + 24));
      }
      set(`${to}.attention.W_O`, (await read(`${from}.attn.c_proj.weight`)).data);
      set(`${to}.attention.b_O`, (await read(`${from}.attn.c_proj.bias`)).data);
      set(`${to}.feedForward.W_in`, (await read(`${from}.mlp.c_fc.weight`)).data);
      set(`${to}.feedForward.b_in`, (await read(`${from}.mlp.c_fc.bias`)).data);
      set(`${to}.feedForward.W_out`, (await read(`${from}.mlp.c_proj.weight`)).data);
      set(`${to}.feedForward.b_out`, (await read(`${from}.mlp.c_proj.bias`)).data);
    }
    await norm(read, set, "transformer.ln_f", "finalNorm");
  },
  async "neox-tiny"(read, c, set) {
    set("W_E", (await read("gpt_neox.embed_in.weight")).data);
    for (let n = 0; n < c.layers; n++) {
      const [from, to] = [`gpt_neox.layers.${n}`, `blocks.${n}`];
      await norm(read, set, `${from}.input_layernorm`, `${to}.attentionNorm`);
      await norm(read, set, `${from}.post_attention_layernorm`, `${to}.feedForwardNorm`);
      const weight = (await read(`${from}.attention.query_key_value.weight`)).data;
      const bias = (await read(`${from}.attention.query_key_value.bias`)).data;
      for (const [part, letter] of ["Q", "K", "V"].entries()) {
        // Rows: head, then query/key/value, then feature.
        set(
          `${to}.attention.W_${letter}`,
          heads(4, 32, 8, (h, e, f) => weight[((h * 3 + part) * 8 + f) * 32 + e] ?? NaN),
        );
        set(
          `${to}.attention.b_${letter}`,
          heads(4, 1, 8, (h, _, f) => bias[(h * 3 + part) * 8 + f] ?? NaN),
        );
      }
      set(`${to}.attention.W_O`, transposed(await read(`${from}.attention.dense.weight`)));
      set(`${to}.attention.b_O`, (await read(`${from}.attention.dense.bias`)).data);
      set(`${to}.feedForward.W_in`, transposed(await read(`${from}.mlp.dense_h_to_4h.weight`)));
      set(`${to}.feedForward.b_in`, (await read(`${from}.mlp.dense_h_to_4h.bias`)).data);
      set(`${to}.feedForward.W_out`, transposed(await read(`${from}.mlp.dense_4h_to_h.weight`)));
      set(`${to}.feedForward.b_out`, (await read(`${from}.mlp.dense_4h_to_h.bias`)).data);
    }
    await norm(read, set, "gpt_neox.final_layer_norm", "finalNorm");
    set("W_U", transposed(await read("embed_out.weight")));
  },
  async "llama-tiny"(read, c, set) {
    set("W_E", (await read("model.embed_tokens.weight")).data);
    for (let n = 0; n < c.layers; n++) {
      const [from, to] = [`model.layers.${n}`, `blocks.${n}`];
      set(`${to}.attentionNorm.gain`, (await read(`${from}.input_layernorm.weight`)).data);
      set(`${to}.feedForwardNorm.gain`, (await read(`${from}.post_attention_layernorm.weight`)).data);
      for (const [letter, count] of [
        ["Q", 4],
        ["K", 2],
        ["V", 2],
      ] as const) {
        const { data } = await read(`${from}.self_attn.${letter.toLowerCase()}_proj.weight`);
        set(
          `${to}.attention.W_${letter}`,
          heads(count, 32, 8, (h, e, f) => data[(h * 8 + f) * 32 + e] ?? NaN),
        );
      }
      set(`${to}.attention.W_O`, transposed(await read(`${from}.self_attn.o_proj.weight`)));
      set(`${to}.feedForward.W_in`, transposed(await read(`${from}.mlp.up_proj.weight`)));
      set(`${to}.feedForward.W_gate`, transposed(await read(`${from}.mlp.gate_proj.weight`)));
      set(`${to}.feedForward.W_out`, transposed(await read(`${from}.mlp.down_proj.weight`)));
    }
    set("finalNorm.gain", (await read("model.norm.weight")).data);
  },
  async "bert-tiny"(read, c, set) {
    set("W_E", (await read("embeddings.word_embeddings.weight")).data);
    set("W_position", (await read("embeddings.position_embeddings.weight")).data);
    set("W_segment", (await read("embeddings.token_type_embeddings.weight")).data);
    await norm(read, set, "embeddings.LayerNorm", "embeddingNorm");
    for (let n = 0; n < c.layers; n++) {
      const [from, to] = [`encoder.layer.${n}`, `blocks.${n}`];
      for (const [letter, word] of [
        ["Q", "query"],
        ["K", "key"],
        ["V", "value"],
      ] as const) {
        const { data } = await read(`${from}.attention.self.${word}.weight`);
        set(
          `${to}.attention.W_${letter}`,
          heads(3, 24, 8, (h, e, f) => data[(h * 8 + f) * 24 + e] ?? NaN),
        );
        set(`${to}.attention.b_${letter}`, (await read(`${from}.attention.self.${word}.bias`)).data);
      }
      set(`${to}.attention.W_O`, transposed(await read(`${from}.attention.output.dense.weight`)));
      set(`${to}.attention.b_O`, (await read(`${from}.attention.output.dense.bias`)).data);
      await norm(read, set, `${from}.attention.output.LayerNorm`, `${to}.attentionNorm`);
      set(`${to}.feedForward.W_in`, transposed(await read(`${from}.intermediate.dense.weight`)));
      set(`${to}.feedForward.b_in`, (await read(`${from}.intermediate.dense.bias`)).data);
      set(`${to}.feedForward.W_out`, transposed(await read(`${from}.output.dense.weight`)));
      set(`${to}.feedForward.b_out`, (await read(`${from}.output.dense.bias`)).data);
      await norm(read, set, `${from}.output.LayerNorm`, `${to}.feedForwardNorm`);
    }
  },
};

async function norm(read: Read, set: Set, from: string, to: string): Promise<void> {
  set(`${to}.gain`, (await read(`${from}.weight`)).data);
  set(`${to}.bias`, (await read(`${from}.bias`)).data);
}

function heads(
  count: number,
  embedding: number,
  size: number,
  at: (h: number, e: number, f: number) => number,
): Float32Array {
  return Float32Array.from({ length: count * embedding * size }, (_, i) =>
    at(Math.floor(i / (embedding * size)), Math.floor(i / size) % embedding, i % size),
  );
}

function transposed({ data, shape }: { data: Float32Array; shape: readonly number[] }): Float32Array {
  const [rows = 0, columns = 0] = shape;
  return Float32Array.from(
    { length: data.length },
    (_, i) => data[(i % rows) * columns + Math.floor(i / rows)] ?? NaN,
  );
}

/** The largest absolute difference between two nested lists of the same form. */
export function largestDifference(given: unknown, expected: unknown): number {
  if (typeof given === "number" && typeof expected === "number") {
    return Number.isFinite(given) ? Math.abs(given - expected) : Infinity;
  }
  if (!Array.isArray(given) || !Array.isArray(expected) || given.length !== expected.length) return Infinity;
  return given.reduce<number>(
    (largest, item, i) => Math.max(largest, largestDifference(item, expected[i])),
    0,
  );
}
