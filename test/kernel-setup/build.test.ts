import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../../kernel-setup/build.mjs";
import { ROOT } from "../python.ts";
import { emptyFolder, remove } from "./project.ts";

describe("build", function () {
  this.timeout(60_000);
  let root: string;
  let said: string[];
  const run = (): Promise<string> => build({ root, log: (line) => said.push(line) });

  beforeEach(() => {
    root = emptyFolder();
    said = [];
    mkdirSync(join(root, "lib", "words"), { recursive: true });
    mkdirSync(join(root, "kernel"));
    mkdirSync(join(root, "node_modules"));
    symlinkSync(join(ROOT, "node_modules", "typescript"), join(root, "node_modules", "typescript"));
    write("package.json", '{ "type": "module" }');
    write(
      "tsconfig.json",
      '{ "compilerOptions": { "target": "es2023", "module": "nodenext", "strict": true, "incremental": true } }',
    );
    write(
      "tsconfig.build.json",
      JSON.stringify({
        extends: "./tsconfig.json",
        compilerOptions: {
          rewriteRelativeImportExtensions: true,
          declaration: true,
          rootDir: ".",
          outDir: "dist",
          types: [],
          tsBuildInfoFile: "dist/.tsbuildinfo",
        },
        include: ["lib", "kernel"],
      }),
    );
    write("lib/index.ts", 'export { two } from "./words/two.ts";\n');
    write("lib/words/two.ts", "export const two: number = 2;\n");
    write("lib/words/list.txt", "two\n");
    write("lib/words/notes.md", "prose\n");
    write("kernel/main.ts", "export const main = 1;\n");
  });

  afterEach(() => {
    remove(root);
  });

  const write = (path: string, text: string): void => {
    writeFileSync(join(root, path), text);
  };

  it("compiles both folders, with declarations and imports that Node resolves", async () => {
    assert.equal(await run(), "built");
    assert.deepEqual(said, []);
    assert.match(readFileSync(join(root, "dist/lib/index.js"), "utf8"), /"\.\/words\/two\.js"/);
    assert.ok(existsSync(join(root, "dist/lib/words/two.d.ts")));
    assert.ok(existsSync(join(root, "dist/kernel/main.js")));
  });

  it("joins the library in one file, which stays until there is a new one", async () => {
    const bundle = join(root, "dist/lib/bundle.js");
    await run();
    assert.match(readFileSync(bundle, "utf8"), /two = 2/);
    assert.doesNotMatch(readFileSync(bundle, "utf8"), /^import /m);
    write("lib/words/two.ts", "export const two: number = 1 + 1;\n");
    let isMissed = false;
    const watch = setInterval(() => (isMissed ||= !existsSync(bundle)), 1);
    await run();
    clearInterval(watch);
    assert.equal(isMissed, false);
    assert.match(readFileSync(bundle, "utf8"), /two = 1 \+ 1/);
  });

  it("copies data, and neither prose nor sources", async () => {
    await run();
    assert.equal(readFileSync(join(root, "dist/lib/words/list.txt"), "utf8"), "two\n");
    assert.ok(!existsSync(join(root, "dist/lib/words/notes.md")));
    assert.ok(!existsSync(join(root, "dist/lib/words/two.ts")));
  });

  it("does nothing where nothing changed", async () => {
    await run();
    assert.equal(await run(), "unchanged");
  });

  it("sees a changed, a new and a removed source", async () => {
    await run();
    write("lib/words/two.ts", "export const two: number = 1 + 1;\n");
    assert.equal(await run(), "built");
    assert.match(readFileSync(join(root, "dist/lib/words/two.js"), "utf8"), /1 \+ 1/);
    write("lib/words/three.ts", "export const three = 3;\n");
    assert.equal(await run(), "built");
    assert.ok(existsSync(join(root, "dist/lib/words/three.js")));
    rmSync(join(root, "lib/words/three.ts"));
    assert.equal(await run(), "built");
    assert.ok(!existsSync(join(root, "dist/lib/words/three.js")));
    assert.ok(!existsSync(join(root, "dist/lib/words/three.d.ts")));
  });

  it("says each type error, emits all the same, and says it again the next time", async () => {
    write("lib/words/two.ts", 'export const two: number = "two";\n');
    assert.equal(await run(), "built with errors");
    assert.match(said.join(), /lib\/words\/two\.ts\(1,14\): error TS2322/);
    assert.ok(existsSync(join(root, "dist/lib/words/two.js")));
    assert.equal(await run(), "built with errors");
  });

  it("lets two builds at once both end well, and only one of them compile", async () => {
    assert.deepEqual((await Promise.all([run(), run()])).sort(), ["built", "unchanged"]);
  });

  it("takes over the lock of a build that is gone", async () => {
    mkdirSync(join(root, "node_modules", ".cache"), { recursive: true });
    // The largest process id that Linux gives is 4194304.
    writeFileSync(join(root, "node_modules", ".cache", "build.lock"), "4194305");
    assert.equal(await run(), "built");
  });

  it("does nothing where there are no sources, as in an installed package", async () => {
    rmSync(join(root, "tsconfig.build.json"));
    assert.equal(await run(), "unchanged");
    assert.ok(!existsSync(join(root, "dist")));
  });
});
