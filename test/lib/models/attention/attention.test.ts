import assert from "node:assert/strict";
import fc from "fast-check";
import {
  attentionMask,
  causalMask,
  concatenateThenProject,
  decoderStack,
  encoderDecoder,
  encoderStack,
  feedForward,
  fourRandomWords,
  layerNorm,
  multiHeadAttention,
  OptionError,
  positionalEncoding,
  randomAttentionWeights,
  scaledDotProductAttention,
  SecondOrderWithSkips,
  singleHeadAttention,
  WeightError,
  type LayerWeights,
} from "../../../../lib/models/index.ts";
import {
  identity,
  randomNormal,
  SizeError,
  softmax,
  tensor,
  type Tensor,
} from "../../../../lib/tensor/index.ts";
import {
  blackCatDrankTheMilk,
  programAndBatteryLogs,
  Vocabulary,
  vocabularyOf,
} from "../../../../lib/text/index.ts";

const WORDS = "check the battery log and find out whether it ran down please".split(" ");
const rounded = (values: Iterable<number>, digits = 4): number[] =>
  Array.from(values, (value) => Number(value.toFixed(digits)) + 0);
const stream = (words: readonly string[], embedding: number, seed = 1): Tensor<["position", "embedding"]> =>
  randomNormal(["position", "embedding"], [words.length, embedding], { seed }).withLabels({
    position: words,
  });

