/**
 * What must hold of circuits whatever the weights are: checks that need no other program's numbers, one test each. `folding.test.ts`,
 * `patching.test.ts`, `gauge.test.ts` and `models/transformer/transformer.test.ts` ask some of them of more models.
 */
import assert from "node:assert/strict";
import {
  attentionShare,
  attentionShareOfAll,
  attributeHeads,
  compositionScores,
  copyingScores,
  foldedModel,
  heads,
  logitAttribution,
  logitDifference,
  patchHeadsByPosition,
  stripe,
  targetPattern,
  type FoldingOptions,
} from "../../../lib/circuits/index.ts";
import { MarkovChain, modelLoss, lossFloor } from "../../../lib/models/index.ts";
import {
  createTransformer,
  transformerOf,
  type Transformer,
  type TransformerOptions,
} from "../../../lib/models/transformer/index.ts";
import {
  factored,
  randomNormal,
  randomNumbers,
  softmax,
  tensor,
  type Tensor,
} from "../../../lib/tensor/index.ts";
import { programAndBatteryLogs } from "../../../lib/text/index.ts";
import { trainModel, wholeCorpus } from "../../../lib/training/index.ts";

/** Every axis of another size; norms, biases and positions of the kinds that real models have. */
const KINDS: Readonly<Record<string, TransformerOptions>> = {
  "like GPT-2": {
    ...{ vocabulary: 23, context: 12, layers: 3, heads: 4, embedding: 20, feature: 5, norm: true },
    ...{ feedForward: true, attentionBiases: true },
  },
  "like Llama": {
    ...{ vocabulary: 23, context: 12, layers: 3, heads: 4, keyHeads: 2, embedding: 20, feature: 6 },
    ...{ norm: { kind: "root-mean-square", place: "before" }, positions: "rotary" },
    feedForward: { kind: "gated", neurons: 31 },
  },
  "of attention alone": { vocabulary: 23, context: 12, layers: 2, heads: 3, embedding: 15 },
};
const TOKENS = [3, 14, 1, 5, 9, 2, 6, 5];

/** Random weights, and gains and biases of norms that are not the 1 and 0 that a new model has. */
async function random(kind: string): Promise<Transformer> {
  const options = KINDS[kind];
  if (!options) throw new Error(kind);
  const model = await createTransformer(options, { seed: 12, deviation: 0.3 });
  const noise = randomNumbers(13);
  const changed = [...model.parameters].filter(([name]) => /Norm\.(gain|bias)$|\.b_/.test(name));
  return withWeights(
    model,
    Object.fromEntries(
      changed.map(([name, data]) => [name, Array.from(data, (each) => each + 0.4 * (noise() - 0.5))]),
    ),
  );
}

function distance(a: Tensor<readonly string[]>, b: Tensor<readonly string[]>): number {
  assert.deepEqual(a.shape, b.shape);
  return Math.max(...Array.from(a.data, (number, at) => Math.abs(number - (b.data[at] ?? Number.NaN))));
}

/** The same model with some of its parameters written anew. */
function withWeights(model: Transformer, changed: Readonly<Record<string, readonly number[]>>) {
  const parameters = new Map(model.parameters);
  for (const [name, numbers] of Object.entries(changed)) {
    assert.equal(parameters.get(name)?.length, numbers.length, name);
    parameters.set(name, Float32Array.from(numbers));
  }
  return transformerOf(model.configuration, parameters);
}

const identity = (size: number, factor = 1) =>
  Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? factor : 0));

