import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const at = (path: string): string =>
  JSON.stringify(new URL(`../../../dist/kernel/language/${path}`, import.meta.url).href);

const MAKE = `
  import { hasCurrentSnapshot, makeSnapshot } from ${at("snapshot/snapshot.js")};
  console.log(JSON.stringify([hasCurrentSnapshot(), await makeSnapshot().done, hasCurrentSnapshot()]));`;

/** A cell, a wrong one and a completion, by the engine that is chosen; and whether that is a process of its own. */
const ASK = `
  import { readFileSync } from "node:fs";
  import { startLanguageWorker } from ${at("client.js")};
  const worker = startLanguageWorker({ folder: process.cwd() });
  await worker.ready;
  const compile = (id, source) => worker.compile({ id, number: 1, source });
  const cell = await compile("1", "const sizes = [1, 2].map((x) => x + 1)");
  const wrong = await compile("2", "const word: string = sizes[0]");
  const { matches } = await worker.complete("sizes.fl", 8);
  const child = readFileSync(\`/proc/\${process.pid}/task/\${process.pid}/children\`, "utf8").trim();
  console.log(JSON.stringify({ cell, wrong, matches, isProcess: child !== "" }));
  await worker.close();`;

interface Answers {
  readonly cell: object;
  readonly wrong: { readonly errors: readonly { readonly code: number }[] };
  readonly matches: readonly { readonly text: string }[];
  readonly isProcess: boolean;
}

describe("the snapshot of the language service", function () {
  // It is made by a process that gives way to all others.
  this.timeout(600_000);
  const cache = mkdtempSync(join(tmpdir(), "cache-"));
  const folder = join(cache, "matrix-composition");
  const run = (program: string): unknown => {
    const file = join(cache, "program.mjs");
    writeFileSync(file, program);
    const env = { ...process.env, XDG_CACHE_HOME: cache };
    return JSON.parse(execFileSync(process.execPath, [file], { encoding: "utf8", env }));
  };
  const snapshot = (): string => {
    const [name = "", ...others] = readdirSync(folder).filter((each) => each.startsWith("language-"));
    assert.deepEqual(others, []);
    return join(folder, name);
  };
  let byThread: Answers;

  before(function () {
    if (process.platform !== "linux") this.skip();
    byThread = run(ASK) as Answers;
  });
  after(() => rmSync(cache, { recursive: true }));

  it("is not needed", () => {
    assert.equal(byThread.isProcess, false);
    assert.deepEqual(
      byThread.wrong.errors.map(({ code }) => code),
      [2322],
    );
    assert.ok(byThread.matches.some(({ text }) => text.endsWith("flatMap")));
  });

  it("is made once, and gives the same answers", () => {
    assert.deepEqual(run(MAKE), [false, true, true]);
    assert.ok(statSync(snapshot()).size > 10_000_000);
    assert.deepEqual(run(ASK), { ...byThread, isProcess: true });
  });

  it("is passed over where it is cut short or is none", () => {
    truncateSync(snapshot(), 1_000_000);
    assert.deepEqual(run(ASK), byThread);
    writeFileSync(snapshot(), "no snapshot");
    assert.deepEqual(run(ASK), byThread);
  });
});
