import { strict as assert } from "node:assert";
import { tmpdir } from "node:os";
import { Cells } from "./cells.ts";

describe("a long session", function () {
  this.timeout(300_000);

  it("keeps only the cells that still have a name or are needed by one that has", () => {
    const cells = new Cells({ folder: tmpdir() });
    assert.deepEqual(
      cells.errors("class Row { constructor(readonly x: number) {} } const data = [new Row(1)]"),
      [],
    );
    const sizes: number[] = [];
    for (let index = 0; index < 1000; index += 1) {
      // Each cell's type is inferred from the cell before, so without care the chain would grow for ever.
      assert.deepEqual(
        cells.errors(
          index % 2 === 0
            ? "const next = data.map((row) => new Row(row.x + 1))"
            : "const data = next.slice()",
        ),
        [],
      );
      if (index % 200 === 199) sizes.push(cells.service.kept);
    }
    assert.ok(Math.max(...sizes) < 400, `${sizes.join(", ")} cells kept`);
    assert.deepEqual(cells.errors("data[0]!.x.toFixed()"), []);
    assert.match(cells.errors("data[0]!.nope")[0] ?? "", /^2339/);
  });

  it("needs no more memory after thousands of cells", () => {
    const collect = globalThis.gc;
    const cells = new Cells({ folder: tmpdir() });
    const heap: number[] = [];
    for (let index = 0; index < 2000; index += 1) {
      assert.deepEqual(
        cells.errors(`const v = ${index}; function f(x: number) { return x + v }\nf(${index})`),
        [],
      );
      if (index % 400 !== 399) continue;
      while (cells.service.idle());
      collect?.();
      heap.push(process.memoryUsage().heapUsed);
    }
    // Without --expose-gc the measure is rough, but a leak of every cell's tree would still show.
    assert.ok(Math.max(...heap.slice(1)) < 1.5 * Math.max(...heap.slice(0, 1)), heap.join(", "));
  });
});
