import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import type { Diagnostic } from "../../../kernel/language/protocol.ts";
import { codeFrame, typeScriptError, warningText } from "../../../kernel/host/diagnostics.ts";

function diagnostic(line: number, column: number, endLine = line, endColumn = column + 1): Diagnostic {
  const start = { line, column, offset: 0 };
  return {
    severity: "error",
    code: 2322,
    message: "wrong type",
    start,
    end: { line: endLine, column: endColumn, offset: 0 },
  };
}

function plain(text: string): string {
  return stripVTControlCharacters(text);
}

describe("codeFrame(source, diagnostic)", () => {
  it("shows the line, the one before it, and an underline", () => {
    assert.equal(
      plain(codeFrame("let a;\nlet b = cd;\nlet e;", diagnostic(1, 8, 1, 10))),
      ["  1 | let a;", "> 2 | let b = cd;", "    |         ~~"].join("\n"),
    );
  });

  it("underlines to the end of the line what goes on in the next", () => {
    assert.equal(plain(codeFrame("ab cd\nef", diagnostic(0, 3, 1, 2))), "> 1 | ab cd\n    |    ~~");
  });

  it("keeps the underline in its place behind tabs", () => {
    assert.equal(plain(codeFrame("\tx", diagnostic(0, 1))), "> 1 |  x\n    |  ~");
  });

  it("cuts long lines round the place", () => {
    const frame = plain(codeFrame(`${"a".repeat(500)}X${"b".repeat(500)}`, diagnostic(0, 500)));
    const [line, underline] = frame.split("\n");
    assert.equal(line?.indexOf("X"), underline?.indexOf("~"));
    assert.ok((line?.length ?? 0) < 200);
  });

  it("widens the margin with the number of the line", () => {
    assert.match(
      plain(codeFrame("\n".repeat(9) + "x", diagnostic(9, 0))),
      /^ {3}9 \| \n> 10 \| x\n {5}\| ~$/,
    );
  });
});

describe("typeScriptError(source, number, diagnostics)", () => {
  it("names the place of each error, counted from one", () => {
    const { ename, evalue, traceback } = typeScriptError("ab\ncd", 3, [diagnostic(0, 1), diagnostic(1, 0)]);
    assert.equal(ename, "TypeScriptError");
    assert.equal(evalue, "Cell [3], line 1, column 2: wrong type (and 1 more)");
    const text = plain(traceback.join("\n"));
    assert.match(
      text,
      /^TypeScriptError: 2 errors, the cell did not run\n\nCell \[3\], line 1, column 2 - error TS2322: wrong type\n/,
    );
    assert.match(text, /\n\nCell \[3\], line 2, column 1 - error TS2322/);
  });

  it("shows ten errors and counts the others", () => {
    const many = Array.from({ length: 25 }, () => diagnostic(0, 0));
    const text = plain(typeScriptError("x", 1, many).traceback.join("\n"));
    assert.equal(text.match(/error TS2322/g)?.length, 10);
    assert.match(text, /… and 15 more errors$/);
  });
});

describe("warningText(source, number, diagnostics)", () => {
  it("says warning and the place", () => {
    const text = plain(warningText("x", 2, [{ ...diagnostic(0, 0), severity: "warning" }]));
    assert.equal(text, "Cell [2], line 1, column 1 - warning TS2322: wrong type\n> 1 | x\n    | ~\n");
  });
});
