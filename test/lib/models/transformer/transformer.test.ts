import assert from "node:assert/strict";
import {
  createTransformer,
  InputError,
  intervention,
  InterventionError,
  transformerOf,
  UnknownHookError,
  WeightsError,
  type Transformer,
  type TransformerOptions,
} from "../../../../lib/models/transformer/index.ts";
import { tensorFlow } from "../../../../lib/backend/tensorflow.ts";
import { tensor, zeros, type Tensor } from "../../../../lib/tensor/index.ts";
import { trainModel } from "../../../../lib/training/index.ts";
import { largestDifference } from "./fixtures.ts";

const SMALL = { vocabulary: 11, context: 9, layers: 2, heads: 3, embedding: 12, feature: 4, value: 5 };

/** One model of each architecture. */
const ARCHITECTURES: Record<string, TransformerOptions> = {
  "attention only": SMALL,
  "positions at queries and keys": { ...SMALL, positions: { kind: "learned", at: "queries-and-keys" } },
  "GPT-2": { ...SMALL, feedForward: true, norm: true, attentionBiases: true, unembedding: "tied" },
  "GPT-NeoX": {
    ...SMALL,
    feedForward: { activation: "gelu" },
    norm: true,
    attentionBiases: true,
    residual: "parallel",
    positions: { kind: "rotary", features: 2 },
  },
  Llama: {
    ...SMALL,
    heads: 4,
    keyHeads: 2,
    feedForward: { kind: "gated", neurons: 7 },
    norm: { kind: "root-mean-square" },
    positions: { kind: "rotary", pairs: "neighbours" },
    queryKeyNorm: true,
  },
};

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];

async function small(name: string, seed = 1): Promise<Transformer> {
  return createTransformer(ARCHITECTURES[name] ?? SMALL, { seed, deviation: 0.4 });
}

