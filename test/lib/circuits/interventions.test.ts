import assert from "node:assert/strict";
import { frozenPatterns, head } from "../../../lib/circuits/index.ts";
import { createTransformer, intervention, type Transformer } from "../../../lib/models/transformer/index.ts";
import { randomNormal, tensor, type Tensor } from "../../../lib/tensor/index.ts";

const tokens = [3, 1, 4, 1, 5, 9];
const others = [2, 7, 1, 8, 2, 8];

function distance(a: Tensor<readonly string[]>, b: Tensor<readonly string[]>): number {
  assert.deepEqual(a.shape, b.shape);
  return Math.max(...Array.from(a.data, (number, index) => Math.abs(number - (b.data[index] ?? Number.NaN))));
}

describe("interventions on a head", () => {
  let model: Transformer;
  before(async () => {
    model = await createTransformer(
      { vocabulary: 12, context: 8, layers: 2, heads: 3, embedding: 12, feedForward: true, norm: true },
      { seed: 4 },
    );
  });
  const silencedByHand = (factor: number) =>
    intervention("blocks.0.result", (result) => result.times(tensor(["head"], [1, factor, 1])));

  it("zeroed and scaled: are what multiplying the head's result is", () => {
    const expected = model.run(tokens, { interventions: [silencedByHand(0)] }).logits;
    assert.ok(distance(model.with(head(model, 0, 1).zeroed()).run(tokens).logits, expected) < 1e-5);
    const doubled = model.run(tokens, { interventions: [silencedByHand(2)] }).logits;
    assert.ok(distance(model.with(head(model, 0, 1).scaled(2)).run(tokens).logits, doubled) < 1e-5);
    assert.ok(distance(expected, doubled) > 1e-3);
  });

  it("leave the model itself as it was", () => {
    const before = model.run(tokens).logits;
    model.with(head(model, 1, 2).zeroed()).run(tokens);
    assert.equal(distance(model.run(tokens).logits, before), 0);
  });

  it("add up, in the order in which they are given", () => {
    const both = model.with(head(model, 0, 0).zeroed()).with(head(model, 1, 1).zeroed());
    const together = model.with(head(model, 0, 0).zeroed(), head(model, 1, 1).zeroed());
    assert.equal(distance(both.run(tokens).logits, together.run(tokens).logits), 0);
  });

  it("change what is predicted next, too", () => {
    const changed = model.with(head(model, 0, 1).zeroed());
    const { logits } = changed.run(tokens);
    const next = changed.next(tokens);
    assert.equal(next.argmax().index, logits.at({ position: tokens.length - 1 }).argmax().index);
    assert.ok(distance(next, model.next(tokens)) > 1e-4);
  });

  it("replacedBy: itself changes nothing; another run changes only this head", () => {
    const own = model.run(tokens, { keep: ["blocks.1.z"] });
    const replaced = model.with(head(model, 1, 0).replacedBy(own)).run(tokens);
    assert.ok(distance(replaced.logits, own.logits) < 1e-6);
    const other = model.run(others, { keep: ["blocks.1.z"] });
    const { activations } = model
      .with(head(model, 1, 0).replacedBy(other))
      .run(tokens, { keep: ["blocks.1.z"] });
    for (const [index, expected] of [other, own, own].entries())
      assert.ok(
        distance(
          activations["blocks.1.z"].at({ head: index }),
          expected.activations["blocks.1.z"].at({ head: index }),
        ) < 1e-6,
      );
  });

  it("replacedBy: says what the other run should have kept", () => {
    assert.throws(() => head(model, 1, 0).replacedBy(model.run(others)), {
      name: "HeadError",
      message: 'the other run kept no blocks.1.z; run it with { keep: ["blocks.1.z"] }',
    });
  });

  it("meanAblated: the head mixes the same at every position, the mean over the runs", () => {
    const runs = [tokens, others].map((text) => model.run(text, { keep: ["blocks.0.z"] }));
    const { activations } = model
      .with(head(model, 0, 2).meanAblated(runs))
      .run(tokens, { keep: ["blocks.0.z"] });
    const z = activations["blocks.0.z"].at({ head: 2 });
    assert.ok(distance(z.at({ query: 0 }), z.at({ query: 5 })) < 1e-6);
    const means = runs.map((run) => run.activations["blocks.0.z"].at({ head: 2 }).mean("query"));
    const mean = means.reduce((a, b) => a.plus(b)).times(1 / 2);
    assert.ok(distance(z.at({ query: 3 }), mean) < 1e-6);
  });

  it("projectedOut: nothing is left along the direction, and all else stays", () => {
    const direction = randomNormal(["embedding"], [12], { seed: 9 });
    const unit = direction.times(1 / direction.norm());
    const keep = { keep: ["blocks.1.result"] } as const;
    const before = model.run(tokens, keep).activations["blocks.1.result"];
    const { activations } = model.with(head(model, 1, 1).projectedOut(direction)).run(tokens, keep);
    const after = activations["blocks.1.result"];
    assert.ok(after.at({ head: 1 }).dot(unit, "embedding").norm() < 1e-6);
    assert.ok(distance(after.at({ head: 0 }), before.at({ head: 0 })) < 1e-6);
    const lost = before.at({ head: 1 }).minus(after.at({ head: 1 }));
    assert.ok(Math.abs(lost.norm() - before.at({ head: 1 }).dot(unit, "embedding").norm()) < 1e-5);
    assert.throws(() => head(model, 1, 1).projectedOut(direction.times(0)), /needs a length above 0/);
  });

  it("steered: adds the direction at every position", () => {
    const direction = randomNormal(["embedding"], [12], { seed: 9 });
    const keep = { keep: ["blocks.1.attentionOut"] } as const;
    const before = model.run(tokens, keep).activations["blocks.1.attentionOut"];
    const after = model.with(head(model, 1, 1).steered(direction)).run(tokens, keep).activations[
      "blocks.1.attentionOut"
    ];
    for (let position = 0; position < tokens.length; position++)
      assert.ok(distance(after.at({ position }), before.at({ position }).plus(direction)) < 1e-5);
  });

  it("patternFrozen and frozenPatterns: attention is the other run's, values are its own", () => {
    const other = model.run(others, { keep: ["blocks.*.pattern"] });
    const keep = { keep: ["blocks.0.pattern", "blocks.1.pattern"] } as const;
    const one = model.with(head(model, 0, 2).patternFrozen(other)).run(tokens, keep).activations;
    const theirs = other.activations["blocks.0.pattern"];
    assert.ok(theirs);
    assert.ok(distance(one["blocks.0.pattern"].at({ head: 2 }), theirs.at({ head: 2 })) < 1e-6);
    assert.ok(distance(one["blocks.0.pattern"].at({ head: 0 }), theirs.at({ head: 0 })) > 1e-4);
    const all = model.with(...frozenPatterns(model, other)).run(tokens, keep).activations;
    const last = other.activations["blocks.1.pattern"];
    assert.ok(last);
    assert.ok(distance(all["blocks.1.pattern"], last) < 1e-6);
  });
});

describe("head(model, layer, index)", () => {
  it("says which heads there are", async () => {
    const model = await createTransformer(
      { vocabulary: 5, context: 4, layers: 2, heads: 2, embedding: 4 },
      { seed: 1 },
    );
    assert.throws(() => head(model, 2, 0), {
      name: "HeadError",
      message: "there is no layer 2; the model has 0 to 1",
    });
    assert.throws(() => head(model, 1, 2), { message: "there is no head 1.2; layer 1 has 1.0 to 1.1" });
  });
});
