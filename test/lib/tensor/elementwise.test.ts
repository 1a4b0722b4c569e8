import assert from "node:assert/strict";
import { tensor, type Tensor } from "../../../lib/tensor/index.ts";

describe("plus, minus, times, dividedBy, map", () => {
  const matrix = tensor(
    ["row", "column"],
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  );

  it("take a number", () => {
    assert.deepEqual(matrix.plus(1).toArray(), [
      [2, 3, 4],
      [5, 6, 7],
    ]);
    assert.deepEqual(matrix.minus(1).row(0).toArray(), [0, 1, 2]);
    assert.deepEqual(matrix.times(2).row(1).toArray(), [8, 10, 12]);
    assert.deepEqual(matrix.dividedBy(2).row(0).toArray(), [0.5, 1, 1.5]);
    assert.deepEqual(
      matrix
        .map((value) => value ** 2)
        .row(0)
        .toArray(),
      [1, 4, 9],
    );
  });

  it("match axes by name, in any order", () => {
    const turned = tensor(
      ["column", "row"],
      [
        [10, 40],
        [20, 50],
        [30, 60],
      ],
    );
    assert.deepEqual(matrix.plus(turned).toArray(), [
      [11, 22, 33],
      [44, 55, 66],
    ]);
    assert.deepEqual(matrix.plus(turned).axes, ["row", "column"]);
    assert.deepEqual(turned.minus(matrix).toArray(), [
      [9, 36],
      [18, 45],
      [27, 54],
    ]);
  });

  it("spread a tensor that has some of the axes: a bias", () => {
    const bias = tensor(["column"], [10, 20, 30]);
    assert.deepEqual(matrix.plus(bias).toArray(), [
      [11, 22, 33],
      [14, 25, 36],
    ]);
    assert.deepEqual(matrix.times(tensor(["row"], [1, -1])).toArray(), [
      [1, 2, 3],
      [-4, -5, -6],
    ]);
    assert.deepEqual(matrix.dividedBy(tensor([], 2)).row(1).toArray(), [2, 2.5, 3]);
  });

  it("refuse other axes, sizes and labels", () => {
    const untyped = (value: unknown): Tensor<["row"]> => value as Tensor<["row"]>;
    assert.throws(() => matrix.plus(untyped(tensor(["key"], [1]))), {
      name: "AxisError",
      message: /The right has the axis "key", which the left \(row 2 × column 3\) lacks/,
    });
    assert.throws(() => matrix.plus(tensor(["row"], [1, 2, 3])), /"row" has size 2 on the left/);
    const labelled = matrix.withLabels({ row: ["a", "b"] });
    assert.throws(() => labelled.plus(tensor(["row"], [1, 2], { labels: { row: ["a", "c"] } })), {
      name: "LabelError",
    });
    assert.deepEqual(matrix.plus(labelled).labels("row"), ["a", "b"]);
  });
});
