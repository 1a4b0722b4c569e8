import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { comparedExperiments, loadExperiment, saveExperiment } from "../../../lib/directions/index.ts";
import { DISPLAY } from "../../../lib/display/index.ts";
import { bars } from "../../../lib/views/index.ts";

describe("saveExperiment(path, experiment), loadExperiment(path)", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "experiment-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("keeps numbers and pictures in one file", async () => {
    const path = join(folder, "one.json");
    const experiment = { question: "How many?", model: "m", numbers: { heads: 3 }, notes: "by hand" };
    await saveExperiment(path, { ...experiment, figures: { all: bars({ a: 1, b: 2 }, { title: "All" }) } });
    const { figures, ...rest } = await loadExperiment(path);
    assert.deepEqual(rest, experiment);
    const shown = await figures["all"]?.[DISPLAY]();
    assert.match(String(shown?.["image/png"]), /^iVBOR/, "not an SVG, which untrusted notebooks do not draw");
    assert.match(String(shown?.["text/plain"]), /All|bars|values/i);
  });
  it("says what a file is that is none", async () => {
    const path = join(folder, "other.json");
    await writeFile(path, "{}");
    await assert.rejects(loadExperiment(path), { name: "DirectionError", message: /is no experiment/ });
    await writeFile(path, "{");
    await assert.rejects(loadExperiment(path), { name: "DirectionError", message: /cannot be read/ });
  });
});

describe("comparedExperiments(experiments)", () => {
  const one = { question: "How many?", model: "a", numbers: { heads: 3 } };
  it("has one row a model", () => {
    const figure = comparedExperiments([one, { ...one, model: "b", numbers: { heads: 4, layers: 2 } }]);
    assert.match(figure.description, /2 rows|b/);
  });
  it("refuses different questions, and none", () => {
    assert.throws(() => comparedExperiments([one, { ...one, question: "Why?" }]), {
      name: "DirectionError",
      message: /two questions/,
    });
    assert.throws(() => comparedExperiments([]), { name: "DirectionError" });
  });
});