describe("scaledDotProductAttention", () => {
  it("claim 14: one score is Q4K2 = ad + be + cf, and Z4 is the sum of four scaled values", () => {
    const [a, b, c, d, e, f] = [2, -1, 0.5, 3, 4, -2];
    const queries = tensor(["query", "feature"], [[0, 1, 0], [1, 0, 0], [0, 0, 1], [a, b, c]]); // prettier-ignore
    const keys = tensor(["key", "feature"], [[1, 1, 0], [d, e, f], [0, 0, 2], [1, 0, 1]]); // prettier-ignore
    const values = tensor(["key", "value"], [[1, 0], [0, 1], [2, 2], [-1, 3]]); // prettier-ignore
    const { scores } = scaledDotProductAttention(queries, keys, values, { scale: 1 });
    assert.equal(scores.value({ query: 3, key: 1 }), a * d + b * e + c * f);
    // Doshi leaves scaling and softmax out: Z = (Q Kᵀ) V.
    const Z = scores.dot(values, "key");
    const terms = [0, 1, 2, 3].map((key) => values.at({ key }).times(scores.value({ query: 3, key })));
    const Z4 = terms.reduce((sum, term) => sum.plus(term));
    assert.deepEqual(Z.at({ query: 3 }).toArray(), Z4.toArray());
  });

  it("claim 13: row i of Z uses query word i only: changing word j changes row i by (QiKj)Vj alone, before the softmax", () => {
    const x = stream(WORDS.slice(0, 4), 6);
    const changed = tensor(
      ["position", "embedding"],
      x.toArray().map((row, index) => (index === 1 ? row.map((value) => value + 1) : row)),
    );
    const head = {
      W_Q: randomNormal(["embedding", "feature"], [6, 3], { seed: 2 }),
      W_K: randomNormal(["embedding", "feature"], [6, 3], { seed: 3 }),
      W_V: randomNormal(["embedding", "value"], [6, 2], { seed: 4 }),
    };
    const parts = (input: Tensor<["position", "embedding"]>) => ({
      Q: input.withoutLabels().rename({ position: "query" }).dot(head.W_Q, "embedding"),
      K: input.withoutLabels().rename({ position: "key" }).dot(head.W_K, "embedding"),
      V: input.withoutLabels().rename({ position: "key" }).dot(head.W_V, "embedding"),
    });
    const before = parts(x);
    const after = parts(changed);
    const Z = (each: ReturnType<typeof parts>) => each.Q.dot(each.K, "feature").dot(each.V, "key");
    const term = (each: ReturnType<typeof parts>, i: number, j: number) =>
      each.V.at({ key: j }).times(
        each.Q.at({ query: i })
          .dot(each.K.at({ key: j }), "feature")
          .value(),
      );
    for (const i of [0, 2, 3]) {
      const difference = Z(after)
        .at({ query: i })
        .minus(Z(before).at({ query: i }));
      assert.ok(difference.allClose(term(after, i, 1).minus(term(before, i, 1)), 1e-12), `row ${i}`);
    }
    const own = Z(after)
      .at({ query: 1 })
      .minus(Z(before).at({ query: 1 }));
    assert.ok(
      !own.allClose(term(after, 1, 1).minus(term(before, 1, 1)), 1e-6),
      "row j itself has another query",
    );
  });

  it("brings the words back on query and key, and gives rows that sum to 1", () => {
    const corpus = blackCatDrankTheMilk();
    const words = corpus.sentences[0]?.tokens ?? [];
    const x = stream(words, 8);
    const { pattern, scores, masked } = singleHeadAttention(x, headWeights(8, 4), {
      mask: causalMask(words),
    });
    assert.deepEqual(pattern.labels("query"), words);
    assert.deepEqual(pattern.labels("key"), words);
    for (const sum of pattern.sum("key").data) assert.ok(Math.abs(sum - 1) < 1e-12);
    assert.equal(pattern.value({ query: 0, key: 0 }), 1);
    assert.equal(pattern.value({ query: 2, key: 3 }), 0);
    assert.equal(masked.value({ query: 2, key: 3 }), -Infinity);
    assert.ok(Number.isFinite(scores.value({ query: 2, key: 3 })));
  });

  it("keeps the variance of the scores near 1 by dividing by √d_k, where the sum alone has d_k", () => {
    const queries = randomNormal(["query", "feature"], [200, 64], { seed: 1 });
    const keys = randomNormal(["key", "feature"], [200, 64], { seed: 2 });
    const values = randomNormal(["key", "value"], [200, 1], { seed: 3 });
    const variance = (scale?: number): number => {
      const { scores } = scaledDotProductAttention(
        queries,
        keys,
        values,
        scale === undefined ? {} : { scale },
      );
      return scores.norm() ** 2 / scores.size - scores.mean() ** 2;
    };
    assert.ok(Math.abs(variance() - 1) < 0.1);
    assert.ok(Math.abs(variance(1) - 64) < 6.4);
  });

  it("divides by √d_k unless told otherwise", () => {
    const x = stream(WORDS, 16);
    const weights = headWeights(16, 9);
    const plain = singleHeadAttention(x, weights, { scale: 1 }).scores;
    assert.ok(singleHeadAttention(x, weights).scores.allClose(plain.times(1 / 3), 1e-12));
  });

  it("claim 6: one-hot words with W_QK = log of the mask and W_OV = votes give the masked totals exactly", () => {
    const corpus = programAndBatteryLogs();
    const { vocabulary } = corpus;
    const skips = new SecondOrderWithSkips(corpus);
    const mask = attentionMask(vocabulary, { ran: ["battery", "program"] });
    const tokens = "check the battery log and find out whether it ran".split(" ");
    const x = vocabulary.oneHot(tokens).rename({ vocabulary: "embedding" });
    const logMask = mask
      .map((cell) => (cell === 0 ? -1e9 : 0))
      .rename({ query: "embedding", key: "feature" });
    const attended = singleHeadAttention(
      x,
      {
        W_Q: logMask,
        W_K: identity("embedding", "feature", vocabulary.words),
        W_V: skips.voteMatrix("ran").rename({ key: "embedding", vocabulary: "value" }),
        W_O: identity("value", "embedding", vocabulary.words),
      },
      { mask: causalMask(tokens), scale: 1 },
    );
    const last = attended.result.at({ query: -1 }).toArray();
    assert.deepEqual(last, skips.withMask(mask).votes(tokens).totals.toArray());
  });

  it("claim 11: softmax attention concentrates on one element as scores grow", () => {
    const scores = tensor(["key"], [1, 0.8, 0.2, -0.5]);
    const largest = [1, 3, 10, 30].map((factor) => softmax(scores.times(factor), "key").max());
    assert.deepEqual(
      [...largest].sort((a, b) => a - b),
      largest,
    );
    assert.ok((largest[0] ?? 1) < 0.45 && (largest[3] ?? 0) > 0.99);
  });

  it("has the causal rows of the CodeEmporium notebook's kind: the first attends to itself alone", () => {
    const { pattern } = singleHeadAttention(stream(["a", "b", "c", "d"], 8), headWeights(8, 8), {
      mask: causalMask(4),
    });
    const zeros = Array.from(pattern.data).filter((share) => share === 0).length;
    assert.equal(zeros, 6);
  });
});

