import assert from "node:assert/strict";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

describe("input_request", function () {
  this.timeout(60_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready());
  });
  after(() => kernel.end());

  it("asks the front end that runs the cell, and no other", async () => {
    const other = await joined(kernel);
    const asked: string[] = [];
    frontEnd.onInput = (prompt) => {
      asked.push(prompt);
      return "Ada";
    };
    const { result, reply } = await frontEnd.run('const name = prompt("Who?"); name');
    assert.deepEqual(reply["traceback"] ?? [], []);
    assert.deepEqual(asked, ["Who? "]);
    assert.equal(result, "'Ada'");
    assert.deepEqual(
      other.heard.filter(({ channel }) => channel === "stdin"),
      [],
    );
  });

  it("puts one space between the question and the answer, however many there were", async () => {
    const asked: string[] = [];
    frontEnd.onInput = (prompt) => {
      asked.push(prompt);
      return "";
    };
    const { reply } = await frontEnd.run(
      'for (const text of ["Who?", "Who? ", "Who?   ", "two\\nlines:"]) prompt(text);',
    );
    assert.deepEqual(reply["traceback"] ?? [], []);
    assert.deepEqual(asked, ["Who? ", "Who? ", "Who? ", "two\nlines: "]);
  });

  it("takes an answer without a parent header, as jupyter_client sends it", async () => {
    frontEnd.onInput = undefined;
    const id = await frontEnd.startCell('prompt("Who?")', { allow_stdin: true });
    await frontEnd.next(
      ({ header, parent }) => header.msg_type === "input_request" && parent["msg_id"] === id,
    );
    await frontEnd.send("stdin", "input_reply", { value: "Bob" });
    assert.equal((await frontEnd.outcome(id)).result, "'Bob'");
  });

  it("is not made where the front end does not allow it: the cell gets an error", async () => {
    frontEnd.onInput = undefined;
    const { reply } = await frontEnd.run('prompt("Who?")', { allow_stdin: false });
    assert.equal(reply["ename"], "StdinNotAllowed");
  });

  it("is given up when the cell is interrupted", async () => {
    const id = await frontEnd.startCell('prompt("Who?")', { allow_stdin: true });
    await frontEnd.next(
      ({ header, parent }) => header.msg_type === "input_request" && parent["msg_id"] === id,
    );
    await frontEnd.ask("control", "interrupt_request");
    assert.equal((await frontEnd.outcome(id)).reply["ename"], "KeyboardInterrupt");
    await frontEnd.send("stdin", "input_reply", { value: "too late" });
    assert.equal((await frontEnd.run("'next'")).result, "'next'");
  });
});

async function joined(kernel: KernelProcess): Promise<FrontEnd> {
  const other = kernel.frontEnd();
  await other.ask("shell", "kernel_info_request");
  return other;
}

describe("two front ends on one kernel", function () {
  this.timeout(60_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready());
  });
  after(() => kernel.end());

  it("share values and counts; each gets its own replies, both see all output", async () => {
    const other = await joined(kernel);
    await frontEnd.run("const shared = 5;");
    const { result, replyMessage, reply } = await other.run("shared + 1");
    assert.equal(result, "6");
    assert.equal(reply["execution_count"], 2);
    const id = replyMessage.parent["msg_id"];
    const seen = await frontEnd.next(
      ({ header, parent }) => header.msg_type === "execute_result" && parent["msg_id"] === id,
    );
    assert.equal(seen.header.msg_type, "execute_result");
    assert.deepEqual(
      frontEnd.heard.filter(({ channel, parent }) => channel === "shell" && parent["msg_id"] === id),
      [],
    );
  });

  it("may go away in the middle of a cell", async () => {
    const other = await joined(kernel);
    const id = await other.startCell("await new Promise(r => setTimeout(r, 100)); console.log('still here')");
    await other.published("execute_input", id);
    other.close();
    assert.equal((await frontEnd.run("'next'")).result, "'next'");
  });
});
