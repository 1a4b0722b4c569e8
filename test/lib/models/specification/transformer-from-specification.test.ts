import assert from "node:assert/strict";
import {
  anyWordOf,
  channel,
  createTransformer,
  decoderStack,
  handMadeModel,
  headSpecification,
  is,
  matching,
  neuronSpecification,
  previousPosition,
  sameWord,
  transformerFromSpecification,
  word,
  type LayerWeights,
  type Transformer,
} from "../../../../lib/models/index.ts";
import { Vocabulary } from "../../../../lib/text/index.ts";

const vocabulary = new Vocabulary(["a", "b", "c", "d", "e", "f"]);

describe("transformerFromSpecification", () => {
  const previous = headSpecification({
    looksFor: previousPosition(),
    copies: word(),
    to: channel("previous word"),
  });
  const induction = headSpecification({
    looksFor: matching(word(), channel("previous word")),
    copies: word(),
    strength: 10,
  });

  it("gives the hand-made model's logits and patterns in the trainable transformer", async () => {
    const inhibit = headSpecification({ looksFor: sameWord(), copies: word(), strength: -2 });
    const pair = neuronSpecification({
      firesOn: [is(channel("previous word"), "a"), is(word(), "b")],
      votes: { f: 3 },
    });
    const model = handMadeModel([[previous], [induction, inhibit, pair]], { vocabulary, positions: 9 });
    const transformer = await transformerFromSpecification(model);
    for (const tokens of [["a", "b", "c", "a", "b"], ["d"], ["e", "e", "f", "e"]]) {
      const byHand = model.run(tokens);
      const run = transformer.run(byHand.tokens, { keep: ["blocks.1.pattern"] });
      assert.ok(run.logits.withoutLabels().allClose(byHand.logits.withoutLabels(), 1e-4));
      const pattern = run.activations["blocks.1.pattern"].withoutLabels();
      const heads = byHand.layers[1]?.attention.pattern.withoutLabels();
      assert.ok(heads && pattern.allClose(heads, 1e-5));
    }
  });

  it("fills layers of different sizes up with zeros", async () => {
    const look = headSpecification({ looksFor: anyWordOf("a"), copies: word(), strength: 4 });
    const model = handMadeModel([[look], [previous, induction, look]], { vocabulary, positions: 5 });
    const transformer = await transformerFromSpecification(model);
    assert.equal(transformer.configuration.heads, 3);
    const { tokens, logits } = model.run(["b", "a", "c"]);
    assert.ok(transformer.run(tokens).logits.withoutLabels().allClose(logits.withoutLabels(), 1e-4));
  });
});

describe("decoderStack", () => {
  it("computes what the TensorFlow.js transformer computes from the same weights, norms before each part", async () => {
    const transformer = await createTransformer(
      {
        vocabulary: 7,
        context: 6,
        layers: 2,
        heads: 3,
        embedding: 12,
        feature: 5,
        value: 4,
        norm: true,
        finalNorm: false,
        feedForward: { kind: "plain", neurons: 10, activation: "relu", biases: true },
        attentionBiases: true,
      },
      { seed: 3 },
    );
    const tokens = [3, 0, 6, 6, 2];
    const run = transformer.run(tokens, { keep: ["blocks.1.pattern"] });
    const x = transformer
      .parameter("W_E")
      .pick({ vocabulary: tokens })
      .withoutLabels()
      .rename({ vocabulary: "position" });
    const positions = transformer
      .parameter("W_position")
      .slice({ position: [0, tokens.length] })
      .withoutLabels();
    const steps = decoderStack(x.plus(positions), [layerOf(transformer, 0), layerOf(transformer, 1)], {
      norm: "before",
    });
    const logits = steps.output.dot(transformer.parameter("W_U").withoutLabels(), "embedding");
    assert.ok(logits.allClose(run.logits.withoutLabels(), 1e-4));
    const pattern = steps.layers[1]?.attention.pattern;
    assert.ok(pattern?.allClose(run.activations["blocks.1.pattern"].withoutLabels(), 1e-5));
  });
});

function layerOf(model: Transformer, number: number): LayerWeights {
  const attention = `blocks.${number}.attention` as const;
  const feed = `blocks.${number}.feedForward` as const;
  return {
    attention: {
      W_Q: model.parameter(`${attention}.W_Q`),
      W_K: model.parameter(`${attention}.W_K`),
      W_V: model.parameter(`${attention}.W_V`),
      W_O: model.parameter(`${attention}.W_O`),
      b_Q: model.parameter(`${attention}.b_Q`),
      b_K: model.parameter(`${attention}.b_K`),
      b_V: model.parameter(`${attention}.b_V`),
      b_O: model.parameter(`${attention}.b_O`),
    },
    feedForward: {
      W_in: model.parameter(`${feed}.W_in`),
      b_in: model.parameter(`${feed}.b_in`),
      W_out: model.parameter(`${feed}.W_out`),
      b_out: model.parameter(`${feed}.b_out`),
    },
    attentionNorm: {
      scale: model.parameter(`blocks.${number}.attentionNorm.gain`),
      shift: model.parameter(`blocks.${number}.attentionNorm.bias`),
    },
    feedForwardNorm: {
      scale: model.parameter(`blocks.${number}.feedForwardNorm.gain`),
      shift: model.parameter(`blocks.${number}.feedForwardNorm.bias`),
    },
  };
}
