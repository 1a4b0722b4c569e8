import { inspect } from "node:util";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { escapeHtml } from "../text/html-table.ts";
import { corpusFrom, type CorpusSource, type Vocabulary } from "../text/index.ts";
import { ContextTooShortError, MatrixTooLargeError, NothingToCountError, OptionError } from "./errors.ts";
import type { NextTokenModel } from "./next-token-model.ts";
import { SparseCounts, type SparseRow, type SparseTable } from "./sparse-table.ts";

/** Settings of a Markov chain. */
export interface MarkovChainOptions {
  /** How many of the last words decide; 1 unless given. */
  readonly order?: number;
  /** The words and their order; the corpus's own, alphabetical, unless given. */
  readonly vocabulary?: Vocabulary;
  /** A token put after each sentence, so that the last word is followed by something, for instance "<end>". */
  readonly end?: string;
  /** A token put `order` times before each sentence, so that first words are predicted too, for instance "<start>". */
  readonly start?: string;
}

/** The largest full matrix that is made, in cells: 4 million numbers, 32 MB. */
const MOST_CELLS = 4_000_000;

/** The largest matrix that the chain shows with itself. */
const MOST_CELLS_SHOWN = 400;

/**
 * A sequence model of the first order (or of order k): counted from sentences, it gives what follows the last word
 * (the last k words), as shares of the weighted times that it did. Only rows and cells that occur are stored.
 *
 * Terminal words, after which nothing ever follows, have a row of zeros (the source's `please` does, although its
 * text says that every row sums to one); `terminal` lists them, and the option `end` gives them a successor.
 * Source: Rohrer, "First order sequence model", "Second order sequence model".
 *
 * @example new MarkovChain(showMeMyFiles()).next(["my"]).at({ vocabulary: "photos" }).value() // 0.5
 */
export class MarkovChain implements NextTokenModel, Displayable {
  readonly vocabulary: Vocabulary;
  /** How many of the last words decide. */
  readonly order: number;
  readonly minimumContext: number;
  /** The token after each sentence, if one was asked for. */
  readonly end?: string;
  /** The token before each sentence, if one was asked for. */
  readonly start?: string;
  /** The words, or runs of `order` words, after which a sentence ended and nothing ever followed. */
  readonly terminal: readonly string[];
  readonly #rows: SparseTable;

