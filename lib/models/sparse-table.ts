/** One row that occurs: the columns that are not zero, rising, and their shares, which sum to 1. */
export interface SparseRow {
  /** The indices of the words that name the row. */
  readonly words: Int32Array;
  readonly columns: Int32Array;
  readonly shares: Float64Array;
}

/** A number for a run of word indices, or text where that number would not be exact. */
type Key = number | string;

/**
 * Weights that are counted into the cells of a table, of which only those that occur take memory: what a counted
 * model needs is proportional to the text, whatever the size of the vocabulary.
 */
export class SparseCounts {
  readonly #size: number;
  readonly #order: number;
  readonly #rows = new Map<Key, number>();
  readonly #words: number[] = [];
  /** By column, then by row: V8's maps are ten times faster with whole numbers of 31 bits than with a cell's number. */
  readonly #columns = new Map<number, Map<number, number>>();

  /**
   * @param size the number of words, N: columns, and possible values of each index of a row's name
   * @param order how many words name a row
   */
  constructor(size: number, order: number) {
    this.#size = size;
    this.#order = order;
  }

  /** Adds `weight` to the cell of the row named by `words`. */
  add(words: readonly number[], column: number, weight: number): void {
    const key = keyOf(words, this.#size);
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = this.#rows.size;
      this.#rows.set(key, row);
      this.#words.push(...words);
    }
    let rows = this.#columns.get(column);
    if (!rows) this.#columns.set(column, (rows = new Map<number, number>()));
    rows.set(row, (rows.get(row) ?? 0) + weight);
  }

  /** Each cell as its share of its row, rows in the order of their words' indices. */
  shares(): SparseTable {
    const order = this.#order;
    const given = Int32Array.from(this.#words);
    const sorted = new Int32Array(this.#rows.size).map((_, row) => row);
    sorted.sort((a, b) => {
      for (let place = 0; place < order; place++) {
        const difference = (given[a * order + place] ?? 0) - (given[b * order + place] ?? 0);
        if (difference !== 0) return difference;
      }
      return 0;
    });
    const rank = new Int32Array(sorted.length);
    const words = new Int32Array(given.length);
    for (const [place, row] of sorted.entries()) {
      rank[row] = place;
      words.set(given.subarray(row * order, (row + 1) * order), place * order);
    }

    const totals = new Float64Array(sorted.length);
    const offsets = new Int32Array(sorted.length + 1);
    const byColumn = [...this.#columns].sort(([a], [b]) => a - b);
    for (const [, rows] of byColumn) {
      for (const [row, weight] of rows) {
        const place = rank[row] ?? 0;
        totals[place] = (totals[place] ?? 0) + weight;
        offsets[place + 1] = (offsets[place + 1] ?? 0) + 1;
      }
    }
    for (let row = 0; row < sorted.length; row++)
      offsets[row + 1] = (offsets[row + 1] ?? 0) + (offsets[row] ?? 0);

    // Column by column, rising: so each row's columns come to stand in their order.
    const next = offsets.slice();
    const cells = offsets[sorted.length] ?? 0;
    const columns = new Int32Array(cells);
    const shares = new Float64Array(cells);
    for (const [column, rows] of byColumn) {
      for (const [row, weight] of rows) {
        const place = rank[row] ?? 0;
        const cell = next[place] ?? 0;
        next[place] = cell + 1;
        columns[cell] = column;
        shares[cell] = weight / (totals[place] ?? 0);
      }
    }
    return new SparseTable(this.#size, order, words, offsets, columns, shares);
  }
}

/** The rows that occur, in typed arrays one behind the other. */
export class SparseTable {
  /** How many rows occur. */
  readonly size: number;
  /** How many cells are not zero. */
  readonly cells: number;
  readonly #vocabulary: number;
  readonly #order: number;
  readonly #words: Int32Array;
  readonly #offsets: Int32Array;
  readonly #columns: Int32Array;
  readonly #shares: Float64Array;

  /** Made by `SparseCounts`. */
  constructor(
    vocabulary: number,
    order: number,
    words: Int32Array,
    offsets: Int32Array,
    columns: Int32Array,
    shares: Float64Array,
  ) {
    this.size = offsets.length - 1;
    this.cells = columns.length;
    this.#vocabulary = vocabulary;
    this.#order = order;
    this.#words = words;
    this.#offsets = offsets;
    this.#columns = columns;
    this.#shares = shares;
  }

  /** The row of these words, if it occurs: found by halving, rows are sorted. */
  row(words: readonly number[]): SparseRow | undefined {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#name(middle), words) < 0) low = middle + 1;
      else high = middle;
    }
    return low < this.size && compare(this.#name(low), words) === 0 ? this.#at(low) : undefined;
  }

  /** All rows that occur, in order. */
  *[Symbol.iterator](): Generator<SparseRow, void, undefined> {
    for (let place = 0; place < this.size; place++) yield this.#at(place);
  }

  /** How many rows have more than one cell that is not zero. */
  get undecided(): number {
    let count = 0;
    for (let place = 0; place < this.size; place++)
      if ((this.#offsets[place + 1] ?? 0) - (this.#offsets[place] ?? 0) > 1) count++;
    return count;
  }

  /** How many rows there would be if each combination of words had one. */
  get naiveSize(): bigint {
    return BigInt(this.#vocabulary) ** BigInt(this.#order);
  }

  #name(place: number): Int32Array {
    return this.#words.subarray(place * this.#order, (place + 1) * this.#order);
  }

  #at(place: number): SparseRow {
    const [start, end] = [this.#offsets[place], this.#offsets[place + 1]];
    return {
      words: this.#name(place),
      columns: this.#columns.subarray(start, end),
      shares: this.#shares.subarray(start, end),
    };
  }
}

function keyOf(words: readonly number[], size: number): Key {
  if (size ** words.length > Number.MAX_SAFE_INTEGER) return words.join(" ");
  let key = 0;
  for (const word of words) key = key * size + word;
  return key;
}

function compare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let place = 0; place < a.length; place++) {
    const difference = (a[place] ?? 0) - (b[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
