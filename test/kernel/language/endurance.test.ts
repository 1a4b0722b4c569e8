import { strict as assert } from "node:assert";
import { tmpdir } from "node:os";
import { Cells } from "./cells.ts";
import { liveMemory } from "./live-memory.ts";

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

  it("needs no more memory after thousands of cells", async () => {
    const cells = new Cells({ folder: tmpdir() });
    const run = (from: number, to: number) => {
      for (let index = from; index < to; index += 1) {
        assert.deepEqual(
          cells.errors(`const v = ${index}; function f(x: number) { return x + v }\nf(${index})`),
          [],
        );
      }
      while (cells.service.idle());
    };
    run(0, 400);
    const before = await liveMemory();
    run(400, 1600);
    const growth = ((await liveMemory()) - before) / 1200;
    // What a checker knows of a cell is 150 KB, its tree alone 10 KB; 1 or 2 KB are kept.
    assert.ok(growth < 4_000, `${growth.toFixed(0)} bytes a cell`);
  });
});