  /**
   * @param source a corpus, or sentences
   * @throws EmptyCorpusError, NothingToCountError, OptionError, UnknownWordError (a vocabulary that lacks a word)
   */
  constructor(source: CorpusSource, options: MarkovChainOptions = {}) {
    const order = options.order ?? 1;
    if (!Number.isInteger(order) || order < 1) throw new OptionError("order", order, "a whole number from 1");
    const corpus = corpusFrom(source);
    const { start, end } = options;
    this.order = order;
    if (start !== undefined) this.start = start;
    if (end !== undefined) this.end = end;
    this.minimumContext = start === undefined ? order : 0;
    this.vocabulary = (options.vocabulary ?? corpus.vocabulary).with(
      ...[start, end].filter((token) => token !== undefined),
    );

    const counted = new SparseCounts(this.vocabulary.size, order);
    const endings = new Map<string, readonly number[]>();
    let longest = 0;
    for (const { tokens, weight } of corpus.sentences) {
      const sentence = [...this.#padding(), ...tokens, ...(end === undefined ? [] : [end])];
      longest = Math.max(longest, sentence.length);
      const indices = this.vocabulary.indices(sentence);
      for (let position = order; position < indices.length; position++)
        counted.add(indices.slice(position - order, position), indices[position] ?? 0, weight);
      if (indices.length >= order) endings.set(sentence.slice(-order).join(" "), indices.slice(-order));
    }
    this.#rows = counted.shares();
    if (this.#rows.size === 0) throw new NothingToCountError(this.#title(), order + 1, longest);
    this.terminal = [...endings]
      .filter(([, last]) => this.#rows.row(last) === undefined)
      .map(([words]) => words);
  }

  next(tokens: readonly string[]): Tensor<["vocabulary"]> {
    const padded = [...this.#padding(), ...tokens];
    if (padded.length < this.order) throw new ContextTooShortError(this.#title(), this.order, tokens);
    const shares = new Float64Array(this.vocabulary.size);
    fill(shares, 0, this.#rows.row(this.vocabulary.indices(padded.slice(-this.order))));
    return tensor(["vocabulary"], shares, {
      shape: [shares.length],
      labels: { vocabulary: this.vocabulary.words },
    });
  }

  /** Whether anything was ever seen to follow the last words of `tokens`. */
  has(tokens: readonly string[]): boolean {
    const last = [...this.#padding(), ...tokens].slice(-this.order);
    return (
      last.every((word) => this.vocabulary.has(word)) &&
      this.#rows.row(this.vocabulary.indices(last)) !== undefined
    );
  }

  /** The names of the rows that are not zero, in the vocabulary's order: "battery ran", "check whether", … */
  get rows(): string[] {
    return [...this.#rows].map((row) => this.#label(row));
  }

  /** The names of the rows with more than one possible next word: where the model has to guess. */
  get undecidedRows(): string[] {
    return [...this.#rows].filter(({ columns }) => columns.length > 1).map((row) => this.#label(row));
  }

  /** How many numbers are stored: the cells that occur. */
  get storedCells(): number {
    return this.#rows.cells;
  }

  /** How many rows the full matrix has: N to the power of the order. */
  get naiveRows(): bigint {
    return this.#rows.naiveSize;
  }

  /**
   * The transition matrix: row = the last word(s), column (axis "vocabulary") = the next word.
   *
   * @param options.rows "all" N^order rows, zeros included (unless said otherwise for order 1), or only those that
   *   "occur" (unless said otherwise for higher orders)
   * @throws MatrixTooLargeError, with the size that it would have
   */
  transitions(options: { readonly rows?: "all" | "occurring" } = {}): Tensor<["row", "vocabulary"]> {
    const all = (options.rows ?? (this.order === 1 ? "all" : "occurring")) === "all";
    const columns = this.vocabulary.size;
    const rowCount = all ? this.naiveRows : BigInt(this.#rows.size);
    if (rowCount * BigInt(columns) > BigInt(MOST_CELLS))
      throw new MatrixTooLargeError(
        `The transition matrix of ${this.#title().replace(/^A/, "a")}`,
        rowCount,
        columns,
        MOST_CELLS,
        `next(words) gives one row of it; ${this.storedCells.toLocaleString("en-US")} cells are not zero.`,
      );
    const rows = all ? this.#allRows() : [...this.#rows];
    const data = new Float64Array(rows.length * columns);
    for (const [index, row] of rows.entries()) fill(data, index * columns, row);
    return tensor(["row", "vocabulary"], data, {
      shape: [rows.length, columns],
      labels: { row: rows.map((row) => this.#label(row)), vocabulary: this.vocabulary.words },
    });
  }

  toString(): string {
    const terminal = this.terminal.length > 0 ? ` Nothing follows ${listed(this.terminal)}.` : "";
    return (
      `${this.#title()} over ${this.vocabulary.size} words: ` +
      `${this.#rows.size} of ${this.naiveRows.toLocaleString("en-US")} rows occur, ` +
      `${this.#rows.undecided} with more than one next word.${terminal}`
    );
  }

  /** What `console.log` writes. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** The summary, with the transition matrix as a table where it is small. */
  async [DISPLAY](): Promise<MimeBundle> {
    const text = { "text/plain": this.toString() };
    const rows = this.order === 1 ? this.vocabulary.size : this.#rows.size;
    if (rows * this.vocabulary.size > MOST_CELLS_SHOWN) return text;
    const table = (await this.transitions()[DISPLAY]())["text/html"];
    if (typeof table !== "string") return text;
    return { ...text, "text/html": `<p>${escapeHtml(this.toString())}</p>${table}` };
  }

  #title(): string {
    return this.order === 1 ? "A Markov chain" : `A Markov chain of order ${this.order}`;
  }

  #padding(): string[] {
    return this.start === undefined ? [] : Array<string>(this.order).fill(this.start);
  }

  #label(row: Pick<SparseRow, "words">): string {
    return this.vocabulary.wordsAt(Array.from(row.words)).join(" ");
  }

  #allRows(): Pick<SparseRow, "words" | "columns" | "shares">[] {
    return Array.from({ length: Number(this.naiveRows) }, (_, index) => {
      const words: number[] = [];
      for (
        let rest = index, place = 0;
        place < this.order;
        place++, rest = Math.floor(rest / this.vocabulary.size)
      )
        words.unshift(rest % this.vocabulary.size);
      return (
        this.#rows.row(words) ?? {
          words: Int32Array.from(words),
          columns: new Int32Array(),
          shares: new Float64Array(),
        }
      );
    });
  }
}

function fill(data: Float64Array, offset: number, row?: Pick<SparseRow, "columns" | "shares">): void {
  if (row === undefined) return;
  for (const [place, column] of row.columns.entries()) data[offset + column] = row.shares[place] ?? 0;
}

function listed(words: readonly string[]): string {
  const shown = words
    .slice(0, 5)
    .map((word) => `"${word}"`)
    .join(", ");
  return words.length > 5 ? `${shown} and ${words.length - 5} more` : shown;
}
