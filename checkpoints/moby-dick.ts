/**
 * Moby Dick, character by character: three layers of a GPT-2-like model that writes sentences with Melville's words.
 *
 * Run: npx tsx checkpoints/moby-dick.ts
 */
import { createTransformer, type Transformer } from "../lib/models/transformer/index.ts";
import { completion } from "../lib/models/index.ts";
import { mobyDickChapters, Vocabulary } from "../lib/text/index.ts";
import { cosineSchedule, textBatches, tokenLosses } from "../lib/training/index.ts";
import { make, rounded } from "./make.ts";

const SEED = 1;
const STEPS = Number(process.env["STEPS"] ?? 4000);
const CONTEXT = 96;

const text = (await mobyDickChapters())
  .map((chapter) => chapter.text.replace(/\s+/g, " ").trim())
  .join("\n")
  // Letters that occur in a few quotations only would each cost a row.
  .replaceAll(/[^\n !"'(),\-.0-9:;?A-Z_a-z“”‘’—]/gu, "");
const vocabulary = new Vocabulary([...new Set(text)].sort());
const all = Int32Array.from(text, (character) => vocabulary.index(character));
const split = Math.floor(all.length * 0.95);
const [learnt, heldOut] = [all.subarray(0, split), all.subarray(split)];

await make({
  name: "moby-dick",
  script: "moby-dick.ts",
  seed: SEED,
  model: await createTransformer(
    {
      vocabulary: vocabulary.size,
      context: CONTEXT,
      layers: 3,
      heads: 4,
      embedding: 96,
      feedForward: true,
      norm: true,
      attentionBiases: true,
      unembedding: "tied",
    },
    { seed: SEED, vocabulary },
  ),
  batches: textBatches(learnt, { size: 10, length: CONTEXT, seed: SEED }),
  options: {
    steps: STEPS,
    learningRate: 0.003,
    betas: [0.9, 0.99],
    weightDecay: 0.05,
    clip: 1,
    schedule: cosineSchedule({ steps: STEPS, warmUp: 100, least: 0.05 }),
  },
  measured: (model) => ({
    loss: rounded(heldOutLoss(model)),
    uniformLoss: rounded(Math.log(vocabulary.size)),
    countedEntropy: Object.fromEntries([0, 1, 2, 3, 4].map((order) => [order, rounded(countedEntropy(order))])),
    sample: sample(model),
    note:
      "Nats a character; the loss is on the last 5 % of the book, which the model never read. countedEntropy: what a character holds given " +
      "the characters before it (0 to 4), counted in the whole book, so that high orders have learnt it by heart.",
  }),
});

function heldOutLoss(model: Transformer): number {
  const rows = Array.from({ length: 64 }, (_, i) => {
    const start = Math.floor((i * (heldOut.length - CONTEXT - 1)) / 64);
    return [...heldOut.subarray(start, start + CONTEXT + 1)];
  });
  return tokenLosses(model, rows).mean("position").mean("batch").value();
}

/** The entropy of a character given the `order` before it, from counts. */
function countedEntropy(order: number): number {
  const counts = new Map<string, Map<string, number>>();
  for (let i = order; i < text.length; i++) {
    const before = text.slice(i - order, i);
    const row = counts.get(before) ?? new Map<string, number>();
    counts.set(before, row);
    row.set(text.charAt(i), (row.get(text.charAt(i)) ?? 0) + 1);
  }
  let nats = 0;
  for (const row of counts.values()) {
    const total = [...row.values()].reduce((a, b) => a + b, 0);
    for (const count of row.values()) nats -= count * Math.log(count / total);
  }
  return nats / (text.length - order);
}

function sample(model: Transformer): string {
  return completion(model, Array.from("The whale "), { length: 300, temperature: 0.7, seed: SEED }).tokens.join("");
}
