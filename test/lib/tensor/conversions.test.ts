import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { fromTensorFlow, tensor, tensorFromJson, toTensorFlow } from "../../../lib/tensor/index.ts";

describe("fromTensorFlow, toTensorFlow", () => {
  it("carry numbers and shape both ways and share no memory", async () => {
    await tf.setBackend("cpu");
    const matrix = tensor(
      ["row", "column"],
      [
        [1, 2, 3],
        [4, 5, 6.5],
      ],
    );
    const before = tf.memory().numTensors;
    const there = toTensorFlow(matrix, tf);
    assert.deepEqual(there.shape, [2, 3]);
    const doubled = tf.mul(there, 2);
    const back = fromTensorFlow(doubled, ["row", "column"], { labels: { row: ["a", "b"] }, name: "doubled" });
    assert.deepEqual(back.toArray(), [
      [2, 4, 6],
      [8, 10, 13],
    ]);
    assert.deepEqual([back.labels("row"), back.name], [["a", "b"], "doubled"]);
    tf.dispose([there, doubled]);
    assert.equal(tf.memory().numTensors, before);
    assert.equal(back.value({ row: "b", column: 2 }), 13);
  });

  it("refuse a wrong number of axes", () => {
    const vector = tf.tensor1d([1, 2]);
    assert.throws(() => fromTensorFlow(vector, ["row", "column"]), { name: "SizeError" });
    vector.dispose();
  });
});

describe("JSON.stringify, tensorFromJson", () => {
  it("keep everything, NaN and Infinity too", () => {
    const matrix = tensor(["row", "column"], [[1, Number.NaN, -Infinity]], {
      labels: { column: ["a", "b", "c"] },
      name: "scores",
    });
    const text = JSON.stringify(matrix);
    const back = tensorFromJson(text).expectAxes("row", "column");
    assert.ok(back.equals(matrix));
    assert.deepEqual(back.labels("column"), ["a", "b", "c"]);
    assert.equal(JSON.stringify(back), text);
  });

  it("refuse what is no tensor", () => {
    assert.throws(() => tensorFromJson("[1, 2]"), { name: "TensorError" });
    assert.throws(() => tensorFromJson({ axes: ["a"], shape: [2], labels: {}, values: [1] }), {
      name: "SizeError",
    });
    assert.throws(
      () => tensorFromJson({ axes: ["a"], shape: [1], labels: {}, values: ["x"] }),
      /at 0 is "x"/,
    );
  });
});
