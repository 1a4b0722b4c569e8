import { fileURLToPath } from "node:url";
import type { Transformer } from "../lib/models/transformer/index.ts";
import {
  saveCheckpoint,
  trainModel,
  type Batches,
  type TrainedExample,
  type TrainingOptions,
} from "../lib/training/index.ts";

/** What a script of this folder trains, and what it says about the result. */
export interface Recipe {
  readonly name: TrainedExample;
  /** The script's own file name. */
  readonly script: string;
  readonly seed: number;
  readonly model: Transformer;
  readonly batches: Batches;
  readonly options: TrainingOptions;
  /** What was measured on the trained model; goes into `training.json`. */
  readonly measured: (model: Transformer) => Record<string, unknown>;
}

/** Trains, prints the loss every ten seconds, and stores the model with the record of how it was made. */
export async function make(recipe: Recipe): Promise<Transformer> {
  const { name, script, seed, batches, options } = recipe;
  const training = trainModel(recipe.model, batches, options);
  let shown = performance.now();
  const model = await training.run({
    onProgress: (progress) => {
      if (performance.now() - shown < 10_000) return;
      shown = performance.now();
      console.log(`${name}: ${progress.toString()}`);
    },
  });
  const { steps, learningRate = 0.001, betas = [0.9, 0.999], weightDecay = 0, clip = null } = options;
  const measured = recipe.measured(model);
  const lastLosses = training.losses.slice(-Math.min(100, Math.ceil(steps / 20)));
  const record = {
    made: `npx tsx checkpoints/${script}`,
    seed,
    steps,
    adam: { learningRate, betas, weightDecay, clip },
    parameters: model.parameterCount,
    trainingLoss: rounded(lastLosses.reduce((sum, loss) => sum + loss, 0) / lastLosses.length),
    ...measured,
  };
  await saveCheckpoint(fileURLToPath(new URL(name, import.meta.url)), model, record);
  console.log(name, record);
  training.release();
  return model;
}

/** Four decimals are enough for a record. */
export function rounded(number: number): number {
  return Number(number.toFixed(4));
}
