import { strict as assert } from "node:assert";
import { tmpdir } from "node:os";
import vm from "node:vm";
import fc from "fast-check";
import { Cells } from "./cells.ts";

/** Pieces of cells, put together in ways that nobody would. */
const PIECES = [
  "const a = 1",
  "let b: string",
  "var { c, ...d } = {}",
  "[a, b] = [b, a]",
  "function f(x) { return x }",
  "class A extends",
  "=>",
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  "`${",
  "`",
  "'",
  '"',
  "/",
  "/*",
  "*/",
  "//",
  "\n",
  ";",
  ",",
  ".",
  "?.",
  "...",
  "await",
  "async",
  "for await (const x of y)",
  "using z = null",
  "import x from 'node:fs'",
  "import(",
  "import.meta",
  "export",
  "export default",
  "declare global {",
  "namespace N {",
  "enum E { A",
  "interface I {",
  "type T =",
  "<div>",
  "</div>",
  "<T,>(x: T) => x",
  "@dec",
  "#p",
  "yield",
  "new.target",
  "this",
  "super",
  "=",
  "+=",
  "??=",
  "**",
  "!",
  "as const",
  "satisfies",
  "if (",
  "else",
  "for (;;)",
  "switch (1) { case",
  "try {",
  "catch",
  "label:",
  "break",
  "return",
  "throw",
  "1",
  "0n",
  "x",
  "a",
  "\u2028",
  "😀",
  "\u0000",
  "\\u{61}",
  "// @ts-nocheck\n",
  "#!",
];

describe("any text at all", function () {
  this.timeout(120_000);
  const cells = new Cells({ folder: tmpdir() });
  const text = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(" ")),
    },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  );

  it("compiles to code that parses, or to errors with places in the text", () => {
    fc.assert(
      fc.property(text, (source) => {
        const result = cells.compile(source);
        if (result.ok) {
          assert.doesNotThrow(
            () => new vm.Script(result.cell.code),
            `${JSON.stringify(source)}\n${result.cell.code}`,
          );
          return;
        }
        assert.ok(result.errors.length > 0);
        for (const { start, end, code, message } of result.errors) {
          assert.ok(code > 0, message);
          assert.ok(start.offset >= 0 && start.offset <= end.offset && end.offset <= source.length);
        }
      }),
      { numRuns: 1500, seed: 20261123 },
    );
  });
  it("compiles without checking too", () => {
    const unchecked = new Cells({ folder: tmpdir(), typeErrors: "off" });
    fc.assert(
      fc.property(text, (source) => {
        const result = unchecked.compile(source);
        if (result.ok) return;
        assert.ok(
          result.errors.every(({ code }) => code > 0),
          `${JSON.stringify(source)}: ${result.errors[0]?.message ?? ""}`,
        );
      }),
      { numRuns: 700, seed: 5 },
    );
  });
  it("is complete, incomplete or invalid", () => {
    fc.assert(
      fc.property(text, (source) => {
        assert.ok(["complete", "incomplete", "invalid"].includes(cells.service.isComplete(source).status));
      }),
      { numRuns: 1000, seed: 7 },
    );
  });
  it("can be completed and inspected anywhere", () => {
    fc.assert(
      fc.property(text, fc.nat(), (source, place) => {
        const offset = place % (source.length + 1);
        const { start, end } = cells.service.complete(source, offset);
        assert.ok(start >= 0 && start <= offset && end >= offset && end <= source.length);
        cells.service.inspect(source, offset);
      }),
      { numRuns: 60, seed: 11 },
    );
  });
  it("leaves the service able to compile the next cell", () =>
    assert.deepEqual(cells.errors("const after: number = 1"), []));
  it("may be nested deeply", () => {
    for (const source of [
      "(".repeat(3000) + ")".repeat(3000),
      "[".repeat(2000) + "]".repeat(2000),
      "1+".repeat(5000) + "1",
      "a=>".repeat(1500) + "1",
      "{".repeat(2000) + "}".repeat(2000),
    ])
      assert.doesNotThrow(() => cells.compile(source));
    assert.deepEqual(cells.errors("1 + 1"), []);
  });
});