for (const kind of Object.keys(KINDS))
  describe(`what needs no reference: a model ${kind}`, () => {
    let model: Transformer;
    before(async () => (model = await random(kind)));

    it("components and constant add up to the difference of logits", () => {
      for (const position of [0, TOKENS.length - 1]) {
        const { components, total } = logitAttribution(model, TOKENS, { token: 4, against: 17, position });
        const logits = model.run(TOKENS).logits.at({ position });
        const expected = logits.value({ vocabulary: 4 }) - logits.value({ vocabulary: 17 });
        assert.ok(Math.abs(expected) > 1e-3, "a difference that could be missed");
        assert.ok(Math.abs(components.sum() - expected) < 1e-5 && Math.abs(total - expected) < 1e-5);
      }
    });

    it("heads and b_O add up to what attention writes", () => {
      const { activations } = model.run(TOKENS, { keep: ["*.result", "*.attentionOut"] });
      for (let layer = 0; layer < model.configuration.layers; layer++) {
        const results = activations[`blocks.${layer}.result`];
        const out = activations[`blocks.${layer}.attentionOut`];
        assert.ok(results && out);
        const sum = results.sum("head");
        const all = model.configuration.attentionBiases.output
          ? sum.plus(model.parameter(`blocks.${layer}.attention.b_O`))
          : sum;
        assert.ok(distance(all, out) < 1e-5);
        assert.ok(out.norm() > 0.01);
      }
    });

    const STEPS: readonly (keyof FoldingOptions)[] = [
      ...(["norms", "centreWriting", "centreUnembedding", "valueBiases", "refactor"] as const),
    ];
    for (const step of STEPS)
      it(`${step} alone leaves log-probabilities what they are, or says why it can't be done`, () => {
        const none = Object.fromEntries(STEPS.map((each) => [each, each === step])) as FoldingOptions;
        const norm = model.configuration.norm;
        const isRefused = (step === "norms" && !norm) || (step === "centreWriting" && norm?.kind !== "layer");
        if (isRefused) {
          assert.throws(() => foldedModel(model, none), { name: "FoldingError" });
          return;
        }
        const folded = foldedModel(model, none);
        const [before, after] = [model, folded].map((each) =>
          softmax(each.run(TOKENS).logits, "vocabulary").map(Math.log),
        );
        assert.ok(before && after && distance(before, after) < 2e-5);
        const isChanged = [...folded.parameters].some(([name, data]) =>
          data.some((number, at) => number !== (model.parameters.get(name)?.[at] ?? 0)),
        );
        const canBeNothing = step === "valueBiases" || step === "refactor";
        assert.ok(isChanged || canBeNothing, "something was rewritten");
      });

    it("a token changes no activation before its position", () => {
      const changed = TOKENS.with(5, 11);
      const [one, other] = [TOKENS, changed].map((tokens) => model.run(tokens, { keep: ["*"] }));
      assert.ok(one && other);
      let compared = 0;
      for (const [name, activation] of Object.entries(one.activations)) {
        const here = activation as Tensor<readonly string[]>;
        const there = (other.activations as Readonly<Record<string, Tensor<readonly string[]>>>)[name];
        const axis = here.axes.find((each) => ["position", "query", "key"].includes(each));
        assert.ok(there && axis !== undefined, name);
        // scores are those before the mask: of later keys, too
        if (name.endsWith(".scores")) continue;
        const early = [here, there].map((each) => each.withoutLabels().slice({ [axis]: [0, 5] }));
        assert.ok(early[0] && early[1] && distance(early[0], early[1]) === 0, name);
        compared++;
      }
      assert.ok(compared > 20);
      assert.ok(distance(one.logits.withoutLabels(), other.logits.withoutLabels()) > 1e-3);
    });

    it("padding on the left with a mask changes neither logits nor patterns", () => {
      const padded = model.runBatch([[7, 7, 7, ...TOKENS]], {
        present: [[0, 0, 0, ...TOKENS.map(() => 1)]],
        keep: ["blocks.1.pattern"],
      });
      const plain = model.run(TOKENS, { keep: ["blocks.1.pattern"] });
      const end = 3 + TOKENS.length;
      const logits = padded.logits.at({ batch: 0 }).slice({ position: [3, end] });
      assert.ok(distance(logits.withoutLabels(), plain.logits.withoutLabels()) < 1e-5);
      const pattern = padded.activations["blocks.1.pattern"]
        .at({ batch: 0 })
        .slice({ query: [3, end], key: [3, end] });
      assert.ok(
        distance(pattern.withoutLabels(), plain.activations["blocks.1.pattern"].withoutLabels()) < 1e-5,
      );
    });

    it("patching clean into clean changes nothing, and where there is no path the baseline stays, exactly", () => {
      const metric = logitDifference(4, 17);
      const clean = model.run(TOKENS, { keep: ["*.z"] });
      for (const each of heads(model)) {
        const patched = model.run(TOKENS, { interventions: [each.replacedBy(clean)] });
        assert.equal(distance(patched.logits, clean.logits), 0, each.name);
      }
      // the runs differ at position 3 alone, so no earlier position can matter
      const task = { clean: TOKENS, corrupted: TOKENS.with(3, 19), metric };
      const { metric: cells, corrupted } = patchHeadsByPosition(model, task);
      for (const [position, isEarly] of [0, 1, 2, 3, 4, 7].map((each) => [each, each < 3] as const)) {
        const values = Array.from(cells.at({ position }).data);
        if (isEarly) assert.ok(values.every((value) => value === corrupted));
        if (position === 3) assert.ok(values.some((value) => Math.abs(value - corrupted) > 1e-6));
      }
    });
  });

