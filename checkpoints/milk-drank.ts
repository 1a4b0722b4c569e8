/**
 * Doshi's question, trained: in "the black cat drank the milk …", does milk attend to drank most, to cat less, to black hardly? The word that follows
 * the drink is decided by the verb, coloured by the animal, and has nothing to do with the adjective, so that the relevance is planted.
 * One layer, one head, no positions: a score is a product of two words' vectors alone.
 *
 * Run: npx tsx checkpoints/milk-drank.ts
 */
import { lossFloor } from "../lib/models/index.ts";
import { createTransformer, type Transformer } from "../lib/models/transformer/index.ts";
import { randomNumbers } from "../lib/tensor/index.ts";
import { Corpus } from "../lib/text/index.ts";
import { cosineSchedule, sentenceBatches, tokenLosses } from "../lib/training/index.ts";
import { make, rounded } from "./make.ts";

const SEED = 1;
const STEPS = 2000;
const ADJECTIVES = ["black", "white", "old", "young"];
const ANIMALS = ["cat", "dog", "fox", "mouse"];
const DRINKS = ["milk", "water", "tea", "soup"];
/** What follows: two words for each verb; cat and fox mostly take the first, dog and mouse the second. */
const ENDINGS: Readonly<Record<string, readonly [string, string]>> = {
  drank: ["slowly", "thirstily"],
  spilled: ["carelessly", "angrily"],
  smelled: ["carefully", "curiously"],
  carried: ["proudly", "quickly"],
};

/** The sentences, for instance "the black cat drank the milk slowly". */
export function drinkingAnimals(count: number, seed: string): Corpus {
  const random = randomNumbers(seed);
  const oneOf = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? "";
  const sentences = Array.from({ length: count }, () => {
    const [adjective, animal, verb, drink] = [ADJECTIVES, ANIMALS, Object.keys(ENDINGS), DRINKS].map(oneOf);
    const isFirst = (animal === "cat" || animal === "fox") === random() < 0.9;
    return `the ${adjective} ${animal} ${verb} the ${drink} ${ENDINGS[verb ?? ""]?.[isFirst ? 0 : 1]}`;
  });
  return new Corpus(sentences, { name: "drinking animals" });
}

const corpus = drinkingAnimals(20_000, `milk ${SEED}`);
const vocabulary = corpus.vocabulary;

await make({
  name: "milk-drank",
  script: "milk-drank.ts",
  seed: SEED,
  model: await createTransformer(
    { vocabulary: vocabulary.size, context: 7, layers: 1, heads: 1, embedding: 24, positions: "none" },
    { seed: SEED, vocabulary, deviation: 0.3 },
  ),
  batches: sentenceBatches(corpus, { size: 64, seed: SEED }),
  options: {
    steps: STEPS,
    learningRate: 0.002,
    weightDecay: 0.01,
    schedule: cosineSchedule({ steps: STEPS, warmUp: 50, least: 0.05 }),
  },
  measured: (model) => {
    const sample = corpus.sentences.slice(0, 1000);
    const losses = tokenLosses(model, sample.map(({ tokens }) => tokens));
    return {
      loss: rounded(losses.mean("position").mean("batch").value()),
      floor: rounded(lossFloor(corpus).nats),
      meanAttentionFromTheDrink: meanAttention(model),
      cosinesOfEmbeddings: cosines(model),
    };
  },
});

/** Where the drink's query looks, on average over all sentences. */
function meanAttention(model: Transformer): Record<string, number> {
  const sums = { adjective: 0, animal: 0, verb: 0 };
  let count = 0;
  for (const adjective of ADJECTIVES)
    for (const animal of ANIMALS)
      for (const verb of Object.keys(ENDINGS))
        for (const drink of DRINKS) {
          const { activations } = model.run(["the", adjective, animal, verb, "the", drink], {
            keep: ["blocks.0.pattern"],
          });
          const row = activations["blocks.0.pattern"].at({ head: 0, query: 5 }).toArray();
          sums.adjective += row[1] ?? 0;
          sums.animal += row[2] ?? 0;
          sums.verb += row[3] ?? 0;
          count++;
        }
  return Object.fromEntries(Object.entries(sums).map(([word, sum]) => [word, rounded(sum / count)]));
}

/** How aligned the embeddings themselves are: they need not be, only what W_Q and W_K make of them. */
function cosines(model: Transformer): Record<string, number> {
  const W_E = model.parameter("W_E");
  const milk = W_E.row("milk");
  const cosine = (word: string) => {
    const other = W_E.row(word);
    return milk.dot(other, "embedding").value() / (milk.norm() * other.norm());
  };
  return Object.fromEntries(["drank", "cat", "black"].map((word) => [`milk–${word}`, rounded(cosine(word))]));
}
