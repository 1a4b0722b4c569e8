import assert from "node:assert/strict";
import fc from "fast-check";
import { oneHot, randomNormal, tensor, type Tensor } from "../../../lib/tensor/index.ts";

describe("a.dot(b, axis)", () => {
  it("is the source's dot products (Rohrer, Dot product)", () => {
    const vector = (...values: number[]) => tensor(["word"], values);
    assert.equal(
      vector(0, 1, 1, 2)
        .dot(vector(1, 0, 1, 2), "word")
        .value(),
      5,
    );
    assert.equal(
      vector(0, 1, 0, 0)
        .dot(vector(0, 1, 0, 0), "word")
        .value(),
      1,
    );
    assert.equal(
      vector(0, 1, 0, 0)
        .dot(vector(0, 0, 0, 1), "word")
        .value(),
      0,
    );
    assert.equal(
      vector(0, 0, 1, 0)
        .dot(vector(0.2, 0.7, 0.8, 0.1), "word")
        .value(),
      0.8,
    );
  });

  it("is the source's matrix products: one-hot rows look rows up (Rohrer, Matrix multiplication)", () => {
    const table = tensor(
      ["word", "column"],
      [
        [0.2, 0.9],
        [0.7, 0],
        [0.8, 0.3],
        [0.1, 0.4],
      ],
    );
    const rows = tensor(
      ["row", "word"],
      [
        [1, 0, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 1, 0],
      ],
    );
    assert.deepEqual(rows.dot(table, "word").toArray(), [
      [0.2, 0.9],
      [0.1, 0.4],
      [0.8, 0.3],
    ]);
    assert.deepEqual(table.dot(rows, "word").axes, ["column", "row"]);
  });

  it("is the source's transition lookup (Rohrer, First order sequence model)", () => {
    const words = ["directories", "files", "me", "my", "photos", "please", "show"];
    const transitions = tensor(
      ["vocabulary", "next"],
      [
        [0, 0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 1, 0],
        [0, 0, 0, 1, 0, 0, 0],
        [0.2, 0.3, 0, 0, 0.5, 0, 0],
        [0, 0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0, 0],
      ],
      { labels: { vocabulary: words, next: words } },
    );
    const next = oneHot(["vocabulary"], "my", words).dot(transitions, "vocabulary");
    assert.deepEqual(next.toArray(), [0.2, 0.3, 0, 0, 0.5, 0, 0]);
    assert.deepEqual(
      next.topK(3).map(({ label, value }) => [label, value]),
      [
        ["photos", 0.5],
        ["files", 0.3],
        ["directories", 0.2],
      ],
    );
  });

  it("aligns the axes that both have, with a different size on every axis", () => {
    const queries = randomNormal(["query", "head", "feature"], [5, 2, 3], { seed: 1 });
    const keys = randomNormal(["feature", "key", "head"], [3, 4, 2], { seed: 2 });
    const scores = queries.dot(keys, "feature");
    assert.deepEqual(scores.axes, ["query", "head", "key"]);
    assert.deepEqual(scores.shape, [5, 2, 4]);
    for (let query = 0; query < 5; query += 1) {
      for (let head = 0; head < 2; head += 1) {
        for (let key = 0; key < 4; key += 1) {
          let sum = 0;
          for (let feature = 0; feature < 3; feature += 1) {
            sum += queries.value({ query, head, feature }) * keys.value({ feature, key, head });
          }
          assert.ok(Math.abs(sum - scores.value({ query, head, key })) < 1e-12);
        }
      }
    }
  });

  it("sums over several axes: the output of all heads together", () => {
    const z = randomNormal(["position", "head", "value"], [5, 2, 3], { seed: 1 });
    const W_O = randomNormal(["head", "value", "embedding"], [2, 3, 4], { seed: 2 });
    const together = z.dot(W_O, ["head", "value"]);
    assert.deepEqual(together.axes, ["position", "embedding"]);
    assert.ok(together.allClose(z.dot(W_O, "value").sum("head")));
  });

  it("outer() joins all axes", () => {
    const product = tensor(["a"], [1, 2]).outer(tensor(["b"], [3, 4, 5]));
    assert.deepEqual(product.toArray(), [
      [3, 4, 5],
      [6, 8, 10],
    ]);
    assert.throws(() => tensor(["a"], [1]).outer(tensor(["a"], [1])), /both have "a"/);
  });

  it("sums nothing to 0 and spreads NaN", () => {
    const none = tensor(["a", "b"], [[], []]);
    assert.deepEqual(none.dot(tensor(["b", "c"], []), "b").shape, [2, 0]);
    assert.equal(
      tensor(["a"], [])
        .dot(tensor(["a"], []), "a")
        .value(),
      0,
    );
    assert.equal(
      tensor(["a"], [0])
        .dot(tensor(["a"], [Number.NaN]), "a")
        .value(),
      Number.NaN,
    );
  });

  it("keeps single precision only when both have it", () => {
    const single = tensor(["a"], Float32Array.of(0.1));
    const double = tensor(["a"], [0.1]);
    assert.ok(single.dot(single, "a").data instanceof Float32Array);
    assert.ok(single.dot(double, "a").data instanceof Float64Array);
  });

  it("keeps labels, also those that only one of them has", () => {
    const left = tensor(["word", "feature"], [[1, 2]], { labels: { word: ["cat"] } });
    const right = tensor(["feature", "other"], [[3], [4]], {
      labels: { other: ["dog"], feature: ["x", "y"] },
    });
    const product = left.dot(right, "feature");
    assert.deepEqual([product.labels("word"), product.labels("other")], [["cat"], ["dog"]]);
  });

  it("refuses sizes that differ, and says which", () => {
    const left = tensor(["word", "feature"], [[1, 2]]);
    const right = tensor(["feature"], [1, 2, 3]);
    assert.throws(() => left.dot(right, "feature"), {
      name: "SizeError",
      message:
        'The axis "feature" has size 2 on the left (word 1 × feature 2) but 3 on the right (feature 3).',
    });
    const heads = tensor(
      ["head", "feature"],
      [
        [1, 2],
        [3, 4],
      ],
    );
    const more = tensor(
      ["head", "feature"],
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    );
    assert.throws(() => heads.dot(more, "feature"), /"head" has size 2/);
  });

  it("refuses an axis labelled with other words, until told that they belong together", () => {
    const left = tensor(["word"], [1, 2], { labels: { word: ["cat", "dog"] } });
    const right = tensor(["word"], [3, 4], { labels: { word: ["cat", "mouse"] } });
    assert.throws(() => left.dot(right, "word"), {
      name: "LabelError",
      message: /at 1 it is "dog" on the left and "mouse" on the right/,
    });
    assert.equal(left.dot(right.withoutLabels("word"), "word").value(), 11);
    const turned = right.withLabels({ word: ["dog", "cat"] });
    assert.throws(() => left.dot(turned, "word"), /pick/);
    assert.equal(left.dot(turned.pick({ word: ["cat", "dog"] }), "word").value(), 10);
  });

  it("refuses an axis that one lacks", () => {
    const left: Tensor<readonly string[]> = tensor(["word", "feature"], [[1]]);
    const right: Tensor<readonly string[]> = tensor(["feature"], [1]);
    assert.throws(() => left.dot(right, "word"), /no axis "word". There is "feature"\./);
  });

  it("is the sum of products for any sizes and orders of axes", () => {
    const size = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(
        size,
        size,
        size,
        size,
        fc.boolean(),
        fc.integer(),
        (batch, rows, terms, columns, isTurned, seed) => {
          const left = randomNormal(["row", "batch", "term"], [rows, batch, terms], { seed });
          const upright = randomNormal(["batch", "term", "column"], [batch, terms, columns], {
            seed: seed + 1,
          });
          const right = isTurned ? upright.transpose("batch", "column", "term") : upright;
          const product = left.dot(right as Tensor<["batch", "term", "column"]>, "term");
          assert.deepEqual(product.shape, [rows, batch, columns]);
          const [l, r] = [left.toArray(), upright.toArray()];
          for (const [row, byBatch] of product.toArray().entries()) {
            for (const [at, cells] of byBatch.entries()) {
              for (const [column, cell] of cells.entries()) {
                let sum = 0;
                for (let term = 0; term < terms; term += 1) {
                  sum += (l[row]?.[at]?.[term] ?? 0) * (r[at]?.[term]?.[column] ?? 0);
                }
                assert.ok(Math.abs(cell - sum) <= 1e-12 * (1 + Math.abs(sum)) * (terms + 1));
              }
            }
          }
        },
      ),
    );
  });

  it("is associative", () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(size, size, size, size, fc.integer(), (a, b, c, d, seed) => {
        const A = randomNormal(["a", "b"], [a, b], { seed });
        const B = randomNormal(["b", "c"], [b, c], { seed: seed + 1 });
        const C = randomNormal(["c", "d"], [c, d], { seed: seed + 2 });
        assert.ok(
          A.dot(B, "b")
            .dot(C, "c")
            .allClose(A.dot(B.dot(C, "c"), "b"), 1e-9),
        );
        assert.ok(A.dot(B, "b").transpose().equals(B.transpose().dot(A.transpose(), "b")));
      }),
    );
  });

  it("is right where the blocks end", () => {
    const A = randomNormal(["a", "b"], [3, 33], { seed: 1 });
    const B = randomNormal(["b", "c"], [33, 1030], { seed: 2 });
    assert.ok(A.dot(B, "b").allClose(A.dot(B.transpose(), "b")));
    assert.ok(
      A.dot(B, "b")
        .column(1029)
        .allClose(A.dot(B.column(1029), "b")),
    );
  });
});
