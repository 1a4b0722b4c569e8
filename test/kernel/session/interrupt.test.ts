import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENDLESS_CHECK } from "./endless-check.ts";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

/** Cells that do not end by themselves; each prints first. */
const ENDLESS: Readonly<Record<string, string>> = {
  "a loop": "for (;;) {}",
  "an await of nothing": "await new Promise(() => {});",
  "an await, then a spin": "await new Promise(r => setTimeout(r, 10)); for (;;) {}",
  "a loop of awaits": "for (;;) await null;",
  "an interval": "await new Promise(() => setInterval(() => {}, 10));",
};

describe("interrupt_request", function () {
  this.timeout(60_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready({
      environment: { MATRIX_COMPOSITION_INTERRUPT_PATIENCE: "2000" },
    }));
    await frontEnd.run("let kept = 1;");
  });
  after(() => kernel.end());

  for (const [what, code] of Object.entries(ENDLESS)) {
    it(`stops ${what} with a KeyboardInterrupt, and keeps the values`, async () => {
      const id = await frontEnd.startCell(`kept++; console.log('began');\n${code}`);
      await frontEnd.published("stream", id);
      const { reply } = await frontEnd.ask("control", "interrupt_request");
      assert.deepEqual(reply, { status: "ok" });
      const stopped = await frontEnd.outcome(id);
      assert.equal(stopped.reply["ename"], "KeyboardInterrupt");
      assert.deepEqual(stopped.types.slice(-2), ["error", "idle"]);
      assert.equal((await frontEnd.run("kept > 1")).result, "true");
    });
  }

  it("stops a check that does not end, and keeps what earlier cells declared", async () => {
    const id = await frontEnd.startCell(ENDLESS_CHECK);
    await frontEnd.published("execute_input", id);
    await frontEnd.ask("control", "interrupt_request");
    assert.equal((await frontEnd.outcome(id)).reply["ename"], "KeyboardInterrupt");
    assert.equal((await frontEnd.run("kept > 1")).result, "true");
  });

  it("aborts the cells that wait", async () => {
    const spinning = await frontEnd.startCell("console.log('began'); for (;;) {}");
    const waiting = await frontEnd.startCell("'waits'");
    await frontEnd.delivered();
    await frontEnd.published("stream", spinning);
    await frontEnd.ask("control", "interrupt_request");
    assert.equal((await frontEnd.outcome(spinning)).reply["status"], "error");
    assert.equal((await frontEnd.outcome(waiting)).reply["status"], "aborted");
  });

  it("does nothing where nothing runs", async () => {
    assert.equal((await frontEnd.ask("control", "interrupt_request")).reply["status"], "ok");
    assert.equal((await frontEnd.run("'next'")).reply["status"], "ok");
  });

  it("stops a cell that is still being checked", async () => {
    // A kernel that has just come up: its language service needs a while to get warm.
    const fresh = await KernelProcess.start();
    try {
      const other = fresh.frontEnd();
      const id = await other.startCell("const neverRan = 1; neverRan");
      await other.published("execute_input", id);
      await other.ask("control", "interrupt_request");
      const { reply } = await other.outcome(id);
      assert.deepEqual(
        [reply["ename"], reply["evalue"]],
        ["KeyboardInterrupt", "the cell was stopped before it ran"],
      );
      assert.match(String((await other.run("neverRan")).reply["evalue"]), /Cannot find name 'neverRan'/);
    } finally {
      await fresh.end();
    }
  });

  it("works by signal too", async () => {
    const id = await frontEnd.startCell("console.log('began'); for (;;) {}");
    await frontEnd.published("stream", id);
    kernel.child.kill("SIGINT");
    assert.equal((await frontEnd.outcome(id)).reply["ename"], "KeyboardInterrupt");
    assert.equal((await frontEnd.run("kept > 1")).result, "true");
  });

  it("replaces the process of a cell that does not stop, and says that the values are gone", async () => {
    // SIGSTOP: as deaf as a native call that never returns.
    const id = await frontEnd.startCell(
      `import { existsSync } from "node:fs";
console.log(process.pid);
while (!existsSync("heard")) await new Promise(r => setTimeout(r, 5));
process.kill(process.pid, 'SIGSTOP');`,
    );
    const { content } = await frontEnd.published("stream", id);
    writeFileSync(join(kernel.folder, "heard"), "");
    const status = `/proc/${String(content["text"]).trim()}/status`;
    while (!/^State:\s+T/m.test(readFileSync(status, "utf8")))
      await new Promise((resolve) => setTimeout(resolve, 10));

    await frontEnd.ask("control", "interrupt_request");
    const { reply } = await frontEnd.outcome(id);
    assert.equal(reply["ename"], "ExecutorDied");
    assert.match(String(reply["evalue"]), /did not stop within 2 s .* All variables are gone/);
    assert.equal((await frontEnd.run("kept")).reply["ename"], "TypeScriptError");
    assert.equal((await frontEnd.run("'fresh'")).result, "'fresh'");
  });
});
