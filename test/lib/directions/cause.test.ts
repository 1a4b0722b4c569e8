import assert from "node:assert/strict";
import { directionCause } from "../../../lib/directions/index.ts";
import { DISPLAY } from "../../../lib/display/index.ts";
import { createTransformer } from "../../../lib/models/transformer/index.ts";
import { tensor } from "../../../lib/tensor/index.ts";

describe("directionCause(model, head, direction, prompts, options)", () => {
  const vocabulary = ["a", "b", "c", "d"];
  const make = () =>
    createTransformer(
      { vocabulary: 4, context: 3, layers: 1, heads: 2, embedding: 12 },
      { seed: 3, vocabulary },
    );
  const prompts = [
    { tokens: ["a", "b"], towards: "c", against: "d" },
    { tokens: ["b", "d", "a"], towards: "c", against: "d" },
  ];

  it("changes logits by what W_U makes of the dose, in one layer without norm exactly, and more than random directions", async () => {
    const model = await make();
    const W_U = model.parameter("W_U");
    const speaks = tensor(
      ["embedding"],
      Array.from(W_U.column("c").data, (number, i) => number - (W_U.column("d").data[i] ?? 0)),
    );
    const { doses, unchanged, projectedOut } = directionCause(model, { layer: 0, head: 1 }, speaks, prompts, {
      seed: 1,
      doses: [-2, 0.5, 3],
      controls: 39,
    });
    for (const { dose, effect } of doses) {
      assert.ok(Math.abs(effect.observed - dose * speaks.norm()) < 1e-4, `dose ${dose}: ${effect.observed}`);
      assert.equal(effect.pValue, 1 / 40);
    }
    // what the head wrote along the direction at the last position is gone
    let expected = 0;
    for (const { tokens } of prompts) {
      const { activations, logits } = model.run(tokens, { keep: ["blocks.0.result"] });
      const last = tokens.length - 1;
      const written = activations["blocks.0.result"].at({ position: last, head: 1 });
      expected += written.dot(speaks, "embedding").value() / prompts.length;
      assert.equal(logits.sizeOf("position"), tokens.length);
    }
    assert.ok(Math.abs(projectedOut.observed - expected) < 1e-4, `${projectedOut.observed}, not ${expected}`);
    assert.ok(Number.isFinite(unchanged));
  });

  it("has no effect for a direction that nothing reads", async () => {
    const model = await make();
    const W_U = model.parameter("W_U");
    // at right angles to both columns that are compared
    const [c, d] = ["c", "d"].map((word) => [...W_U.column(word).data]);
    const contrast = (c ?? []).map((x, i) => x - (d?.[i] ?? 0));
    const square = contrast.reduce((sum, x) => sum + x * x, 0);
    const silent = tensor(
      ["embedding"],
      contrast.map((x, i) => (i === 0 ? 1 : 0) - (x * (contrast[0] ?? 0)) / square),
    );
    const found = directionCause(model, { layer: 0, head: 0 }, silent, prompts, { seed: 1, controls: 9 });
    for (const { effect } of found.doses) assert.ok(Math.abs(effect.observed) < 1e-4);
    const shown = await found[DISPLAY]();
    assert.match(String(shown["text/plain"]), /Head 0\.0/);
  });

  it("says what is wrong with a direction or prompts", async () => {
    const model = await make();
    const place = { layer: 0, head: 0 };
    assert.throws(() => directionCause(model, place, tensor(["value"], [1, 2]), prompts, { seed: 1 }), {
      name: "DirectionError",
      message: /"value"/,
    });
    assert.throws(
      () =>
        directionCause(model, place, tensor(["embedding"], new Float64Array(12).fill(1)), [], { seed: 1 }),
      { name: "DirectionError", message: /no prompt/ },
    );
  });
});
