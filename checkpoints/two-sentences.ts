/**
 * Rohrer's two sentences, learnt without positions by a model with no layers (a bigram table) and by one with one head. Pilot 1 of this project.
 *
 * Run: npx tsx checkpoints/two-sentences.ts
 */
import { lossFloor, modelLoss } from "../lib/models/index.ts";
import { createTransformer } from "../lib/models/transformer/index.ts";
import { programAndBatteryLogs } from "../lib/text/index.ts";
import { stepSchedule, wholeCorpus } from "../lib/training/index.ts";
import { make, rounded } from "./make.ts";

const SEED = 1;
const STEPS = 800;
const corpus = programAndBatteryLogs();

for (const layers of [0, 1]) {
  await make({
    name: layers === 0 ? "two-sentences-no-layers" : "two-sentences-one-layer",
    script: "two-sentences.ts",
    seed: SEED,
    model: await createTransformer(
      { vocabulary: corpus.vocabulary.size, context: 12, layers, heads: 1, embedding: 16, positions: "none" },
      { seed: SEED, vocabulary: corpus.vocabulary },
    ),
    batches: wholeCorpus(corpus),
    options: {
      steps: STEPS,
      learningRate: 0.02,
      schedule: stepSchedule({ warmUp: 20, from: STEPS / 2, factor: 0.2 }),
    },
    measured: (model) => {
      const ran = (log: string) => `check the ${log} log and find out whether it ran`.split(" ");
      const share = (log: string, word: string) => rounded(model.next(ran(log)).at({ vocabulary: word }).value());
      return {
        loss: rounded(modelLoss(model, corpus).nats),
        floor: rounded(lossFloor(corpus, layers === 0 ? 1 : Infinity).nats),
        pleaseAfterProgram: share("program", "please"),
        downAfterBattery: share("battery", "down"),
      };
    },
  });
}
