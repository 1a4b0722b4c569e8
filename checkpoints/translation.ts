/**
 * "The ball is blue" → "la pelota es azul": a small encoder–decoder that has to find the gender, the number and the place of adjectives. The Spanish is
 * correct (Doshi's picture says "El bola es azul", for which he has no training either).
 *
 * Run: npx tsx checkpoints/translation.ts
 */
import { createTransformer, type Transformer } from "../lib/models/transformer/index.ts";
import { randomNumbers } from "../lib/tensor/index.ts";
import { Vocabulary } from "../lib/text/index.ts";
import { cosineSchedule, type Batch } from "../lib/training/index.ts";
import { make, rounded } from "./make.ts";

const SEED = 1;
const STEPS = 1500;
const SIZE = 48;

/** English singular and plural, Spanish singular and plural, gender. */
const NOUNS = [
  ["ball", "balls", "pelota", "pelotas", "f"],
  ["cat", "cats", "gato", "gatos", "m"],
  ["house", "houses", "casa", "casas", "f"],
  ["dog", "dogs", "perro", "perros", "m"],
  ["table", "tables", "mesa", "mesas", "f"],
  ["book", "books", "libro", "libros", "m"],
  ["flower", "flowers", "flor", "flores", "f"],
  ["car", "cars", "coche", "coches", "m"],
  ["moon", "moons", "luna", "lunas", "f"],
  ["tree", "trees", "árbol", "árboles", "m"],
] as const;

/** English, then Spanish: masculine, feminine, both in the plural. */
const ADJECTIVES = [
  ["blue", "azul", "azul", "azules", "azules"],
  ["black", "negro", "negra", "negros", "negras"],
  ["red", "rojo", "roja", "rojos", "rojas"],
  ["green", "verde", "verde", "verdes", "verdes"],
  ["white", "blanco", "blanca", "blancos", "blancas"],
  ["big", "grande", "grande", "grandes", "grandes"],
  ["small", "pequeño", "pequeña", "pequeños", "pequeñas"],
  ["old", "viejo", "vieja", "viejos", "viejas"],
] as const;

interface Pair {
  readonly source: readonly string[];
  readonly target: readonly string[];
}

/** Every sentence "the (adjective) noun is adjective" with its translation. */
function allPairs(): Pair[] {
  const pairs: Pair[] = [];
  for (const [one, many, uno, muchos, gender] of NOUNS)
    for (const isPlural of [false, true]) {
      const form = (adjective: (typeof ADJECTIVES)[number]) =>
        adjective[(isPlural ? 3 : 1) + (gender === "f" ? 1 : 0)] ?? "";
      const article = gender === "f" ? (isPlural ? "las" : "la") : isPlural ? "los" : "el";
      const [noun, sustantivo] = isPlural ? [many, muchos] : [one, uno];
      const [is, es] = isPlural ? ["are", "son"] : ["is", "es"];
      for (const said of ADJECTIVES) {
        pairs.push({ source: ["the", noun, is, said[0]], target: [article, sustantivo, es, form(said)] });
        for (const first of ADJECTIVES) {
          if (first === said) continue;
          pairs.push({
            source: ["the", first[0], noun, is, said[0]],
            target: [article, sustantivo, form(first), es, form(said)],
          });
        }
      }
    }
  return pairs;
}

const random = randomNumbers(`translation ${SEED}`);
const pairs = allPairs().map((pair) => ({ pair, order: random() }));
pairs.sort((a, b) => a.order - b.order);
const heldOut = pairs.slice(0, 200).map(({ pair }) => pair);
const learnt = pairs.slice(200).map(({ pair }) => pair);
const english = new Vocabulary([...new Set(pairs.flatMap(({ pair }) => pair.source))].sort());
const spanish = new Vocabulary(["<start>", "<end>", ...new Set(pairs.flatMap(({ pair }) => pair.target))].sort());

const model = await createTransformer(
  {
    kind: "encoder-decoder",
    vocabulary: spanish.size,
    sourceVocabulary: english.size,
    context: 8,
    layers: 2,
    encoderLayers: 1,
    heads: 4,
    embedding: 48,
    feedForward: { neurons: 96, activation: "relu" },
    norm: true,
    attentionBiases: true,
  },
  { seed: SEED, vocabulary: spanish, sourceVocabulary: english, end: "<end>" },
);

await make({
  name: "translation",
  script: "translation.ts",
  seed: SEED,
  model,
  batches: (step): Batch => {
    const next = randomNumbers(`translation ${SEED} ${step}`);
    const chosen = Array.from({ length: SIZE }, () => learnt[Math.floor(next() * learnt.length)] ?? learnt[0]).filter(
      (pair) => pair !== undefined,
    );
    return {
      sequences: chosen.map(({ target }) => spanish.indices(["<start>", ...target, "<end>"])),
      sources: chosen.map(({ source }) => english.indices(source)),
    };
  },
  options: {
    steps: STEPS,
    learningRate: 0.003,
    weightDecay: 0.01,
    schedule: cosineSchedule({ steps: STEPS, warmUp: 100, least: 0.05 }),
    floor: 0,
  },
  measured: (trained) => ({
    floor: 0,
    rightOnHeldOut: rounded(
      heldOut.filter(({ source, target }) => translated(trained, source).join(" ") === target.join(" ")).length /
        heldOut.length,
    ),
    heldOut: heldOut.length,
    learnt: learnt.length,
    example: translated(trained, ["the", "ball", "is", "blue"]).join(" "),
  }),
});

/** The most likely word after the most likely word. */
function translated(trained: Transformer, source: readonly string[]): string[] {
  const reader = trained.reading(source);
  const words = ["<start>"];
  while (words.length < 8) {
    const word = spanish.word(reader.next(words).argmax().index);
    if (word === "<end>") break;
    words.push(word);
  }
  return words.slice(1);
}
