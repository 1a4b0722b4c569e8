import assert from "node:assert/strict";
import {
  attributeHeads,
  head,
  logitDifference,
  patchHeads,
  patchHeadsByPosition,
  patchResidual,
  type PatchingTask,
} from "../../../lib/circuits/index.ts";
import {
  createTransformer,
  intervention,
  type Intervention,
  type Transformer,
  type TransformerOptions,
} from "../../../lib/models/transformer/index.ts";
import { tensor, type Tensor } from "../../../lib/tensor/index.ts";

const task: PatchingTask = {
  clean: [3, 1, 4, 1, 5],
  corrupted: [3, 7, 4, 1, 5],
  metric: logitDifference(2, 9),
};

const close = (got: number, expected: number, tolerance = 1e-4) =>
  assert.ok(Math.abs(got - expected) <= tolerance, `${got}, not ${expected}`);

/** The metric of a whole forward pass: what patching without shortcuts costs and gives. */
function whole(model: Transformer, ...interventions: readonly Intervention[]): number {
  const { logits } = model.with(...interventions).run(task.corrupted);
  return task.metric(logits.at({ position: task.corrupted.length - 1 }));
}

describe("patching", () => {
  let model: Transformer;
  before(async () => {
    model = await createTransformer(
      { vocabulary: 12, context: 8, layers: 3, heads: 2, embedding: 8, feedForward: true, norm: true },
      { seed: 6 },
    );
  });

  it("patchResidual: equals a whole pass with that one vector replaced, in every cell", () => {
    const { metric, restored, clean, corrupted } = patchResidual(model, task);
    assert.deepEqual(metric.labels("position"), ["3", "7", "4", "1", "5"]);
    for (let layer = 0; layer < 3; layer++) {
      const name = `blocks.${layer}.residualBefore` as const;
      const theirs = model.run(task.clean, { keep: [name] }).activations[name]?.withoutLabels();
      assert.ok(theirs);
      for (let position = 0; position < 5; position++) {
        const isHere = tensor(
          ["position"],
          [0, 1, 2, 3, 4].map((at) => (at === position ? 1 : 0)),
        );
        const patch = intervention(name, (residual) =>
          residual.plus(residual.times(-1).plus(theirs).times(isHere)),
        );
        const expected = whole(model, patch);
        close(metric.value({ layer, position }), expected);
        close(restored.value({ layer, position }), (expected - corrupted) / (clean - corrupted), 1e-3);
      }
    }
  });

  it("patchResidual: before block 0 only the token that differs matters; at the end only the last position", () => {
    const { restored } = patchResidual(model, task);
    for (const position of [0, 2, 3, 4]) close(restored.value({ layer: 0, position }), 0, 1e-5);
    close(restored.value({ layer: 0, position: 1 }), 1, 1e-4);
    for (const position of [0, 1, 2, 3]) close(restored.value({ layer: 3, position }), 0, 1e-5);
    close(restored.value({ layer: 3, position: 4 }), 1, 1e-4);
  });

  it("patchHeads: equals a whole pass with that head replaced", () => {
    const { metric } = patchHeads(model, task);
    const clean = model.run(task.clean, { keep: ["blocks.*.z"] });
    for (let layer = 0; layer < 3; layer++)
      for (let index = 0; index < 2; index++)
        close(
          metric.value({ layer, head: index }),
          whole(model, head(model, layer, index).replacedBy(clean)),
        );
  });

  it("patchHeadsByPosition: a position that sees no difference changes nothing, and causality holds", () => {
    const { restored } = patchHeadsByPosition(model, task);
    // position 0 comes before the token that differs; in the last layer only the last position reaches the prediction
    for (let layer = 0; layer < 3; layer++)
      for (const index of [0, 1]) close(restored.value({ layer, head: index, position: 0 }), 0, 1e-5);
    for (const position of [1, 2, 3]) close(restored.value({ layer: 2, head: 1, position }), 0, 1e-5);
  });

  it("patchHeadsByPosition: equals a whole pass with that one head's mix replaced there, on every architecture", async () => {
    const common = { vocabulary: 12, context: 8, layers: 3, heads: 4, embedding: 16, norm: true } as const;
    const silu = { kind: "gated", activation: "silu" } as const;
    const models = await Promise.all(
      [
        { ...common, feedForward: true, attentionBiases: true },
        { ...common, feedForward: true, positions: "rotary", residual: "parallel" },
        { ...common, feedForward: silu, positions: "rotary", keyHeads: 2, queryKeyNorm: true },
        { ...common, positions: { kind: "learned", at: "queries-and-keys" } },
        { ...common, kind: "encoder", feedForward: true, norm: { place: "after" }, finalNorm: false },
      ].map((options) => createTransformer(options as TransformerOptions, { seed: 3, deviation: 0.4 })),
    );
    const [first] = models;
    assert.ok(first);
    const changed = first.with(
      head(first, 1, 2).scaled(3),
      head(first, 0, 1).patternFrozen(first.run([2, 2, 3, 4, 4], { keep: ["blocks.0.pattern"] })),
    );
    for (const each of [...models, changed]) {
      const { metric } = patchHeadsByPosition(each, task);
      const clean = each.run(task.clean, { keep: ["blocks.*.z"] }).activations;
      for (let layer = 0; layer < 3; layer++)
        for (let index = 0; index < 4; index++)
          for (let position = 0; position < 5; position++) {
            const theirs = clean[`blocks.${layer}.z`]?.withoutLabels();
            assert.ok(theirs);
            const isHere = tensor(
              ["query", "head"],
              Array.from({ length: 5 }, (_, query) =>
                Array.from({ length: 4 }, (_, at) => (query === position && at === index ? 1 : 0)),
              ),
            );
            const patch = intervention(`blocks.${layer}.z`, (z) =>
              z.plus(z.times(-1).plus(theirs).times(isHere)),
            );
            close(metric.value({ layer, head: index, position }), whole(each, patch));
          }
    }
  });

  it("takes any function of the logits as metric, with the same result", () => {
    const plain = { ...task, metric: (logits: Tensor<["vocabulary"]>) => task.metric(logits) };
    for (const patched of [patchHeads, patchResidual]) {
      const [one, other] = [patched(model, task), patched(model, plain)];
      assert.equal(one.metric.data.length, other.metric.data.length);
      for (let cell = 0; cell < one.metric.data.length; cell++)
        close(other.metric.data[cell] ?? NaN, one.metric.data[cell] ?? NaN, 1e-5);
    }
  });

  it("changes nothing, exactly, where nothing is patched: clean into clean, and cells that cannot reach the prediction", () => {
    const { metric, corrupted } = patchHeadsByPosition(model, task);
    for (let index = 0; index < 2; index++) {
      for (let layer = 0; layer < 3; layer++)
        assert.equal(metric.value({ layer, head: index, position: 0 }), corrupted);
      for (let position = 0; position < 4; position++)
        assert.equal(metric.value({ layer: 2, head: index, position }), corrupted);
    }
    const clean = model.run(task.clean, { keep: ["blocks.*.z"] });
    const own = head(model, 1, 0).replacedBy(clean);
    const patched = model.run(task.clean, { interventions: [own] }).logits;
    assert.deepEqual(patched.data, model.run(task.clean).logits.data);
  });

  it("attributeHeads: is exactly patching's effect where all that follows is linear", async () => {
    const linear = await createTransformer(
      { vocabulary: 12, context: 8, layers: 1, heads: 2, embedding: 8 },
      { seed: 8 },
    );
    const gradient = tensor(
      ["vocabulary"],
      Array.from({ length: 12 }, (_, word) => (word === 2 ? 1 : word === 9 ? -1 : 0)),
    );
    const attributed = attributeHeads(linear, task, gradient);
    const { metric, corrupted } = patchHeadsByPosition(linear, task);
    for (const index of [0, 1])
      for (let position = 0; position < 5; position++) {
        const cell = { layer: 0, head: index, position };
        close(attributed.value(cell), metric.value(cell) - corrupted, 1e-5);
      }
    assert.ok(Math.abs(attributed.value({ layer: 0, head: 0, position: 4 })) > 1e-4);
  });

  it("refuses runs of different lengths, and a metric that tells nothing apart", () => {
    assert.throws(() => patchHeads(model, { ...task, corrupted: [1, 2] }), {
      name: "InputError",
      message: /the clean one has 5 tokens, the corrupted one 2/,
    });
    assert.throws(
      () => patchResidual(model, { ...task, corrupted: task.clean }),
      /does not tell the runs apart/,
    );
  });
});
