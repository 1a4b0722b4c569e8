import assert from "node:assert/strict";
import type { JsonObject } from "../../../kernel/wire/message.ts";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

describe("requests beside cells", function () {
  this.timeout(60_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready());
  });
  after(() => kernel.end());

  it("says starting when it has come up, to the first who listens", async () => {
    const starting = await frontEnd.next(({ content }) => content["execution_state"] === "starting");
    assert.deepEqual(starting.parent, {});
  });

  it("greets each subscriber", async () => {
    const other = kernel.frontEnd();
    const welcome = await other.next(({ header }) => header.msg_type === "iopub_welcome");
    assert.deepEqual(welcome.content, { subscription: "" });
    assert.deepEqual(welcome.parent, {});
  });

  for (const channel of ["shell", "control"] as const) {
    it(`says what it is, on ${channel}, between busy and idle`, async () => {
      const { reply, types } = await frontEnd.ask(channel, "kernel_info_request");
      assert.deepEqual(types, ["busy", "idle"]);
      assert.equal(reply["status"], "ok");
      assert.equal(reply["protocol_version"], "5.5");
      assert.deepEqual(reply["supported_features"], ["debugger"]);
      const language = reply["language_info"] as JsonObject;
      assert.equal(language["name"], "typescript");
      assert.equal(language["file_extension"], ".ts");
      assert.match(String(language["version"]), /^6\.\d+\.\d+$/);
    });
  }

  it("sends heartbeats back", async () => {
    assert.equal(await frontEnd.heartbeat(), "ping");
  });

  for (const [code, status] of [
    ["const a = 1;", "complete"],
    ["function f() {", "incomplete"],
    ["const = 5", "invalid"],
  ] as const) {
    it(`calls ${JSON.stringify(code)} ${status}`, async () => {
      const { reply } = await frontEnd.ask("shell", "is_complete_request", { code });
      assert.equal(reply["status"], status);
      assert.equal(typeof reply["indent"], status === "incomplete" ? "string" : "undefined");
    });
  }

  it("completes, with kinds, at a cursor counted in code points", async () => {
    const code = 'const face = "😀"; face.toUpp';
    const { reply } = await frontEnd.ask("shell", "complete_request", {
      code,
      cursor_pos: Array.from(code).length,
    });
    assert.ok((reply["matches"] as string[]).includes("toUpperCase"));
    assert.equal(reply["cursor_start"], Array.from(code).length - "toUpp".length);
    assert.equal(reply["cursor_end"], Array.from(code).length);
    const kinds = (reply["metadata"] as JsonObject)["_jupyter_types_experimental"] as JsonObject[];
    assert.deepEqual(
      kinds.map(({ text }) => text),
      reply["matches"],
    );
    assert.equal(typeof kinds[0]?.["type"], "string");
  });

  it("explains a name as plain text and as Markdown", async () => {
    const code = "Math.max";
    const { reply } = await frontEnd.ask("shell", "inspect_request", {
      code,
      cursor_pos: 7,
      detail_level: 0,
    });
    assert.equal(reply["found"], true);
    const data = reply["data"] as JsonObject;
    assert.match(String(data["text/plain"]), /max\(\.\.\.values: number\[\]\): number[^]*larger/);
    assert.match(String(data["text/markdown"]), /^```typescript\n/);
  });

  it("says that there is nothing to explain", async () => {
    const { reply } = await frontEnd.ask("shell", "inspect_request", {
      code: "  ",
      cursor_pos: 1,
      detail_level: 0,
    });
    assert.deepEqual([reply["status"], reply["found"]], ["ok", false]);
  });

  it("answers all of these while a cell spins, within the same second or so", async () => {
    const spinning = await frontEnd.startCell("console.log('spinning'); for (;;) {}");
    await frontEnd.published("stream", spinning);
    assert.equal(await frontEnd.heartbeat(), "ping");
    const asked = await Promise.all([
      frontEnd.ask("control", "kernel_info_request"),
      frontEnd.ask("shell", "complete_request", { code: "Math.ma", cursor_pos: 7 }),
      frontEnd.ask("shell", "inspect_request", { code: "Math.max", cursor_pos: 7, detail_level: 0 }),
      frontEnd.ask("shell", "is_complete_request", { code: "1" }),
      frontEnd.ask("shell", "history_request", { hist_access_type: "tail", n: 1, output: false, raw: true }),
      frontEnd.ask("shell", "comm_info_request"),
    ]);
    assert.ok((asked[1].reply["matches"] as string[]).includes("max"));
    for (const { reply } of asked) assert.notEqual(reply["status"], "error");
    // Front ends show the last word of the kernel: it is at work.
    const lastIdle = frontEnd.heard.findLastIndex(({ content }) => content["execution_state"] === "idle");
    await frontEnd.next(({ content }) => content["execution_state"] === "busy", lastIdle);
    const last = frontEnd.heard.findLast(({ header }) => header.msg_type === "status");
    assert.deepEqual([last?.content["execution_state"], last?.parent["msg_id"]], ["busy", spinning]);
    await frontEnd.ask("control", "interrupt_request");
    assert.equal((await frontEnd.outcome(spinning)).reply["ename"], "KeyboardInterrupt");
  });

  it("tells its memory to those who ask", async () => {
    const { reply } = await frontEnd.ask("control", "usage_request");
    assert.ok(Number(reply["kernel_memory"]) > 10_000_000);
  });

  it("answers a type that it does not know with an error", async () => {
    const { reply, replyMessage } = await frontEnd.ask("shell", "dance_request");
    assert.equal(replyMessage.header.msg_type, "dance_reply");
    assert.equal(reply["status"], "error");
  });
});
