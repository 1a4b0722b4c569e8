import assert from "node:assert/strict";
import fc from "fast-check";
import { cosine, randomNormal, softmax, tensor } from "../../../lib/tensor/index.ts";

describe("softmax(scores, axis)", () => {
  it("gives the shares of the source's de-embedded vector (Rohrer, De-embedding; shares computed in SOURCES a14)", () => {
    const dense = tensor(["word"], [-0.7, 0.9, 0.1, -0.2, 0, -0.7, 0.8, -0.3, -0.6, 1, 0.4, -0.8, 0]);
    const shares = [
      0.0319, 0.1582, 0.0711, 0.0526, 0.0643, 0.0319, 0.1431, 0.0476, 0.0353, 0.1748, 0.0959, 0.0289, 0.0643,
    ];
    assert.ok(softmax(dense, "word").allClose(tensor(["word"], shares), 5e-5));
  });

  it("gives masked scores exactly 0", () => {
    assert.deepEqual(softmax(tensor(["key"], [0, 0, -Infinity]), "key").toArray(), [0.5, 0.5, 0]);
  });

  it("makes a row that is masked entirely zeros", () => {
    const scores = tensor(
      ["query", "key"],
      [
        [-Infinity, -Infinity],
        [1, 1],
      ],
    );
    assert.deepEqual(softmax(scores, "key").toArray(), [
      [0, 0],
      [0.5, 0.5],
    ]);
  });

  it("does not overflow, and makes NaN visible", () => {
    assert.deepEqual(softmax(tensor(["key"], [1000, 1000]), "key").toArray(), [0.5, 0.5]);
    assert.deepEqual(softmax(tensor(["key"], [-1e308, 1e308]), "key").toArray(), [0, 1]);
    assert.deepEqual(softmax(tensor(["key"], [Number.NaN, 1]), "key").toArray(), [Number.NaN, Number.NaN]);
    assert.deepEqual(softmax(tensor(["key"], []), "key").toArray(), []);
  });

  it("sums to 1 along the axis, whichever it is", () => {
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(size, size, size, fc.integer(), (a, b, c, seed) => {
        const shares = softmax(randomNormal(["a", "b", "c"], [a, b, c], { seed, deviation: 20 }), "b");
        for (const sum of shares.sum("b").data) assert.ok(Math.abs(sum - 1) < 1e-12);
      }),
    );
  });
});

describe("cosine(left, right, axis)", () => {
  it("is 1, 0 and −1 for the same, right-angled and opposite directions, and NaN without a direction", () => {
    const words = tensor(
      ["word", "embedding"],
      [
        [2, 0],
        [0, 3],
        [-5, 0],
        [0, 0],
      ],
    );
    const [first] = cosine(words, words.rename({ word: "other" }), "embedding").toArray();
    assert.deepEqual(first, [1, 0, -1, Number.NaN]);
  });
});
