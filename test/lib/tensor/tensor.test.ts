import assert from "node:assert/strict";
import { inspect } from "node:util";
import {
  AxisError,
  identity,
  IndexError,
  LabelError,
  ones,
  SizeError,
  tensor,
  TensorError,
  zeros,
  type Tensor,
} from "../../../lib/tensor/index.ts";

/** Names a value's type away, as untyped JavaScript would. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller chooses what it passes for
const untyped = <T>(value: unknown): T => value as T;

describe("tensor(axes, values)", () => {
  const weights = tensor(
    ["word", "next"],
    [
      [0.2, 0.9],
      [0.7, 0],
      [0.8, 0.3],
    ],
    { labels: { word: ["battery", "program", "ran"] }, name: "weights" },
  );

  it("keeps axes, shape, labels, name and numbers", () => {
    assert.deepEqual(weights.axes, ["word", "next"]);
    assert.deepEqual(weights.shape, [3, 2]);
    assert.equal(weights.size, 6);
    assert.equal(weights.sizeOf("next"), 2);
    assert.deepEqual(weights.labels("word"), ["battery", "program", "ran"]);
    assert.equal(weights.labels("next"), undefined);
    assert.equal(weights.name, "weights");
    assert.deepEqual(Array.from(weights.data), [0.2, 0.9, 0.7, 0, 0.8, 0.3]);
  });

  it("copies what it is given", () => {
    const numbers = Float64Array.of(1, 2);
    const words = ["a", "b"];
    const vector = tensor(["word"], numbers, { labels: { word: words } });
    numbers[0] = 9;
    words[0] = "changed";
    assert.deepEqual(vector.toArray(), [1, 2]);
    assert.deepEqual(vector.labels("word"), ["a", "b"]);
  });

  it("takes a typed array over when told not to copy", () => {
    const numbers = Float32Array.of(1, 2, 3, 4);
    const matrix = tensor(["row", "column"], numbers, { shape: [2, 2], copy: false });
    assert.equal(matrix.data, numbers);
    assert.deepEqual(matrix.toArray(), [
      [1, 2],
      [3, 4],
    ]);
  });

  it("allows no axes, one element and no elements", () => {
    assert.equal(tensor([], 5).value(), 5);
    assert.deepEqual(tensor(["a"], [7]).toArray(), [7]);
    assert.deepEqual(tensor(["a", "b"], []).shape, [0, 0]);
    assert.deepEqual(tensor(["a", "b"], [[], []]).shape, [2, 0]);
    assert.deepEqual(zeros(["a", "b"], [0, 3]).toArray(), []);
    assert.equal(tensor(["a"], []).sum(), 0);
  });

  it("keeps NaN and Infinity", () => {
    assert.deepEqual(tensor(["a"], [Number.NaN, -Infinity]).toArray(), [Number.NaN, -Infinity]);
  });

  it("names a ragged row", () => {
    assert.throws(() => tensor(["row", "column"], [[1, 2], [3]]), {
      name: "SizeError",
      message: 'The rows are ragged: along "column", [1] has 1 where the first has 2.',
    });
  });

  it("names what is no number, and a wrong depth", () => {
    assert.throws(() => tensor(["a"], untyped([1, "2"])), /at \[1\], not string 2/);
    assert.throws(() => tensor(["a"], untyped([1, undefined])), /at \[1\], not undefined/);
    assert.throws(() => tensor(["a", "b"], untyped([1, 2])), /2 axes; the numbers are nested 1 deep/);
    assert.throws(() => tensor(["a"], untyped([[1]])), /1 axes; the numbers are nested 2 deep/);
    assert.throws(() => tensor(["a", "b"], untyped([[1], 2])), /An array along the axis "b"/);
    assert.throws(() => tensor(["a"], untyped(Int32Array.of(1))), TensorError);
  });

  it("refuses a shape that doesn't fit", () => {
    const numbers = new Float64Array(6);
    assert.throws(() => tensor(["a", "b"], numbers), /need a shape/);
    assert.throws(
      () => tensor(["a", "b"], numbers, { shape: [2, 4] }),
      /The shape \[2, 4\] of \[a, b\] holds 8 numbers; 6 were given/,
    );
    assert.throws(() => tensor(["a", "b"], numbers, { shape: untyped([6]) }), SizeError);
    assert.throws(() => zeros(["a"], [-1]), SizeError);
    assert.throws(() => zeros(["a"], [1.5]), /"a" is 1.5/);
  });

  it("refuses an axis without a name or named twice", () => {
    assert.throws(() => tensor(["a", "a"], [[1]]), /"a" is named twice/);
    assert.throws(() => tensor([""], [1]), AxisError);
  });

  it("refuses labels that don't fit", () => {
    assert.throws(
      () => tensor(["word"], [1, 2], { labels: { word: ["only"] } }),
      /"word" has size 2 but was given 1 labels/,
    );
    assert.throws(
      () => tensor(["word"], [1], { labels: untyped({ wrod: ["a"] }) }),
      /"wrod". Did you mean "word"\?/,
    );
    assert.throws(() => tensor(["word"], [1], { labels: untyped({ word: [3] }) }), LabelError);
  });
});

describe("zeros, ones, identity", () => {
  it("have the shape asked for", () => {
    assert.deepEqual(zeros(["a", "b"], [1, 2]).toArray(), [[0, 0]]);
    assert.deepEqual(ones(["a", "b"], [2, 1]).toArray(), [[1], [1]]);
  });

  it("identity has 1 where row and column are the same, and the words on both axes", () => {
    const same = identity("word", "next", ["my", "files"]);
    assert.deepEqual(same.toArray(), [
      [1, 0],
      [0, 1],
    ]);
    assert.deepEqual(same.labels("next"), ["my", "files"]);
    assert.deepEqual(identity("a", "b", 0).shape, [0, 0]);
  });
});

describe("Tensor, its parts", () => {
  const cube = tensor(
    ["head", "query", "key"],
    [
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9, 10, 11, 12],
      ],
      [
        [13, 14, 15, 16],
        [17, 18, 19, 20],
        [21, 22, 23, 24],
      ],
    ],
    { labels: { query: ["The", "ball", "is"], key: ["The", "ball", "is", "blue"] } },
  );

  it("at() drops the axes it fixes, by index, label or from the end", () => {
    assert.deepEqual(cube.at({ head: 1, query: "ball" }).toArray(), [17, 18, 19, 20]);
    assert.deepEqual(cube.at({ key: -1 }).toArray(), [
      [4, 8, 12],
      [16, 20, 24],
    ]);
    assert.deepEqual(cube.at({ key: -1 }).axes, ["head", "query"]);
    assert.deepEqual(cube.at({ head: 0 }).labels("query"), ["The", "ball", "is"]);
    assert.equal(cube.at({ head: 0, query: 2, key: "blue" }).value(), 12);
  });

  it("value() reads one cell", () => {
    assert.equal(cube.value({ head: 1, query: "is", key: "The" }), 21);
    assert.throws(() => cube.value(untyped({ head: 1 })), /"query" is missing/);
  });

  it("slice() takes a range and keeps its labels", () => {
    const part = cube.slice({ query: [1], key: [-2] });
    assert.deepEqual(part.shape, [2, 2, 2]);
    assert.deepEqual(part.at({ head: 0 }).toArray(), [
      [7, 8],
      [11, 12],
    ]);
    assert.deepEqual(part.labels("key"), ["is", "blue"]);
    assert.deepEqual(cube.slice({ query: [1, 1] }).shape, [2, 0, 4]);
    assert.throws(() => cube.slice({ query: [2, 9] }), IndexError);
    assert.throws(() => cube.slice({ query: [2, 1] }), IndexError);
  });

  it("pick() takes places in the order given, also twice", () => {
    const part = cube.pick({ key: ["blue", 0, 0], head: [1] });
    assert.deepEqual(part.at({ head: 0, query: 0 }).toArray(), [16, 13, 13]);
    assert.deepEqual(part.labels("key"), ["blue", "The", "The"]);
    assert.deepEqual(cube.pick({ head: [] }).shape, [0, 3, 4]);
  });

  it("row() and column() are for matrices", () => {
    const matrix = cube.at({ head: 0 });
    assert.deepEqual(matrix.row("ball").toArray(), [5, 6, 7, 8]);
    assert.deepEqual(matrix.column("blue").toArray(), [4, 8, 12]);
    assert.deepEqual(matrix.column(0).axes, ["query"]);
    assert.throws(() => untyped<Tensor<["row", "column"]>>(cube).row(0), /taken from a matrix/);
  });

  it("transpose() reorders axes with their labels", () => {
    const turned = cube.transpose("key", "head", "query");
    assert.deepEqual(turned.shape, [4, 2, 3]);
    assert.equal(turned.value({ head: 1, query: "is", key: "The" }), 21);
    assert.deepEqual(turned.labels("key"), ["The", "ball", "is", "blue"]);
    assert.deepEqual(cube.at({ head: 0 }).transpose().row("blue").toArray(), [4, 8, 12]);
    assert.throws(
      () => cube.transpose(...untyped<["key", "head", "query"]>(["key", "head"])),
      /"query" is missing/,
    );
  });

  it("rename() keeps numbers and labels", () => {
    const renamed = cube.rename({ query: "target", head: "layer" });
    assert.deepEqual(renamed.axes, ["layer", "target", "key"]);
    assert.deepEqual(renamed.labels("target"), ["The", "ball", "is"]);
    assert.throws(() => cube.rename({ head: "key" }), /"key" is named twice/);
    assert.throws(
      () => cube.rename(untyped<{ head: "x" }>({ hed: "x" })),
      /no axis "hed". Did you mean "head"\?/,
    );
    assert.deepEqual(cube.at({ head: 0 }).rename({ query: "key", key: "query" }).axes, ["key", "query"]);
  });

  it("an unknown label suggests what was meant", () => {
    assert.throws(
      () => cube.at({ key: "blu" }),
      /"blu" is not a label of the axis "key". Did you mean "blue"\?/,
    );
    assert.throws(() => cube.at({ key: "Ball" }), /Did you mean "ball"\?/);
    assert.throws(() => cube.at({ key: "zebra" }), /There is "The", "ball", "is", "blue"\./);
    assert.throws(() => cube.at({ head: "first" }), /"head" has no labels/);
  });

  it("an index outside the axis says which there are", () => {
    for (const index of [2, -3, 0.5, Number.NaN]) {
      assert.throws(() => cube.at({ head: index }), /"head", which has the indices 0 to 1/);
    }
  });

  it("a label that stands twice must be given by index", () => {
    const sentence = tensor(["position"], [1, 2, 3], { labels: { position: ["the", "cat", "the"] } });
    assert.throws(() => sentence.at({ position: "the" }), /stands on the axis "position" at 0, 2/);
    assert.equal(sentence.at({ position: "cat" }).value(), 2);
  });

  it("expectAxes() checks computed axes", () => {
    const computed: Tensor<readonly string[]> = cube;
    assert.equal(computed.expectAxes("head", "query", "key").value({ head: 0, query: 0, key: 0 }), 1);
    assert.throws(
      () => computed.expectAxes("query", "head", "key"),
      /\[head, query, key\], not \[query, head, key\]/,
    );
  });

  it("withLabels() and withoutLabels() change labels only", () => {
    const heads = cube.withLabels({ head: ["a", "b"] });
    assert.deepEqual(heads.labels("head"), ["a", "b"]);
    assert.deepEqual(heads.labels("query"), ["The", "ball", "is"]);
    assert.equal(heads.withoutLabels("query").labels("query"), undefined);
    assert.deepEqual(heads.withoutLabels("query").labels("head"), ["a", "b"]);
    assert.equal(heads.withoutLabels().labels("head"), undefined);
    assert.equal(cube.labels("head"), undefined);
  });

  it("sums, means, norms and extremes drop the axis or give a number", () => {
    const matrix = tensor(
      ["row", "column"],
      [
        [3, 4, 0],
        [-6, 8, 0],
      ],
    );
    assert.equal(matrix.sum(), 9);
    assert.deepEqual(matrix.sum("row").toArray(), [-3, 12, 0]);
    assert.equal(matrix.mean(), 1.5);
    assert.deepEqual(matrix.mean("column").toArray(), [7 / 3, 2 / 3]);
    assert.deepEqual(matrix.norm("column").toArray(), [5, 10]);
    assert.ok(Math.abs(tensor(["a"], [3e200, 4e200]).norm() / 5e200 - 1) < 1e-12);
    assert.equal(matrix.max(), 8);
    assert.deepEqual(matrix.max("column").toArray(), [4, 8]);
    assert.deepEqual(matrix.min("row").toArray(), [-6, 4, 0]);
    assert.deepEqual(matrix.argmax("column").toArray(), [1, 1]);
    assert.deepEqual(matrix.argmax(), {
      value: 8,
      index: { row: 1, column: 1 },
      label: { row: "1", column: "1" },
    });
    assert.equal(tensor(["a"], [1, Number.NaN, 3]).max(), Number.NaN);
    assert.throws(() => tensor(["a"], []).argmax(), /has no largest one/);
  });

  it("topK() lists the largest with labels, ties in order, NaN last", () => {
    const votes = tensor(["word"], [5, Number.NaN, 4, 5, -Infinity], {
      labels: { word: ["please", "broken", "down", "ran", "masked"] },
    });
    assert.deepEqual(votes.topK(3), [
      { value: 5, index: 0, label: "please" },
      { value: 5, index: 3, label: "ran" },
      { value: 4, index: 2, label: "down" },
    ]);
    assert.deepEqual(
      votes.topK(99).map(({ label }) => label),
      ["please", "ran", "down", "masked", "broken"],
    );
    assert.deepEqual(votes.bottomK(1), [{ value: -Infinity, index: 4, label: "masked" }]);
    assert.deepEqual(votes.topK(0), []);
    assert.deepEqual(cube.topK(1), [
      { value: 24, index: { head: 1, query: 2, key: 3 }, label: { head: "1", query: "is", key: "blue" } },
    ]);
    assert.throws(() => votes.topK(-1), TensorError);
  });

  it("topK() of many is the start of the sorted numbers", () => {
    const numbers = Array.from({ length: 5000 }, (_, index) => (index * 7919) % 4999);
    const sorted = [...numbers].sort((a, b) => b - a);
    const top = tensor(["a"], numbers).topK(20);
    assert.deepEqual(
      top.map(({ value }) => value),
      sorted.slice(0, 20),
    );
    for (const { index, value } of top) assert.equal(numbers[index], value);
  });

  it("equals() and allClose() compare by axis name", () => {
    assert.ok(cube.equals(cube.transpose("key", "query", "head")));
    assert.ok(!cube.equals(cube.map((value) => value + 1e-12)));
    assert.ok(cube.allClose(cube.map((value) => value + 1e-12)));
    assert.ok(!cube.allClose(cube.map((value) => value + 1e-3)));
    assert.ok(!cube.equals(cube.rename({ head: "layer" })));
    assert.ok(tensor(["a"], [Number.NaN]).equals(tensor(["a"], [Number.NaN])));
    assert.ok(!tensor(["a"], [1]).allClose(tensor(["a"], [Number.NaN])));
    assert.ok(!tensor(["a"], [1]).equals(tensor(["a"], [1, 2])));
  });

  it("toString() is one line, inspect() a small table", () => {
    assert.equal(String(cube), "Tensor (head 2 × query 3 × key 4), from 1 to 24: 1, 2, 3, 4, 5, 6, …");
    assert.match(inspect(cube.at({ head: 0 })), /ball\s+5\s+6\s+7\s+8/);
  });
});
