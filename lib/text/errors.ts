/** A word that the vocabulary does not have, and no unknown token to stand for it. Names the nearest words. */
export class UnknownWordError extends Error {
  override readonly name = "UnknownWordError";
  /** The word that was asked for. */
  readonly word: string;
  /** Words of the vocabulary that are spelt nearly like it, nearest first. */
  readonly nearMisses: readonly string[];
  constructor(word: string, nearMisses: readonly string[], size: number) {
    const suggestion =
      nearMisses.length > 0
        ? `Did you mean ${nearMisses.map((near) => `"${near}"`).join(" or ")}?`
        : `Give the vocabulary an unknown token, or add the word.`;
    super(`"${word}" is not one of the ${size} words of the vocabulary. ${suggestion}`);
    this.word = word;
    this.nearMisses = nearMisses;
  }
}

/** The same word twice in a list that is to be a vocabulary. */
export class DuplicateWordError extends Error {
  override readonly name = "DuplicateWordError";
  constructor(word: string, first: number, second: number) {
    super(
      `"${word}" is there twice, at ${first} and at ${second}: each word of a vocabulary has one index. ` +
        `To collect the words of a text, use vocabularyOf(sentences).`,
    );
  }
}

/** An index outside the vocabulary. */
export class WordIndexError extends Error {
  override readonly name = "WordIndexError";
  constructor(index: number, size: number) {
    super(`There is no word at ${index}: the vocabulary's indices are whole numbers from 0 to ${size - 1}.`);
  }
}

/** A corpus without a sentence, or a vocabulary without a word. */
export class EmptyCorpusError extends Error {
  override readonly name = "EmptyCorpusError";
  constructor(what: string, remedy: string) {
    super(`${what} is empty. ${remedy}`);
  }
}

/** A sentence in which the tokeniser finds nothing. */
export class EmptySentenceError extends Error {
  override readonly name = "EmptySentenceError";
  constructor(index: number, text: string) {
    super(`Sentence ${index} (${JSON.stringify(text)}) has no word in it. Leave it out.`);
  }
}

/** A weight of a sentence that is no share of anything: negative, zero, infinite or NaN. */
export class SentenceWeightError extends Error {
  override readonly name = "SentenceWeightError";
  constructor(index: number, weight: number) {
    super(
      `Sentence ${index} has the weight ${weight}. A weight is a positive finite number, such as .4 or 3.`,
    );
  }
}

/** A token that a tokeniser or a corpus cannot use. */
export class TokenError extends Error {
  override readonly name = "TokenError";
}

/** A number of merges for byte-pair encoding that is no number of anything. */
export class MergeCountError extends Error {
  override readonly name = "MergeCountError";
  constructor(merges: number) {
    super(`The number of merges is ${merges}; it must be a whole number, 0 or more.`);
  }
}
