import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compositionScores, copyingScores, foldedModel, head } from "../../../lib/circuits/index.ts";
import { createTransformer, transformerOf, type Transformer } from "../../../lib/models/transformer/index.ts";
import { loadModel } from "../../../lib/pretrained/index.ts";
import { randomNumbers, softmax, type Tensor } from "../../../lib/tensor/index.ts";

const fixtures = new URL("../../fixtures/", import.meta.url);
const tokens = [3, 14, 15, 9, 26, 5, 35, 3, 14];

interface Reference {
  readonly copying: Readonly<Record<"OV" | "full", readonly (readonly number[])[]>>;
  readonly composition: Readonly<
    Record<"q" | "k" | "v", readonly (readonly (readonly (readonly number[])[])[])[]>
  >;
}

async function load(name: string): Promise<Transformer> {
  return (await loadModel(fileURLToPath(new URL(`models/${name}`, fixtures)))).model;
}

/** Largest difference between two tensors. */
function distance(a: Tensor<readonly string[]>, b: Tensor<readonly string[]>): number {
  assert.deepEqual(a.shape, b.shape);
  return Math.max(...Array.from(a.data, (number, index) => Math.abs(number - (b.data[index] ?? Number.NaN))));
}

const logProbabilities = (model: Transformer) =>
  softmax(model.run(tokens).logits, "vocabulary").map(Math.log);

describe("foldedModel(model)", () => {
  for (const name of ["gpt2-tiny", "neox-tiny", "llama-tiny"])
    it(`leaves the log-probabilities and patterns of ${name} what they are`, async () => {
      const model = await load(name);
      const folded = foldedModel(model);
      assert.ok(distance(logProbabilities(model), logProbabilities(folded)) < 2e-5);
      const [before, after] = [model, folded].map(
        (each) => each.run(tokens, { keep: ["blocks.1.pattern"] }).activations["blocks.1.pattern"],
      );
      assert.ok(before && after && distance(before, after) < 1e-6);
    });

  it("leaves log-probabilities what they are for an attention-only model, whose unembedding alone is centred", async () => {
    const model = await createTransformer(
      { vocabulary: 40, context: 12, layers: 2, heads: 2, embedding: 8 },
      { seed: 3 },
    );
    const folded = foldedModel(model);
    assert.ok(distance(logProbabilities(model), logProbabilities(folded)) < 1e-5);
    assert.ok(Math.abs(folded.parameter("W_U").mean("vocabulary").norm()) < 1e-6);
  });

  it("folds layer norms into both maps of a gated feed-forward", async () => {
    const model = await createTransformer(
      {
        ...{
          vocabulary: 40,
          context: 12,
          layers: 2,
          heads: 2,
          embedding: 8,
          norm: true,
          attentionBiases: true,
        },
        feedForward: { kind: "gated", neurons: 11, biases: true },
      },
      { seed: 4 },
    );
    const random = randomNumbers(5);
    const moved = new Map(
      [...model.parameters].map(([name, data]) => [name, data.map((weight) => weight + random() - 0.5)]),
    );
    const shaken = await transformerOf(model.configuration, moved);
    assert.ok(distance(logProbabilities(shaken), logProbabilities(foldedModel(shaken))) < 2e-5);
  });

  it("makes a residual stream of mean 0 where layer norms read it", async () => {
    const folded = foldedModel(await load("gpt2-tiny"));
    const { activations } = folded.run(tokens, { keep: ["blocks.2.residualAfter"] });
    assert.ok(activations["blocks.2.residualAfter"].mean("embedding").norm() < 1e-5);
  });

  it("moves value biases into the output's", async () => {
    const folded = foldedModel(await load("gpt2-tiny"));
    assert.equal(folded.parameter("blocks.0.attention.b_V").norm(), 0);
  });

  for (const name of ["gpt2-tiny", "neox-tiny"])
    it(`gives the copying and composition scores of ${name} that numpy gets by folding in float64`, async () => {
      const folded = foldedModel(await load(name));
      const { folded: reference } = JSON.parse(
        readFileSync(new URL(`circuits/${name}.json`, fixtures), "utf8"),
      ) as {
        readonly folded: Reference;
      };
      for (const circuit of ["OV", "full"] as const) {
        const scores = copyingScores(folded, circuit);
        for (const [layer, row] of reference.copying[circuit].entries())
          for (const [index, expected] of row.entries())
            assert.ok(
              Math.abs(scores.value({ layer, head: index }) - expected) < 1e-4,
              `${circuit} ${layer}.${index}`,
            );
      }
      const { scores, baseline } = compositionScores(folded, "key");
      const { heads, embedding } = folded.configuration;
      assert.equal(baseline, 1 / Math.sqrt(embedding - 1));
      for (const [h1, later] of (reference.composition.k[0] ?? []).entries())
        for (const [h2, expected] of (later[1] ?? []).entries())
          assert.ok(Math.abs(scores.value({ earlierHead: h1, laterHead: heads + h2 }) - expected) < 1e-5);
    });

  it("with refactor: writes each head by its singular directions, the strongest first", async () => {
    const model = await createTransformer(
      { vocabulary: 40, context: 12, layers: 2, heads: 2, embedding: 8, feedForward: true, norm: true },
      { seed: 3 },
    );
    const folded = foldedModel(model, { refactor: true });
    assert.ok(distance(logProbabilities(model), logProbabilities(folded)) < 1e-5);
    const { W_O, W_V, OV } = head(folded, 1, 0);
    for (let component = 0; component < 4; component++) {
      assert.ok(Math.abs(W_O.at({ value: component }).norm() - 1) < 1e-5);
      assert.ok(Math.abs(W_V.at({ value: component }).norm() - OV.svd().S.at({ component }).value()) < 1e-5);
    }
  });

  it("refuses to fold what cannot be folded, and says why", async () => {
    const encoder = await load("bert-tiny");
    assert.throws(() => foldedModel(encoder, { norms: true }), {
      name: "FoldingError",
      message: /stand before what reads them.* this model has learned norms, placed after/,
    });
    assert.throws(
      () => foldedModel(encoder, { centreWriting: true }),
      /only where every reader subtracts the mean/,
    );
    assert.equal(foldedModel(encoder).configuration.norm?.learned, true);
  });
});
