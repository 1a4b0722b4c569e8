import assert from "node:assert/strict";
import { statSync, readdirSync } from "node:fs";
import { lossFloor, modelLoss } from "../../../lib/models/index.ts";
import { programAndBatteryLogs, skipTrigrams } from "../../../lib/text/index.ts";
import {
  generatedBatches,
  TRAINED_EXAMPLES,
  trainedExample,
  tokenLosses,
} from "../../../lib/training/index.ts";

const FOLDER = new URL("../../../checkpoints/", import.meta.url);

describe("trainedExample", () => {
  for (const name of TRAINED_EXAMPLES) {
    it(`loads ${name}, below 2 MB, with the record of how it was made`, async () => {
      const { model, record } = await trainedExample(name);
      assert.match(String(record["made"]), /^npx tsx checkpoints\/[a-z-]+\.ts/);
      assert.equal(record["parameters"], model.parameterCount);
      const folder = new URL(`${name}/`, FOLDER);
      const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(new URL(file, folder)).size, 0);
      assert.ok(bytes < 2_000_000, `${bytes} bytes`);
    });
  }

  it("says which there are when asked for another", async () => {
    const name = "inductoin" as "induction";
    await assert.rejects(trainedExample(name), {
      name: "CheckpointError",
      message:
        /^There is no trained example "inductoin"; there are two-sentences-no-layers, .*, moby-dick\.$/,
    });
  });

  it("gives two-sentence models at their floors: .1320 without layers, .0660 with one", async () => {
    const corpus = programAndBatteryLogs();
    for (const [name, context] of [
      ["two-sentences-no-layers", 1],
      ["two-sentences-one-layer", Infinity],
    ] as const) {
      const { model } = await trainedExample(name);
      const floor = lossFloor(corpus, context).nats;
      const { nats } = modelLoss(model, corpus);
      assert.ok(nats > floor - 1e-6 && nats < floor + 0.001, `${name}: ${nats} for ${floor}`);
    }
  });

  it("gives an induction model that copies, and a control that cannot", async () => {
    const { sequences } = generatedBatches("fresh", (random) => ({
      sequences: Array.from({ length: 16 }, () => {
        const block = Array.from({ length: 20 }, () => 1 + Math.floor(random() * 32));
        return [0, ...Array.from({ length: 63 }, (_, i) => block[i % 20] ?? 0)];
      }),
    }))(0);
    const last16 = async (name: "induction" | "induction-one-layer") => {
      const losses = tokenLosses((await trainedExample(name)).model, sequences);
      return losses
        .slice({ position: [47, 63] })
        .mean("position")
        .mean("batch")
        .value();
    };
    assert.ok((await last16("induction")) < 0.6);
    assert.ok((await last16("induction-one-layer")) > 1.5);
  });

  it("gives a model that knows the planted skip-trigrams", async () => {
    const { model } = await trainedExample("skip-trigrams");
    for (const { source, destination, out } of skipTrigrams().truth) {
      assert.ok(model.next([source, "the", "wolf", destination]).at({ vocabulary: out }).value() > 0.95, out);
    }
  });

  it("gives a head that looks from milk to drank more than to cat, and hardly to black", async () => {
    const { model } = await trainedExample("milk-drank");
    const words = ["the", "black", "cat", "drank", "the", "milk"];
    const { activations } = model.run(words, { keep: ["blocks.0.pattern"] });
    const row = activations["blocks.0.pattern"].at({ head: 0, query: 5 }).toArray();
    const [, black = NaN, cat = NaN, drank = NaN] = row;
    assert.ok(drank > 0.5 && drank > cat && cat > 5 * black, row.join(" "));
  });

  it("gives a translator that says la pelota es azul, and puts adjectives behind nouns of either gender", async () => {
    const { model } = await trainedExample("translation");
    const translated = (english: string) => {
      const reader = model.reading(english.split(" "));
      const words = ["<start>"];
      while (words.length < 8) {
        const word = model.vocabulary.word(reader.next(words).argmax().index);
        if (word === model.end) break;
        words.push(word);
      }
      return words.slice(1).join(" ");
    };
    assert.equal(translated("the ball is blue"), "la pelota es azul");
    assert.equal(translated("the black cat is old"), "el gato negro es viejo");
    assert.equal(translated("the white houses are small"), "las casas blancas son pequeñas");
  });
});
