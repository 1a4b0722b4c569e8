import assert from "node:assert/strict";
import type { JsonObject } from "../../../kernel/wire/message.ts";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

describe("comms", function () {
  this.timeout(60_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready());
  });
  after(() => kernel.end());

  async function open(): Promise<JsonObject> {
    return (await frontEnd.ask("shell", "comm_info_request")).reply["comms"] as JsonObject;
  }

  /** Sends a comm message and waits for its idle. */
  async function sendComm(
    type: string,
    content: JsonObject,
    buffers: Uint8Array[] = [],
  ): Promise<readonly string[]> {
    const id = await frontEnd.send("shell", type, content, { buffers });
    await frontEnd.next(({ header, content: { execution_state }, parent }) => {
      return header.msg_type === "status" && execution_state === "idle" && parent["msg_id"] === id;
    });
    return frontEnd.heard
      .filter(({ channel, parent }) => channel === "iopub" && parent["msg_id"] === id)
      .map(
        ({ header, content: { execution_state } }) =>
          (execution_state as string | undefined) ?? header.msg_type,
      );
  }

  it("closes on iopub what a front end opens for a target that nobody knows", async () => {
    const types = await sendComm("comm_open", { comm_id: "lost", target_name: "nobody", data: {} });
    assert.deepEqual(types, ["busy", "comm_close", "idle"]);
    assert.deepEqual(await open(), {});
  });

  it("says busy and idle round a message for a comm that is not open", async () => {
    assert.deepEqual(await sendComm("comm_msg", { comm_id: "never", data: {} }), ["busy", "idle"]);
  });
});
