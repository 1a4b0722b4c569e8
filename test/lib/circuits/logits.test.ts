import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { foldedModel, logitAttribution, logitLens } from "../../../lib/circuits/index.ts";
import { createTransformer, intervention } from "../../../lib/models/transformer/index.ts";
import { loadModel } from "../../../lib/pretrained/index.ts";
import { tensor } from "../../../lib/tensor/index.ts";

const fixtures = new URL("../../fixtures/", import.meta.url);
const load = async (name: string) =>
  (await loadModel(fileURLToPath(new URL(`models/${name}`, fixtures)))).model;
const tokens = [3, 14, 15, 9, 26, 5, 35, 8, 9];

describe("logitLens(model, tokens)", () => {
  for (const name of ["gpt2-tiny", "neox-tiny", "llama-tiny"])
    it(`gives for ${name} what numpy gives: the final norm with its own statistics, then W_U`, async () => {
      const model = await load(name);
      const { lens } = JSON.parse(readFileSync(new URL(`circuits/${name}.json`, fixtures), "utf8")) as {
        readonly lens: readonly (readonly number[])[];
      };
      const expected = JSON.parse(
        readFileSync(new URL(`models/${name}/expected.json`, fixtures), "utf8"),
      ) as {
        readonly tokens: readonly (readonly number[])[];
      };
      const text = expected.tokens[0] ?? [];
      const lenses = logitLens(model, text);
      assert.deepEqual(lenses.labels("layer")?.slice(0, 3), ["embedding", "0", "1"]);
      for (const [layer, row] of lens.entries())
        for (const [vocabulary, logit] of row.entries()) {
          const got = lenses.value({ layer, position: text.length - 1, vocabulary });
          assert.ok(Math.abs(got - logit) < 1e-4, `layer ${layer}, word ${vocabulary}: ${got}, not ${logit}`);
        }
    });

  it("ends with the model's own logits, and is just them for a model without blocks", async () => {
    const model = await createTransformer(
      { vocabulary: 9, context: 4, layers: 0, heads: 1, embedding: 4 },
      { seed: 2 },
    );
    const lens = logitLens(model, [1, 2]);
    assert.equal(lens.sizeOf("layer"), 1);
    assert.deepEqual(lens.at({ layer: 0 }).toArray(), model.run([1, 2]).logits.toArray());
  });

  it("refuses an encoder", async () => {
    const encoder = await load("bert-tiny");
    assert.throws(() => logitLens(encoder, [1]), { name: "InputError", message: /needs an unembedding/ });
  });
});

describe("logitAttribution(model, tokens, target)", () => {
  for (const name of ["gpt2-tiny", "neox-tiny", "llama-tiny"])
    it(`adds up to the logits' difference for ${name}, folded or not`, async () => {
      const model = await load(name);
      for (const each of [model, foldedModel(model)]) {
        const { components, total } = logitAttribution(each, tokens, { token: 7, against: 40, position: 5 });
        const logits = each.run(tokens).logits.at({ position: 5 });
        const difference = logits.value({ vocabulary: 7 }) - logits.value({ vocabulary: 40 });
        // A run that keeps the heads' results sums them for the output, where another multiplies once: rounding differs.
        assert.ok(Math.abs(total - difference) < 1e-5, `${total}, not ${difference}`);
        assert.ok(Math.abs(components.sum() - difference) < 1e-3);
      }
    });

  it("names what speaks: embeddings, heads, biases, feed-forward parts, the constant", async () => {
    const { components, title } = logitAttribution(await load("gpt2-tiny"), tokens, { token: 7 });
    assert.deepEqual(components.labels("component")?.slice(0, 8), [
      "token embedding",
      "position embedding",
      "head 0.0",
      "head 0.1",
      "head 0.2",
      "head 0.3",
      "attention bias 0",
      "feed-forward 0",
    ]);
    assert.equal(components.labels("component")?.at(-1), "constant");
    assert.equal(title, "7 at position 8");
  });

  it("is exactly what silencing does where nothing is normalised: a head of the last layer", async () => {
    const model = await createTransformer(
      { vocabulary: 20, context: 12, layers: 2, heads: 2, embedding: 8 },
      { seed: 5 },
    );
    const { components } = logitAttribution(
      model,
      tokens.slice(0, 6).map((token) => token % 20),
      { token: 3 },
    );
    const text = tokens.slice(0, 6).map((token) => token % 20);
    const silent = model.run(text, {
      interventions: [intervention("blocks.1.result", (result) => result.times(tensor(["head"], [1, 0])))],
    });
    const effect =
      model.run(text).logits.value({ position: 5, vocabulary: 3 }) -
      silent.logits.value({ position: 5, vocabulary: 3 });
    assert.ok(Math.abs(components.value({ component: "head 1.1" }) - effect) < 1e-5);
  });

  it("refuses an encoder", async () => {
    const encoder = await load("bert-tiny");
    assert.throws(() => logitAttribution(encoder, [1], { token: 1 }), { name: "AttributionError" });
  });
});