describe("Transformer", () => {
  it("refuses prefixes of encoders and of other models, stops that come before the start, more than the context", async () => {
    const model = await small("attention only");
    const after = model.prefix([1, 2, 3]);
    const start = (positions: number) => ({
      layer: 1,
      residual: zeros(["position", "embedding"], [positions, 12]),
    });
    const encoder = await createTransformer({ ...SMALL, kind: "encoder" }, { seed: 1 });
    assert.throws(() => encoder.prefix([1]), { name: "InputError", message: /Only a decoder has prefixes/ });
    const other = await createTransformer({ ...SMALL, layers: 3 }, { seed: 1 });
    assert.throws(() => other.run([1], { from: { ...start(1), after } }), /prefix is one of another model/);
    assert.throws(() => model.run([1, 2], { until: 1, keep: ["blocks.1.z"] }), {
      name: "InputError",
      message:
        'Nothing at "blocks.1.z" was computed, so nothing can be kept: the run goes from the embeddings to block 1.',
    });
    assert.throws(() => model.run([1], { from: start(1), until: 0 }), /can stop before block 1 to 2, not 0/);
    assert.throws(
      () => model.run(TOKENS.slice(0, 7), { from: { ...start(7), after } }),
      /3 tokens and 7 after them are more than the model's context of 9/,
    );
    assert.throws(
      () => model.with(intervention("blocks.0.z", (z) => z)).prefix([1]),
      /has no prefix of its own/,
    );
  });

  for (const name of Object.keys(ARCHITECTURES)) {
    describe(name, () => {
      it("goes on after a prefix, and stops before a block, with the numbers of a whole pass", async () => {
        const model = await small(name);
        const keep = ["blocks.1.residualBefore", "blocks.0.residualBefore", "blocks.1.pattern"] as const;
        const whole = model.run(TOKENS, { keep });
        const start = whole.activations["blocks.0.residualBefore"].slice({ position: [5, 8] });
        const after = model.prefix(TOKENS).upTo(5);
        const rest = model.run(TOKENS.slice(5), { from: { layer: 0, residual: start, after }, keep });
        assert.ok(
          largestDifference([...rest.logits.data], [...whole.logits.slice({ position: [5, 8] }).data]) < 1e-5,
        );
        // One tensor seen at two hook points is copied once.
        const twice = model.run(TOKENS, {
          keep: ["blocks.0.residualAfter", "blocks.1.residualBefore"],
        }).activations;
        assert.equal(twice["blocks.0.residualAfter"].data, twice["blocks.1.residualBefore"].data);
        assert.deepEqual(rest.activations["blocks.1.pattern"].shape, [model.configuration.heads, 3, 8]);
        const stopped = model.run(TOKENS, { until: 1 });
        const before = [...whole.activations["blocks.1.residualBefore"].data];
        assert.ok(largestDifference([...stopped.residual.data], before) < 1e-5);
        assert.equal(stopped.logits.sizeOf("position"), 0);
        // keys that an intervention replaces are there once for each head, those of the prefix once for each group
        const same = intervention("blocks.1.k", (keys) => keys.plus(0));
        const touched = model.run(TOKENS.slice(5), {
          from: { layer: 0, residual: start, after },
          interventions: [same],
        });
        assert.ok(largestDifference([...touched.logits.data], [...rest.logits.data]) < 1e-5);
      });

      it("sees no token before its time", async () => {
        const model = await small(name);
        const changed = [...TOKENS.slice(0, 5), 0, 7, 7];
        const keep = ["*"] as const;
        const [one, other] = [model.run(TOKENS, { keep }), model.run(changed, { keep })];
        const before = (logits: Tensor<["position", "vocabulary"]>) =>
          logits.slice({ position: [0, 5] }).toArray();
        assert.deepEqual(before(one.logits), before(other.logits));
        assert.notDeepEqual(one.logits.toArray(), other.logits.toArray());
      });

      it("gives each query shares that sum to 1, and none to later keys", async () => {
        const { activations } = (await small(name)).run(TOKENS, { keep: ["blocks.1.pattern"] });
        const pattern = activations["blocks.1.pattern"];
        assert.ok(
          pattern
            .sum("key")
            .map((sum) => Math.abs(sum - 1))
            .max() < 1e-6,
        );
        for (const head of pattern.toArray())
          for (const [query, row] of head.entries())
            assert.ok(row.slice(query + 1).every((share) => share === 0));
      });

      it("adds up: heads' results and parts of a block are the residual stream", async () => {
        const model = await small(name);
        const { activations: a } = model.run(TOKENS, {
          keep: [
            "blocks.1.result",
            "blocks.1.attentionOut",
            "blocks.1.residualBefore",
            "blocks.1.residualAfter",
          ],
        });
        const result = a["blocks.1.result"].sum("head");
        const bias = model.configuration.attentionBiases.output
          ? result.plus(model.parameter("blocks.1.attention.b_O"))
          : result;
        assert.ok(largestDifference(bias.toArray(), a["blocks.1.attentionOut"].toArray()) < 1e-5);
        let sum = a["blocks.1.residualBefore"].plus(a["blocks.1.attentionOut"]);
        if (model.configuration.feedForward !== null) {
          const { activations } = model.run(TOKENS, { keep: ["blocks.1.feedForwardOut"] });
          sum = sum.plus(activations["blocks.1.feedForwardOut"]);
        }
        assert.ok(largestDifference(sum.toArray(), a["blocks.1.residualAfter"].toArray()) < 1e-5);
      });

      it("gives the same with padding on either side and a mask", async () => {
        const model = await small(name);
        const plain = model.run(TOKENS.slice(0, 5)).logits.toArray();
        const rows = [
          [3, 1, 4, 1, 5, 8, 8],
          [8, 8, 3, 1, 4, 1, 5],
        ];
        const present = [
          [1, 1, 1, 1, 1, 0, 0],
          [0, 0, 1, 1, 1, 1, 1],
        ];
        const [right = [], left = []] = model.runBatch(rows, { present }).logits.toArray();
        assert.ok(largestDifference(right.slice(0, 5), plain) < 1e-5);
        assert.ok(largestDifference(left.slice(2), plain) < 1e-5);
        assert.ok(left.flat().every(Number.isFinite));
      });

      it("predicts with remembered keys and values what it predicts without", async () => {
        const model = await small(name);
        const fresh = (tokens: number[]) => {
          const logits = model.run(tokens, { logits: "last" }).logits.at({ position: 0 });
          const exponentials = logits.map(Math.exp);
          return exponentials.dividedBy(exponentials.sum("vocabulary").value()).toArray();
        };
        for (const tokens of [[3], [3, 1], [3, 1, 4, 1, 5], [3, 1, 4], [3, 1, 4, 2, 2], [7, 1]]) {
          assert.ok(largestDifference(model.next(tokens.map(String)).toArray(), fresh(tokens)) < 1e-5);
        }
      });

      it("goes on from a layer with a given residual stream", async () => {
        const model = await small(name);
        const { logits, activations } = model.run(TOKENS, { keep: ["blocks.1.residualBefore"] });
        const from = { layer: 1, residual: activations["blocks.1.residualBefore"] };
        assert.ok(largestDifference(model.run(TOKENS, { from }).logits.toArray(), logits.toArray()) < 1e-5);
      });

      it("gives gradients that agree with small interventions at every kind of hook point", async () => {
        const model = await small(name);
        const seed = tensor(
          ["position", "vocabulary"],
          Float32Array.from({ length: 88 }, (_, i) => Math.sin(i)),
          {
            shape: [8, 11],
          },
        );
        const value = (logits: Tensor<["position", "vocabulary"]>) =>
          logits.times(seed).sum("vocabulary").sum("position").value();
        const hooks = model.hooks.filter((hook) => hook.startsWith("blocks.0") && !hook.endsWith("Scale"));
        const { gradients } = model.gradients(TOKENS, () => seed, { keep: hooks });
        const pushed = (hook: (typeof hooks)[number], step: number, at: number) => {
          const push = intervention(hook, (activation) => {
            const data = Float32Array.from((activation as Tensor<readonly string[]>).data);
            data[at] = (data[at] ?? 0) + step;
            const axes: readonly string[] = activation.axes;
            return tensor(axes, data, { shape: activation.shape });
          });
          return value(model.run(TOKENS, { interventions: [push] }).logits);
        };
        for (const hook of hooks) {
          const gradient = (gradients as Record<string, Tensor<readonly string[]>>)[hook];
          assert.ok(gradient, hook);
          const at = Math.floor(gradient.size / 3);
          const difference = (pushed(hook, 0.02, at) - pushed(hook, -0.02, at)) / 0.04;
          const found = gradient.data[at] ?? NaN;
          assert.ok(
            Math.abs(difference - found) < 2e-2 * Math.max(1, Math.abs(found)),
            `${hook}: ${found} for ${difference}`,
          );
        }
      });
    });
  }

  it("keeps what it saw, though it is read after later runs, training and the model's release", async () => {
    // Large enough that activations wait in the backend's memory, where softmax and activation function work in place.
    const model = await createTransformer(
      {
        vocabulary: 300,
        context: 96,
        layers: 2,
        heads: 2,
        embedding: 192,
        norm: true,
        feedForward: true,
        positions: "learned",
      },
      { seed: 3 },
    );
    const tokens = Array.from({ length: 96 }, (_, i) => (i * 7) % 300);
    const [atOnce, later] = [0, 1].map(() => model.run(tokens, { keep: ["*"] }));
    assert.ok(atOnce && later);
    const names = Object.keys(later.activations) as (keyof typeof later.activations)[];
    const expected = names.map((name) => atOnce.activations[name]?.data.slice());
    const [logits, residual] = [atOnce.logits.data.slice(), atOnce.residual.data.slice()];
    const withGradients = model.gradients(tokens, (given) => given, { keep: ["*"] });
    model.run(tokens.toReversed(), { keep: ["*"] });
    trainModel(model, () => ({ sequences: [tokens] }), { steps: 1, learningRate: 0.1 }).takeStep();
    model.release();
    for (const [i, name] of names.entries())
      assert.deepEqual(later.activations[name]?.data, expected[i], name);
    assert.deepEqual(later.logits.data, logits);
    assert.deepEqual(later.residual.data, residual);
    assert.equal(later.residual.name, "residual");
    for (const [i, name] of names.entries())
      assert.deepEqual(withGradients.activations[name]?.data, expected[i], name);
    // The pattern is the softmax of the scores, which must not lie in its place.
    const [scores, pattern] = [later.activations["blocks.1.scores"], later.activations["blocks.1.pattern"]];
    const row = (of: typeof scores) => [...(of?.data.slice(95 * 96, 96 * 96) ?? [])];
    const powers = row(scores).map((score) => Math.exp(score));
    const sum = powers.reduce((x, y) => x + y, 0);
    for (const [i, share] of row(pattern).entries())
      assert.ok(Math.abs(share - (powers[i] ?? NaN) / sum) < 1e-5);
  });

  it("leaves nothing behind in the backend's memory", async () => {
    const model = await small("GPT-2");
    const run = () => {
      model.run(TOKENS, { keep: ["*"], interventions: [intervention("*.z", (z) => z.times(0.5))] });
      model.gradients(TOKENS, (logits) => logits, { keep: ["*.z"] });
      model.next(["3", "1"]);
    };
    run();
    const { numTensors } = tensorFlow().memory();
    for (let i = 0; i < 5; i++) run();
    assert.equal(tensorFlow().memory().numTensors, numTensors);
    model.release();
  });
});

