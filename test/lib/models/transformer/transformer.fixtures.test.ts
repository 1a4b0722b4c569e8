import assert from "node:assert/strict";
import { largestDifference, loadFixture, type FixtureName } from "./fixtures.ts";

describe("runBatch of a Transformer with a reference model's weights", () => {
  for (const name of ["gpt2-tiny", "neox-tiny", "llama-tiny", "bert-tiny"] as const satisfies FixtureName[]) {
    it(`gives ${name}'s logits, residual stream and patterns`, async () => {
      const { model, expected } = await loadFixture(name);
      const { logits, residual, activations } = model.runBatch(expected.tokens, {
        keep: ["*.pattern", "*.residualBefore"],
      });
      if (expected.logits !== undefined)
        assert.ok(largestDifference(logits.toArray(), expected.logits) < 1e-4);
      const layers = model.configuration.layers;
      for (let layer = 0; layer < layers; layer++) {
        const pattern = activations[`blocks.${layer}.pattern`]?.toArray();
        assert.ok(largestDifference(pattern, expected.attention[layer]) < 1e-4, `pattern of block ${layer}`);
        const before = activations[`blocks.${layer}.residualBefore`]?.toArray();
        assert.ok(largestDifference(before, expected.hidden[layer]) < 1e-4, `residual before block ${layer}`);
      }
      assert.ok(largestDifference(residual.toArray(), expected.hidden[layers]) < 1e-4);
      model.release();
    });
  }
});
