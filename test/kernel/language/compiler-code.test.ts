import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const at = (path: string): string => new URL(`../../../kernel/language/${path}`, import.meta.url).href;

/** A worker's start without its thread. */
const START = `
  import { keepCompilerCode } from ${JSON.stringify(at("compiler-code.ts"))};
  const { createLanguageService } = await import(${JSON.stringify(at("service.ts"))});
  const service = createLanguageService({ folder: process.cwd() });
  const { ok } = service.compile({ id: "1", number: 1, source: "[1, 2].map((x) => x + 1)" });
  keepCompilerCode();
  console.log(ok);`;

describe("the compiler's code", function () {
  this.timeout(60_000);
  const cache = mkdtempSync(join(tmpdir(), "cache-"));
  const folder = join(cache, "matrix-composition");
  after(() => rmSync(cache, { recursive: true }));

  const start = (home: string): string =>
    execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", START], {
      encoding: "utf8",
      env: { ...process.env, XDG_CACHE_HOME: home },
    }).trim();
  const kept = (): { readonly file: string; readonly made: number; readonly size: number } => {
    const [name = "", ...others] = readdirSync(folder);
    assert.deepEqual(others, []);
    const { mtimeMs, size } = statSync(join(folder, name));
    return { file: join(folder, name), made: mtimeMs, size };
  };

  it("is kept by the first start, and fits the second", () => {
    assert.equal(start(cache), "true");
    const first = kept();
    assert.ok(first.size > 1_000_000);
    assert.equal(start(cache), "true");
    // Code that V8 had refused would have been made anew.
    assert.equal(kept().made, first.made);
  });

  it("is made anew where it is broken", () => {
    const { file, size } = kept();
    writeFileSync(file, "no code");
    assert.equal(start(cache), "true");
    assert.ok(kept().size > size / 2);
  });

  it("is not missed where nothing can be kept", () => {
    assert.equal(start("/dev/null"), "true");
  });
});
