/** One row that occurs: the columns that are not zero, rising, and their shares, which sum to 1. */
export interface SparseRow {
  /** The indices of the words that name the row. */
  readonly words: readonly number[];
  readonly columns: readonly number[];
  readonly shares: readonly number[];
  /** The weight that was counted in this row. */
  readonly total: number;
}

/**
 * A table that keeps only the rows and cells that occur: what a counted model needs is proportional to the text,
 * whatever the size of the vocabulary.
 */
export class SparseRows {
  readonly #counts = new Map<string, { words: readonly number[]; cells: Map<number, number> }>();

  /** Adds `weight` to one cell. */
  add(words: readonly number[], column: number, weight: number): void {
    const key = words.join(" ");
    let row = this.#counts.get(key);
    if (row === undefined) this.#counts.set(key, (row = { words: [...words], cells: new Map() }));
    row.cells.set(column, (row.cells.get(column) ?? 0) + weight);
  }

  /** Each cell as its share of its row, rows in the order of their words' indices, under the joined indices. */
  shares(): ReadonlyMap<string, SparseRow> {
    const rows = [...this.#counts].sort(([, a], [, b]) => compareIndices(a.words, b.words));
    return new Map(
      rows.map(([key, { words, cells }]) => {
        const total = [...cells.values()].reduce((sum, weight) => sum + weight, 0);
        const sorted = [...cells].sort(([a], [b]) => a - b);
        return [
          key,
          {
            words,
            columns: sorted.map(([column]) => column),
            shares: sorted.map(([, weight]) => weight / total),
            total,
          },
        ];
      }),
    );
  }
}

function compareIndices(a: readonly number[], b: readonly number[]): number {
  for (const [position, index] of a.entries()) {
    const difference = index - (b[position] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
