import assert from "node:assert/strict";
import {
  commonDirection,
  directionCause,
  directionGains,
  directionMoves,
  places,
  plantedDirections,
  readWords,
  relation,
  sweep,
} from "../../../lib/directions/index.ts";
import { DISPLAY } from "../../../lib/display/index.ts";
import { createTransformer, transformerOf } from "../../../lib/models/transformer/index.ts";
import { randomNormal, tensor } from "../../../lib/tensor/index.ts";
import { turnedModel } from "../circuits/turned-model.ts";

const WORDS = ["small", "big", "short", "tall", "thin", "thick", "low", "high", "the"];
const SIZE = relation("size", [
  ["small", "big"],
  ["short", "tall"],
  ["thin", "thick"],
  ["low", "high"],
]);

/** One layer with two heads that write `factors` times what they read. */
async function scalingModel(factors: readonly [number, number]) {
  const size = 5;
  const W_E = randomNormal(["vocabulary", "embedding"], [WORDS.length, size], { seed: 4 }).toArray();
  for (const [row, word] of WORDS.entries()) {
    const numbers = W_E[row] ?? [];
    const end = SIZE.pairs.flatMap((pair) => pair.indexOf(word as never)).find((at) => at >= 0);
    numbers[1] = end === undefined ? 0 : end === 0 ? -2 : 2;
  }
  const identity = (factor: number) =>
    Array.from({ length: size * size }, (_, cell) => (Math.floor(cell / size) === cell % size ? factor : 0));
  const small = Float32Array.from(randomNormal(["x"], [2 * size * size], { seed: 5 }).data, (x) => 0.2 * x);
  return transformerOf(
    {
      vocabulary: WORDS.length,
      context: 6,
      layers: 1,
      heads: 2,
      embedding: size,
      feature: size,
      value: size,
      positions: "none",
    },
    new Map([
      ["W_E", Float32Array.from(W_E.flat())],
      ["blocks.0.attention.W_Q", small],
      ["blocks.0.attention.W_K", small.map((x) => -x)],
      ["blocks.0.attention.W_V", Float32Array.from([...identity(1), ...identity(1)])],
      ["blocks.0.attention.W_O", Float32Array.from([...identity(factors[0]), ...identity(factors[1])])],
      ["W_U", new Float32Array(size * WORDS.length)],
    ]),
    { vocabulary: WORDS },
  );
}

describe("directionGains(model, relation)", () => {
  it("gives what a head writes for one that it reads: enhancing above 0, inhibiting below", async () => {
    const { gains, chance } = directionGains(await scalingModel([0.7, -0.5]), SIZE);
    assert.ok(Math.abs(gains.value({ layer: 0, head: 0 }) - 0.7) < 1e-6);
    assert.ok(Math.abs(gains.value({ layer: 0, head: 1 }) + 0.5) < 1e-6);
    assert.ok(chance.value({ layer: 0, head: 0 }) > 0.05);
  });
  it("wants three pairs", async () => {
    const two = relation("two", SIZE.pairs.slice(0, 2));
    const model = await scalingModel([1, 1]);
    assert.throws(() => directionGains(model, two), { name: "RelationError", message: /3 are needed/ });
  });
});

describe("directionMoves(model, tokens, relation)", () => {
  const text = ["the", "big", "the", "small", "the"];

  it("adds up to what each head writes along the direction", async () => {
    const model = await scalingModel([0.7, -0.5]);
    const { moves, present } = directionMoves(model, text, SIZE, { count: 1000 });
    const reading = readWords(model, SIZE.pairs.flat());
    const direction = commonDirection(reading.at({ part: "residual", layer: 0 }), SIZE).expectAxes(
      "embedding",
    );
    const along = reading
      .at({ part: "residual", layer: 0 })
      .expectAxes("word", "embedding")
      .dot(direction, "embedding");
    const mean = (side: 0 | 1) =>
      SIZE.pairs.reduce((sum, pair) => sum + along.value({ word: pair[side] }), 0) / 4;
    const half = (mean(1) - mean(0)) / 2;
    const middle = (mean(1) + mean(0)) / 2;
    const { activations } = model.run(text, { keep: ["blocks.0.result"] });
    for (const [head, factor] of [0.7, -0.5].entries())
      for (let position = 0; position < text.length; position++) {
        const wrote = activations["blocks.0.result"]
          .at({ position, head })
          .dot(direction, "embedding")
          .value();
        const sum = moves
          .filter((move) => move.head === `0.${head}` && move.to === position)
          .reduce((total, { amount }) => total + amount, 0);
        assert.ok(
          Math.abs(sum - (wrote - factor * middle) / half) < 1e-5,
          `0.${head} at ${position}: ${sum}`,
        );
      }
    assert.ok(
      present.value({ layer: 0, position: 1 }) > 0.5 && present.value({ layer: 0, position: 3 }) < -0.5,
    );
  });

  it("carries nothing from a word that is the same in the text that it is compared with", async () => {
    const model = await scalingModel([0.7, -0.5]);
    const { moves } = directionMoves(model, ["the", "big"], SIZE, { instead: ["the", "small"], count: 100 });
    const [first] = moves;
    assert.deepEqual(first?.words, ["big", "big"]);
    assert.ok(moves.every(({ from, to, amount }) => from === 1 || to === 1 || Math.abs(amount) < 1e-9));
    assert.throws(() => directionMoves(model, ["the"], SIZE, { instead: ["the", "small"] }), {
      name: "DirectionError",
      message: /1 tokens and the one it is compared with 2/,
    });
  });

  it("says what is enhanced and what inhibited", async () => {
    const found = directionMoves(await scalingModel([0.7, -0.5]), text, SIZE, { count: 1000 });
    const own = (head: string, at: number) =>
      found.moves.find((move) => move.head === head && move.from === at && move.to === at);
    assert.equal(own("0.0", 1)?.effect, "enhances");
    assert.equal(own("0.0", 3)?.effect, "enhances");
    assert.equal(own("0.1", 1)?.effect, "inhibits");
    assert.deepEqual(own("0.1", 3)?.words, ["small", "small"]);
    const shown = await found[DISPLAY]();
    assert.match(String(shown["text/plain"]), /“size”/);
  });
});

