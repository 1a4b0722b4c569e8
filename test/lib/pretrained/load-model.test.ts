import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadModel } from "../../../lib/pretrained/index.ts";
import { trainedExample } from "../../../lib/training/index.ts";
import { readSafetensors, writeSafetensors } from "../../../lib/models/transformer/safetensors.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/models/${name}`, import.meta.url));

interface Expected {
  readonly tokens: readonly (readonly number[])[];
  /** [layer + 1][batch][position][embedding] */
  readonly hidden: readonly (readonly (readonly (readonly number[])[])[])[];
  /** [layer][batch][head][query][key] */
  readonly attention: readonly (readonly (readonly (readonly (readonly number[])[])[])[])[];
  readonly logits?: readonly (readonly (readonly number[])[])[];
}

function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(fixture(name), "expected.json"), "utf8")) as Expected;
}

/** The largest difference between two nested arrays of numbers. */
function distance(a: unknown, b: unknown): number {
  const [flatA, flatB] = [a, b].map((nested) => [nested].flat(Infinity) as number[]);
  assert.equal(flatA?.length, flatB?.length);
  return Math.max(...(flatA ?? []).map((number, index) => Math.abs(number - (flatB?.[index] ?? Number.NaN))));
}

describe("loadModel(source)", () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "größe ü "))));
  afterEach(() => rm(folder, { recursive: true }));

  for (const name of [
    ...["gpt2-tiny", "neox-tiny", "llama-tiny", "bert-tiny"],
    ...["nanogpt-variant", "neox-variant", "llama-variant", "qwen2-variant", "bert-variant"],
    ...["llama-variant.gguf", "qwen2-variant.gguf"],
  ]) {
    it(`computes for ${name} what transformers computes: logits, residual stream and patterns within 1e-4`, async () => {
      const { model } = await loadModel(name.endsWith(".gguf") ? fixture(`../gguf/${name}`) : fixture(name));
      const expected = expectedOf(name.replace(".gguf", ""));
      for (const [row, tokens] of expected.tokens.entries()) {
        const run = model.run(tokens, { keep: ["blocks.*.residualBefore", "blocks.*.pattern"] });
        if (expected.logits) assert.ok(distance(run.logits.toArray(), expected.logits[row]) < 1e-4);
        assert.ok(distance(run.residual.toArray(), expected.hidden.at(-1)?.[row]) < 1e-4);
        for (let layer = 0; layer < model.configuration.layers; layer++) {
          const before = run.activations[`blocks.${layer}.residualBefore`]?.toArray();
          assert.ok(
            distance(before, expected.hidden[layer]?.[row]) < 1e-4,
            `residual stream before layer ${layer}`,
          );
          const pattern = run.activations[`blocks.${layer}.pattern`]?.toArray();
          assert.ok(distance(pattern, expected.attention[layer]?.[row]) < 1e-4, `pattern of layer ${layer}`);
        }
      }
    });
  }

  it("reads shards by their index", async () => {
    await cp(fixture("gpt2-tiny"), folder, { recursive: true });
    const { tensors } = readSafetensors(await readFile(join(folder, "model.safetensors")));
    const names = [...tensors.keys()];
    const map: Record<string, string> = {};
    for (const shard of [0, 1]) {
      const mine = new Map([...tensors].filter(([name]) => names.indexOf(name) % 2 === shard));
      const file = `model-0000${shard + 1}-of-00002.safetensors`;
      for (const name of mine.keys()) map[name] = file;
      await writeFile(join(folder, file), writeSafetensors(mine));
    }
    await rm(join(folder, "model.safetensors"));
    await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
    const { model } = await loadModel(folder);
    const expected = expectedOf("gpt2-tiny");
    assert.ok(distance(model.run(expected.tokens[0] ?? []).logits.toArray(), expected.logits?.[0]) < 1e-4);
    await rm(join(folder, "model-00002-of-00002.safetensors"));
    await assert.rejects(loadModel(folder), {
      name: "PretrainedError",
      message:
        /the shard model-00002-of-00002\.safetensors is missing in .*: model\.safetensors\.index\.json says that it has \d+ tensors, the first of them \S+$/,
    });
  });

  it("reads names whatever stands before them", async () => {
    for (const before of ["", "model.", "module.transformer."]) {
      await cp(fixture("gpt2-tiny"), folder, { recursive: true });
      const { tensors } = readSafetensors(await readFile(join(folder, "model.safetensors")));
      const renamed = [...tensors].map(
        ([name, each]) => [name.replace(/^transformer\./, before), each] as const,
      );
      await writeFile(join(folder, "model.safetensors"), writeSafetensors(new Map(renamed)));
      const { model } = await loadModel(folder);
      const { tokens, logits } = expectedOf("gpt2-tiny");
      assert.ok(distance(model.run(tokens[0] ?? []).logits.toArray(), logits?.[0]) < 1e-4, before);
    }
  });

  it("takes gelu's tanh form for minGPT, the exact one for nanoGPT", async () => {
    await cp(fixture("nanogpt-variant"), folder, { recursive: true });
    const sizes = { block_size: 14, n_layer: 2, n_head: 3, n_embd: 18 };
    const activations: (string | undefined)[] = [];
    for (const config of [sizes, { ...sizes, model_type: "gpt-mini" }, { ...sizes, resid_pdrop: 0.1 }]) {
      await writeFile(join(folder, "config.json"), JSON.stringify(config));
      activations.push((await loadModel(folder)).model.configuration.feedForward?.activation);
    }
    assert.deepEqual(activations, ["gelu", "gelu-tanh", "gelu-tanh"]);
  });

  it("refuses a part of a block that it would not compute", async () => {
    await cp(fixture("llama-tiny"), folder, { recursive: true });
    const { tensors } = readSafetensors(await readFile(join(folder, "model.safetensors")));
    const more = new Map([
      ...tensors,
      ["model.layers.1.self_attn.k_proj.bias", { shape: [16], data: new Float32Array(16) }] as const,
    ]);
    await writeFile(join(folder, "model.safetensors"), writeSafetensors(more));
    await assert.rejects(loadModel(folder), {
      name: "PretrainedError",
      message: /^tensor model\.layers\.1\.self_attn\.k_proj\.bias is part of a block, but the family llama/,
    });
  });

  it("gives our own checkpoints the words of both sides and the end of a sentence", async () => {
    const { model } = await loadModel(
      fileURLToPath(new URL("../../../checkpoints/translation", import.meta.url)),
    );
    const { model: example } = await trainedExample("translation");
    assert.deepEqual(model.sourceVocabulary.words, example.sourceVocabulary.words);
    assert.deepEqual(model.vocabulary.words, example.vocabulary.words);
    assert.equal(model.end, example.end);
    assert.notEqual(model.end, undefined);
  });

  it("says which tensor is missing", async () => {
    await cp(fixture("llama-tiny"), folder, { recursive: true });
    const { tensors } = readSafetensors(await readFile(join(folder, "model.safetensors")));
    const without = new Map([...tensors].filter(([name]) => name !== "model.layers.1.mlp.up_proj.weight"));
    await writeFile(join(folder, "model.safetensors"), writeSafetensors(without));
    await assert.rejects(loadModel(folder), {
      name: "PretrainedError",
      message:
        "tensor model.layers.1.mlp.up_proj.weight is missing; expected 48 × 32, for blocks.1.feedForward.W_in",
    });
  });

  it("says which shape is wrong, and what was expected", async () => {
    await cp(fixture("bert-tiny"), folder, { recursive: true });
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
    await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, intermediate_size: 50 }));
    await assert.rejects(
      loadModel(folder),
      /tensor encoder\.layer\.0\.intermediate\.dense\.weight is 48 × 24; expected 50 × 24/,
    );
  });

  it("says that a file is truncated, before it reads a tensor", async () => {
    await cp(fixture("neox-tiny"), folder, { recursive: true });
    await truncate(join(folder, "model.safetensors"), 50_000);
    await assert.rejects(
      loadModel(folder),
      /ends at byte \d+, but only \d+ bytes follow the header: the file is truncated/,
    );
  });

  it("refuses a header that claims more than the file holds", async () => {
    await cp(fixture("neox-tiny"), folder, { recursive: true });
    const file = await readFile(join(folder, "model.safetensors"));
    file.writeBigUInt64LE(2n ** 40n);
    await writeFile(join(folder, "model.safetensors"), file);
    await assert.rejects(loadModel(folder), /the header claims 1099511627776 bytes/);
  });

  it("names the families where the model is of none of them", async () => {
    await cp(fixture("neox-tiny"), folder, { recursive: true });
    await writeFile(join(folder, "config.json"), `{"model_type":"mamba"}`);
    await assert.rejects(loadModel(folder), /model_type is "mamba"; expected one of gpt2, .*gpt_neox, llama/);
  });

  it("says which field of config.json is wrong", async () => {
    await cp(fixture("gpt2-tiny"), folder, { recursive: true });
    await writeFile(join(folder, "config.json"), `{"model_type":"gpt2","n_embd":"wide"}`);
    await assert.rejects(
      loadModel(folder),
      /config\.json: n_embd is "wide"; expected a whole number of at least 1/,
    );
    await writeFile(join(folder, "config.json"), `{`);
    await assert.rejects(loadModel(folder), /config\.json is not valid JSON/);
  });

  it("refuses what it would compute otherwise than config.json says, or than transformers does", async () => {
    const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
      ["llama-tiny", { sliding_window: 4 }, /sliding_window is 4; expected null, or at least/],
      ["llama-tiny", { hidden_act: "relu2" }, /hidden_act is "relu2"; expected one of/],
      [
        "llama-tiny",
        { attention_bias: true },
        /attention_bias is true; expected false, since the file has no/,
      ],
      ["llama-variant", { mlp_bias: false }, /mlp_bias is false; expected true, since the file has a tensor/],
      [
        "llama-tiny",
        { rope_parameters: { rope_type: "yarn", factor: 4 } },
        /rope_type is "yarn"; expected default, linear or llama3/,
      ],
      [
        "llama-tiny",
        { rope_parameters: { rope_type: "default", partial_rotary_factor: 0.5 } },
        /partial_rotary_factor is 0\.5; expected 1/,
      ],
      ["gpt2-tiny", { scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx is true/],
      ["bert-tiny", { position_embedding_type: "relative_key" }, /position_embedding_type is "relative_key"/],
      ["bert-tiny", { is_decoder: true }, /is_decoder is true/],
      ["neox-tiny", { tie_word_embeddings: true }, /makes embed_out\.weight the same as .* but they differ/],
      ["gpt2-tiny", { n_head: 5 }, /describes a model that cannot be: .*embedding/],
      ["bert-tiny", { num_hidden_layers: 10_000_000 }, /10000000 layers, but the file has \d+ tensors/],
    ];
    for (const [name, change, message] of cases) {
      await cp(fixture(name), folder, { recursive: true });
      const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as object;
      await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, ...change }));
      await assert.rejects(loadModel(folder), { name: "PretrainedError", message }, JSON.stringify(change));
    }
  });

  it("finds no head where a base model was saved, and misses one that config.json doesn't tie", async () => {
    await cp(fixture("llama-variant"), folder, { recursive: true });
    const { tensors } = readSafetensors(await readFile(join(folder, "model.safetensors")));
    const headless = [...tensors].filter(([name]) => name !== "lm_head.weight");
    await writeFile(join(folder, "model.safetensors"), writeSafetensors(new Map(headless)));
    await assert.rejects(loadModel(folder), {
      name: "PretrainedError",
      message: "tensor lm_head.weight is missing; expected 23 × 20, for W_U",
    });
    const base = headless.map(([name, each]) => [name.replace("model.", ""), each] as const);
    await writeFile(join(folder, "model.safetensors"), writeSafetensors(new Map(base)));
    const { model } = await loadModel(folder);
    const { tokens, hidden } = expectedOf("llama-variant");
    const run = model.run(tokens[0] ?? []);
    assert.equal(run.logits.shape[0], 0);
    assert.ok(distance(run.residual.toArray(), hidden.at(-1)?.[0]) < 1e-4);
  });

  it("refuses whole numbers as weights", async () => {
    await cp(fixture("gpt2-tiny"), folder, { recursive: true });
    const path = join(folder, "model.safetensors");
    const file = await readFile(path);
    // the first tensor's type, in as many bytes
    const at = file.indexOf('"F32"');
    file.write('"I32"', at);
    await writeFile(path, file);
    await assert.rejects(loadModel(folder), {
      name: "PretrainedError",
      message: /tensor \S+ is stored as I32, whole numbers; expected weights as F64, F32, F16 or BF16$/,
    });
  });

  it("says so where a tokeniser has no token for a text", async () => {
    await cp(fixture("gpt2-tiny"), folder, { recursive: true });
    const parts = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
    const model = { type: "WordLevel", vocab: { a: 0, b: 1 }, unk_token: "<unknown>" };
    await writeFile(
      join(folder, "tokenizer.json"),
      JSON.stringify({ version: "1.0", added_tokens: [], ...parts, model }),
    );
    const { tokeniser } = await loadModel(folder);
    assert.throws(() => tokeniser?.encode("c"), {
      name: "PretrainedError",
      message: 'the tokeniser has no token for a part of "c", and none for what is unknown',
    });
  });

  it("says what a folder lacks", async () => {
    await assert.rejects(
      loadModel(folder),
      /has no config\.json; expected a folder as Hugging Face stores a model/,
    );
    await cp(join(fixture("gpt2-tiny"), "config.json"), join(folder, "config.json"));
    await assert.rejects(
      loadModel(folder),
      /has neither model\.safetensors nor model\.safetensors\.index\.json/,
    );
  });

  it("shows what the model is", async () => {
    const { card } = await loadModel(fixture("llama-tiny"));
    assert.equal(card.keyHeads, 2);
    assert.deepEqual(card.storedAs, ["F32"]);
    assert.equal(card.positions, "rotary");
  });
});