describe("what needs no reference: matrices", () => {
  const [A, B] = [
    randomNormal(["row", "inner"], [9, 4], { seed: 1 }),
    randomNormal(["inner", "column"], [4, 9], { seed: 2 }),
  ];

  it("U diag(S) Vᵀ is A B", () => {
    const { U, S, V } = factored(A, B).svd();
    assert.ok(distance(U.times(S).dot(V, "component"), A.dot(B, "inner")) < 1e-12);
  });

  it("A B and B A have the same eigenvalues, but for zeros", () => {
    const small = factored(A, B).eigenvalues();
    const large = factored(
      A.dot(B, "inner").rename({ column: "inner" }),
      tensor(["inner", "column"], Float64Array.from(identity(9)), { shape: [9, 9] }),
    ).eigenvalues();
    assert.equal(large.length, 9);
    for (const [place, { real, imaginary }] of large.entries()) {
      const expected = small[place] ?? { real: 0, imaginary: 0 };
      assert.ok(Math.hypot(real - expected.real, Math.abs(imaginary) - Math.abs(expected.imaginary)) < 1e-9);
    }
  });

  it("copying scores 1 where W_OV is the identity, −1 where it is minus the identity", async () => {
    const model = await createTransformer(
      { vocabulary: 6, context: 4, layers: 2, heads: 1, embedding: 6, feature: 6, unembedding: "own" },
      { seed: 3 },
    );
    const made = await withWeights(model, {
      W_E: identity(6),
      W_U: identity(6),
      "blocks.0.attention.W_V": identity(6),
      "blocks.0.attention.W_O": identity(6),
      "blocks.1.attention.W_V": identity(6),
      "blocks.1.attention.W_O": identity(6, -1),
    });
    for (const circuit of ["OV", "full"] as const)
      assert.deepEqual([...copyingScores(made, circuit).data], [1, -1]);
  });

  it("composition of unrelated heads is 1/√d_model in the root mean square", async () => {
    const model = await createTransformer(
      { vocabulary: 4, context: 4, layers: 2, heads: 24, embedding: 48, feature: 4 },
      { seed: 4 },
    );
    for (const kind of ["query", "key", "value"] as const) {
      const { scores, baseline, pairs } = compositionScores(model, kind);
      const squares = Array.from(scores.data).reduce((sum, score) => sum + score * score, 0);
      assert.ok(Math.abs(Math.sqrt(squares / pairs) / baseline - 1) < 0.05);
    }
  });
});

describe("what needs no reference: detectors", () => {
  const length = 7;
  const words = ["a", "b", "c", "d", "e", "f", "g"];
  /** Each position looks at the one before, the first at itself. */
  const perfect = tensor(
    ["query", "key"],
    Float64Array.from({ length: length ** 2 }, (_, cell) => {
      const [query, key] = [Math.floor(cell / length), cell % length];
      return key === Math.max(0, query - 1) ? 1 : 0;
    }),
    { shape: [length, length] },
  );

  it("a perfect previous-token pattern scores (n − 1)/n of all attention, and 1 without the current token", () => {
    const target = targetPattern("previous", words);
    assert.equal(attentionShareOfAll(perfect, target).value(), (length - 1) / length);
    assert.equal(attentionShareOfAll(perfect, target, { excludeCurrent: true }).value(), 1);
    assert.equal(attentionShare(perfect, target).value(), 1);
    assert.equal(stripe(perfect, -1).value(), 1);
    assert.equal(stripe(perfect, 0).value(), 1 / length);
  });

  it("a two-layer induction model by hand has a stripe that goes to 1 as its attention is sharpened", async () => {
    const period = 5;
    const [vocabulary, context] = [8, 1 + 2 * period];
    const embedding = 2 * vocabulary + context;
    const feature = context;
    const model = await createTransformer(
      {
        vocabulary,
        context,
        layers: 2,
        heads: 1,
        embedding,
        feature,
        unembedding: "own",
        positions: "learned",
      },
      { seed: 5 },
    );
    // the residual stream holds the token, the previous token and the position, each in dimensions of its own
    const [previous, place] = [vocabulary, 2 * vocabulary];
    const map = (
      columns: number,
      entries: readonly (readonly [row: number, column: number, weight: number])[],
    ) => {
      const numbers = Array.from({ length: embedding * columns }, () => 0);
      for (const [row, column, weight] of entries) numbers[row * columns + column] = weight;
      return numbers;
    };
    const each = (count: number, of: (at: number) => readonly [number, number, number]) =>
      Array.from({ length: count }, (_, at) => of(at));
    const rows = (count: number, start: number) =>
      Array.from({ length: count * embedding }, (_, at) =>
        at % embedding === start + Math.floor(at / embedding) ? 1 : 0,
      );
    const stripes: number[] = [];
    for (const sharpness of [1, 10, 100]) {
      const write = (start: number) =>
        Array.from({ length: feature * embedding }, (_, at) =>
          Math.floor(at / embedding) < vocabulary && at % embedding === start + Math.floor(at / embedding)
            ? 1
            : 0,
        );
      const made = await withWeights(model, {
        W_E: rows(vocabulary, 0),
        W_position: rows(context, place),
        "blocks.0.attention.W_Q": map(
          feature,
          each(context, (at) => [place + at, Math.max(0, at - 1), sharpness]),
        ),
        "blocks.0.attention.W_K": map(
          feature,
          each(context, (at) => [place + at, at, sharpness]),
        ),
        "blocks.0.attention.W_V": map(
          feature,
          each(vocabulary, (at) => [at, at, 1]),
        ),
        "blocks.0.attention.W_O": write(previous),
        "blocks.1.attention.W_Q": map(
          feature,
          each(vocabulary, (at) => [at, at, sharpness]),
        ),
        "blocks.1.attention.W_K": map(
          feature,
          each(vocabulary, (at) => [previous + at, at, sharpness]),
        ),
        "blocks.1.attention.W_V": map(
          feature,
          each(vocabulary, (at) => [at, at, 1]),
        ),
        "blocks.1.attention.W_O": write(0),
      });
      // a first token of its own: nothing is before it, so it looks at itself
      const tokens = [0, 4, 1, 7, 2, 6, 4, 1, 7, 2, 6];
      const { activations } = made.run(tokens, { keep: ["blocks.1.pattern"] });
      const second = activations["blocks.1.pattern"]
        .withoutLabels()
        .at({ head: 0 })
        .slice({ query: [1 + period, 1 + 2 * period] });
      stripes.push(stripe(second, 1 + period - (period - 1)).value());
    }
    const [blunt = 1, sharper = 0, sharp = 0] = stripes;
    assert.ok(blunt < 0.5 && blunt < sharper && sharper < sharp + 1e-9, stripes.join(", "));
    assert.ok(Math.abs(sharp - 1) < 1e-6);
  });
});

