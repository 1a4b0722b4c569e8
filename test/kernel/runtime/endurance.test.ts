import assert from "node:assert/strict";
import { ExecutorProcess } from "./executor-process.ts";

describe("an executor that runs thousands of cells", function () {
  this.timeout(300_000);

  let executor: ExecutorProcess;
  before(async () => {
    executor = await ExecutorProcess.start();
  });
  after(() => executor.stop());

  it("keeps next to nothing of each", async () => {
    const run = async (from: number, to: number) => {
      for (let number = from; number < to; number++) {
        executor.messages.length = 0;
        await executor.run(`
          const doubled = [${number}, 2, 3].map((x) => x * 2);
          cell.scope.late = function late() { return doubled; };
          console.log(doubled);
          await cell.await(new Promise((resolve) => setTimeout(resolve, 0)));
          cell.result([{ doubled }]);`);
      }
    };
    // The last resort also takes compiled code that nobody calls any more, which V8 otherwise keeps for a while.
    const heap = async () => {
      const { text } = await executor.run(`
        const v8 = await cell.import("node:v8"); const vm = await cell.import("node:vm");
        v8.setFlagsFromString("--expose-gc"); const gc = vm.runInNewContext("gc");
        for (let time = 0; time < 5; time++) { gc({ type: "major", flavor: "last-resort" }); await cell.await(new Promise((resolve) => setTimeout(resolve, 10))); }
        cell.result(process.memoryUsage().heapUsed)`);
      return Number(text);
    };
    await run(0, 500);
    const before = await heap();
    await run(500, 3000);
    const growth = ((await heap()) - before) / 2500;
    // The packed source and map, for the tracebacks of functions that live on. One `vm.Script` a cell alone keeps 1,000.
    assert.ok(growth < 1000, `${growth.toFixed(0)} bytes a cell`);
  });
});
