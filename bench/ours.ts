/** One row by this library: `node --import tsx bench/ours.ts ROW`, for run.ts. */
import { createTransformer, textBatches, trainModel, type TransformerOptions } from "../lib/index.ts";
import { serveRounds, type Work } from "./rounds.ts";
import { BATCH, GPT2, LARGER, SMALL } from "./sizes.ts";

async function trainingStep(options: TransformerOptions): Promise<Work> {
  const model = await createTransformer(options, { seed: 1 });
  const text = Int32Array.from({ length: 10_000 }, (_, i) => (i * 31 + (i % 7) * 5) % options.vocabulary);
  const batches = textBatches(text, { size: BATCH, length: options.context, seed: 1 });
  const training = trainModel(model, batches, { steps: 1_000_000, learningRate: 1e-3 });
  return () => training.takeStep();
}

async function forwardWithCache(): Promise<Work> {
  const model = await createTransformer(GPT2, { seed: 1 });
  const tokens = Array.from({ length: 128 }, (_, i) => (i * 7919) % GPT2.vocabulary);
  return () => model.run(tokens, { keep: ["*"] });
}

const ROWS: Record<string, () => Promise<Work>> = {
  "training-small": () => trainingStep(SMALL),
  "training-larger": () => trainingStep(LARGER),
  "forward-gpt2": forwardWithCache,
};

const prepare = ROWS[process.argv[2] ?? ""];
if (prepare === undefined) throw new Error(`Rows: ${Object.keys(ROWS).join(", ")}`);
await serveRounds(await prepare());