describe("fourRandomWords", () => {
  const { queries, keys, values } = fourRandomWords();
  const variance = (each: Tensor<readonly string[]>) => {
    const mean = each.mean();
    return each.map((value) => (value - mean) ** 2).mean();
  };

  it("has the source's variances: the product's is six times a factor's, and less than one when scaled", () => {
    const scores = queries.dot(keys, "feature");
    const all = [queries, keys, scores, scores.times(1 / Math.sqrt(8))];
    assert.deepEqual(rounded(all.map(variance), 6), [0.867219, 0.922985, 5.144687, 0.643086]);
  });

  it("gives the source's causal attention and new values, to all printed digits", () => {
    const { pattern, result } = scaledDotProductAttention(queries, keys, values, { mask: causalMask(4) });
    assert.deepEqual(
      pattern.toArray().map((row) => rounded(row, 8)),
      [
        [1, 0, 0, 0],
        [0.51359112, 0.48640888, 0, 0],
        [0.53753304, 0.27144826, 0.1910187, 0],
        [0.19293995, 0.03256643, 0.57960627, 0.19488734],
      ],
    );
    assert.deepEqual(
      rounded(result.row(3).toArray(), 6),
      [0.187004, 1.677546, 0.331053, -0.417957, 1.425847, -0.187882, -0.102851, 0.546836],
    );
  });
});

