import { strict as assert } from "node:assert";
import { tmpdir } from "node:os";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { Cells } from "./cells.ts";

describe("a compiled cell's source map", () => {
  const cells = new Cells({ folder: tmpdir() });
  beforeEach(() => cells.reset());

  /** Where the text that follows `at` in the emitted code came from: line and column, from 0. */
  const origin = (source: string, at: string): [number, number] => {
    const result = cells.compile(source);
    assert.ok(result.ok);
    const { code, map } = result.cell;
    const offset = code.indexOf(at);
    assert.notEqual(offset, -1, code);
    const before = code.slice(0, offset).split("\n");
    const found = originalPositionFor(new TraceMap(map), {
      line: before.length,
      column: offset - (code.lastIndexOf("\n", offset) + 1),
    });
    return [(found.line ?? NaN) - 1, found.column ?? NaN];
  };

  it("has the cell as its one source", () => {
    const result = cells.compile("1");
    assert.ok(result.ok);
    const { version, sources } = JSON.parse(result.cell.map) as { version: number; sources: string[] };
    assert.deepEqual({ version, sources }, { version: 3, sources: ["cell"] });
  });
  it("leads to the line and column as typed", () => {
    assert.deepEqual(origin("const a: number = 1;\n\n  throw new Error('x')", "throw"), [2, 2]);
    assert.deepEqual(
      origin("function f(n: number): void {\n  const x: string = 'a'; throw x\n}", "throw"),
      [1, 25],
    );
  });
  it("doesn't count the lines that bring in earlier names", () => {
    cells.compile("const one = 1; let two = 2; class Three {}");
    assert.deepEqual(
      origin(
        "one; two; Three;\nnew Three(); undefinedCall()\ndeclare function undefinedCall(): void",
        "undefinedCall",
      ),
      [1, 13],
    );
  });
  it("is right under helpers, hoisted imports and functions", () => {
    assert.deepEqual(origin("using u = { [Symbol.dispose]() {} };\nthrow 1", "throw 1"), [1, 0]);
    assert.deepEqual(
      origin("f();\nimport { join } from 'node:path';\nfunction f() { throw 1 }", "throw 1"),
      [2, 15],
    );
    assert.deepEqual(origin("for await (const x of [1])\n  throw x", "throw x"), [1, 2]);
  });
  it("is right in a final object, round which parentheses were put", () => {
    assert.deepEqual(origin("const o = null as any\n  { a: 1, b: o.deep,\n c: o.other }", "deep"), [1, 15]);
    assert.deepEqual(origin("const o = null as any\n  { a: 1, b: o.deep,\n c: o.other }", "other"), [2, 6]);
  });
});
