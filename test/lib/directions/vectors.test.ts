import assert from "node:assert/strict";
import {
  isBasisDependent,
  MEASURES,
  placeName,
  places,
  readWords,
  relation,
  relationMeasures,
  type ModelPlace,
} from "../../../lib/directions/index.ts";
import { createTransformer, transformerOf, type Transformer } from "../../../lib/models/transformer/index.ts";
import { turnedModel } from "../circuits/turned-model.ts";

const WORDS = ["the", "is", "small", "big", "short", "tall", "cold", "hot", "red", "blue", "slow", "fast"];
const PAIRS = relation("degree", [
  ["small", "big"],
  ["short", "tall"],
  ["cold", "hot"],
  ["slow", "fast"],
]);
const PARTS: readonly ModelPlace["part"][] = [
  "embedding",
  "residual",
  "query",
  "key",
  "OV",
  "result",
  "QK destination",
  "QK source",
  "OV source",
  "OV out",
  "q",
  "k",
  "v",
  "z",
];
const templates = ["the {word} is", "{word} the"];

let model: Transformer;
before(async () => {
  model = await createTransformer(
    {
      vocabulary: WORDS.length,
      context: 6,
      layers: 2,
      heads: 2,
      embedding: 10,
      feature: 4,
      value: 3,
      norm: true,
    },
    { seed: 4, vocabulary: WORDS },
  );
});

describe("readWords(model, words, options)", () => {
  it("says which word and place have numbers that are too large, as weights of a damaged file give", async () => {
    const parameters = new Map(model.parameters);
    const values = Float32Array.from(parameters.get("blocks.0.attention.W_V") ?? []);
    parameters.set("blocks.0.attention.W_V", values.fill(3e38));
    const damaged = await transformerOf(model.configuration, parameters, { vocabulary: WORDS });
    assert.throws(() => readWords(damaged, ["big", "small"]), {
      name: "DirectionError",
      message: /blocks\.\d\.\w+ is -?(?:Infinity|NaN) for "(?:big|small)"/u,
    });
    damaged.release();
  });
  it("gives what the hooks give, averaged over templates, at the word", () => {
    const reading = readWords(model, ["big", "small"], { templates });
    const runs = [
      model.run(["the", "big", "is"], { keep: ["blocks.1.result", "blocks.0.q"] }),
      model.run(["big", "the"], { keep: ["blocks.1.result", "blocks.0.q"] }),
    ];
    for (const [place, hook] of [
      [{ part: "result", layer: 1, head: 1 }, "blocks.1.result"],
      [{ part: "q", layer: 0, head: 1 }, "blocks.0.q"],
    ] as const) {
      const got = reading.at(place).at({ word: "big" }).data;
      for (let i = 0; i < got.length; i++) {
        const expected = runs.map(({ activations }, text) => {
          const found = activations[hook];
          const width = found.shape[2] ?? 0;
          return found.data[((text === 0 ? 1 : 0) * 2 + 1) * width + i] ?? NaN;
        });
        const mean = ((expected[0] ?? NaN) + (expected[1] ?? NaN)) / 2;
        assert.ok(Math.abs((got[i] ?? NaN) - mean) < 1e-5, `${hook} ${i}: ${got[i]}, not ${mean}`);
      }
    }
  });

  it("takes the text's last token with position end", () => {
    const { residual } = model.run(["the", "big", "is"]);
    const after = model.run(["the", "big", "is"], { keep: ["blocks.1.residualAfter"] }).activations[
      "blocks.1.residualAfter"
    ];
    assert.equal(residual.sizeOf("position"), 3);
    const got = readWords(model, ["big"], { templates: ["the {word} is"], position: "end" }).at({
      part: "residual",
      layer: 2,
    });
    for (let i = 0; i < 10; i++)
      assert.ok(Math.abs((got.data[i] ?? NaN) - (after.data[20 + i] ?? NaN)) < 1e-5);
  });

  it("has a place for every part, named differently", () => {
    const all = places(model, PARTS, { directions: 2 });
    assert.equal(all.length, 1 + 3 + 4 * 12);
    assert.equal(new Set(all.map(placeName)).size, all.length);
    const reading = readWords(model, WORDS);
    for (const place of all) assert.deepEqual(reading.at(place).labels("word"), WORDS, placeName(place));
  });

  it("names the words that it leaves out, and fails when none is left", () => {
    assert.deepEqual(
      readWords(model, ["big", "gigantic", "big red"]).skipped.map(({ word }) => word),
      ["gigantic", "big red"],
    );
    assert.throws(() => readWords(model, ["gigantic"]), { name: "DirectionError", message: /gigantic/ });
  });

  it("cuts as the model's tokeniser does, and takes split words at their last token if told", () => {
    // the mark 0 in front, and a word's letters after its first are tokens of their own
    const encode = (text: string, { special = true }: { special?: boolean } = {}) => [
      ...(special ? [0] : []),
      ...text
        .trim()
        .split(/ /)
        .flatMap((part) => (part === "bigs" ? [3, 1] : [WORDS.indexOf(part)])),
    ];
    const subject = { model, tokeniser: { encode } };
    assert.match(readWords(subject, ["big", "bigs"]).skipped[0]?.reason ?? "", /2 tokens/);
    const read = readWords(subject, ["bigs"], { templates: ["the {word} is"], splitWords: "last token" });
    const expected = model.run([0, 0, 3, 1, 1], { keep: ["blocks.0.attentionInput", "tokenEmbedding"] })
      .activations.tokenEmbedding;
    assert.ok(Math.abs((read.at({ part: "embedding" }).data[0] ?? NaN) - (expected.data[30] ?? NaN)) < 1e-6);
  });

  it("says which place or template cannot be", () => {
    const reading = readWords(model, WORDS);
    assert.throws(() => reading.at({ part: "OV", layer: 2, head: 0 }), {
      name: "DirectionError",
      message: /layer is 2/,
    });
    assert.throws(() => readWords(model, WORDS, { templates: ["the is"] }), {
      name: "DirectionError",
      message: /\{word\} once/,
    });
  });
});

describe("gauge freedom (claim 17)", () => {
  it("changes no measure at any place but those that say that they depend on the basis", async () => {
    const plain = await createTransformer(
      { vocabulary: WORDS.length, context: 6, layers: 2, heads: 2, embedding: 10, feature: 4, value: 3 },
      { seed: 5, vocabulary: WORDS },
    );
    for (const seed of [1, 2, 3]) {
      const turned = await turnedModel(plain, seed);
      const [before, after] = [plain, turned].map((each) => readWords(each, WORDS, { templates }));
      assert.ok(before && after);
      let changed = 0;
      for (const place of places(plain, PARTS, { directions: 2 })) {
        const [mine, theirs] = [before, after].map((reading) => relationMeasures(reading.at(place), PAIRS));
        const distance = Math.max(
          ...MEASURES.map((name) => Math.abs((mine?.[name] ?? NaN) - (theirs?.[name] ?? NaN))),
        );
        if (!isBasisDependent(place)) assert.ok(distance < 1e-3, `${placeName(place)}: ${distance}`);
        else if (distance > 0.01) changed++;
      }
      assert.ok(changed >= 8, `only ${changed} of 16 basis-dependent places changed`);
    }
  });
});
