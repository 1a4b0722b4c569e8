import { randomNumbers } from "../tensor/index.ts";
import type { Corpus, Vocabulary } from "../text/index.ts";
import { TrainingError } from "./errors.ts";

/** What one training step learns from: token indices, row by row; rows may differ in length. */
export interface Batch {
  /** Each row is read from its first token to the one before its last; each of its tokens but the first is to be predicted. */
  readonly sequences: readonly (readonly number[])[];
  /** How much each row counts; default 1. */
  readonly weights?: readonly number[];
  /** For an encoder–decoder: the sentence that each row translates. */
  readonly sources?: readonly (readonly number[])[];
  /**
   * For an encoder, or where the tokens to predict are not the next ones: one index for each token, −1 where nothing is asked. The whole row is read.
   */
  readonly targets?: readonly (readonly number[])[];
}

/**
 * The batch of each step, a pure function of the step's number, so that a training run can be resumed exactly.
 */
export type Batches = (step: number) => Batch;

/**
 * All sentences of a corpus in every batch, each with its weight: for corpora of a few sentences, whose loss then has no noise.
 * @throws UnknownWordError for a word that the vocabulary lacks
 */
export function wholeCorpus(corpus: Corpus, vocabulary: Vocabulary = corpus.vocabulary): Batches {
  const batch = {
    sequences: corpus.sentences.map(({ tokens }) => vocabulary.indices(tokens)),
    weights: corpus.sentences.map(({ weight }) => weight),
  };
  return () => batch;
}

/**
 * Sentences of a corpus drawn at random, by weight.
 * @throws UnknownWordError for a word that the vocabulary lacks
 */
export function sentenceBatches(
  corpus: Corpus,
  options: { readonly size: number; readonly seed: number | string; readonly vocabulary?: Vocabulary },
): Batches {
  const { size, seed, vocabulary = corpus.vocabulary } = options;
  const sentences = corpus.sentences.map(({ tokens }) => vocabulary.indices(tokens));
  const upTo: number[] = [];
  let sum = 0;
  for (const { weight } of corpus.sentences) upTo.push((sum += weight));
  return (step) => {
    const random = randomNumbers(`${seed} ${step}`);
    return {
      sequences: Array.from({ length: size }, () => {
        const at = random() * sum;
        return sentences[Math.max(0, firstAbove(upTo, at))] ?? [];
      }),
    };
  };
}

/** The first place whose number is above `limit`, by halving. */
function firstAbove(rising: readonly number[], limit: number): number {
  let [low, high] = [0, rising.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] ?? 0) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Stretches of `length` + 1 tokens from random places of a long text, so that each row predicts `length` tokens.
 * @throws {TrainingError} when the text is not longer than a stretch
 */
export function textBatches(
  text: ArrayLike<number>,
  options: { readonly size: number; readonly length: number; readonly seed: number | string },
): Batches {
  const { size, length, seed } = options;
  const places = text.length - length;
  if (places < 1) {
    throw new TrainingError(`The text has ${text.length} tokens; stretches of ${length} + 1 need more.`);
  }
  return (step) => {
    const random = randomNumbers(`${seed} ${step}`);
    return {
      sequences: Array.from({ length: size }, () => {
        const start = Math.floor(random() * places);
        return Array.from({ length: length + 1 }, (_, i) => text[start + i] ?? 0);
      }),
    };
  };
}

/** Batches that `make` draws from a random source of the step's own. */
export function generatedBatches(
  seed: number | string,
  make: (random: () => number, step: number) => Batch,
): Batches {
  return (step) => make(randomNumbers(`${seed} ${step}`), step);
}
