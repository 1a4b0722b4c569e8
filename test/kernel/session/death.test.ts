import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENDLESS_CHECK } from "./endless-check.ts";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

const PID = "console.log(process.pid);";

/** Whether a process runs; a zombie that nobody has buried does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Polls what no event tells of; gives up before the test's own time is over, which a loop would not notice. */
async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + 50_000; !isSo();) {
    if (performance.now() > end) throw new Error(`${what}: not so after 50 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function gone(pid: number): Promise<void> {
  return until(() => !isAlive(pid), `process ${pid} has ended`);
}

/** The fields of /proc/PID/stat after the name of the program: state, parent, … */
function statistics(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
}

/** The processes that another one has started. */
function childrenOf(parent: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(statistics(pid)[1]) === parent;
      } catch {
        return false;
      }
    });
}

/** Processor time that a process has used, in hundredths of a second. */
function processorTime(pid: number): number {
  const fields = statistics(pid);
  return Number(fields[11]) + Number(fields[12]);
}

describe("the end of the process that runs the cells", function () {
  this.timeout(60_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    // A small heap, so that memory is soon used up.
    const environment = { NODE_OPTIONS: "--max-old-space-size=400" };
    ({ kernel, frontEnd } = await KernelProcess.ready({ environment }));
  });
  after(() => kernel.end());

  for (const [what, code, cause] of [
    ["killed", "process.kill(process.pid, 'SIGKILL'); for (;;) {}", /SIGKILL/],
    ["aborted", "process.abort()", /SIGABRT/],
    ["exited", "process.exit(7)", /exited with code 7/],
    [
      "out of memory",
      "const all: number[][] = []; for (;;) all.push(new Array<number>(100_000).fill(1.5));",
      /ran out of memory/,
    ],
  ] as const) {
    it(`is told in the cell that was running: ${what}`, async () => {
      await frontEnd.run("const before = 1;");
      const id = await frontEnd.startCell(
        `while (!(await import("node:fs")).existsSync("${what}")) await new Promise((r) => setTimeout(r, 5));\n${code}`,
      );
      const waiting = await frontEnd.startCell("'waits'");
      await frontEnd.delivered();
      writeFileSync(join(kernel.folder, what), "");
      const { reply, types } = await frontEnd.outcome(id);
      assert.equal(reply["ename"], "ExecutorDied");
      assert.match(String(reply["evalue"]), cause);
      assert.match(String(reply["evalue"]), /All variables are gone/);
      assert.deepEqual(types.slice(-2), ["error", "idle"]);
      assert.equal((await frontEnd.outcome(waiting)).reply["status"], "aborted");
      // A fresh process, and a language service that knows of no earlier cell.
      assert.match(String((await frontEnd.run("before")).reply["evalue"]), /Cannot find name 'before'/);
      assert.equal((await frontEnd.run("const before = 'again'; before")).result, "'again'");
    });
  }

  it("is told in the last cell where none was running", async () => {
    const id = await frontEnd.startCell("setTimeout(() => process.exit(3), 50); 'late'");
    assert.equal((await frontEnd.outcome(id)).reply["status"], "ok");
    const { content } = await frontEnd.published("error", id);
    assert.match(String(content["evalue"]), /exited with code 3/);
    assert.equal((await frontEnd.run("'next'")).reply["status"], "ok");
  });

  it("loses nothing that was printed before it", async () => {
    const { stdout } = await frontEnd.run("console.log('last words'); process.exit(0)");
    assert.equal(stdout, "last words\n");
  });
});

describe("shutdown_request", function () {
  this.timeout(60_000);

  for (const restart of [true, false]) {
    it(`echoes restart: ${restart}, and leaves no process behind, grandchildren included`, async () => {
      const { kernel, frontEnd } = await KernelProcess.ready();
      try {
        const { stdout } = await frontEnd.run(`import { spawn } from "node:child_process";
const sleeping = spawn("sleep", ["1000"]); console.log(process.pid, sleeping.pid);`);
        const [executor, grandchild] = stdout.trim().split(" ").map(Number);
        await frontEnd.startCell("for (;;) {}");
        const { reply } = await frontEnd.ask("control", "shutdown_request", { restart });
        assert.deepEqual(reply, { status: "ok", restart });
        assert.equal(await kernel.exited, 0);
        assert.ok(executor !== undefined && grandchild !== undefined);
        await Promise.all([gone(executor), gone(grandchild)]);
      } finally {
        await kernel.end();
      }
    });
  }
});

describe("a kernel that is killed hard", function () {
  this.timeout(60_000);

  for (const [what, code] of [
    ["is idle", "1"],
    ["spins", "console.log('began'); for (;;) {}"],
  ] as const) {
    it(`takes its executor with it while a cell ${what}`, async () => {
      const { kernel, frontEnd } = await KernelProcess.ready();
      try {
        const executor = Number((await frontEnd.run(PID)).stdout);
        const id = await frontEnd.startCell(code);
        await frontEnd.published(what === "spins" ? "stream" : "execute_result", id);
        kernel.child.kill("SIGKILL");
        await kernel.exited;
        await gone(executor);
      } finally {
        await kernel.end();
      }
    });
  }
});

describe("a kernel that is killed hard while it checks types without end", function () {
  this.timeout(60_000);

  it("takes all its processes with it", async () => {
    const { kernel, frontEnd } = await KernelProcess.ready();
    try {
      await frontEnd.run("1");
      const id = await frontEnd.startCell(ENDLESS_CHECK);
      await frontEnd.published("execute_input", id);
      const host = kernel.child.pid ?? NaN;
      // Without a snapshot the host itself checks, in a thread.
      const processes = [host, ...childrenOf(host)];
      const before = processes.map(processorTime);
      // The one that checks hears nothing by now.
      const isChecking = (): boolean =>
        processes.some((pid, index) => processorTime(pid) > (before[index] ?? NaN) + 50);
      await until(isChecking, "types are checked");
      kernel.child.kill("SIGKILL");
      await kernel.exited;
      await Promise.all(processes.map(gone));
    } finally {
      await kernel.end();
    }
  });
});

describe("a kernel whose Jupyter is killed hard", function () {
  this.timeout(60_000);

  it("ends, and its executor with it", async () => {
    const { kernel, frontEnd } = await KernelProcess.ready({ throughParent: true });
    try {
      const { stdout } = await frontEnd.run("console.log(process.ppid, process.pid)");
      const [host, executor] = stdout.trim().split(" ").map(Number);
      kernel.child.kill("SIGKILL");
      assert.ok(host !== undefined && executor !== undefined);
      await Promise.all([gone(host), gone(executor)]);
    } finally {
      await kernel.end();
    }
  });
});
