import { Corpus, type CorpusOrigin } from "../corpus.ts";
import { WordTokeniser } from "../word-tokeniser.ts";

const ORIGIN: CorpusOrigin = {
  title: "Ketan Doshi, Transformers Explained Visually: Not just how, but Why they work so well (2021)",
  where: "https://ketanhdoshi.github.io/Transformers-Why/",
  licence: "single sentences quoted from a tutorial, with its address",
};

/** A sentence with its translation. */
export interface SentencePair {
  readonly source: string;
  readonly target: string;
}

/**
 * "The black cat drank the milk": the milk should attend to drank most, to cat slightly less, hardly to black.
 * Source: Doshi, "How does the model know which words are relevant?" (SOURCES b).
 */
export function blackCatDrankTheMilk(): Corpus {
  return new Corpus(["The black cat drank the milk"], {
    name: "the black cat drank the milk",
    origin: ORIGIN,
  });
}

/**
 * The pair of the encoder–decoder pictures, capitals kept: "The ball is blue" → "El bola es azul". The Spanish
 * is the source's own; correct is "La bola es azul" or, for a ball, "La pelota es azul".
 */
export function blueBall(): {
  readonly pair: SentencePair;
  readonly correct: SentencePair;
  readonly corpus: Corpus;
} {
  const pair = { source: "The ball is blue", target: "El bola es azul" };
  return {
    pair,
    correct: { source: pair.source, target: "La pelota es azul" },
    corpus: new Corpus([pair.source, pair.target], {
      name: "the ball is blue",
      origin: ORIGIN,
      tokeniser: new WordTokeniser({ lowerCase: false }),
    }),
  };
}