describe("what needs no reference: models that are known", () => {
  it("zero layers, trained, are the Markov table: softmax(W_E W_U) and its conditional entropy", async () => {
    const corpus = programAndBatteryLogs();
    const chain = new MarkovChain(corpus);
    const model = await createTransformer(
      {
        ...{
          vocabulary: chain.vocabulary.size,
          context: 12,
          layers: 0,
          heads: 1,
          embedding: chain.vocabulary.size,
        },
        ...{ unembedding: "own", positions: "none" },
      },
      { seed: 6, vocabulary: chain.vocabulary },
    );
    const training = trainModel(model, wholeCorpus(corpus), { steps: 600, learningRate: 0.05 });
    const trained = await training.run();
    training.release();
    const table = softmax(
      trained.parameter("W_E").rename({ vocabulary: "word" }).dot(trained.parameter("W_U"), "embedding"),
      "vocabulary",
    );
    for (const word of chain.vocabulary.words) {
      const counted = chain.next([word]);
      if (counted.sum() === 0) continue; // the last word of all sentences: nothing was trained after it
      assert.ok(distance(table.at({ word }).withoutLabels(), counted.withoutLabels()) < 0.02, word);
    }
    const { nats } = modelLoss(trained, corpus);
    assert.ok(Math.abs(nats - lossFloor(corpus, 1).nats) < 0.002);
  });

  it("attribution is patching's effect, where all that follows is linear", async () => {
    const model = await createTransformer(
      { vocabulary: 11, context: 8, layers: 1, heads: 3, embedding: 9 },
      { seed: 7, deviation: 0.3 },
    );
    const metric = logitDifference(2, 9);
    const task = { clean: [1, 5, 3, 8], corrupted: [1, 6, 3, 8], metric };
    const direction = tensor(
      ["vocabulary"],
      Array.from({ length: 11 }, (_, word) => (word === 2 ? 1 : word === 9 ? -1 : 0)),
    );
    const attributed = attributeHeads(model, task, direction);
    const { metric: cells, corrupted } = patchHeadsByPosition(model, task);
    let largest = 0;
    for (const { index } of heads(model))
      for (const position of [0, 1, 2, 3]) {
        const cell = { layer: 0, head: index, position };
        largest = Math.max(largest, Math.abs(attributed.value(cell)));
        assert.ok(Math.abs(attributed.value(cell) - (cells.value(cell) - corrupted)) < 1e-5);
      }
    assert.ok(largest > 1e-3, "an effect that could be missed");
  });
});
