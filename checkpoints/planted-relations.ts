/**
 * Scales (small, big, huge; short, tall, towering), capitals, plurals and opposites from templates: two attention-only layers with four heads.
 *
 * Run: npx tsx checkpoints/planted-relations.ts
 */
import { lossFloor } from "../lib/models/index.ts";
import { createTransformer } from "../lib/models/transformer/index.ts";
import { plantedRelations } from "../lib/text/index.ts";
import { cosineSchedule, sentenceBatches, tokenLosses } from "../lib/training/index.ts";
import { make, rounded } from "./make.ts";

const SEED = 1;
const STEPS = 2500;
const { corpus, truth } = plantedRelations({ seed: SEED, sentences: 20_000 });
const vocabulary = corpus.vocabulary;
const longest = Math.max(...corpus.sentences.map(({ tokens }) => tokens.length));

await make({
  name: "planted-relations",
  script: "planted-relations.ts",
  seed: SEED,
  model: await createTransformer(
    {
      vocabulary: vocabulary.size,
      context: longest,
      layers: 2,
      heads: 4,
      embedding: 64,
      positions: { kind: "learned", at: "queries-and-keys" },
    },
    { seed: SEED, vocabulary },
  ),
  batches: sentenceBatches(corpus, { size: 64, seed: SEED }),
  options: {
    steps: STEPS,
    learningRate: 0.003,
    betas: [0.9, 0.98],
    weightDecay: 0.01,
    schedule: cosineSchedule({ steps: STEPS, warmUp: 100, least: 0.05 }),
  },
  measured: (model) => {
    let [sum, count] = [0, 0];
    for (let length = 2; length <= longest; length++) {
      const sentences = corpus.sentences.map(({ tokens }) => tokens).filter((tokens) => tokens.length === length);
      for (let start = 0; start < sentences.length; start += 500) {
        const { data } = tokenLosses(model, sentences.slice(start, start + 500));
        for (const loss of data) sum += loss;
        count += data.length;
      }
    }
    const capitals = truth.relations.capital.map(([country, capital]) =>
      model.next(["the", "capital", "of", country, "is"]).at({ vocabulary: capital }).value(),
    );
    return {
      loss: rounded(sum / count),
      floor: rounded(lossFloor(corpus).nats),
      bigramFloor: rounded(lossFloor(corpus, 1).nats),
      leastShareOfCapital: rounded(Math.min(...capitals)),
    };
  },
});
