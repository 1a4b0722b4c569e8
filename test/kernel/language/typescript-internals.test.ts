import { strict as assert } from "node:assert";
import ts from "../../../kernel/language/typescript.cjs";
import {
  boundSourceFile,
  moduleSymbols,
  parseAsModule,
  parseDiagnostics,
} from "../../../kernel/language/typescript-internals.ts";

describe("what the compiler's public types leave out", () => {
  it("is there: the parser's findings", () => {
    assert.equal(parseDiagnostics(parseAsModule("a.ts", "const = 1", ts.ScriptKind.TS)).length > 0, true);
    assert.equal(parseDiagnostics(parseAsModule("a.ts", "const a = 1", ts.ScriptKind.TS)).length, 0);
  });
  it("is there: a module without import or export", () => {
    const [statement] = parseAsModule("a.ts", "await (1)", ts.ScriptKind.TS).statements;
    assert.ok(
      statement !== undefined &&
        ts.isExpressionStatement(statement) &&
        ts.isAwaitExpression(statement.expression),
    );
  });
  it("is there: binding a file of no program", () => {
    const file = boundSourceFile(
      "/a.ts",
      "const a = 1; if (a) { var b = 2; let c } export {}",
      {},
      ts.ScriptKind.TS,
    );
    assert.deepEqual([...moduleSymbols(file).keys()], ["a", "b"]);
  });
  it("belongs to the version that this was written for", () => assert.match(ts.version, /^6\.0\./));
});
