import assert from "node:assert/strict";
import {
  ConfigurationError,
  parameterCount,
  parameterSpecifications,
  transformerConfiguration,
  type TransformerOptions,
} from "../../../../lib/models/transformer/index.ts";

const SMALL: TransformerOptions = { vocabulary: 11, context: 9, layers: 2, heads: 3, embedding: 12 };

function refused(options: object, field: string): void {
  assert.throws(
    () => transformerConfiguration({ ...SMALL, ...options }),
    (problem: unknown) => {
      assert.ok(problem instanceof ConfigurationError);
      assert.equal(problem.field, field);
      assert.match(problem.message, /it must be/);
      return true;
    },
  );
}

describe("transformerConfiguration", () => {
  it("completes a few sizes to an attention-only decoder", () => {
    const c = transformerConfiguration(SMALL);
    assert.deepEqual([c.kind, c.feature, c.value, c.keyHeads], ["decoder", 4, 4, 3]);
    assert.deepEqual([c.feedForward, c.norm, c.finalNorm], [null, null, false]);
    assert.deepEqual(c.positions, { kind: "learned", at: "embedding", offset: 0 });
    assert.equal(c.scoreScale, 0.5);
  });

  it("gives a complete configuration back as it is, also after a trip through JSON", () => {
    for (const options of [
      SMALL,
      { ...SMALL, norm: true, feedForward: true, positions: "rotary" as const },
      { ...SMALL, kind: "encoder-decoder" as const, sourceVocabulary: 5 },
      {
        ...SMALL,
        positions: { kind: "rotary" as const, base: 5e5, scaling: { kind: "linear" as const, factor: 2 } },
      },
    ]) {
      const c = transformerConfiguration(options);
      assert.deepEqual(transformerConfiguration(c), c);
      assert.deepEqual(transformerConfiguration(JSON.parse(JSON.stringify(c)) as TransformerOptions), c);
    }
  });

  it("refuses what cannot be, naming the field", () => {
    refused({ vocabulary: 0 }, "vocabulary");
    refused({ vocabulary: 1e12 }, "vocabulary");
    refused({ layers: -1 }, "layers");
    refused({ layers: 1.5 }, "layers");
    refused({ heads: 5 }, "embedding");
    refused({ keyHeads: 2 }, "keyHeads");
    refused({ embedding: undefined }, "embedding");
    refused({ kind: "decodr" }, "kind");
    refused({ positions: "rotated" }, "positions.kind");
    refused({ positions: { kind: "rotary", features: 3 } }, "positions.features");
    refused({ positions: { kind: "rotary", features: 6 } }, "positions.features");
    refused({ embedding: 9, positions: "sinusoidal" }, "embedding");
    refused({ norm: { epsilon: 0 } }, "norm.epsilon");
    refused({ finalNorm: true }, "finalNorm");
    refused({ feedForward: { activation: "swish" } }, "feedForward.activation");
    refused({ scoreScale: NaN }, "scoreScale");
    refused({ sourceVocabulary: 5 }, "sourceVocabulary");
    refused({ unembedding: "untied" }, "unembedding");
  });
});

describe("parameterSpecifications", () => {
  const named = (options: object) =>
    new Map(
      parameterSpecifications(transformerConfiguration({ ...SMALL, ...options })).map(
        ({ name, axes, shape }) => [name, axes.map((axis, i) => `${axis} ${shape[i] ?? 0}`).join(" × ")],
      ),
    );

  it("names W_E, positions, each head's maps and W_U of an attention-only model", () => {
    const names = named({ layers: 1 });
    assert.deepEqual(
      [...names],
      [
        ["W_E", "vocabulary 11 × embedding 12"],
        ["W_position", "position 9 × embedding 12"],
        ["blocks.0.attention.W_Q", "head 3 × embedding 12 × feature 4"],
        ["blocks.0.attention.W_K", "keyHead 3 × embedding 12 × feature 4"],
        ["blocks.0.attention.W_V", "keyHead 3 × embedding 12 × value 4"],
        ["blocks.0.attention.W_O", "head 3 × value 4 × embedding 12"],
        ["W_U", "embedding 12 × vocabulary 11"],
      ],
    );
  });

  it("has no W_U when it is tied, no position table when positions are not learned, one gain for root-mean-square norms", () => {
    const names = named({
      unembedding: "tied",
      positions: "rotary",
      norm: { kind: "root-mean-square" },
      feedForward: { kind: "gated" },
      keyHeads: 1,
    });
    assert.ok(!names.has("W_U") && !names.has("W_position") && !names.has("finalNorm.bias"));
    assert.equal(names.get("finalNorm.gain"), "embedding 12");
    assert.equal(names.get("blocks.1.feedForward.W_gate"), "embedding 12 × neuron 48");
    assert.equal(names.get("blocks.1.attention.W_K"), "keyHead 1 × embedding 12 × feature 4");
    assert.ok(!names.has("blocks.1.feedForward.b_in"));
  });

  it("adds an encoder and cross-attention to an encoder–decoder", () => {
    const names = named({ kind: "encoder-decoder", sourceVocabulary: 7, encoderLayers: 1, norm: true });
    assert.equal(names.get("encoder.W_E"), "vocabulary 7 × embedding 12");
    assert.ok(names.has("encoder.blocks.0.attention.W_Q") && !names.has("encoder.blocks.1.attention.W_Q"));
    assert.ok(names.has("blocks.1.crossAttention.W_O") && names.has("blocks.1.crossAttentionNorm.gain"));
    assert.ok(!names.has("encoder.blocks.0.crossAttention.W_Q"));
  });

  it("counts GPT-2 small's 124,439,808 parameters", () => {
    const c = transformerConfiguration({
      vocabulary: 50257,
      context: 1024,
      layers: 12,
      heads: 12,
      embedding: 768,
      norm: true,
      feedForward: true,
      attentionBiases: true,
      unembedding: "tied",
    });
    assert.equal(parameterCount(c), 124_439_808);
  });
});
