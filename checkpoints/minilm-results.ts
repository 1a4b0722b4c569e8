/**
 * What notebook 17 shows of MiniLM, in one file: numbers and pictures. The sweep itself was made by
 *
 *   npx matrix-composition directions example > relations.json
 *   npx matrix-composition directions "$MATRIX_COMPOSITION_MODELS/minilm" --relations relations.json --json notebooks/results/minilm-directions.json.gz
 *
 * Run: MATRIX_COMPOSITION_MODELS=folder npx tsx checkpoints/minilm-results.ts [folder with twin-words.json.gz, twin-order.json.gz, twin-partners.json.gz, twin-untrained.json.gz]
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  directionGains,
  loadModel,
  loadSweep,
  readWords,
  relationMeasures,
  relationParallelogram,
  relationPlane,
  directionSimilarity,
  saveExperiment,
  wordScale,
  type ModelPlace,
} from "../lib/index.ts";

const folder = process.env["MATRIX_COMPOSITION_MODELS"];
if (folder === undefined) throw new Error("MATRIX_COMPOSITION_MODELS has to name a folder with minilm in it");
const here = fileURLToPath(new URL("../notebooks/results", import.meta.url));
const { sweep, asked } = await loadSweep(join(here, "minilm-directions.json.gz"));
const { model, tokeniser } = await loadModel(join(folder, "minilm"));
const subject = { model, tokeniser };
const { templates } = asked;
const named = (name: string) => {
  const found = asked.relations.find((each) => each.name === name);
  if (!found) throw new Error(`no relation ${name}`);
  return found;
};
const best = (name: string, part: string, rank = 0) => {
  const row = sweep.rows.filter((each) => each.relation === name && each.place.part === part)[rank];
  if (!row || !("head" in row.place)) throw new Error(`no row of ${name}`);
  return row.place;
};

const numbers: Record<string, number> = {};
for (const twin of ["words", "order", "partners", "untrained"]) {
  const [, , twins] = process.argv;
  if (twins === undefined) break;
  const { rows } = (await loadSweep(join(twins, `twin-${twin}.json.gz`))).sweep;
  numbers[`twin ${twin}: rows`] = rows.length;
  numbers[`twin ${twin}: found`] = rows.filter(({ kind }) => kind !== "nothing").length;
  numbers[`twin ${twin}: paired`] = rows.filter(({ kind }) => kind === "paired relation").length;
}

// analogies before and after: the embedding, the stream after the last layer, the best OV of all heads
const embedding: ModelPlace = { part: "embedding" };
const last: ModelPlace = { part: "residual", layer: model.configuration.layers };
for (const relation of asked.relations) {
  const reading = readWords(subject, relation.pairs.flat(), { templates });
  for (const [where, place] of [
    ["embedding", embedding],
    ["last layer", last],
  ] as const)
    numbers[`analogies, ${relation.name}: ${where}`] = relationMeasures(
      reading.at(place),
      relation,
    ).analogyAccuracy;
  const ofHeads = sweep.rows.filter((row) => row.relation === relation.name && row.place.part === "OV");
  numbers[`analogies, ${relation.name}: best OV`] = Math.max(
    ...ofHeads.map(({ measures }) => measures.analogyAccuracy ?? 0),
  );
  const values = ofHeads.map(({ measures }) => measures.analogyAccuracy ?? 0).toSorted((a, b) => a - b);
  numbers[`analogies, ${relation.name}: median OV`] = values[Math.floor(values.length / 2)] ?? Number.NaN;
}

// is tall's direction big's?
const graded = ["size", "height", "width", "weight", "amount", "age", "quality", "temperature"].map(named);
const words = graded.flatMap(({ pairs }) => pairs.flat());
const reading = readWords(subject, words, { templates });
for (const [name, place] of [
  ["embedding", embedding],
  ["size's OV", best("size", "OV")],
  ["second OV", best("size", "OV", 1)],
] as const) {
  const similarity = directionSimilarity(reading.at(place), graded);
  for (const { name: other } of graded)
    if (other !== "size")
      numbers[`cosine of size and ${other}: ${name}`] = similarity.value({
        relation: "size",
        "other relation": other,
      });
}

const size = named("size");
const capital = named("capital");
const figures = {
  "size on its direction": wordScale(subject, size, best("size", "OV"), {
    templates,
    others: ["medium", "tall", "heavy", "wide", "red", "blue"],
  }),
  "plural before and after a head": relationParallelogram(subject, named("plural"), best("plural", "OV"), {
    templates,
  }),
  "capital before and after a head": relationParallelogram(subject, capital, best("capital", "OV"), {
    templates,
  }),
  "size and height in one plane": relationPlane(subject, [size, named("height")], best("size", "OV"), {
    templates,
  }),
};
const { gains } = directionGains(subject, size, { templates });
const strongest = [...Array.from(gains.data).entries()].toSorted(([, a], [, b]) => b - a);
for (const [at, value] of [...strongest.slice(0, 3), ...strongest.slice(-3)])
  numbers[`gain of size: ${Math.floor(at / model.configuration.heads)}.${at % model.configuration.heads}`] =
    value;
await saveExperiment(join(here, "minilm.json"), {
  question: "Which relations are directions in heads?",
  model: "all-MiniLM-L6-v2",
  numbers: Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, Number(value.toPrecision(4))]),
  ),
  notes: "checkpoints/minilm-results.ts makes this file",
  figures,
});
