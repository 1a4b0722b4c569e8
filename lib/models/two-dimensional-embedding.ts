import { tensor, type Tensor } from "../tensor/index.ts";

/** Coordinates of a word; `given` where the source prints them, else read off its picture (error about .1). */
interface Point {
  readonly word: string;
  readonly at: readonly [number, number];
  readonly given?: true;
}

const POINTS: readonly Point[] = [
  { word: "and", at: [1.06, -0.33] },
  { word: "battery", at: [0.2, 1], given: true },
  { word: "check", at: [0.28, 0.27] },
  { word: "down", at: [-0.9, -0.8], given: true },
  { word: "find", at: [-0.31, -0.23] },
  { word: "it", at: [0.97, -0.53] },
  { word: "log", at: [-0.73, 0.77] },
  { word: "out", at: [-0.5, -1.2], given: true },
  { word: "please", at: [0.37, -0.84] },
  { word: "program", at: [-0.3, 1.1], given: true },
  { word: "ran", at: [-0.1, 0.5] },
  { word: "the", at: [1.13, -0.73] },
  { word: "whether", at: [1.06, 0.67] },
];
const WORDS = POINTS.map(({ word }) => word);

/** What the source prints about its embedding in two dimensions. */
export interface TwoDimensionalEmbedding {
  /** A point for each of the 13 words: the embedding is a row lookup, one-hot × W_E. */
  readonly W_E: Tensor<["vocabulary", "embedding"]>;
  /** The words whose points the source prints; the others are read off its picture, with an error of about .1. */
  readonly printed: readonly string[];
  /** The one column of the de-embedding W_U that it prints, that of `program`: (−.1, .9). */
  readonly programColumn: Tensor<["embedding"]>;
  /** The de-embedded `program` as it prints it, before the softmax; its largest is `program`. */
  readonly logits: Tensor<["vocabulary"]>;
}

/**
 * The source's embedding of 13 words in the plane, with its de-embedding of `program`. (It prints 1 where
 * (−.3, 1.1) · (−.1, .9) is 1.02; the other columns of W_U are not given, so the logits cannot be recomputed.)
 * Source: Rohrer, "Embeddings", "De-embeddings".
 *
 * @example vocabulary.oneHot("battery").dot(twoDimensionalEmbedding().W_E, "vocabulary").toArray() // [.2, 1]
 */
export function twoDimensionalEmbedding(): TwoDimensionalEmbedding {
  const embedding = ["first", "second"];
  return {
    W_E: tensor(
      ["vocabulary", "embedding"],
      POINTS.map(({ at }) => [...at]),
      { labels: { vocabulary: WORDS, embedding }, name: "W_E" },
    ),
    printed: POINTS.filter(({ given }) => given).map(({ word }) => word),
    programColumn: tensor(["embedding"], [-0.1, 0.9], { labels: { embedding } }),
    logits: tensor(["vocabulary"], [-0.7, 0.9, 0.1, -0.2, 0, -0.7, 0.8, -0.3, -0.6, 1, 0.4, -0.8, 0], {
      labels: { vocabulary: WORDS },
    }),
  };
}
