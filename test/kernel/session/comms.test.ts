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

  /** A cell that answers each message on comms of `target` with what it got. */
  function echo(target: string): string {
    return `const kernel = (globalThis as any)[Symbol.for("matrix-composition.kernel")];
kernel.registerComm("${target}", (comm: any, opening: any) => {
  comm.send({ data: { opened: opening.data } });
  comm.onMessage(({ data, buffers }: any) => comm.send({ data: { echo: data }, buffers }));
  comm.onClose(() => console.log("closed", comm.id));
});`;
  }

  it("closes on iopub what a front end opens for a target that nobody knows", async () => {
    const types = await sendComm("comm_open", { comm_id: "lost", target_name: "nobody", data: {} });
    assert.deepEqual(types, ["busy", "comm_close", "idle"]);
    assert.deepEqual(await open(), {});
  });

  it("says busy and idle round a message for a comm that is not open", async () => {
    assert.deepEqual(await sendComm("comm_msg", { comm_id: "never", data: {} }), ["busy", "idle"]);
  });

  it("go both ways, with binary buffers, all between busy and idle of the message", async () => {
    await frontEnd.run(echo("echo"));
    assert.deepEqual(await sendComm("comm_open", { comm_id: "c1", target_name: "echo", data: { a: 1 } }), [
      ...["busy", "comm_msg", "idle"],
    ]);
    assert.deepEqual(await open(), { c1: { target_name: "echo" } });
    assert.deepEqual(
      await sendComm("comm_msg", { comm_id: "c1", data: { b: 2 } }, [Buffer.from([1, 2, 255])]),
      [...["busy", "comm_msg", "idle"]],
    );
    const [opened, echoed] = frontEnd.heard.filter(({ header }) => header.msg_type === "comm_msg");
    assert.deepEqual(opened?.content, { comm_id: "c1", data: { opened: { a: 1 } } });
    assert.deepEqual(echoed?.content, { comm_id: "c1", data: { echo: { b: 2 } } });
    assert.deepEqual(
      echoed.buffers.map((buffer) => [...buffer]),
      [[1, 2, 255]],
    );
  });

  it("are listed by target", async () => {
    const { reply } = await frontEnd.ask("shell", "comm_info_request", { target_name: "other" });
    assert.deepEqual(reply["comms"], {});
  });

  it("are answered while a cell awaits", async () => {
    const id = await frontEnd.startCell(
      "console.log('began'); await new Promise(r => setTimeout(r, 60_000));",
    );
    await frontEnd.published("stream", id);
    assert.deepEqual(await sendComm("comm_msg", { comm_id: "c1", data: {} }), ["busy", "comm_msg", "idle"]);
    await frontEnd.ask("control", "interrupt_request");
    assert.equal((await frontEnd.outcome(id)).reply["ename"], "KeyboardInterrupt");
  });

  it("that are opened behind waiting cells find the target that such a cell names", async () => {
    const cells = [
      await frontEnd.startCell("await new Promise(r => setTimeout(r, 100));"),
      await frontEnd.startCell(echo("later")),
    ];
    const types = await sendComm("comm_open", { comm_id: "c2", target_name: "later", data: {} });
    assert.deepEqual(types, ["busy", "comm_msg", "idle"]);
    await Promise.all(cells.map((id) => frontEnd.outcome(id)));
  });

  it("close from the front end, and the cell hears it", async () => {
    await sendComm("comm_close", { comm_id: "c2", data: {} });
    await frontEnd.next(({ content }) => content["text"] === "closed c2\n");
    assert.deepEqual(Object.keys(await open()), ["c1"]);
  });

  it("are closed when the process that held them ends", async () => {
    const { heard } = await frontEnd.run("process.exit(1)");
    const closed = heard.find(({ header }) => header.msg_type === "comm_close");
    assert.equal(closed?.content["comm_id"], "c1");
    assert.deepEqual(await open(), {});
  });
});
