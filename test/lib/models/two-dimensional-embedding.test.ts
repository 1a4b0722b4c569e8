import assert from "node:assert/strict";
import { twoDimensionalEmbedding } from "../../../lib/models/index.ts";
import { softmax } from "../../../lib/tensor/index.ts";
import { programAndBatteryLogs } from "../../../lib/text/index.ts";

describe("twoDimensionalEmbedding", () => {
  const { W_E, printed, programColumn, logits } = twoDimensionalEmbedding();
  const { vocabulary } = programAndBatteryLogs();

  it("claim 9: embeds a word as a row lookup, one-hot times W_E", () => {
    assert.deepEqual(printed, ["battery", "down", "out", "program"]);
    const points = { battery: [0.2, 1], program: [-0.3, 1.1], down: [-0.9, -0.8], out: [-0.5, -1.2] };
    for (const [word, point] of Object.entries(points))
      assert.deepEqual(vocabulary.oneHot(word).dot(W_E, "vocabulary").toArray(), point);
  });

  it("claim 9: de-embeds program to 1.02, which the source rounds to 1", () => {
    const program = W_E.at({ vocabulary: "program" }).dot(programColumn, "embedding").value();
    assert.ok(Math.abs(program - 1.02) < 1e-12);
  });

  it("claim 9: the largest of the printed numbers is that of program", () => {
    assert.equal(logits.argmax().label, "program");
  });

  it("has the softmax of the printed numbers (a14)", () => {
    const shares = softmax(logits, "vocabulary");
    const wanted = [0.0319, 0.1582, 0.0711, 0.0526, 0.0643, 0.0319, 0.1431, 0.0476, 0.0353, 0.1748, 0.0959, 0.0289, 0.0643]; // prettier-ignore
    for (const [index, share] of wanted.entries())
      assert.equal(Number((shares.data[index] ?? 0).toFixed(4)), share, vocabulary.word(index));
  });
});
