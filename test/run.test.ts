import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, type Ended, ROOT } from "./python.ts";

describe("npm test", function () {
  this.timeout(120_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "matrix-composition-run-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs one file of tests with this text. */
  const runFile = (text: string, ...options: string[]): Promise<Ended> => {
    const file = join(folder, "some.test.ts");
    writeFileSync(file, text);
    return run(file, ...options);
  };
  const run = (...args: string[]): Promise<Ended> =>
    ended(process.execPath, [join(ROOT, "test", "run.mjs"), ...args], { env: { ...process.env, CI: "" } });

  const lastLine = ({ stdout }: Ended): string => stdout.trimEnd().replace(/^[^]*\n/, "");

  it("says in its last line how many passed, failed and were skipped, and fails where one failed", async () => {
    const mixed = await runFile(
      'it("a", () => {}); it("b", () => { throw new Error("no"); }); it.skip("c", () => {});',
    );
    assert.equal(lastLine(mixed), "1 passed, 1 failed, 1 skipped");
    assert.equal(mixed.code, 1);
  });

  it("succeeds where all passed", async () => {
    const good = await runFile('it("a", () => {}); it("b", () => {});');
    assert.equal(lastLine(good), "2 passed, 0 failed");
    assert.equal(good.code, 0);
  });

  it("counts a file that cannot be loaded as a failure", async () => {
    const broken = await runFile("throw new Error('cannot be loaded');");
    assert.equal(lastLine(broken), "0 passed, 1 failed");
    assert.equal(broken.code, 1);
  });

  it("fails where no test ran", async () => {
    const none = await runFile('it("a", () => {});', "--grep", "nothing has this name");
    assert.equal(lastLine(none), "0 passed, 0 failed");
    assert.equal(none.code, 1);
  });

  it("passes options on to mocha", async () => {
    const one = await runFile('it("a", () => {}); it("b", () => { throw new Error("no"); });', "--grep", "a");
    assert.equal(lastLine(one), "1 passed, 0 failed");
  });

  it("names its phases to who asks for another", async () => {
    const { code, stderr } = await run("everything");
    assert.equal(code, 1);
    assert.match(stderr, /^Neither a phase nor a file: everything\. Phases: types, lint, unit, kernel/);
  });
});