describe("run with interventions", () => {
  it("puts what an intervention returns in the activation's place, and changes nothing in the model", async () => {
    const model = await small("GPT-2");
    const plain = model.run(TOKENS);
    const silenced = model.run(TOKENS, {
      keep: ["blocks.0.attentionOut"],
      interventions: [intervention("blocks.0.z", (z) => z.times(0))],
    });
    const bias = model.parameter("blocks.0.attention.b_O").toArray();
    assert.deepEqual(
      silenced.activations["blocks.0.attentionOut"].toArray(),
      TOKENS.map(() => bias),
    );
    assert.deepEqual(model.run(TOKENS).logits.toArray(), plain.logits.toArray());
  });

  it("takes a head out alike at its z and at its result", async () => {
    const model = await small("Llama");
    const without = (hook: "blocks.0.z" | "blocks.0.result") =>
      model.run(TOKENS, {
        interventions: [
          intervention(hook, (activation) => {
            const keep = tensor(["head"], [1, 0, 1, 1]);
            return (activation as unknown as Tensor<["batch", "head"]>).times(keep);
          }),
        ],
      }).logits;
    assert.ok(
      largestDifference(without("blocks.0.z").toArray(), without("blocks.0.result").toArray()) < 1e-5,
    );
  });

  it("changes nothing when patterns are frozen to what they were", async () => {
    const model = await small("GPT-NeoX");
    const { logits, activations } = model.runBatch([TOKENS], { keep: ["*.pattern"] });
    const frozen = intervention(
      "*.pattern",
      (pattern, { name }) => activations[name as "blocks.0.pattern"] ?? pattern,
    );
    assert.ok(
      largestDifference(
        model.runBatch([TOKENS], { interventions: [frozen] }).logits.toArray(),
        logits.toArray(),
      ) < 1e-5,
    );
  });

  it("changes keys of one head of a group alone", async () => {
    const model = await small("Llama");
    const { activations } = model.run(TOKENS, {
      keep: ["blocks.0.pattern"],
      interventions: [intervention("blocks.0.k", (k) => k.times(tensor(["head"], [0, 1, 1, 1])))],
    });
    const plain = model.run(TOKENS, { keep: ["blocks.0.pattern"] }).activations["blocks.0.pattern"];
    const changed = activations["blocks.0.pattern"];
    for (const head of [1, 2, 3]) {
      assert.ok(largestDifference(changed.at({ head }).toArray(), plain.at({ head }).toArray()) < 1e-6);
    }
    assert.ok(largestDifference(changed.at({ head: 0 }).toArray(), plain.at({ head: 0 }).toArray()) > 1e-3);
  });

  it("applies interventions at one point one after the other", async () => {
    const model = await small("attention only");
    const { activations } = model.run(TOKENS, {
      keep: ["blocks.0.z"],
      interventions: [intervention("blocks.0.z", (z) => z.times(0)), intervention("*.z", (z) => z.plus(2))],
    });
    assert.ok(activations["blocks.0.z"].data[0] === 2);
  });

  it("says which hook point a replacement does not fit", async () => {
    const model = await small("attention only");
    const attempt = (replacement: Tensor<readonly string[]>) => () =>
      model.run(TOKENS, { interventions: [intervention("blocks.0.z", () => replacement)] });
    assert.throws(attempt(zeros(["batch", "query"], [1, 8])), InterventionError);
    assert.throws(attempt(zeros(["batch", "query", "head", "value"], [1, 8, 3, 4])), /blocks\.0\.z/);
    assert.throws(
      attempt(zeros(["batch", "query", "head", "value"], [1, 8, 3, 5]).map(() => NaN)),
      /NaN at place 0/,
    );
  });
});

