/**
 * "keep … in mind", "keep … at bay", "leave … in peace": one attention-only layer with two heads. Source of the question: Elhage et al. 2021, "Skip-trigram bugs".
 *
 * Run: npx tsx checkpoints/skip-trigrams.ts
 */
import { createTransformer } from "../lib/models/transformer/index.ts";
import { skipTrigrams } from "../lib/text/index.ts";
import { cosineSchedule, sentenceBatches, tokenLosses } from "../lib/training/index.ts";
import { make, rounded } from "./make.ts";

const SEED = 1;
const STEPS = 1500;
const { corpus, truth } = skipTrigrams({ seed: SEED, sentences: 20_000 });
const vocabulary = corpus.vocabulary;

await make({
  name: "skip-trigrams",
  script: "skip-trigrams.ts",
  seed: SEED,
  model: await createTransformer(
    {
      vocabulary: vocabulary.size,
      context: 8,
      layers: 1,
      heads: 2,
      embedding: 32,
      positions: { kind: "learned", at: "queries-and-keys" },
    },
    { seed: SEED, vocabulary },
  ),
  batches: sentenceBatches(corpus, { size: 64, seed: SEED }),
  options: {
    steps: STEPS,
    learningRate: 0.01,
    schedule: cosineSchedule({ steps: STEPS, warmUp: 50, least: 0.05 }),
  },
  measured: (model) => {
    const fresh = skipTrigrams({ seed: "held out".length + 1000, sentences: 500 }).corpus.sentences;
    let [sum, count, ends] = [0, 0, 0];
    for (const { tokens } of fresh) {
      const { data } = tokenLosses(model, [tokens]);
      for (const loss of data) sum += loss;
      count += data.length;
      ends += data[data.length - 1] ?? 0;
    }
    return {
      loss: rounded(sum / count),
      // The number of words between (1 to 4), the words themselves (of 10), the preposition (of 3); the end is decided.
      floor: rounded((Math.log(4) + 2.5 * Math.log(10) + Math.log(3)) / 4.5),
      lossOfLastWord: rounded(ends / fresh.length),
      floorOfLastWord: 0,
      lossOfLastWordFromPrepositionAlone: rounded(Math.log(2)),
      planted: Object.fromEntries(
        truth.map(({ source, destination, out }) => {
          const next = model.next([source, "the", "old", "plan", destination]);
          return [`${source} … ${destination} ${out}`, rounded(next.at({ vocabulary: out }).value())];
        }),
      ),
    };
  },
});
