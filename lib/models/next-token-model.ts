import type { Tensor } from "../tensor/index.ts";
import type { Vocabulary } from "../text/index.ts";

/**
 * What every model of the walkthrough is, from the Markov chain to the transformer: something that gives, after
 * some words, a share to each word of its vocabulary.
 */
export interface NextTokenModel {
  /** The words that it knows, in the order of the axis "vocabulary". */
  readonly vocabulary: Vocabulary;
  /** How many words it needs before it can say anything; 1 where this is not given. */
  readonly minimumContext?: number;
  /** How many words it can read at most (a transformer's context); no limit where this is not given. */
  readonly maximumContext?: number;
  /** The token that means "the sentence is over", where the model has one: generation stops after it. */
  readonly end?: string;
  /**
   * The distribution of the word that follows `tokens` (the earliest first): axis "vocabulary", labelled with the
   * words; it sums to 1, or is zero everywhere where the model has nothing to say (after a terminal word, or after
   * words that a counted model never saw).
   * @throws UnknownWordError for a word that the vocabulary lacks
   */
  next(tokens: readonly string[]): Tensor<["vocabulary"]>;
  /**
   * What {@link next} gives after the first token, the first two, … and all of them, at once: for models that read a whole sequence in one pass.
   * `tokens` are at most `maximumContext`.
   */
  nextAll?(tokens: readonly string[]): Tensor<["position", "vocabulary"]>;
}