describe("run's bad input", () => {
  it("is an unknown hook, an empty or too long sequence, or an index outside the vocabulary", async () => {
    const model = await small("attention only");
    assert.throws(() => model.run(TOKENS, { keep: ["blocks.2.pattern"] }), UnknownHookError);
    assert.throws(() => model.run(TOKENS, { keep: ["*.feedForwardPre"] }), UnknownHookError);
    assert.throws(() => model.run([]), InputError);
    assert.throws(() => model.run(Array.from({ length: 10 }, () => 1)), /context of 9/);
    assert.throws(() => model.run([11]), /11 words/);
    assert.throws(() => model.run(["no"]), { name: "UnknownWordError" });
    assert.throws(() => model.run(TOKENS, { source: [1] }), InputError);
  });

  it("is a type error for a name that no model has", async () => {
    const model = await small("attention only");
    // @ts-expect-error no hook of that name
    assert.throws(() => model.run(TOKENS, { keep: ["blocks.0.patern"] }), UnknownHookError);
    const { activations } = model.run(TOKENS, { keep: ["blocks.0.pattern"] });
    // @ts-expect-error this one was not kept
    assert.equal(activations["blocks.1.pattern"], undefined);
    const pattern: Tensor<["head", "query", "key"]> = activations["blocks.0.pattern"];
    assert.deepEqual(pattern.axes, ["head", "query", "key"]);
  });
});