describe("multiHeadAttention", () => {
  it("claim 10: has the shapes of a16 for 12 words, with any d_model = h d_k", () => {
    for (const [heads, feature] of [
      [8, 64],
      [2, 3],
      [5, 7],
    ] as const) {
      const embedding = heads * feature;
      const x = stream(WORDS, embedding);
      const weights = randomAttentionWeights({ heads, embedding });
      const run = multiHeadAttention(x, weights, { mask: causalMask(WORDS) });
      assert.deepEqual(run.queries.shape, [12, heads, feature]);
      assert.deepEqual(run.scores.shape, [12, heads, 12]);
      assert.deepEqual(run.z.shape, [12, heads, feature]);
      assert.deepEqual(run.results.shape, [12, heads, embedding]);
      assert.deepEqual(run.output.shape, [12, embedding]);
      assert.deepEqual(run.output.axes, ["position", "embedding"]);
      assert.deepEqual(run.output.labels("position"), WORDS);
    }
    const { vocabulary } = programAndBatteryLogs();
    const W_E = randomNormal(["vocabulary", "embedding"], [13, 512], { seed: 1 });
    assert.deepEqual(vocabulary.oneHot(WORDS).shape, [12, 13]);
    assert.deepEqual(vocabulary.oneHot(WORDS).dot(W_E, "vocabulary").shape, [12, 512]);
  });

  it("gives the same output when heads are concatenated and projected as when they are summed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer(),
        (heads, feature, value, seed) => {
          const x = stream(WORDS.slice(0, 5), 7, seed);
          const weights = randomAttentionWeights({ heads, embedding: 7, feature, value, seed });
          const run = multiHeadAttention(x, weights, { mask: causalMask(5) });
          const joined = concatenateThenProject(run.z, weights.W_O);
          assert.ok(joined.rename({ query: "position" }).allClose(run.output, 1e-10));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("differs from the known bug: a reshape from head × position to position × (head · value) without a transpose", () => {
    const x = stream(WORDS.slice(0, 4), 6);
    const weights = randomAttentionWeights({ heads: 2, embedding: 6 });
    const { z, output } = multiHeadAttention(x, weights);
    const stacked = weights.W_O.toArray().flat();
    const projected = (rows: number[][]) =>
      tensor(["position", "value"], rows).dot(tensor(["value", "embedding"], stacked), "value");
    const headsFirst = z.transpose("head", "query", "value").data;
    const reshaped = [0, 1, 2, 3].map((row) => Array.from(headsFirst.slice(row * 6, row * 6 + 6)));
    const transposed = [0, 1, 2, 3].map((row) => z.at({ query: row }).toArray().flat());
    assert.ok(projected(transposed).allClose(output.withoutLabels(), 1e-12));
    assert.ok(!projected(reshaped).allClose(output.withoutLabels(), 0.1));
  });

  it("is the single head where there is one", () => {
    const x = stream(WORDS, 5);
    const weights = randomAttentionWeights({ heads: 1, embedding: 5, feature: 3, value: 2 });
    const head = {
      W_Q: weights.W_Q.at({ head: 0 }),
      W_K: weights.W_K.at({ head: 0 }),
      W_V: weights.W_V.at({ head: 0 }),
      W_O: weights.W_O.at({ head: 0 }),
    };
    const options = { mask: causalMask(WORDS) };
    assert.ok(
      multiHeadAttention(x, weights, options).output.allClose(
        singleHeadAttention(x, head, options).output,
        1e-12,
      ),
    );
  });

  it("is written by a newcomer in fewer than ten lines, on his own sentence", () => {
    const sentence = "the quick brown fox jumps".split(" ");
    const vocabulary = vocabularyOf([{ tokens: sentence, weight: 1 }]);
    const W_E = randomNormal(["vocabulary", "embedding"], [vocabulary.size, 8], { seed: 1 });
    const x = vocabulary.oneHot(sentence).dot(W_E, "vocabulary");
    const { pattern, output } = multiHeadAttention(x, randomAttentionWeights({ heads: 2, embedding: 8 }));
    assert.deepEqual(pattern.at({ head: 1, query: "fox" }).labels("key"), sentence);
    assert.deepEqual(output.shape, [5, 8]);
  });

  it("claim 16: in cross-attention rows are target words and columns source words", () => {
    const source = ["The", "ball", "is", "blue"];
    const target = ["El", "bola", "es", "azul", "."];
    const run = multiHeadAttention(stream(target, 6, 2), randomAttentionWeights({ heads: 2, embedding: 6 }), {
      context: stream(source, 6, 3),
    });
    assert.deepEqual(run.pattern.at({ head: 0 }).labels("query"), target);
    assert.deepEqual(run.pattern.at({ head: 0 }).labels("key"), source);
    assert.deepEqual(run.pattern.shape, [5, 2, 4]);
  });

  it("refuses NaN weights, saying where, and widths that do not fit", () => {
    const x = stream(WORDS, 6);
    const weights = randomAttentionWeights({ heads: 2, embedding: 6 });
    const broken = {
      ...weights,
      W_K: weights.W_K.map((value) => (value === weights.W_K.data[7] ? NaN : value)),
    };
    assert.throws(
      () => multiHeadAttention(x, broken),
      (error) =>
        error instanceof WeightError &&
        error.message.includes("W_K has NaN at head 0, embedding 2, feature 1"),
    );
    assert.throws(() => multiHeadAttention(stream(WORDS, 5), weights), SizeError);
    assert.throws(() => multiHeadAttention(x, weights, { mask: causalMask(3) }), SizeError);
  });
});

describe("layerNorm", () => {
  const x = tensor(["position", "embedding"], [[0.2, 0.1, 0.3], [0.5, 0.1, 0.1]]); // prettier-ignore

  it("is the fixture of the CodeEmporium notebook (d2)", () => {
    assert.deepEqual(rounded(layerNorm(x).data), [0, -1.2238, 1.2238, 1.414, -0.707, -0.707]);
  });

  it("multiplies with the scale and adds the shift", () => {
    const weights = { scale: tensor(["embedding"], [2, 0, 1]), shift: tensor(["embedding"], [1, 5, 0]) };
    assert.deepEqual(rounded(layerNorm(x, weights).at({ position: 0 }).data), [1, 5, 1.2238]);
  });

  it("gives mean 0 and deviation 1, and zeros where all numbers are equal", () => {
    const normalised = layerNorm(stream(WORDS, 50));
    for (const mean of normalised.mean("embedding").data) assert.ok(Math.abs(mean) < 1e-12);
    for (const norm of normalised.norm("embedding").data) assert.ok(Math.abs(norm - Math.sqrt(50)) < 1e-3);
    assert.deepEqual(layerNorm(tensor(["position", "embedding"], [[3, 3]])).toArray(), [[0, 0]]);
  });
});

describe("positionalEncoding", () => {
  it("is the fixture of the CodeEmporium notebook (d2)", () => {
    const encoding = positionalEncoding(10, 6);
    assert.deepEqual(encoding.shape, [10, 6]);
    assert.deepEqual(encoding.row(0).toArray(), [0, 1, 0, 1, 0, 1]);
    assert.deepEqual(rounded(encoding.row(1).data), [0.8415, 0.5403, 0.0464, 0.9989, 0.0022, 1]);
    assert.deepEqual(rounded(encoding.row(9).data), [0.4121, -0.9111, 0.4057, 0.914, 0.0194, 0.9998]);
  });

  it("puts each pair of dimensions on a circle", () => {
    const { data } = positionalEncoding(20, 8);
    for (let pair = 0; pair < data.length; pair += 2)
      assert.ok(Math.abs((data[pair] ?? 0) ** 2 + (data[pair + 1] ?? 0) ** 2 - 1) < 1e-12);
  });

  it("refuses an odd width", () => {
    assert.throws(() => positionalEncoding(4, 5), OptionError);
    assert.throws(() => positionalEncoding(0, 4), OptionError);
  });
});

describe("causalMask", () => {
  it("is 0 up to the diagonal and minus infinity after it", () => {
    assert.deepEqual(causalMask(3).toArray(), [[0, -Infinity, -Infinity], [0, 0, -Infinity], [0, 0, 0]]); // prettier-ignore
    assert.equal(Array.from(causalMask(20).data).filter((value) => value === 0).length, 210);
    assert.deepEqual(causalMask(["a", "b"]).labels("key"), ["a", "b"]);
  });
});

describe("encoderStack, decoderStack, encoderDecoder", () => {
  const layer = (seed: number, cross = false): LayerWeights => ({
    attention: randomAttentionWeights({ heads: 2, embedding: 6, seed }),
    ...(cross
      ? { crossAttention: randomAttentionWeights({ heads: 2, embedding: 6, seed: seed + 100 }) }
      : {}),
    feedForward: {
      W_in: randomNormal(["embedding", "neuron"], [6, 11], { seed }),
      W_out: randomNormal(["neuron", "embedding"], [11, 6], { seed: seed + 50 }),
    },
  });

  it("adds what attention and feed-forward give to the stream: skip connections", () => {
    const x = stream(WORDS, 6);
    const [first] = encoderStack(x, [layer(1)]).layers;
    assert.ok(first?.feedForward);
    const middle = x.plus(first.attention.output);
    assert.ok(
      first.after.allClose(middle.plus(feedForward(middle, layer(1).feedForward ?? never()).output), 1e-12),
    );
    const idle = { attention: mapped(randomAttentionWeights({ heads: 2, embedding: 6 }), 0) };
    assert.deepEqual(encoderStack(x, [idle, idle]).output.toArray(), x.toArray());
  });

  it("lets the encoder see later words, the decoder not", () => {
    const x = stream(["a", "b", "c"], 6);
    const other = x.plus(tensor(["position", "embedding"], [[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6]])); // prettier-ignore
    const layers = [layer(1), layer(2)];
    const first = (output: Tensor<["position", "embedding"]>) => output.at({ position: 0 });
    assert.ok(first(decoderStack(x, layers).output).equals(first(decoderStack(other, layers).output)));
    assert.ok(
      !first(encoderStack(x, layers).output).allClose(first(encoderStack(other, layers).output), 1e-3),
    );
  });

  it("norms before or after, as asked", () => {
    const x = stream(WORDS, 6);
    const attention = randomAttentionWeights({ heads: 2, embedding: 6 });
    const before = encoderStack(x, [{ attention }], { norm: "before" }).output;
    assert.ok(before.allClose(x.plus(multiHeadAttention(layerNorm(x), attention).output), 1e-12));
    const after = encoderStack(x, [{ attention }], { norm: "after" }).output;
    assert.ok(after.allClose(layerNorm(x.plus(multiHeadAttention(x, attention).output)), 1e-12));
  });

  it("claim 16: translates with weights given: target words attend to the source words they stand for", () => {
    const english = ["The", "ball", "is", "blue"];
    const spanish = ["<start>", "La", "pelota", "es", "azul"];
    const source = new Vocabulary(english);
    const target = new Vocabulary(spanish);
    // Embedding: 4 dimensions a source word, 5 a target word, 4 where cross-attention writes.
    const dimensions = (words: readonly string[], offset: number) =>
      tensor(
        ["vocabulary", "embedding"],
        words.map((_, row) => Array.from({ length: 14 }, (__, column) => (column === offset + row ? 1 : 0))),
        { labels: { vocabulary: words } },
      );
    const one = (rows: number, columns: number, cells: [number, number][], value = 1) =>
      Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns }, (__, column) =>
          cells.some(([r, c]) => r === row && c === column) ? value : 0,
        ),
      );
    const head = <const A extends readonly [string, string, string]>(axes: A, matrix: number[][]) =>
      tensor(axes as readonly string[], [matrix]).expectAxes(...axes);
    // Having written word i of the target, ask for word i of the source, and say its translation.
    const crossAttention = {
      W_Q: head(
        ["head", "embedding", "feature"],
        one(
          14,
          4,
          [
            [4, 0],
            [5, 1],
            [6, 2],
            [7, 3],
          ],
          80,
        ),
      ),
      W_K: head(
        ["head", "embedding", "feature"],
        one(14, 4, [
          [0, 0],
          [1, 1],
          [2, 2],
          [3, 3],
        ]),
      ),
      W_V: head(
        ["head", "embedding", "value"],
        one(14, 4, [
          [0, 0],
          [1, 1],
          [2, 2],
          [3, 3],
        ]),
      ),
      W_O: head(
        ["head", "value", "embedding"],
        one(4, 14, [
          [0, 9],
          [1, 10],
          [2, 11],
          [3, 12],
        ]),
      ),
    };
    const idle = mapped(randomAttentionWeights({ heads: 1, embedding: 14 }), 0);
    const W_U = tensor(
      ["embedding", "vocabulary"],
      one(
        14,
        5,
        [
          [9, 1],
          [10, 2],
          [11, 3],
          [12, 4],
        ],
        20,
      ),
      { labels: { vocabulary: spanish } },
    );
    const run = encoderDecoder(
      english,
      spanish.slice(0, 4),
      {
        W_E_source: dimensions(english, 0),
        W_E_target: dimensions(spanish, 4),
        encoder: [{ attention: idle }],
        decoder: [{ attention: idle, crossAttention }],
        W_U,
      },
      { positions: false },
    );
    const pattern = run.decoder.layers[0]?.crossAttention?.pattern.at({ head: 0 });
    assert.deepEqual(pattern?.labels("query"), spanish.slice(0, 4));
    assert.deepEqual(pattern.labels("key"), english);
    assert.deepEqual(
      run.distributions
        .argmax("vocabulary")
        .toArray()
        .map((index) => target.word(index)),
      ["La", "pelota", "es", "azul"],
    );
    assert.equal(source.size, 4);
  });

  it("refuses cross-attention without an encoder's output", () => {
    assert.throws(() => decoderStack(stream(WORDS, 6), [layer(1, true)]), OptionError);
  });
});

function headWeights(embedding: number, feature: number) {
  const weights = randomAttentionWeights({ heads: 1, embedding, feature });
  return {
    W_Q: weights.W_Q.at({ head: 0 }),
    W_K: weights.W_K.at({ head: 0 }),
    W_V: weights.W_V.at({ head: 0 }),
    W_O: weights.W_O.at({ head: 0 }),
  };
}

function mapped(weights: LayerWeights["attention"], factor: number): LayerWeights["attention"] {
  return {
    W_Q: weights.W_Q.times(factor),
    W_K: weights.W_K.times(factor),
    W_V: weights.W_V.times(factor),
    W_O: weights.W_O.times(factor),
  };
}

function never(): never {
  throw new Error("the layer has a feed-forward part");
}
