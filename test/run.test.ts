import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
  /** Runs, as CI does, one file of tests of the kernel's phase, where `tries` is the path of a file that is not there yet. */
  const runKernelFileInCi = async (text: string): Promise<Ended> => {
    const artefacts = join(ROOT, "test", "kernel", "artefacts");
    mkdirSync(artefacts, { recursive: true });
    const own = mkdtempSync(join(artefacts, "run-"));
    const file = join(own, "some.test.ts");
    writeFileSync(
      file,
      `import { existsSync, writeFileSync } from "node:fs"; const tries = ${JSON.stringify(join(own, "tries"))}; ${text}`,
    );
    try {
      return await ended(process.execPath, [join(ROOT, "test", "run.mjs"), file], {
        env: { ...process.env, CI: "true" },
      });
    } finally {
      rmSync(own, { recursive: true });
    }
  };

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

  it("says once more at the end what failed, and why", async () => {
    const { stdout } = await runFile('describe("sums", () => it("b", () => { throw new Error("no"); }));');
    assert.match(stdout, /== failed ==\n.*some\.test\.ts: sums b\nError: no\n[^]*== summary ==/);
  });

  it("calls a test of the kernel flaky that fails in CI at first and passes then", async () => {
    const { stdout, code } = await runKernelFileInCi(
      'before(() => { if (!existsSync(tries)) { writeFileSync(tries, ""); throw new Error("busy"); } }); it("a", () => {}); it("b", () => {});',
    );
    assert.match(stdout, /== flaky: [^\n]*==\n[^\n]*some\.test\.ts: [^\n]*before all[^\n]*\nError: busy/);
    assert.equal(lastLine({ stdout, code, stderr: "" }), "2 passed, 0 failed");
    assert.equal(code, 0);
  });

  it("fails in CI where a test of the kernel fails twice", async () => {
    const { stdout, code } = await runKernelFileInCi(
      'it("a", () => {}); it("b", () => { throw new Error("no"); });',
    );
    assert.match(stdout, /== failed ==[^]*some\.test\.ts: b\nError: no/);
    assert.equal(lastLine({ stdout, code, stderr: "" }), "1 passed, 1 failed");
    assert.equal(code, 1);
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
