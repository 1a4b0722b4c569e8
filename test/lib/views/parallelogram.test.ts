import assert from "node:assert/strict";
import { parallelogram } from "../../../lib/views/index.ts";
import { rejects } from "./running.ts";

const LABELS = { row: ["man", "woman", "king", "queen"] };
const PAIRS = [
  ["man", "woman"],
  ["king", "queen"],
] as const;

describe("parallelogram(vectors)", () => {
  it("finds an exact parallelogram exact, also outside the plane of its sides", () => {
    const exact = [
      [0, 0, 1],
      [3, 0, 1],
      [0, 2, 5],
      [3, 2, 5],
    ];
    assert.equal(
      parallelogram(exact, { labels: LABELS, pairs: PAIRS }).description,
      "2 pairs (man → woman, king → queen): cosine of differences 1 · misses its ring by 0 of a difference · the plane shows 100% of the variance.",
    );
  });
  it("measures a wrong one: differences at right angles miss by √2 of their length", () => {
    const crooked = [
      [0, 0],
      [1, 0],
      [5, 5],
      [5, 6],
    ];
    assert.match(
      parallelogram(crooked, { labels: LABELS, pairs: PAIRS }).description,
      /cosine of differences 0 · misses its ring by 1\.4 /u,
    );
  });
  it("expects of each pair what the others do on average", () => {
    const three = [[0], [1], [10], [12], [20], [26]];
    // |1 − 4| + |2 − 3.5| + |6 − 1.5| = 9, over 3 pairs and a mean length of 3.
    assert.match(
      parallelogram(three, {
        pairs: [
          [0, 1],
          [2, 3],
          [4, 5],
        ],
      }).description,
      /misses its ring by 1 /u,
    );
  });
  it("shows both panels with what each measures, the second of another dimension", () => {
    const figure = parallelogram(
      [
        [0, 0],
        [1, 0],
        [0, 2],
        [1, 3],
      ],
      { labels: LABELS, pairs: PAIRS, after: [[0], [1], [0], [1]], names: ["before", "after W_OV"] },
    );
    assert.match(figure.description, /^before: .*cosine of differences 0\.71.*after W_OV: .*differences 1 /u);
  });
  it("stays drawable when differences cancel or vanish", async () => {
    for (const vectors of [
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
      [
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    ])
      // prettier-ignore
      assert.ok(!(await parallelogram(vectors, { labels: LABELS, pairs: PAIRS }).svg()).includes("NaN,"));
  });
  it("says what doesn't fit", () => {
    rejects(() => parallelogram([[1], [2]], { pairs: [[0, 1]] }), "two or more pairs", "got 1");
    rejects(() => parallelogram([[1], [2]], { pairs: [[0, 1], [0, "x"]] }), '"x"', "not among"); // prettier-ignore
    rejects(() => parallelogram([[1], [2]], { pairs: [[0, 1], [1, 0]], after: [[1]] }), "2 vectors before and 1 after"); // prettier-ignore
  });
});