describe("transformerOf", () => {
  it("refuses weights that are missing, superfluous, of another size or not finite, by name", async () => {
    const { configuration, parameters } = await small("GPT-2");
    const changed = (name: string, data?: Float32Array) => {
      const copy = new Map(parameters);
      if (data === undefined) copy.delete(name);
      else copy.set(name, data);
      return transformerOf(configuration, copy);
    };
    await assert.rejects(changed("blocks.1.attention.W_Q"), (problem: unknown) => {
      assert.ok(problem instanceof WeightsError);
      return (
        problem.parameter === "blocks.1.attention.W_Q" &&
        /head 3 × embedding 12 × feature 4/.test(problem.message)
      );
    });
    await assert.rejects(changed("W_E", new Float32Array(7)), /vocabulary 11 × embedding 12 = 132/);
    await assert.rejects(changed("W_X", new Float32Array(7)), /not a parameter/);
    await assert.rejects(changed("b_U", new Float32Array(11)), WeightsError);
    const bad = new Float32Array(132).fill(NaN);
    await assert.rejects(changed("W_E", bad), /finite/);
  });
});

describe("an encoder–decoder", () => {
  const options: TransformerOptions = {
    ...SMALL,
    kind: "encoder-decoder",
    sourceVocabulary: 7,
    encoderLayers: 1,
    feedForward: true,
    norm: true,
    attentionBiases: true,
  };

  it("reads its source with rows for target words and columns for source words", async () => {
    const model = await createTransformer(options, { seed: 3, deviation: 0.4 });
    const { activations } = model.run(TOKENS, { source: [1, 2, 6], keep: ["blocks.0.crossPattern"] });
    assert.deepEqual(activations["blocks.0.crossPattern"].shape, [3, 8, 3]);
    assert.throws(() => model.run(TOKENS), InputError);
    assert.throws(() => model.next(["1"]), InputError);
  });

  it("predicts the next target word from the source, remembered or not", async () => {
    const model = await createTransformer(options, { seed: 3, deviation: 0.4 });
    const reader = model.reading([1, 2, 6]);
    reader.next(["3"]);
    const logits = model.run([3, 1], { source: [1, 2, 6], logits: "last" }).logits.at({ position: 0 });
    const exponentials = logits.map(Math.exp);
    const expected = exponentials.dividedBy(exponentials.sum("vocabulary").value()).toArray();
    assert.ok(largestDifference(reader.next(["3", "1"]).toArray(), expected) < 1e-5);
    assert.ok(largestDifference(model.reading([1, 2, 5]).next(["3", "1"]).toArray(), expected) > 1e-4);
  });

  it("ignores padding in its source", async () => {
    const model = await createTransformer(options, { seed: 3, deviation: 0.4 });
    const { logits } = model.runBatch([TOKENS, TOKENS], {
      sources: [
        [1, 2],
        [1, 2, 3, 4],
      ],
    });
    const alone = model.run(TOKENS, { source: [1, 2] }).logits.toArray();
    assert.ok(largestDifference(logits.at({ batch: 0 }).toArray(), alone) < 1e-5);
  });
});

describe("parameter", () => {
  it("gives weights with axes and labels, shared keys once for each head", async () => {
    const model = await small("Llama");
    const W_K: Tensor<["head", "embedding", "feature"]> = model.parameter("blocks.1.attention.W_K");
    assert.deepEqual(W_K.shape, [4, 12, 4]);
    assert.deepEqual(W_K.at({ head: 0 }).toArray(), W_K.at({ head: "head 1.1" }).toArray());
    assert.deepEqual(model.parameter("W_E").labels("vocabulary")?.slice(0, 2), ["0", "1"]);
    assert.throws(() => model.parameter("b_U"), WeightsError);
  });
});
