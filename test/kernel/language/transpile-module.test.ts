import { strict as assert } from "node:assert";
import { transpileModule } from "../../../kernel/language/transpile-module.ts";

describe("transpileModule(path, source, options, label)", () => {
  it("strips types and keeps imports, with the source map back", () => {
    const { code, map } = transpileModule(
      "/a/one.ts",
      'import { x } from "./x.ts";\nexport const y: number = x;\n',
      {},
    );
    assert.equal(code.trim(), 'import { x } from "./x.ts";\nexport const y = x;');
    assert.deepEqual((JSON.parse(map) as { sources: string[] }).sources, ["/a/one.ts"]);
  });

  it("says where a mistake is, in the file's name and lines", () => {
    assert.throws(
      () => transpileModule("/a/one.ts", "const a = 1;\nconst b = (;\nconst c = ];\n", {}, "one.ts"),
      {
        name: "SyntaxError",
        message: /^one\.ts, line 2, column 12: Expression expected\. \(and \d+ more\)$/,
      },
    );
  });

  it("leaves mistakes in types to the checker", () => {
    assert.match(transpileModule("/a/one.ts", 'export const a: number = "text";', {}).code, /a = "text"/);
  });
});
