import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { ExecutorProcess } from "./executor-process.ts";

/** What the language worker does for the real kernel. */
function transpile(path: string): { code: string; map: string } {
  const { outputText, sourceMapText } = ts.transpileModule(readFileSync(path, "utf8"), {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, sourceMap: true },
  });
  return { code: outputText.replace(/\/\/# sourceMappingURL.*/, ""), map: sourceMapText ?? "" };
}

describe("cell.import", () => {
  let folder: string;
  let executor: ExecutorProcess;
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const value = async (expression: string) => {
    const { text, done } = await executor.run(`cell.result(${expression})`);
    assert.equal(done.error, undefined);
    return text;
  };

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "cells é ")));
    symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
    executor = await ExecutorProcess.start(folder);
    executor.transpile = transpile;
  });
  after(async () => {
    await executor.stop();
    rmSync(folder, { recursive: true });
  });

  it("imports packages that are ESM only and have top-level await, from the notebook's folder", async () => {
    assert.equal(await value(`typeof (await cell.await(cell.import("vega-lite"))).compile`), "'function'");
    assert.equal(await value(`typeof (await cell.await(cell.import("vega"))).parse`), "'function'");
    assert.equal(executor.native, "");
  });

  it("imports this package by name where the notebook's folder does not have it", async () => {
    assert.equal(
      await value(`typeof (await cell.await(cell.import("matrix-composition/notebook")))`),
      "'object'",
    );
  });

  it("names the file that cannot be read, or that imports what is not there", async () => {
    const failing = async (name: string) =>
      (await executor.run(`await cell.await(cell.import("./${name}"))`)).done.error?.evalue ?? "";
    write("asks.ts", 'import "./gone.ts";');
    assert.match(await failing("asks.ts"), /^imported by asks\.ts: Cannot find module '\.\/gone\.ts'/);
    write("broken.mjs", "export const = 1;");
    assert.match(await failing("broken.mjs"), /^broken\.mjs: Unexpected token '='/);
    write("broken.json", "{");
    assert.match(await failing("broken.json"), /^broken\.json: /);
  });

  it("names the package that is missing, and how to get it", async () => {
    const { done } = await executor.run(`await cell.import("no-such-package/deep")`);
    assert.match(
      done.error?.evalue ?? "",
      /^Cannot find package 'no-such-package' from .*npm install no-such-package$/,
    );
  });

  it("imports TypeScript beside the notebook, with and without its ending, by the name of its output, in cycles", async () => {
    write(
      "one.ts",
      `import { two } from "./two.ts"; export const one = 1 as number; export const sum = () => one + two;`,
    );
    write(
      "two.ts",
      `import { one } from "./one"; export const two: number = 2; export const back = () => one;`,
    );
    assert.equal(await value(`(await cell.await(cell.import("./one.ts"))).sum()`), "3");
    assert.equal(await value(`(await cell.await(cell.import("./one"))).sum()`), "3");
    assert.equal(await value(`(await cell.await(cell.import("./two.js"))).back()`), "1");
    assert.equal(
      await value(`(await cell.await(cell.import("./one.ts"))) === (await cell.import("./one"))`),
      "true",
    );
  });

  it("loads a changed module anew, and those that import it, and leaves the others", async () => {
    write("leaf.ts", `export const leaf = "old";`);
    write("stable.ts", `export const token = {};`);
    write(
      "middle.ts",
      `import { leaf } from "./leaf.ts"; import "./stable.ts"; export const middle = leaf + "!";`,
    );
    await executor.run(`cell.scope.token = (await cell.import("./stable.ts")).token`);
    assert.equal(await value(`(await cell.await(cell.import("./middle.ts"))).middle`), "'old!'");
    write("leaf.ts", `export const leaf = "new";`);
    assert.equal(await value(`(await cell.await(cell.import("./middle.ts"))).middle`), "'new!'");
    assert.equal(await value(`(await cell.import("./stable.ts")).token === cell.scope.token`), "true");
  });

  it("tries again after a module that did not compile, or threw", async () => {
    write("broken.ts", `export const x = 1; throw new Error("at first");`);
    const first = await executor.run(`await cell.import("./broken.ts")`);
    assert.equal(first.done.error?.evalue, "at first");
    write("broken.ts", `export const x = 2;`);
    assert.equal(await value(`(await cell.import("./broken.ts")).x`), "2");
    write("broken.ts", `export const x = ;`);
    assert.equal((await executor.run(`await cell.import("./broken.ts")`)).done.status, "error");
    write("broken.ts", `export const x = 3;`);
    assert.equal(await value(`(await cell.import("./broken.ts")).x`), "3");
  });

  it("begins anew after a module whose loading was interrupted", async () => {
    write("endless.ts", `export const x = 1; for (;;);`);
    const spinning = executor.start(`await cell.await(cell.import("./endless.ts"))`);
    setTimeout(() => executor.interrupt(), 200);
    assert.equal((await spinning.outcome).done.error?.ename, "KeyboardInterrupt");
    write("endless.ts", `export const x = 2;`);
    assert.equal(await value(`(await cell.import("./endless.ts")).x`), "2");
    write("waiting.ts", `export const x = 1; await new Promise(() => {});`);
    const waiting = executor.start(`await cell.await(cell.import("./waiting.ts"))`);
    setTimeout(() => executor.interrupt(), 200);
    assert.equal((await waiting.outcome).done.error?.ename, "KeyboardInterrupt");
    write("waiting.ts", `export const x = 3;`);
    assert.equal(await value(`(await cell.import("./waiting.ts")).x`), "3");
  });

  it("says where in a module an error was thrown", async () => {
    write(
      "fails.ts",
      `interface Unused {\n  a: string;\n}\n\nexport function fail(): never {\n  throw new RangeError("too far");\n}\n`,
    );
    const { done } = await executor.run(`const { fail } = await cell.import("./fails.ts");\nfail();`);
    const traceback = plain(done.error?.traceback);
    assert.match(traceback, /^RangeError: too far\nfails\.ts, line 6, column 9\n/);
    assert.match(traceback, /> 6 \| {3}throw new RangeError/);
    assert.match(traceback, /at .*\(?Cell \[\d+\], line 2, column 1\)?/);
  });

  it("imports JSON and CommonJS, changed ones anew", async () => {
    write("data.json", `{ "a": [1, 2] }`);
    write("old.cjs", `exports.name = "first";`);
    assert.equal(
      await value(`(await cell.import("./data.json", { with: { type: "json" } })).default.a.length`),
      "2",
    );
    assert.equal(await value(`(await cell.import("./old.cjs")).name`), "'first'");
    write("data.json", `{ "a": [1, 2, 3] }`);
    write("old.cjs", `exports.name = "second";`);
    assert.equal(await value(`(await cell.import("./data.json")).default.a.length`), "3");
    assert.equal(await value(`(await cell.import("./old.cjs")).name`), "'second'");
  });

  it("imports JavaScript modules, packages from within them, and themselves dynamically", async () => {
    mkdirSync(join(folder, "deep"), { recursive: true });
    write(
      "deep/inner.mjs",
      `import { join } from "node:path"; export const url = import.meta.url; export const later = () => import("../data.json"); export { join };`,
    );
    assert.equal(
      await value(`(await (await cell.import("./deep/inner.mjs")).later()).default.a.length`),
      "3",
    );
    assert.match(
      (await value(`(await cell.import("./deep/inner.mjs")).url`)) ?? "",
      /^'file:\/\/.*deep\/inner.mjs'$/,
    );
  });

  it("gives import.meta of the notebook's folder", async () => {
    assert.equal(await value("cell.meta.dirname"), `'${folder}'`);
    assert.equal(await value("cell.meta.filename.startsWith(cell.meta.dirname)"), "true");
    assert.match((await value("cell.meta.url")) ?? "", /^'file:\/\//);
    assert.match((await value(`cell.meta.resolve("vega-lite")`)) ?? "", /node_modules\/vega-lite\/.*\.js'$/);
    assert.match((await value(`cell.meta.resolve("./x.ts")`)) ?? "", /x\.ts'$/);
  });
});

// eslint-disable-next-line no-control-regex -- colours of terminals begin with it
const plain = (lines: readonly string[] | undefined) => (lines ?? []).join("\n").replace(/\u001b\[\d+m/g, "");
