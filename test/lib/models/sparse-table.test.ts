import assert from "node:assert/strict";
import fc from "fast-check";
import { SparseCounts } from "../../../lib/models/sparse-table.ts";

describe("SparseCounts", () => {
  it("gives each cell its share of its row, rows in the order of their words", () => {
    const counts = new SparseCounts(4, 2);
    counts.add([3, 0], 1, 1);
    counts.add([0, 2], 3, 2);
    counts.add([0, 2], 1, 6);
    const rows = Array.from(counts.shares(), ({ words, columns, shares }) => [
      [...words],
      [...columns],
      [...shares],
    ]);
    assert.deepEqual(rows, [
      [[0, 2], [1, 3], [0.75, 0.25]],
      [[3, 0], [1], [1]],
    ]); // prettier-ignore
  });

  it("is what a full table gives, for few words and for so many that a row's number would not be exact", () => {
    for (const [size, order] of [
      [3, 1],
      [5, 3],
      [7, 20],
      [50_000, 4],
    ] as const) {
      const index = fc.integer({ min: 0, max: size - 1 });
      const cell = fc.tuple(
        fc.array(index, { minLength: order, maxLength: order }),
        index,
        fc.integer({ min: 1, max: 5 }),
      );
      fc.assert(
        fc.property(fc.array(cell, { minLength: 1, maxLength: 30 }), (cells) => {
          const counts = new SparseCounts(size, order);
          const full = new Map<string, Map<number, number>>();
          for (const [words, column, weight] of cells) {
            counts.add(words, column, weight);
            const row = full.get(words.join()) ?? new Map<number, number>();
            full.set(words.join(), row.set(column, (row.get(column) ?? 0) + weight));
          }
          const table = counts.shares();
          assert.equal(table.size, full.size);
          for (const [words] of cells) {
            const row = table.row(words);
            const wanted = full.get(words.join()) ?? new Map<number, number>();
            const total = [...wanted.values()].reduce((sum, weight) => sum + weight, 0);
            assert.deepEqual(
              [...(row?.columns ?? [])],
              [...wanted.keys()].sort((a, b) => a - b),
            );
            for (const [place, column] of row?.columns.entries() ?? [])
              assert.ok(Math.abs((row?.shares[place] ?? 0) - (wanted.get(column) ?? 0) / total) < 1e-12);
          }
          assert.equal(table.undecided, [...full.values()].filter((row) => row.size > 1).length);
          assert.equal(table.row(Array<number>(order).fill(-1)), undefined);
        }),
        { numRuns: 50 },
      );
    }
  });
});
