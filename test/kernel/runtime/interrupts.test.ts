import assert from "node:assert/strict";
import { ExecutorProcess, type MessageOf } from "./executor-process.ts";

/** Cells that never end by themselves. `(module (func (export "spin") (loop (br 0))))` is the wasm one. */
const ENDLESS: Readonly<Record<string, string>> = {
  loop: "for (;;);",
  "try-loop": "for (;;) { try { for (;;); } catch {} }",
  "wasm loop": `
    const bytes = new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,8,1,4,115,112,105,110,0,0,10,9,1,7,0,3,64,12,0,11,11]);
    new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.spin();`,
  "catastrophic regex": `/^(a+)+$/.test("a".repeat(60) + "!");`,
  "big sort": "for (;;) Array.from({ length: 200000 }, (_, i) => (i * 7919) % 200003).sort((a, b) => a - b);",
  "Atomics.wait": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
  "timer spin":
    "setTimeout(() => { for (;;); }, 1); setInterval(() => { for (;;); }, 1); await cell.await(new Promise(() => {}));",
  "await-then-spin": "await cell.await(new Promise((resolve) => setTimeout(resolve, 1))); for (;;);",
  "microtask loop": "for (;;) await null;",
  "idle await": "await cell.await(new Promise(() => {}));",
  "interval await": "setInterval(() => {}, 1); await cell.await(new Promise(() => {}));",
  "child process": `
    const { spawnSync } = await cell.await(cell.import("node:child_process"));
    spawnSync("sleep", ["100"]);`,
  "child process, at once": `process.getBuiltinModule?.("child_process"); cell.scope.childProcess.spawnSync("sleep", ["100"]);`,
  "timers/promises": `
    const { setTimeout: sleep } = await cell.await(cell.import("node:timers/promises"));
    sleep(1); sleep(1); await cell.await(sleep(1)); for (;;);`,
  "file callback": `
    const { stat } = await cell.await(cell.import("node:fs"));
    stat(".", () => { for (;;); }); await cell.await(new Promise(() => {}));`,
  "file promise": `
    const { stat } = await cell.await(cell.import("node:fs/promises"));
    await cell.await(stat(".")); for (;;);`,
  immediate: "setImmediate(() => { for (;;); }); await cell.await(new Promise(() => {}));",
  tick: "process.nextTick(() => { for (;;); }); await cell.await(new Promise(() => {}));",
  microtask: "queueMicrotask(() => { for (;;); }); await cell.await(new Promise(() => {}));",
  "async loop that catches": `
    for (;;) { try { await cell.await(new Promise((resolve) => setTimeout(resolve, 1))); } catch {} }`,
  "native calls": `const text = "[" + "1,".repeat(500000) + "1]"; for (;;) JSON.parse(text);`,
  "loop of awaits": "for (;;) await cell.await(null);",
};

describe("interrupt", function () {
  this.timeout(600_000);
  let executor: ExecutorProcess;
  const prepare = `cell.scope.kept = 0; cell.scope.childProcess = await cell.import("node:child_process");`;

  before(async () => {
    executor = await ExecutorProcess.start();
    await executor.run(prepare);
  });
  after(() => executor.stop());

  for (const [kind, source] of Object.entries(ENDLESS)) {
    it(`stops a cell of kind ${kind}, keeps the state and reports a KeyboardInterrupt`, async () => {
      const { done } = await executor.run(source, { interruptAfter: 100 });
      assert.equal(done.error?.ename, "KeyboardInterrupt");
      const { text } = await executor.run("cell.result(++cell.scope.kept)");
      assert.match(text ?? "", /^\d+$/);
    });
  }

  it("ends a cell whose code has not arrived, and does not run it when it does", async () => {
    const ended = executor.next<MessageOf<"done">>((message) => message.type === "done");
    executor.interruptNext();
    const { error } = await ended;
    assert.equal(error?.ename, "KeyboardInterrupt");
    const { outcome } = executor.start("cell.scope.ranAfterAll = true");
    outcome.catch(() => undefined);
    const { text } = await executor.run(`cell.result("ranAfterAll" in cell.scope)`);
    assert.equal(text, "false");
  });

  it("survives 1,000 interrupts at random moments, all kinds mixed", async () => {
    let seed = 20_26;
    const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    // Node cannot call back a file operation that was begun: interrupted before it, its callback spins in the next cell.
    const kinds = Object.entries(ENDLESS).filter(([kind]) => kind !== "file callback");
    await executor.run("cell.scope.kept = 0");
    for (let round = 0; round < 1000; round++) {
      const [kind, source] = kinds[Math.floor(random() * kinds.length)] ?? ["", ""];
      const { done } = await executor.run(source, { interruptAfter: random() * 12 });
      assert.equal(
        done.error?.ename,
        "KeyboardInterrupt",
        `round ${round}, ${kind}: ${JSON.stringify(done.error)}`,
      );
      const check = await executor.run("cell.result(++cell.scope.kept)");
      assert.equal(
        check.text,
        String(round + 1),
        `round ${round}, after ${kind}: ${JSON.stringify(check.done.error)}`,
      );
    }
  });
});
