/**
 * What notebook 17 shows of a cause in SmolLM2, in one file: a direction of gender at one head, and the prediction of *she* against *he*.
 * Head and direction are chosen on four pairs, and tried on four others.
 *
 * Run: MATRIX_COMPOSITION_MODELS=folder npx tsx checkpoints/smollm2-cause.ts
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  commonDirection,
  directionCause,
  directionMoves,
  loadModel,
  readWords,
  relation,
  saveExperiment,
  type CausePrompt,
} from "../lib/index.ts";

const folder = process.env["MATRIX_COMPOSITION_MODELS"];
if (folder === undefined)
  throw new Error("MATRIX_COMPOSITION_MODELS has to name a folder with smollm2.gguf in it");
const { model, tokeniser } = await loadModel(join(folder, "smollm2.gguf"));
if (!tokeniser) throw new Error("the file has no tokeniser");
const subject = { model, tokeniser };
const CONTROLS = 39;
const template = "The {word} said that";
const fit = relation("gender", [
  ["man", "woman"],
  ["boy", "girl"],
  ["brother", "sister"],
  ["uncle", "aunt"],
]);
const tried: readonly (readonly [string, string])[] = [
  ["king", "queen"],
  ["father", "mother"],
  ["husband", "wife"],
  ["son", "daughter"],
];
const tokens = (word: string) => tokeniser.encode(template.replace("{word}", word));
const token = (text: string) => {
  const [only, ...more] = tokeniser.encode(text, { special: false });
  if (only === undefined || more.length > 0) throw new Error(`"${text}" is not one token`);
  return only;
};
const [she, he] = [token(" she"), token(" he")];
const prompts: CausePrompt[] = tried.map(([low, high]) => ({
  tokens: tokens(high),
  counterpart: tokens(low),
  towards: she,
  against: he,
}));

// the heads that move most of gender from the person to the end of the text, on the pairs for choosing
const amounts = new Map<string, { layer: number; head: number; amount: number }>();
for (const [low, high] of fit.pairs) {
  const text = tokens(high);
  const { moves } = directionMoves(subject, text, fit, {
    templates: [template],
    instead: tokens(low),
    count: Number.MAX_SAFE_INTEGER,
  });
  for (const { layer, head: name, from, to, amount } of moves) {
    if (to !== text.length - 1 || from === to) continue;
    const head = Number(name.split(".")[1]);
    const known = amounts.get(name)?.amount ?? 0;
    amounts.set(name, { layer, head, amount: known + amount / fit.pairs.length });
  }
}
const ordered = [...amounts.values()].sort((a, b) => b.amount - a.amount);
const heads = ordered.slice(0, 2);
const numbers: Record<string, number> = {};
for (const [index, { layer, head, amount }] of heads.entries()) {
  const name = `${layer}.${head}`;
  const reading = readWords(subject, fit.pairs.flat(), { templates: [template], position: "end" });
  const vectors = reading.at({ part: "result", layer, head });
  const direction = commonDirection(vectors, fit);
  const along = vectors.expectAxes("word", "embedding").dot(direction.expectAxes("embedding"), "embedding").data;
  const at = (word: string) => along[reading.words.indexOf(word)] ?? Number.NaN;
  // a dose of 1 is what tells the two words of a pair apart at this head
  const unit = fit.pairs.reduce((sum, [low, high]) => sum + at(high) - at(low), 0) / fit.pairs.length;
  const doses = [-2, -1, 1, 2];
  const cause = directionCause(subject, { layer, head }, direction, prompts, {
    seed: 1,
    controls: CONTROLS,
    doses: doses.map((dose) => dose * unit),
  });
  const rank = ["first", "second"][index] ?? String(index);
  const add = (what: string, value: number) => {
    numbers[`${rank}, ${name}: ${what}`] = Number(value.toPrecision(3));
  };
  add("moved", amount);
  add("unit of dose", unit);
  add("unchanged", cause.unchanged);
  for (const [what, found] of [
    ["projected out", cause.projectedOut],
    ["swapped", cause.swapped],
    ["patched", cause.patched],
    ...cause.doses.map(({ effect }, dose) => [`dose ${doses[dose] ?? 0}`, effect] as const),
  ] as const) {
    if (!found) continue;
    add(what, found.observed);
    add(`${what}, random`, found.nullMean);
    add(`${what}, random ±`, found.nullDeviation);
    add(`${what}, p`, found.pValue);
  }
  console.log(name, JSON.stringify(numbers, undefined, 1));
}
await saveExperiment(fileURLToPath(new URL("../notebooks/results/smollm2-cause.json", import.meta.url)), {
  question: "Does a head's direction of gender decide between she and he?",
  model: "SmolLM2-135M-Instruct",
  numbers,
  notes: `checkpoints/smollm2-cause.ts makes this file: chosen on ${fit.pairs.length} pairs, tried on ${tried.length} others, ${CONTROLS} random directions`,
});
