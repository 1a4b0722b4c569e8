import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  copyingScores,
  foldedModel,
  head,
  headRoles,
  logitAttribution,
  logitDifference,
  patchHeads,
  repeatedTokens,
} from "../../../lib/circuits/index.ts";
import { intervention, type Transformer } from "../../../lib/models/transformer/index.ts";
import { loadModel, localModel, type PretrainedModel } from "../../../lib/pretrained/index.ts";
import { softmax, tensor } from "../../../lib/tensor/index.ts";

/**
 * Real models, which do not come with this package: docs/real-models.md says where they go and how to run these tests.
 * What is not there counts as skipped.
 */
const fixtures = new URL("../../fixtures/real-models/", import.meta.url);

/** What `transformers` computes for one text; see test/fixtures/real-models/peer.py. */
interface Peer {
  readonly tokens: readonly number[];
  readonly hidden: readonly (readonly (readonly number[])[])[];
  readonly logits?: readonly number[];
  readonly pattern?: readonly (readonly (readonly number[])[])[];
}

/** The peer's answers, or `undefined` where MATRIX_COMPOSITION_PYTHON names no Python that has `transformers`. */
function peer(kind: "encoder" | "decoder", model: string, texts: readonly string[]): Peer[] | undefined {
  const python = process.env["MATRIX_COMPOSITION_PYTHON"];
  if (python === undefined) return undefined;
  const script = fileURLToPath(new URL("peer.py", fixtures));
  const { status, stdout, stderr } = spawnSync(python, [script, kind, model, ...texts], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Peer[];
}

/** The largest difference, as a share of the largest number (at least 1). */
function distance(got: ArrayLike<number>, expected: readonly number[]): number {
  assert.equal(got.length, expected.length);
  const size = expected.reduce((largest, number) => Math.max(largest, Math.abs(number)), 1);
  return (
    expected.reduce((most, number, at) => Math.max(most, Math.abs(number - (got[at] ?? Number.NaN))), 0) /
    size
  );
}

const numbers = (nested: unknown) => [nested].flat(Infinity) as number[];

const TEXTS = [
  "The capital of France is",
  "When John and Mary went to the shops, John gave the bag to",
  "Naïve café: 3,141 emoji 🎉 and a\nnew line",
];

for (const [name, kind] of [
  ["minilm", "encoder"],
  ["smollm2", "decoder"],
] as const)
  describe(`${name} beside transformers, in one run`, function () {
    this.timeout(300_000);
    let loaded: PretrainedModel | undefined;
    let expected: Peer[];
    before(async function () {
      const path = localModel(name);
      const answers = path === undefined ? undefined : peer(kind, path, TEXTS);
      if (path === undefined || answers === undefined) this.skip();
      expected = answers;
      loaded = await loadModel(path);
    });
    after(() => loaded?.model.release());

    it("reads texts as the same tokens", () => {
      for (const [index, text] of TEXTS.entries())
        assert.deepEqual(loaded?.tokeniser?.encode(text), expected[index]?.tokens, text);
    });

    it("has the same residual stream before each block and at the end, within 1e-4 of its size", () => {
      assert.ok(loaded);
      const { model } = loaded;
      for (const { tokens, hidden, logits, pattern } of expected) {
        const run = model.run(tokens, {
          keep: ["blocks.*.residualBefore", "blocks.0.pattern"],
          logits: kind === "decoder" ? "last" : "none",
        });
        for (let layer = 0; layer < model.configuration.layers; layer++) {
          const before = run.activations[`blocks.${layer}.residualBefore`];
          assert.ok(before && distance(before.data, numbers(hidden[layer])) < 1e-4, `before block ${layer}`);
        }
        assert.ok(distance(run.residual.data, numbers(hidden.at(-1))) < 1e-4, "at the end");
        if (pattern)
          assert.ok(distance(run.activations["blocks.0.pattern"].data, numbers(pattern)) < 1e-4, "pattern");
        if (logits) assert.ok(distance(run.logits.data, logits) < 1e-4, "logits");
      }
    });
  });

interface PublishedNumbers {
  readonly losses: readonly (readonly [text: string, nats: number])[];
  readonly "lossWithoutValuesOf0.8": number;
  readonly differences: readonly (readonly [text: string, token: string, against: string, logits: number])[];
  readonly unembeddingBiases: Readonly<Record<string, number>>;
  readonly prediction: {
    readonly text: string;
    readonly words: readonly string[];
    readonly probabilities: readonly number[];
  };
  readonly indirectObjects: {
    readonly texts: readonly string[];
    readonly answers: readonly (readonly [string, string])[];
    readonly differences: readonly number[];
    readonly byHead: Readonly<Record<string, number>>;
    readonly byLayer: Readonly<Record<"attention" | "feed-forward", Readonly<Record<string, number>>>>;
    readonly "without9.9AtTheEnd": number;
    readonly patched: Readonly<Record<string, number>>;
  };
  readonly stripes: Readonly<
    Record<"induction" | "previous token" | "duplicate token", Readonly<Record<string, number>>>
  >;
  readonly copyingFull: Readonly<Record<string, number>>;
  readonly copying: readonly (readonly number[])[];
}

describe("GPT-2 small and the numbers that TransformerLens published for it", function () {
  this.timeout(600_000);
  const published = JSON.parse(readFileSync(new URL("gpt2.json", fixtures), "utf8")) as PublishedNumbers;
  const { indirectObjects } = published;
  let model: Transformer;
  let isLoaded = false;
  let read: (text: string) => number[];
  before(async function () {
    const source =
      localModel("gpt2") ?? (process.env["MATRIX_COMPOSITION_HUB"] === "yes" ? "gpt2" : undefined);
    if (source === undefined) this.skip();
    const pretrained = await loadModel(source);
    model = foldedModel(pretrained.model);
    isLoaded = true;
    pretrained.model.release();
    const { tokeniser } = pretrained;
    assert.ok(tokeniser);
    const [start = 0] = tokeniser.vocabulary.indices(["<|endoftext|>"]);
    read = (text) => [start, ...tokeniser.encode(text)];
  });
  after(() => {
    if (isLoaded) model.release();
  });

  const close = (got: number, expected: number, tolerance: number, what: string) => {
    assert.ok(Math.abs(got - expected) <= tolerance, `${what}: ${got}, not ${expected}`);
  };
  const lastLogits = (tokens: readonly number[], changed = model) =>
    changed.run(tokens, { logits: "last" }).logits.at({ position: 0 });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const eachHead = (
    wanted: Readonly<Record<string, number>>,
    check: (layer: number, index: number, expected: number) => void,
  ) => {
    for (const [name, expected] of Object.entries(wanted)) {
      const [layer = 0, index = 0] = name.split(".").map(Number);
      check(layer, index, expected);
    }
  };
  /** −log p of each next token. */
  const losses = (tokens: readonly number[], changed = model) => {
    const probabilities = softmax(changed.run(tokens).logits, "vocabulary");
    return tokens
      .slice(1)
      .map((token, position) => -Math.log(probabilities.value({ position, vocabulary: token })));
  };

  it("have the same losses, with and without what head 0.8 moves", () => {
    for (const [text, nats] of published.losses) close(mean(losses(read(text))), nats, 2e-3, text);
    const [text = ""] = published.losses[1] ?? [];
    const without = model.with(head(model, 0, 8).zeroed());
    close(mean(losses(read(text), without)), published["lossWithoutValuesOf0.8"], 5e-3, "without 0.8");
  });

  it("have the same differences of logits, and the same prediction", () => {
    for (const [text, token, against, logits] of published.differences)
      close(logitDifference(token, against)(lastLogits(read(text))), logits, 5e-3, text);
    const { text, words, probabilities } = published.prediction;
    const top = softmax(lastLogits(read(text)), "vocabulary").topK(3);
    assert.deepEqual(
      top.map(({ label }) => label),
      words,
    );
    for (const [rank, { value }] of top.entries())
      close(value, probabilities[rank] ?? 0, 2e-3, words[rank] ?? "");
  });

  it("have the same folded unembedding biases", () => {
    for (const [word, bias] of Object.entries(published.unembeddingBiases))
      close(model.parameter("b_U").value({ vocabulary: word }), bias, 1e-3, word);
  });

  it("have the same copying score in all 144 heads, and of the full circuit in eight", () => {
    const scores = copyingScores(model);
    for (const [layer, row] of published.copying.entries())
      for (const [index, expected] of row.entries())
        close(scores.value({ layer, head: index }), expected, 1e-3, `${layer}.${index}`);
    const full = copyingScores(model, "full");
    eachHead(published.copyingFull, (layer, index, expected) =>
      close(full.value({ layer, head: index }), expected, 1e-3, `full circuit of ${layer}.${index}`),
    );
  });

  it("have the same direct attribution on indirect objects, by head and by layer, and the same effect of removing 9.9", () => {
    const { texts, answers, differences } = indirectObjects;
    const tasks = texts.map((text, index) => ({ tokens: read(text), answer: answers[index] ?? ["", ""] }));
    const taken = tasks.map(({ tokens, answer: [token, against] }) =>
      logitAttribution(model, tokens, { token, against }),
    );
    for (const [index, { total }] of taken.entries())
      close(total, differences[index] ?? 0, 5e-3, texts[index] ?? "");
    const component = (name: string) =>
      mean(taken.map(({ components }) => components.value({ component: name })));
    for (const [name, expected] of Object.entries(indirectObjects.byHead))
      close(component(`head ${name}`), expected, 5e-3, name);
    for (const [layer, expected] of Object.entries(indirectObjects.byLayer["feed-forward"]))
      close(component(`feed-forward ${layer}`), expected, 5e-3, `feed-forward ${layer}`);
    for (const [layer, expected] of Object.entries(indirectObjects.byLayer.attention)) {
      const heads = Array.from({ length: 12 }, (_, index) => component(`head ${layer}.${index}`));
      const sum = heads.reduce((total, each) => total + each, component(`attention bias ${layer}`));
      close(sum, expected, 5e-3, `attention ${layer}`);
    }
    const without = tasks.map(({ tokens, answer }) => {
      const kept = tensor(
        ["query", "head"],
        tokens.map((_, query) =>
          Array.from({ length: 12 }, (__, at) => (at === 9 && query === tokens.length - 1 ? 0 : 1)),
        ),
      );
      const changed = model.with(intervention("blocks.9.z", (z) => z.times(kept)));
      return logitDifference(...answer)(lastLogits(tokens, changed));
    });
    close(mean(without), indirectObjects["without9.9AtTheEnd"], 5e-3, "without 9.9 at the end");
  });

  it("have the same effect of patching each head's output from the clean run", () => {
    const { texts, answers } = indirectObjects;
    const results = texts.map((text, index) =>
      patchHeads(model, {
        clean: read(text),
        // the same sentence with the other name: texts come in such pairs
        corrupted: read(texts[index % 2 === 0 ? index + 1 : index - 1] ?? ""),
        metric: logitDifference(...(answers[index] ?? ["", ""])),
      }),
    );
    const clean = mean(results.map((result) => result.clean));
    const corrupted = mean(results.map((result) => result.corrupted));
    eachHead(indirectObjects.patched, (layer, index, expected) => {
      const patched = mean(results.map(({ metric }) => metric.value({ layer, head: index })));
      close((patched - corrupted) / (clean - corrupted), expected, 5e-3, `${layer}.${index}`);
    });
  });

  it("have the same induction, previous-token and duplicate heads on random tokens", () => {
    const from = Array.from({ length: 9000 }, (_, at) => 1000 + at);
    const { scores } = headRoles(model, { period: 50, texts: 10, from });
    for (const [role, wanted] of Object.entries(published.stripes))
      // other random tokens: the published values move by .02 from run to run
      for (const [name, expected] of Object.entries(wanted))
        close(scores.value({ head: name, role }), expected, 0.05, `${role} of ${name}`);
    const [tokens = []] = repeatedTokens(model, { period: 50, texts: 1, from });
    const found = losses(tokens);
    assert.ok(mean(found.slice(0, 49)) > 8, "the first half cannot be known");
    assert.ok(mean(found.slice(55)) < 1, "the second half is copied");
  });
});
