import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ExecutorProcess } from "../../../kernel/host/executor-process.ts";
import { LINE_DESCRIPTOR } from "../../../kernel/runtime/protocol.ts";

describe("new ExecutorProcess(child, events)", () => {
  it("tells the end of a process that had ended before, and closes", async () => {
    const stdio = Array.from({ length: LINE_DESCRIPTOR + 1 }, () => "pipe" as const);
    const child = spawn(process.execPath, ["--no-such-option"], { stdio });
    await once(child, "exit");
    const cause = await new Promise<string>((onExit) => {
      const executor = new ExecutorProcess(child, {
        onMessage: () => undefined,
        onNativeOutput: () => undefined,
        onExit: (said) => void executor.close().then(() => onExit(said)),
      });
    });
    assert.equal(cause, "it exited with code 9");
  });
});
