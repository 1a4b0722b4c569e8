/**
 * The induction model and its one-layer control: a block of random tokens, repeated. Source of the set-up: pilot 2 of this project; the
 * question is Elhage et al. 2021, "Two-layer attention-only transformers", and Olsson et al. 2022.
 *
 * Run: npx tsx checkpoints/induction.ts [one-layer]
 */
import { createTransformer, type Transformer } from "../lib/models/transformer/index.ts";
import { generatedBatches, stepSchedule, tokenLosses } from "../lib/training/index.ts";
import { make, rounded } from "./make.ts";

const LENGTH = 64;
const TOKENS = Array.from("abcdefghijklmnopqrstuvwxyz012345");
const WORDS = ["<start>", ...TOKENS];
// Of the seeds 1, 2, 3: all form the circuit; 1 stops at .26, 2 has two previous-token heads, 3 has one.
const SEED = process.argv[2] === "one-layer" ? 1 : 3;

/** `<start>` and a block of 8 to 32 random tokens, repeated up to 64 tokens in all. */
export function repeatedBlock(random: () => number): number[] {
  const period = 8 + Math.floor(random() * 25);
  const block = Array.from({ length: period }, () => 1 + Math.floor(random() * TOKENS.length));
  return [0, ...Array.from({ length: LENGTH - 1 }, (_, i) => block[i % period] ?? 0)];
}

const isControl = process.argv[2] === "one-layer";
const steps = isControl ? 3000 : 4000;
const model = await createTransformer(
  {
    vocabulary: WORDS.length,
    context: LENGTH,
    layers: isControl ? 1 : 2,
    heads: 4,
    embedding: 64,
    positions: { kind: "learned", at: "queries-and-keys" },
  },
  { seed: SEED, vocabulary: WORDS, sinusoidalPositions: 0.5 },
);

await make({
  name: isControl ? "induction-one-layer" : "induction",
  script: isControl ? "induction.ts one-layer" : "induction.ts",
  seed: SEED,
  model,
  batches: generatedBatches(`induction ${SEED}`, (random) => ({
    sequences: Array.from({ length: 32 }, () => repeatedBlock(random)),
  })),
  options: {
    steps,
    learningRate: 2e-3,
    betas: [0.9, 0.98],
    schedule: stepSchedule({ warmUp: 100, from: 0.75 * steps, factor: 0.3 }),
  },
  measured: (trained) => ({
    lossOfLast16: rounded(lossOfLast16(trained)),
    floorOfLast16: 0,
    uniformLoss: rounded(Math.log(TOKENS.length)),
    heads: scores(trained),
    note: "The last 16 tokens are decided by the first half: a model that copies from one period before loses nothing there.",
  }),
});

/** The mean loss of the last 16 tokens over 64 fresh sequences. */
function lossOfLast16(trained: Transformer): number {
  const { sequences } = generatedBatches("held out", (random) => ({
    sequences: Array.from({ length: 64 }, () => repeatedBlock(random)),
  }))(0);
  const losses = tokenLosses(trained, sequences).slice({ position: [LENGTH - 17, LENGTH - 1] });
  return losses.mean("position").mean("batch").value();
}

/** Of each head, the mean attention to the token before (previous) and to those after earlier copies (induction), on a block of 16. */
function scores(trained: Transformer): Record<string, { previous: number; induction: number }> {
  const block = generatedBatches("block", (random) => ({
    sequences: [Array.from({ length: 16 }, () => 1 + Math.floor(random() * TOKENS.length))],
  }))(0).sequences[0];
  if (block === undefined) throw new Error("There is one sequence.");
  const tokens = [0, ...block, ...block, ...block];
  const { activations } = trained.run(tokens, { keep: ["*.pattern"] });
  const found: Record<string, { previous: number; induction: number }> = {};
  for (const [layer, pattern] of Object.values(activations).entries()) {
    for (let head = 0; head < 4; head++) {
      const rows = pattern.at({ head }).toArray();
      const mean = (numbers: readonly number[]) => rounded(numbers.reduce((a, b) => a + b, 0) / numbers.length);
      found[`${layer}.${head}`] = {
        previous: mean(rows.slice(1).map((row, i) => row[i] ?? 0)),
        induction: mean(rows.slice(18).map((row, i) => (row[i + 3] ?? 0) + (i >= 16 ? (row[i - 13] ?? 0) : 0))),
      };
    }
  }
  return found;
}
