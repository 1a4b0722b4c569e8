import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../../kernel/wire/message.ts";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

async function historyOf(frontEnd: FrontEnd, content: JsonObject): Promise<unknown[]> {
  const { reply } = await frontEnd.ask("shell", "history_request", { output: false, raw: true, ...content });
  assert.equal(reply["status"], "ok");
  return reply["history"] as unknown[];
}

describe("history_request", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "history-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("knows this session's cells and those of sessions before it", async () => {
    const environment = { MATRIX_COMPOSITION_HISTORY: folder };
    const first = await KernelProcess.ready({ environment });
    try {
      await first.frontEnd.run("const old = 6 * 7; old");
      await first.frontEnd.run("'not stored'", { store_history: false });
      await first.frontEnd.run("'silent'", { silent: true });
      const now = await historyOf(first.frontEnd, {
        hist_access_type: "range",
        session: 0,
        start: 1,
        stop: 10,
      });
      assert.deepEqual(now, [[1, 1, "const old = 6 * 7; old"]]);
    } finally {
      await first.kernel.end();
    }

    const second = await KernelProcess.ready({ environment });
    try {
      await second.frontEnd.run("const fresh = 1;");
      const { frontEnd } = second;
      assert.deepEqual(await historyOf(frontEnd, { hist_access_type: "tail", n: 2 }), [
        [1, 1, "const old = 6 * 7; old"],
        [2, 1, "const fresh = 1;"],
      ]);
      assert.deepEqual(await historyOf(frontEnd, { hist_access_type: "tail", n: 1 }), [
        [2, 1, "const fresh = 1;"],
      ]);
      assert.deepEqual(
        await historyOf(frontEnd, { hist_access_type: "search", pattern: "*old*", output: true }),
        [[1, 1, ["const old = 6 * 7; old", "42"]]],
      );
      assert.deepEqual(
        await historyOf(frontEnd, { hist_access_type: "range", session: -1, start: 1, output: true }),
        [[1, 1, ["const old = 6 * 7; old", "42"]]],
      );
    } finally {
      await second.kernel.end();
    }
  });
});
