import assert from "node:assert/strict";
import {
  compositionScores,
  headRoles,
  modelReport,
  reportJson,
  reportJsonText,
  reportPage,
} from "../../../lib/circuits/index.ts";
import { createTransformer, type Transformer } from "../../../lib/models/transformer/index.ts";

describe("a report", () => {
  let model: Transformer;
  before(async () => {
    model = await createTransformer(
      {
        vocabulary: 60,
        context: 16,
        layers: 3,
        heads: 4,
        embedding: 32,
        feature: 4,
        norm: true,
        feedForward: true,
      },
      { seed: 5, deviation: 0.3 },
    );
  });

  it("reportJsonText: is the JSON of reportJson in parts, none of them as long as the whole", async () => {
    const words = Array.from({ length: 16 }, (_, at) => (7 * at) % 60);
    for (const tokens of [undefined, words]) {
      const report = modelReport(model, { name: 'a "model"', bad: Number.NaN }, tokens);
      const parts = [...reportJsonText(report)];
      assert.equal(parts.join(""), JSON.stringify(reportJson(report)));
      assert.ok(parts.every((part) => part.length < 2 ** 17));
    }
    const empty = await createTransformer(
      { vocabulary: 5, context: 4, layers: 0, heads: 1, embedding: 4 },
      { seed: 1 },
    );
    const report = modelReport(empty, {}, [1]);
    assert.equal([...reportJsonText(report)].join(""), JSON.stringify(reportJson(report)));
  });

  it("reportPage: tells nobody to point at anything, in words or in pictures, and says how many pairs are findings", async () => {
    const page = await reportPage(modelReport(model, { name: "random" }, [1, 2, 3, 1, 2]));
    const pictures = [...page.matchAll(/data:image\/svg\+xml;base64,([^"]+)/g)].map(([, data]) =>
      Buffer.from(data ?? "", "base64").toString(),
    );
    assert.ok(pictures.length > 4);
    for (const text of [page, ...pictures]) assert.ok(!/Point at|click/.test(text), text.slice(0, 300));
    assert.match(page, /\d+ of 48 pairs above 3\.1 sd through key/);
  });

  it("reportPage: writes words as text that nothing can turn round, and names all heads of a role", async () => {
    const words = ["<script>", "\u202eback", "\u0000", "a b", "", "tail"];
    const hostile = await createTransformer(
      { vocabulary: 6, context: 8, layers: 2, heads: 10, embedding: 20, positions: "none" },
      { seed: 2, vocabulary: words },
    );
    const page = await reportPage(modelReport(hostile, { name: "</title><script>" }, [0, 1, 2, 5]));
    assert.doesNotMatch(page, /<script|\u202e|\0/);
    assert.match(page, /<bdi>&lt;script&gt;<\/bdi>/);
    // positions and tokens nearly unread: all heads look at all positions alike, none is at the threshold
    assert.match(page, /<th>first token<\/th><td>0<\/td><td>none<\/td>/);
    const every = await reportPage({
      ...modelReport(hostile, { name: "all" }),
      roles: headRoles(hostile, { threshold: 0 }),
    });
    const names = Array.from({ length: 20 }, (_, at) => `${Math.floor(at / 10)}.${at % 10}`).join(", ");
    assert.ok(every.includes(`<th>first token</th><td>20</td><td>${names}</td>`));
  });

  it("reportPage: draws the composition of a model with hundreds of heads", async () => {
    const wide = await createTransformer(
      { vocabulary: 8, context: 4, layers: 24, heads: 12, embedding: 12, feature: 1 },
      { seed: 5, deviation: 0.3 },
    );
    const page = await reportPage(modelReport(wide, { name: "wide" }));
    assert.match(page, /of 39744 pairs above 4\.7 sd through key/);
  });

  it("compositionScores: threshold is that of 5 % for all pairs together; random heads of equal directions keep below it", () => {
    for (const kind of ["query", "key", "value"] as const) {
      const { pairs, threshold, deviations } = compositionScores(model, kind);
      assert.equal(pairs, 3 * 16); // 3 pairs of layers, 4 × 4 heads each
      // the upper 0.05 / 48 of a normal distribution begins at 3.0780
      assert.ok(Math.abs(threshold - 3.078) < 0.02, String(threshold));
      assert.ok(Array.from(deviations.data).filter((deviation) => deviation > threshold).length <= 1);
    }
  });
});
