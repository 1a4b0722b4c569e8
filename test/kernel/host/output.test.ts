import assert from "node:assert/strict";
import { StreamOutput } from "../../../kernel/host/output.ts";

function collected(limit = 1_000): { output: StreamOutput; sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    output: new StreamOutput(limit, (request, name, text) => sent.push(`${request} ${name} ${text}`)),
  };
}

describe("new StreamOutput(limit, publish)", () => {
  it("joins what one cell writes to one stream", () => {
    const { output, sent } = collected();
    output.write("r1", "stdout", "a");
    output.write("r1", "stdout", "b");
    assert.deepEqual(sent, []);
    output.flush();
    assert.deepEqual(sent, ["r1 stdout ab"]);
  });

  it("keeps the order of streams and of cells", () => {
    const { output, sent } = collected();
    output.write("r1", "stdout", "a");
    output.write("r1", "stderr", "b");
    output.write("r2", "stderr", "c");
    output.flush();
    assert.deepEqual(sent, ["r1 stdout a", "r1 stderr b", "r2 stderr c"]);
  });

  it("sends by itself after a moment", async () => {
    const text = await new Promise<string>((resolve) => {
      new StreamOutput(10, (_request, _name, sent) => resolve(sent)).write("r1", "stdout", "x");
    });
    assert.equal(text, "x");
  });

  it("sends much at once", () => {
    const { output, sent } = collected(1_000_000);
    output.write("r1", "stdout", "x".repeat(70_000));
    assert.equal(sent.length, 1);
  });

  it("stops at the limit with a notice, counts, and shows the end when the cell ends", () => {
    const { output, sent } = collected(5);
    output.write("r1", "stdout", "0123456789");
    output.write("r1", "stdout", "x".repeat(20_000));
    output.flush();
    assert.deepEqual(sent, [
      "r1 stdout 01234",
      "r1 stderr \n[more than 5 characters of output: the rest is left out, except for its end]\n",
    ]);
    output.write("r1", "stdout", "the end");
    output.finish("r1");
    assert.match(sent[2] ?? "", /^r1 stderr \[11,820 characters left out\]/);
    assert.match(sent[3] ?? "", /^r1 stdout x{8185}the end$/);
  });

  it("limits each cell by itself", () => {
    const { output, sent } = collected(2);
    output.write("r1", "stdout", "abc");
    output.write("r2", "stdout", "de");
    output.flush();
    assert.equal(sent.at(-1), "r2 stdout de");
  });
});
