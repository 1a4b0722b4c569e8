import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const types = fileURLToPath(new URL("./axes.types.ts", import.meta.url));

/** The project's own options, without the test runner's types. */
function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return { ...options, types: ["node"], incremental: false, noErrorTruncation: true };
}

/** Checks one file, or `text` as if it lay beside it. */
function check(text?: string): { messages: string[]; program: ts.Program } {
  const options = compilerOptions();
  const host = ts.createCompilerHost(options, true);
  const file = text === undefined ? types : types.replace("axes.types.ts", "cell.ts");
  if (text !== undefined) {
    const fileExists = host.fileExists.bind(host);
    const getSourceFile = host.getSourceFile.bind(host);
    host.fileExists = (name) => name === file || fileExists(name);
    host.getSourceFile = (name, ...rest) =>
      name === file
        ? ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
        : getSourceFile(name, ...rest);
  }
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  const messages = [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ].map(({ messageText, start }) => {
    const line = source?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
    return `${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
  return { messages, program };
}

describe("axes in the type", function () {
  this.timeout(120_000);

  it("accept and refuse what axes.types.ts says, and cost the checker little", () => {
    const { messages, program } = check();
    assert.deepEqual(messages, []);
    // Measured: 21,000 with the library's own code; a recursive type gone wrong makes millions.
    assert.ok(program.getInstantiationCount() < 100_000, String(program.getInstantiationCount()));
  });

  it("name the axes in the message", () => {
    const { messages } = check(`
      import { tensor } from "../../../lib/tensor/index.ts";
      const words = tensor(["position", "embedding"], [[1]]);
      const W_K = tensor(["feature", "key"], [[1]]);
      words.dot(W_K, "embedding");
      words.dot(words.rename({ position: "other" }), "position");
      words.plus(W_K);
      words.at({ positoin: 1 });
      words.transpose("embedding");
      words.sum("row");
    `);
    assert.equal(messages.length, 6);
    const [disjoint, notShared, added, misspelt, missing, unknown] = messages;
    assert.match(disjoint ?? "", /^5: .*NoSharedAxis<\["position", "embedding"\], \["feature", "key"\]>/s);
    assert.match(notShared ?? "", /^6: .*'"position"' is not assignable to parameter of type '"embedding"/s);
    assert.match(
      added ?? "",
      /^7: .*'"feature" \| "key"' is not assignable to type '"position" \| "embedding"'/s,
    );
    assert.match(
      misspelt ?? "",
      /^8: .*'positoin' does not exist in type 'PartialCell<\["position", "embedding"\]>/s,
    );
    assert.match(missing ?? "", /^9: .*MissingAxis<"position">/s);
    assert.match(unknown ?? "", /^10: .*"row".*'"position" \| "embedding"'/s);
  });

  it("show as a plain tuple in the editor", () => {
    const text = `
      import { tensor } from "../../../lib/tensor/index.ts";
      const queries = tensor(["query", "head", "feature"], [[[1]]]);
      const scores = queries.dot(queries.rename({ query: "key" }), "feature");
      const part = scores.at({ head: 0 });
    `;
    const { program } = check(text);
    const checker = program.getTypeChecker();
    const source = program.getSourceFiles().find(({ fileName }) => fileName.endsWith("/cell.ts"));
    const shown: string[] = [];
    source?.forEachChild((node) => {
      if (!ts.isVariableStatement(node)) return;
      for (const { name } of node.declarationList.declarations) {
        shown.push(checker.typeToString(checker.getTypeAtLocation(name)));
      }
    });
    assert.deepEqual(shown, [
      'Tensor<["query", "head", "feature"]>',
      'Tensor<["query", "head", "key"]>',
      'Tensor<["query", "key"]>',
    ]);
  });
});
