import assert from "node:assert/strict";
import fc from "fast-check";
import {
  eigenvalues,
  explain,
  factored,
  randomNormal,
  tensor,
  trace,
  zeros,
  type Tensor,
} from "../../../lib/tensor/index.ts";

describe("factored(left, right)", () => {
  const words = ["a", "b", "c", "d", "e", "f", "g"];
  const left = randomNormal(["row", "inner"], [7, 3], { seed: 1, labels: { row: words } });
  const right = randomNormal(["inner", "column"], [3, 7], { seed: 2, labels: { column: words } });
  const matrix = factored(left, right);
  const whole = left.dot(right, "inner");

  it("has the cells, rows and columns of the product", () => {
    assert.deepEqual(
      [matrix.axes, matrix.shape, matrix.innerAxis, matrix.innerSize],
      [["row", "column"], [7, 7], "inner", 3],
    );
    assert.ok(matrix.toTensor().equals(whole));
    assert.ok(matrix.row("c").allClose(whole.row("c")));
    assert.ok(matrix.column(-1).allClose(whole.column(-1)));
    assert.deepEqual(matrix.column(0).labels("row"), words);
    assert.ok(Math.abs(matrix.value({ row: "b", column: 5 }) - whole.value({ row: "b", column: 5 })) < 1e-12);
    assert.ok(matrix.transpose().toTensor().allClose(whole.transpose()));
    assert.ok(matrix.times(-2).toTensor().allClose(whole.times(-2)));
  });

  it("has the norm, diagonal and trace of the product", () => {
    assert.ok(Math.abs(matrix.norm() - whole.norm()) < 1e-12);
    assert.ok(Math.abs(matrix.trace() - trace(whole)) < 1e-12);
    assert.deepEqual(matrix.diagonal().labels("row"), words);
    assert.equal(factored(zeros(["row", "inner"], [2, 1]), zeros(["inner", "column"], [1, 2])).norm(), 0);
  });

  it("has the eigenvalues of the product, without the zeros", () => {
    const expected = eigenvalues(whole).slice(0, 3);
    for (const [place, { real, imaginary }] of matrix.eigenvalues().entries()) {
      assert.ok(Math.abs(real - (expected[place]?.real ?? Number.NaN)) < 1e-10);
      assert.ok(Math.abs(imaginary - (expected[place]?.imaginary ?? Number.NaN)) < 1e-10);
    }
    assert.equal(matrix.eigenvalues().length, 3);
    const deep = factored(left.slice({ row: [0, 2] }), right.slice({ column: [0, 2] }));
    assert.equal(deep.eigenvalues().length, 2);
  });

  it("has eigenvalues and a trace only when rows and columns stand for the same words", () => {
    const other = factored(left, right.withLabels({ column: [...words].reverse() }));
    assert.throws(() => other.eigenvalues(), { name: "LabelError" });
    assert.throws(() => factored(left, right.slice({ column: [1] })).trace(), { name: "SizeError" });
  });

  it("has a singular value decomposition that rebuilds the product", () => {
    const size = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(size, size, size, fc.integer(), (rows, inner, columns, seed) => {
        const each = factored(
          randomNormal(["row", "inner"], [rows, inner], { seed }),
          randomNormal(["inner", "column"], [inner, columns], { seed: seed + 1 }),
        );
        const { U, S, V } = each.svd();
        assert.ok(U.times(S).dot(V, "component").allClose(each.toTensor(), 1e-10));
        assert.ok(S.size <= Math.min(rows, inner, columns));
      }),
    );
  });

  it("multiplies on either side, with vectors, matrices and factored matrices, and stays narrow", () => {
    const after = randomNormal(["column", "next"], [7, 2], { seed: 3 });
    const before = randomNormal(["first", "row"], [4, 7], { seed: 4 });
    const vector = randomNormal(["column"], [7], { seed: 5 });
    assert.ok(matrix.dot(after, "column").toTensor().allClose(whole.dot(after, "column")));
    assert.ok(matrix.dot(before, "row").toTensor().allClose(before.dot(whole, "row")));
    assert.ok(matrix.dot(vector, "column").allClose(whole.dot(vector, "column")));
    assert.ok(
      matrix
        .dot(vector.rename({ column: "row" }), "row")
        .allClose(whole.dot(vector.rename({ column: "row" }), "row")),
    );
    const fat = factored(
      randomNormal(["column", "deep"], [7, 5], { seed: 6 }),
      randomNormal(["deep", "next"], [5, 6], { seed: 7 }),
    );
    const composed = matrix.dot(fat, "column");
    assert.ok(composed.toTensor().allClose(whole.dot(fat.toTensor(), "column")));
    assert.equal(composed.innerSize, 3);
    assert.equal(fat.dot(matrix, "column").innerSize, 3);
    assert.ok(fat.dot(matrix, "column").toTensor().allClose(composed.toTensor()));
    assert.equal(fat.dot(randomNormal(["next", "last"], [6, 2], { seed: 8 }), "next").innerSize, 5);
    // Five inner, three columns: the short side becomes the inner one.
    const narrow = factored(fat.left, fat.right.slice({ next: [0, 3] }));
    const widened = narrow.dot(randomNormal(["next", "last"], [3, 9], { seed: 8 }), "next");
    assert.deepEqual([widened.innerSize, widened.shape], [3, [7, 9]]);
    assert.throws(() => matrix.dot(after as unknown as Tensor<["column"]>, "next" as "column"), {
      name: "AxisError",
    });
  });

  it("finds the largest and smallest cells without building the product", () => {
    assert.deepEqual(matrix.topK(5), whole.topK(5));
    assert.deepEqual(matrix.bottomK(3), whole.bottomK(3));
    // 3,000 × 3,000 cells: more than one block.
    const many = factored(
      randomNormal(["row", "inner"], [3000, 1], { seed: 9 }),
      randomNormal(["inner", "column"], [1, 3000], { seed: 10 }),
    );
    const [highest] = many.topK(1);
    const extremes = [many.left.max(), many.left.min()].flatMap((a) => [
      a * many.right.max(),
      a * many.right.min(),
    ]);
    assert.equal(highest?.value, Math.max(...extremes));
  });

  it("can be taken apart cell by cell", () => {
    const { terms, value } = explain(matrix.toTensor(), { row: "a", column: "b" });
    assert.equal(terms.length, 3);
    assert.ok(Math.abs(terms.reduce((sum, term) => sum + term.value, 0) - value) < 1e-12);
  });

  it("refuses factors that don't fit", () => {
    assert.throws(
      () => factored(left, right.slice({ inner: [0, 2] })),
      /"inner" has size 3 on the left but 2/,
    );
    assert.throws(() => factored(left, right.rename({ column: "row" })), /both called "row": rename one/);
    assert.throws(() => factored(left, tensor(["x", "column"], [[1]]) as unknown as typeof right), {
      name: "AxisError",
    });
  });
});
