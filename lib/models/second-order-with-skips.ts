import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import { LabelError, tensor, type Tensor } from "../tensor/index.ts";
import { corpusFrom, type CorpusSource, type Vocabulary } from "../text/index.ts";
import { ContextTooShortError, MatrixTooLargeError, NothingToCountError } from "./errors.ts";
import type { NextTokenModel } from "./next-token-model.ts";
import { SparseCounts, type SparseRow, type SparseTable } from "./sparse-table.ts";
import { VoteTable } from "./vote-table.ts";

/** The largest vote matrix that is made, in cells. */
const MOST_CELLS = 4_000_000;

/** Settings of the model. */
export interface SkipOptions {
  /** The words and their order; the corpus's own, alphabetical, unless given. */
  readonly vocabulary?: Vocabulary;
}

/**
 * The second-order model with skips: its features are pairs, an earlier word (however far back) and the latest one,
 * and each feature that is active votes for what comes next. A vote is the weighted share of the times that
 * the feature was active at which that word came.
 * A word that stands in front several times makes its feature active once; the order of the earlier words is not
 * seen. Only features that occur are stored.
 * Source: Rohrer, "Second order sequence model with skips", "Masking".
 *
 * @example
 * new SecondOrderWithSkips(programAndBatteryLogs()).votes("check the program log and find out whether it ran".split(" "))
 * // Votes after "ran": please 5, down 4
 */
export class SecondOrderWithSkips implements NextTokenModel, Displayable {
  readonly vocabulary: Vocabulary;
  readonly minimumContext = 2;
  /** Which earlier words count, for each latest word, if a mask was put in: see `withMask`. */
  readonly mask: Tensor<["query", "key"]> | undefined;
  readonly #features: SparseTable;

  /**
   * @param source a corpus, sentences, or a model of this kind (shared by `withMask`)
   * @throws EmptyCorpusError, NothingToCountError
   */
  constructor(
    source: CorpusSource | SecondOrderWithSkips,
    options: SkipOptions & { mask?: Tensor<["query", "key"]> } = {},
  ) {
    this.mask = options.mask;
    if (source instanceof SecondOrderWithSkips) {
      this.vocabulary = source.vocabulary;
      this.#features = source.#features;
    } else {
      const corpus = corpusFrom(source);
      this.vocabulary = options.vocabulary ?? corpus.vocabulary;
      this.#features = counted(corpus.sentences, this.vocabulary);
    }
    if (this.mask !== undefined) checkMask(this.mask, this.vocabulary);
  }

