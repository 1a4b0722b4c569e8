import { strict as assert } from "node:assert";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cells } from "./cells.ts";

describe("a tsconfig.json beside the notebook", () => {
  const folders: string[] = [];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  const cellsWith = (files: Record<string, string>, below = ""): Cells => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    folders.push(folder);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    mkdirSync(join(folder, below), { recursive: true });
    return new Cells({ folder: join(folder, below) });
  };
  const config = (compilerOptions: object): Record<string, string> => ({
    "tsconfig.json": JSON.stringify({ compilerOptions }),
  });

  it("decides how strict the checker is", () => {
    assert.deepEqual(
      cellsWith(config({ strict: false })).errors("function f(x) { return x } let n: number = null"),
      [],
    );
    assert.match(
      cellsWith(config({ noUncheckedIndexedAccess: true })).errors("const x: number = [1][0]")[0] ?? "",
      /2322/,
    );
  });
  it("is read again when it has changed, and what is wrong with it is said again", () => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    folders.push(folder);
    const cells = new Cells({ folder });
    const write = (text: string) => writeFileSync(join(folder, "tsconfig.json"), text);
    const loose = "function loose(x) { return x }";
    assert.match(cells.errors(loose)[0] ?? "", /7006/);
    write('{ "extends": "./base.json" }');
    writeFileSync(join(folder, "base.json"), '{ "compilerOptions": { "strict": false } }');
    assert.deepEqual(cells.errors(loose), []);
    writeFileSync(join(folder, "base.json"), '{ "compilerOptions": { "strict": true, "lib": ["esnext"] } }');
    assert.match(cells.errors(loose)[0] ?? "", /7006/);
    rmSync(join(folder, "tsconfig.json"));
    assert.match(cells.errors(loose)[0] ?? "", /7006/);
  });
  it("is found in the folders above", () => {
    assert.deepEqual(cellsWith(config({ strict: false }), "a/b").errors("function f(x) { return x }"), []);
  });
  it("decides the libraries", () => {
    assert.match(cellsWith(config({ lib: ["es2022"] })).errors("document.title")[0] ?? "", /^2584/);
  });
  it("decides how JSX is compiled", async () => {
    const cells = cellsWith({
      ...config({ jsx: "react-jsx", jsxImportSource: "tiny" }),
      "node_modules/tiny/package.json":
        '{ "name": "tiny", "exports": { "./jsx-runtime": "./jsx-runtime.mjs" } }',
      "node_modules/tiny/jsx-runtime.mjs":
        "export const jsx = (tag, props) => ({ tag, props }); export const jsxs = jsx;",
    });
    assert.match(cells.code("<b>hi</b>"), /await \$cell\.import\("tiny\/jsx-runtime"\)/);
    const factory = cellsWith(config({ jsx: "react", jsxFactory: "make.node" }));
    assert.deepEqual(await factory.run("const make = { node: (...all: unknown[]) => all }", "<b>hi</b>"), [
      "b",
      null,
      "hi",
    ]);
  });
  it("may map paths, which the emitted code resolves", () => {
    const cells = cellsWith({
      ...config({ paths: { "@lib/*": ["./source/*"] } }),
      "source/one.ts": "export const one = 1",
    });
    assert.match(cells.code("import { one } from '@lib/one'; one"), /import\(".*\/source\/one\.ts"\)/);
  });
  it("may ask for the older decorators", async () => {
    const cells = cellsWith(config({ experimentalDecorators: true }));
    assert.equal(
      await cells.run(
        "function tag(target: any) { target.tagged = true } @tag class A { static tagged = false }",
        "A.tagged",
      ),
      true,
    );
  });
  it("has no say in output, unused names and module formats", async () => {
    const cells = cellsWith(
      config({
        outDir: "x",
        noEmit: true,
        noUnusedLocals: true,
        module: "commonjs",
        target: "es5",
        composite: true,
        isolatedDeclarations: true,
        noEmitOnError: true,
      }),
    );
    assert.equal(await cells.run("const unused = 1; await Promise.resolve(`${2}`)"), "2");
  });
  it("that is broken is a warning with the first cell, once", () => {
    const cells = cellsWith({ "tsconfig.json": '{ "compilerOptions": { "strict": "perhaps", ' });
    const first = cells.compile("1");
    assert.ok(first.ok);
    assert.ok(first.warnings.length > 0);
    assert.match(first.warnings[0]?.message ?? "", /^tsconfig\.json: /);
    const second = cells.compile("2");
    assert.ok(second.ok);
    assert.deepEqual(second.warnings, []);
  });
  it("is not needed", () => assert.deepEqual(cellsWith({}).errors("const a = [1]; a[0]!.toFixed()"), []));
});
