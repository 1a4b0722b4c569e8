import assert from "node:assert/strict";
import { compositionScores, head } from "../../../lib/circuits/index.ts";
import { createTransformer } from "../../../lib/models/transformer/index.ts";

const sizes = { vocabulary: 19, context: 12, layers: 2, heads: 4, keyHeads: 2, embedding: 12, feature: 6 };

for (const [what, positions] of [
  ["rotary, halves, all features", { kind: "rotary", base: 50 }],
  ["rotary, halves, a part", { kind: "rotary", features: 4, base: 20 }],
  ["rotary, neighbours", { kind: "rotary", features: 4, pairs: "neighbours" }],
  ["rotary, stretched", { kind: "rotary", base: 50, scaling: { kind: "linear", factor: 3 } }],
  ["none", { kind: "none" }],
] as const)
  describe(`head.QKAt(distance) with positions: ${what}`, () => {
    it("gives the scores of the model's own run, for every pair of positions and grouped keys", async () => {
      const model = await createTransformer({ ...sizes, positions }, { seed: 6 });
      const { activations } = model.run([3, 14, 15, 9, 2, 6, 5, 3], {
        keep: ["blocks.1.attentionInput", "blocks.1.scores"],
      });
      const stream = activations["blocks.1.attentionInput"];
      for (const index of [0, 1, 3])
        for (let query = 0; query < 8; query++)
          for (let key = 0; key <= query; key++) {
            const score = head(model, 1, index)
              .QKAt(query - key)
              .toTensor()
              .dot(stream.at({ position: key }).rename({ embedding: "source" }), "source")
              .dot(stream.at({ position: query }).rename({ embedding: "destination" }), "destination")
              .value();
            const expected = activations["blocks.1.scores"].value({ head: index, query, key });
            assert.ok(
              Math.abs(score * model.configuration.scoreScale - expected) < 1e-6,
              `${query} ← ${key}`,
            );
          }
    });
  });

describe("head.QKAt(distance)", () => {
  it("is QK at distance 0, and refuses what is no distance", async () => {
    const model = await createTransformer({ ...sizes, positions: "rotary" }, { seed: 6 });
    const one = head(model, 0, 2);
    assert.deepEqual([...one.QKAt(0).toTensor().data], [...one.QK.toTensor().data]);
    assert.throws(() => one.QKAt(-1), { name: "HeadError", message: /at least 0; not -1/ });
    assert.throws(() => one.QKAt(0.5), { name: "HeadError" });
  });
});

describe("compositionScores(model, kind, { distance })", () => {
  it("is that of the matrices at that distance, beside the definition", async () => {
    const model = await createTransformer({ ...sizes, positions: "rotary" }, { seed: 7 });
    const [earlier, later] = [head(model, 0, 1), head(model, 1, 2)];
    const OV = earlier.OV.toTensor();
    const QK = later.QKAt(5).toTensor();
    const writes = OV.rename({ out: "inner" });
    for (const [kind, product] of [
      ["query", writes.dot(QK.rename({ destination: "inner", source: "end" }), "inner")],
      ["key", writes.dot(QK.rename({ source: "inner", destination: "end" }), "inner")],
    ] as const) {
      const expected = product.norm() / (OV.norm() * QK.norm());
      const found = compositionScores(model, kind, { distance: 5 }).scores.value({
        earlierHead: "0.1",
        laterHead: "1.2",
      });
      assert.ok(Math.abs(found - expected) < 1e-6, `${kind}: ${found}, not ${expected}`);
      const here = compositionScores(model, kind).scores.value({ earlierHead: "0.1", laterHead: "1.2" });
      assert.ok(Math.abs(here - expected) > 1e-4);
    }
  });
});