  /** The names of all features that ever were active: "check, the", "battery, ran", … by earlier, then latest word. */
  get features(): string[] {
    return Array.from(this.#features, (row) => this.#label(row));
  }

  /** The features that do not vote for one word alone. */
  get undecidedFeatures(): string[] {
    return [...this.#features].filter(({ columns }) => columns.length > 1).map((row) => this.#label(row));
  }

  /** How many numbers are stored: the votes that are not zero. */
  get storedCells(): number {
    return this.#features.cells;
  }

  /**
   * The votes of all features that end in `latest`: key = the earlier word (each word of the vocabulary, a row of
   * zeros where the feature never occurred), vocabulary = the word that is voted for.
   *
   * @throws UnknownWordError, MatrixTooLargeError
   */
  voteMatrix(latest: string): Tensor<["key", "vocabulary"]> {
    const size = this.vocabulary.size;
    if (size * size > MOST_CELLS)
      throw new MatrixTooLargeError(
        `The vote matrix of "${latest}"`,
        BigInt(size),
        size,
        MOST_CELLS,
        "votes(sentence) gives the rows that are active.",
      );
    return this.#rows(
      this.vocabulary.words.map((_, index) => index),
      this.vocabulary.index(latest),
    );
  }

  /**
   * Which features are active after `tokens`: 1 for each word of the vocabulary that stands before the latest one.
   *
   * @throws ContextTooShortError without an earlier word; UnknownWordError
   */
  active(tokens: readonly string[]): Tensor<["key"]> {
    const { earlier } = this.#split(tokens);
    const activity = new Float64Array(this.vocabulary.size);
    for (const index of earlier) activity[index] = 1;
    return tensor(["key"], activity, { shape: [activity.length], labels: { key: this.vocabulary.words } });
  }

  /**
   * The mask of the latest word as a lookup: one-hot × mask matrix. All ones without a mask.
   *
   * @throws UnknownWordError
   */
  maskFor(latest: string): Tensor<["key"]> {
    if (this.mask !== undefined)
      return this.vocabulary.oneHot(latest).rename({ vocabulary: "query" }).dot(this.mask, "query");
    this.vocabulary.index(latest);
    const size = this.vocabulary.size;
    return tensor(["key"], new Float64Array(size).fill(1), {
      shape: [size],
      labels: { key: this.vocabulary.words },
    });
  }

  /**
   * Who votes what after `tokens`, and the totals; features that the mask hides do not vote.
   *
   * @throws ContextTooShortError, UnknownWordError
   */
  votes(tokens: readonly string[]): VoteTable {
    const { earlier, latest } = this.#split(tokens);
    const word = this.vocabulary.word(latest);
    const mask = this.mask === undefined ? undefined : this.maskFor(word).data;
    const voters = earlier.filter((index) => (mask?.[index] ?? 1) !== 0);
    return new VoteTable(word, this.#rows(voters, latest, mask));
  }

  /** The totals of the votes as shares of all votes; zero everywhere when nobody votes. */
  next(tokens: readonly string[]): Tensor<["vocabulary"]> {
    const { earlier, latest } = this.#split(tokens);
    const mask = this.mask === undefined ? undefined : this.maskFor(this.vocabulary.word(latest)).data;
    const shares = new Float64Array(this.vocabulary.size);
    let all = 0;
    for (const index of earlier) {
      const row = this.#features.row([index, latest]);
      for (const [place, column] of row?.columns.entries() ?? []) {
        const vote = (row?.shares[place] ?? 0) * (mask?.[index] ?? 1);
        shares[column] = (shares[column] ?? 0) + vote;
        all += vote;
      }
    }
    return tensor(["vocabulary"], all > 0 ? shares.map((votes) => votes / all) : shares, {
      shape: [shares.length],
      labels: { vocabulary: this.vocabulary.words },
    });
  }

  /**
   * The same model that only listens to the features which the mask leaves: "selective second order with skips".
   *
   * @param mask query = latest word, key = earlier word; see `attentionMask`
   * @throws LabelError when its axes are not the vocabulary's words
   */
  withMask(mask: Tensor<["query", "key"]>): SecondOrderWithSkips {
    return new SecondOrderWithSkips(this, { mask });
  }

  toString(): string {
    return (
      `A ${this.mask === undefined ? "" : "selective "}second-order model with skips over ${this.vocabulary.size} words: ` +
      `${this.#features.size} features occur, ${this.#features.undecided} of them undecided.`
    );
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** As text. */
  [DISPLAY](): MimeBundle {
    return { "text/plain": this.toString() };
  }

  #label(row: SparseRow): string {
    return this.vocabulary.wordsAt(Array.from(row.words)).join(", ");
  }

  /** Rows of votes, scaled by the mask where one is given. */
  #rows(earlier: readonly number[], latest: number, mask?: ArrayLike<number>): Tensor<["key", "vocabulary"]> {
    const size = this.vocabulary.size;
    const votes = new Float64Array(earlier.length * size);
    for (const [position, index] of earlier.entries()) {
      const row = this.#features.row([index, latest]);
      for (const [place, column] of row?.columns.entries() ?? [])
        votes[position * size + column] = (row?.shares[place] ?? 0) * (mask?.[index] ?? 1);
    }
    return tensor(["key", "vocabulary"], votes, {
      shape: [earlier.length, size],
      labels: { key: this.vocabulary.wordsAt(earlier), vocabulary: this.vocabulary.words },
    });
  }

  /** The indices of the earlier words, rising, each once; and of the latest. */
  #split(tokens: readonly string[]): { earlier: number[]; latest: number } {
    if (tokens.length < 2) throw new ContextTooShortError("A second-order model with skips", 2, tokens);
    const indices = this.vocabulary.indices(tokens);
    const earlier = [...new Set(indices.slice(0, -1))].sort((a, b) => a - b);
    return { earlier, latest: this.vocabulary.index(tokens.at(-1) ?? "") };
  }
}

function counted(
  sentences: readonly { readonly tokens: readonly string[]; readonly weight: number }[],
  vocabulary: Vocabulary,
): SparseTable {
  const rows = new SparseCounts(vocabulary.size, 2);
  let longest = 0;
  for (const { tokens, weight } of sentences) {
    longest = Math.max(longest, tokens.length);
    const indices = vocabulary.indices(tokens);
    const earlier = new Set<number>();
    for (let position = 1; position + 1 < indices.length; position++) {
      earlier.add(indices[position - 1] ?? 0);
      for (const index of earlier)
        rows.add([index, indices[position] ?? 0], indices[position + 1] ?? 0, weight);
    }
  }
  const shares = rows.shares();
  if (shares.size === 0) throw new NothingToCountError("A second-order model with skips", 3, longest);
  return shares;
}

function checkMask(mask: Tensor<["query", "key"]>, vocabulary: Vocabulary): void {
  for (const axis of ["query", "key"] as const) {
    const labels = mask.labels(axis);
    if (mask.sizeOf(axis) !== vocabulary.size)
      throw new LabelError(
        `The mask's axis "${axis}" has ${mask.sizeOf(axis)} places; the vocabulary has ${vocabulary.size} words.`,
      );
    const wrong = labels?.findIndex((label, index) => label !== vocabulary.words[index]) ?? -1;
    if (wrong >= 0)
      throw new LabelError(
        `The mask's axis "${axis}" has "${labels?.[wrong] ?? ""}" at ${wrong}; ` +
          `the vocabulary has "${vocabulary.word(wrong)}" there.`,
      );
  }
}
