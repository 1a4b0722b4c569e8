import assert from "node:assert/strict";
import { concatenate, stack, tensor, TensorError, type Tensor } from "../../../lib/tensor/index.ts";

describe("stack(tensors, axis, labels)", () => {
  const files = tensor(["next"], [1, 0, 2], { labels: { next: ["a", "b", "c"] } });
  const photos = tensor(["next"], [0, 3, 4]);

  it("puts them on a new first axis", () => {
    const rows = stack([files, photos], "word", ["files", "photos"]);
    assert.deepEqual(rows.axes, ["word", "next"]);
    assert.deepEqual(rows.toArray(), [
      [1, 0, 2],
      [0, 3, 4],
    ]);
    assert.deepEqual(rows.labels("word"), ["files", "photos"]);
    assert.deepEqual(rows.labels("next"), ["a", "b", "c"]);
  });

  it("refuses none, other sizes, other words, a name that is taken", () => {
    assert.throws(() => stack([], "word"), TensorError);
    assert.throws(() => stack([files, tensor(["next"], [1])], "word"), /"next" has different sizes/);
    const other = photos.withLabels({ next: ["a", "b", "d"] });
    assert.throws(() => stack([files, other], "word"), { name: "LabelError" });
    assert.throws(() => stack([files], "next"), /named twice/);
    assert.throws(() => stack([files], "word", ["a", "b"]), { name: "SizeError" });
    const mixed: Tensor<readonly string[]>[] = [files, tensor(["other"], [1])];
    assert.throws(() => stack(mixed, "word"), /at 1 has the axes \[other\], the first \[next\]/);
  });
});

describe("concatenate(tensors, axis)", () => {
  const left = tensor(
    ["row", "column"],
    [
      [1, 2],
      [3, 4],
    ],
    { labels: { column: ["a", "b"] } },
  );
  const right = tensor(["row", "column"], [[5], [6]], { labels: { column: ["c"] } });

  it("joins along the axis with its labels", () => {
    const joined = concatenate([left, right], "column");
    assert.deepEqual(joined.toArray(), [
      [1, 2, 5],
      [3, 4, 6],
    ]);
    assert.deepEqual(joined.labels("column"), ["a", "b", "c"]);
  });

  it("refuses other sizes elsewhere, and unknown axes", () => {
    assert.throws(() => concatenate([left, right], "row"), { name: "SizeError" });
    assert.throws(() => concatenate([left, right], "layer" as "row"), { name: "AxisError" });
  });
});
