import assert from "node:assert/strict";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

/** How many interrupts; ENDURANCE=1000 for the long run. */
const COUNT = Number(process.env["ENDURANCE"] ?? 100);

/** Cells that do not end by themselves. */
const ENDLESS = [
  "for (;;) {}",
  "for (;;) { try { for (;;) {} } catch {} }",
  "await new Promise(() => {});",
  "await new Promise(r => setTimeout(r, 5)); for (;;) {}",
  "for (;;) await null;",
  "await new Promise(() => setInterval(() => {}, 1));",
  "setTimeout(() => { for (;;) {} }, 1); await new Promise(() => {});",
  "const spin = (): void => queueMicrotask(spin); spin(); await new Promise(() => {});",
  "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
  '/^(a+)+$/.test("a".repeat(40) + "b");',
  "for (;;) [...Array(1e6).keys()].sort((a, b) => b - a);",
  'import { spawnSync } from "node:child_process"; spawnSync("sleep", ["1000"]);',
  "for (;;) console.log('again');",
];

/** Numbers from 0 to 1 that are the same in each run (Park and Miller's generator). */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

describe(`${COUNT} interrupts of all kinds of cells at any moment`, function () {
  this.timeout(30_000 + COUNT * 3_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready({
      environment: { MATRIX_COMPOSITION_OUTPUT_LIMIT: "10000" },
    }));
    await frontEnd.run("let kept = 0;");
  });
  after(() => kernel.end());

  it("stop every one, and keep the values", async () => {
    const random = numbers(1);
    for (let count = 1; count <= COUNT; count++) {
      const code = ENDLESS[count % ENDLESS.length] ?? "";
      const id = await frontEnd.startCell(code);
      await frontEnd.published("execute_input", id);
      await new Promise((resolve) => setTimeout(resolve, 60 * random.next().value));
      await frontEnd.ask("control", "interrupt_request");
      const { reply } = await frontEnd.outcome(id);
      assert.equal(reply["ename"], "KeyboardInterrupt", `${count}: ${code}`);
      const { result } = await frontEnd.run("++kept");
      assert.equal(result, String(count), `after ${count}: ${code}`);
      frontEnd.heard.length = 0;
    }
  });
});