describe("gauge freedom (claim 17) of experiments", () => {
  it("leaves sweeps, gains, moves and causes as they are", async () => {
    const vocabulary = WORDS;
    const model = await createTransformer(
      { vocabulary: WORDS.length, context: 6, layers: 2, heads: 2, embedding: 10, feature: 4, value: 3 },
      { seed: 5, vocabulary },
    );
    const direction = tensor(["embedding"], randomNormal(["x"], [10], { seed: 1 }).data.slice());
    const prompts = [
      { tokens: ["the", "big"], counterpart: ["the", "small"], towards: "tall", against: "short" },
    ];
    const numbers = async (each: typeof model) => {
      const { rows } = await sweep(each, [SIZE], { seed: 1, draws: 199, places: places(each) });
      const cause = directionCause(each, { layer: 0, head: 1 }, direction, prompts, { seed: 1, controls: 5 });
      return [
        ...rows
          .toSorted((a, b) => a.cell - b.cell)
          .flatMap((row) => [row.qValue, row.measures.meanCosine ?? 0, row.tests.partners.pValue]),
        ...directionGains(each, SIZE).gains.data,
        ...directionMoves(each, ["the", "big", "low"], SIZE)
          .moves.toSorted((a, b) => a.head.localeCompare(b.head) || a.from - b.from || a.to - b.to)
          .map(({ amount }) => amount),
        ...[cause.projectedOut, cause.swapped, cause.patched].map((effect) => effect?.observed ?? Number.NaN),
      ];
    };
    const before = await numbers(model);
    for (const seed of [1, 2]) {
      const after = await numbers(await turnedModel(model, seed));
      assert.equal(after.length, before.length);
      for (const [index, value] of before.entries())
        assert.ok(
          Math.abs(value - (after[index] ?? Number.NaN)) < 2e-3,
          `number ${index}: ${value}, ${after[index]}`,
        );
    }
  });
});

describe("directionCause with counterparts", () => {
  it("swaps and patches what the prompts differ in along the direction, at that head", async () => {
    const { model, planted } = await plantedDirections(
      [{ name: "size", kind: "class direction", place: { part: "OV", layer: 1, head: 2 } }],
      { seed: 3 },
    );
    const [own] = planted;
    assert.ok(own);
    const [first, second] = own.relation.pairs;
    assert.ok(first && second);
    const [[small, big], [towards, against]] = [first, second];
    const prompts = [{ tokens: [big, big], counterpart: [small, small], towards, against }];
    const { swapped, patched } = directionCause(model, own.place, own.written, prompts, {
      seed: 1,
      controls: 19,
    });
    assert.ok(swapped && patched);
    // the direct effect: what differs along the direction, times what W_U reads of it
    const parts = [
      [big, big],
      [small, small],
    ].map((text) =>
      model
        .run(text, { keep: ["blocks.1.result"] })
        .activations["blocks.1.result"].at({ position: 1, head: 2 })
        .dot(own.written, "embedding")
        .value(),
    );
    const reads = model.parameter("W_U").dot(own.written, "embedding");
    const effect =
      ((parts[0] ?? 0) - (parts[1] ?? 0)) *
      (reads.value({ vocabulary: towards }) - reads.value({ vocabulary: against }));
    assert.ok(
      Math.abs(swapped.observed - effect) < 1e-4 + 0.01 * Math.abs(effect),
      `${swapped.observed}, not ${effect}`,
    );
    assert.ok(
      Math.abs(patched.observed - effect) < 1e-4 + 0.01 * Math.abs(effect),
      `${patched.observed}, not ${effect}`,
    );
    assert.throws(
      () =>
        directionCause(
          model,
          own.place,
          own.written,
          [{ tokens: [big], counterpart: [small, small], towards, against }],
          { seed: 1 },
        ),
      { name: "DirectionError", message: /1 tokens and its counterpart 2/ },
    );
  });
});
