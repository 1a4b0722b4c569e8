import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { JsonObject } from "../../../kernel/wire/message.ts";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

/** Awaits in a cell until the test has written this file beside the notebook. */
function awaiting(file: string): string {
  return `while (!(await import("node:fs")).existsSync("${file}")) await new Promise(r => setTimeout(r, 5));`;
}

describe("execute_request", function () {
  this.timeout(60_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready());
  });
  after(() => kernel.end());

  it("shows the last value: busy, execute_input, execute_result, idle", async () => {
    const { types, result, reply, heard, replyMessage } = await frontEnd.run("1 + 1");
    assert.deepEqual(types, ["busy", "execute_input", "execute_result", "idle"]);
    assert.equal(result, "2");
    assert.equal(reply["status"], "ok");
    assert.equal(reply["execution_count"], heard[1]?.content["execution_count"]);
    assert.equal(replyMessage.header.msg_type, "execute_reply");
    assert.match(String(replyMessage.metadata["started"]), /^\d{4}-\d\d-\d\dT/);
  });

  it("counts cells, and gives the count to the input and to the result", async () => {
    const first = await frontEnd.run("'a'");
    const second = await frontEnd.run("'b'");
    const count = Number(first.reply["execution_count"]);
    assert.equal(second.reply["execution_count"], count + 1);
    for (const message of second.heard.slice(1, 3))
      assert.equal(message.content["execution_count"], count + 1);
  });

  it("keeps values from cell to cell, and lets a name be declared again with another type", async () => {
    await frontEnd.run("const value = 20;");
    assert.equal((await frontEnd.run("value + 1")).result, "21");
    await frontEnd.run("const value = 'text';");
    assert.match(String((await frontEnd.run("value.toUpperCase()")).result), /TEXT/);
  });

  it("sends stdout and stderr apart, in order", async () => {
    const { types, stdout, stderr } = await frontEnd.run(
      "console.log('one'); console.error('two'); console.log('three')",
    );
    assert.deepEqual(types, ["busy", "execute_input", "stream", "stream", "stream", "idle"]);
    assert.equal(stdout, "one\nthree\n");
    assert.equal(stderr, "two\n");
  });

  it("makes few messages of many short lines", async () => {
    const { types, stdout } = await frontEnd.run("for (let i = 0; i < 20_000; i++) console.log(i)");
    assert.equal(stdout.split("\n").length, 20_001);
    assert.ok(types.length < 100, `${types.length} messages`);
  });

  it("keeps the order of streams and displays", async () => {
    const code = `import { display } from "matrix-composition/notebook";
for (let i = 0; i < 3; i++) { console.log("line", i); await display("picture " + i); }`;
    const { types } = await frontEnd.run(code);
    assert.deepEqual(types.slice(2, -1), [
      "stream",
      "display_data",
      "stream",
      "display_data",
      "stream",
      "display_data",
    ]);
  });

  it("reports an error on iopub and in the reply, in the cell's own lines", async () => {
    const { types, reply, heard } = await frontEnd.run("const before = 1;\nthrow new TypeError('broken')");
    assert.deepEqual(types, ["busy", "execute_input", "error", "idle"]);
    assert.equal(reply["status"], "error");
    assert.equal(reply["ename"], "TypeError");
    assert.equal(reply["evalue"], "broken");
    assert.match((reply["traceback"] as string[]).join("\n"), /Cell \[\d+\].*line 2/s);
    assert.deepEqual(heard[2]?.content["traceback"], reply["traceback"]);
  });

  it("stops a cell with a type error before it runs, and shows place, line and underline", async () => {
    const { types, reply, stdout } = await frontEnd.run("console.log('ran');\nconst n: number = 'text';");
    assert.deepEqual(types, ["busy", "execute_input", "error", "idle"]);
    assert.equal(stdout, "");
    assert.equal(reply["ename"], "TypeScriptError");
    const traceback = stripVTControlCharacters((reply["traceback"] as string[]).join("\n"));
    assert.match(
      traceback,
      /Cell \[\d+\], line 2, column 7 - error TS2322: Type 'string' is not assignable to type 'number'/,
    );
    assert.match(traceback, /^> 2 \| const n: number = 'text';\n {4}\| {7}~$/m);
  });

  it("is quiet where it is asked to be: no input, no output, no error, no count", async () => {
    const before = Number((await frontEnd.run("0")).reply["execution_count"]);
    const { types, reply } = await frontEnd.run("console.log('x'); 5", { silent: true });
    assert.deepEqual(types, ["busy", "idle"]);
    assert.equal(reply["status"], "ok");
    const failed = await frontEnd.run("throw new Error('quiet')", { silent: true });
    assert.deepEqual(failed.types, ["busy", "idle"]);
    assert.equal(failed.reply["ename"], "Error");
    assert.equal((await frontEnd.run("0")).reply["execution_count"], before + 1);
  });

  it("does not count a cell that is not stored, but shows its result", async () => {
    const before = Number((await frontEnd.run("0")).reply["execution_count"]);
    assert.equal((await frontEnd.run("7", { store_history: false })).result, "7");
    assert.equal((await frontEnd.run("0")).reply["execution_count"], before + 1);
  });

  it("gives the values of user_expressions, and says which of them failed", async () => {
    await frontEnd.run("const base = 40;");
    const { reply } = await frontEnd.run("const more = base + 1;", {
      user_expressions: {
        sum: "more + 1",
        wrong: "more.nothing",
        thrown: "(() => { throw new RangeError('no') })()",
      },
    });
    const expressions = reply["user_expressions"] as Record<string, JsonObject>;
    assert.equal(expressions["sum"]?.["status"], "ok");
    assert.deepEqual((expressions["sum"]["data"] as JsonObject)["text/plain"], "42");
    assert.equal(expressions["wrong"]?.["ename"], "TypeScriptError");
    assert.equal(expressions["thrown"]?.["ename"], "RangeError");
  });

  it("does not let user_expressions declare anything for later cells", async () => {
    await frontEnd.run("1", { user_expressions: { x: "globalThis.escaped = 1" } });
    assert.equal((await frontEnd.run("escaped")).reply["ename"], "TypeScriptError");
  });

  it("runs an empty cell without counting it", async () => {
    const before = Number((await frontEnd.run("0")).reply["execution_count"]);
    const { reply, types } = await frontEnd.run(" \n");
    assert.equal(reply["status"], "ok");
    assert.deepEqual(types, ["busy", "execute_input", "idle"]);
    assert.equal((await frontEnd.run("0")).reply["execution_count"], before + 1);
  });

  it("aborts exactly the cells that were queued when a cell failed, and runs the next", async () => {
    const ids = await Promise.all(
      [`${awaiting("all-queued")} throw new Error('first')`, "console.log('second')", "3"].map((code) =>
        frontEnd.startCell(code),
      ),
    );
    await frontEnd.delivered();
    writeFileSync(join(kernel.folder, "all-queued"), "");
    const [first, ...later] = await Promise.all(ids.map((id) => frontEnd.outcome(id)));
    assert.equal(first?.reply["status"], "error");
    assert.equal(later.length, 2);
    for (const outcome of later) {
      assert.equal(outcome.reply["status"], "aborted");
      assert.deepEqual(outcome.types, ["busy", "idle"]);
    }
    const next = await frontEnd.run("'next'");
    assert.equal(next.reply["status"], "ok");
    assert.equal(next.reply["execution_count"], Number(first.reply["execution_count"]) + 1);
  });

  it("forgets what an aborted cell would have declared", async () => {
    const failing = await frontEnd.startCell(`${awaiting("both-queued")} throw new Error('x')`);
    const aborted = await frontEnd.startCell("const neverRan = 1;");
    await frontEnd.delivered();
    writeFileSync(join(kernel.folder, "both-queued"), "");
    await Promise.all([frontEnd.outcome(failing), frontEnd.outcome(aborted)]);
    assert.match(String((await frontEnd.run("neverRan")).reply["evalue"]), /Cannot find name 'neverRan'/);
  });

  it("goes on after an error where stop_on_error is false", async () => {
    const first = await frontEnd.startCell("throw new Error('on')", { stop_on_error: false });
    const second = await frontEnd.startCell("'went on'");
    assert.equal((await frontEnd.outcome(first)).reply["status"], "error");
    assert.equal((await frontEnd.outcome(second)).reply["status"], "ok");
  });

  it("checks again what it had checked too early: a cell that imports what the one before it writes", async () => {
    const writing = `import { writeFileSync } from "node:fs";
await new Promise(r => setTimeout(r, 200));
writeFileSync("late.ts", "export const late = 'written';");`;
    const ids = [
      await frontEnd.startCell(writing),
      await frontEnd.startCell('import { late } from "./late.ts"; late'),
    ];
    const [, second] = await Promise.all(ids.map((id) => frontEnd.outcome(id)));
    assert.match(String(second?.result ?? second?.reply["evalue"]), /written/);
  });

  it("sends late output to the cell that caused it", async () => {
    const early = await frontEnd.startCell("setTimeout(() => console.log('from the first'), 300); 1");
    await frontEnd.outcome(early);
    await frontEnd.run("'another'");
    const late = await frontEnd.next(({ header, content }) => {
      return header.msg_type === "stream" && content["text"] === "from the first\n";
    });
    assert.equal(late.parent["msg_id"], early);
  });

  it("shows an uncaught late error in its own cell, and lives", async () => {
    const early = await frontEnd.startCell("setTimeout(() => { throw new RangeError('late') }, 50); 1");
    const { content } = await frontEnd.published("error", early);
    assert.equal(content["ename"], "RangeError");
    assert.equal((await frontEnd.run("'alive'")).reply["status"], "ok");
  });

  it("shows what a child process writes to the terminal", async () => {
    const code = `import { spawnSync } from "node:child_process";
spawnSync("sh", ["-c", "echo from the child; echo of error >&2"], { stdio: "inherit" });`;
    const { stdout, stderr } = await frontEnd.run(code);
    assert.equal(stdout, "from the child\n");
    assert.equal(stderr, "of error\n");
  });

  it("keeps what a cell prints, writes to a descriptor and lets child processes say in order", async () => {
    const code = `import { execFileSync, execSync, spawnSync } from "node:child_process";
import fs, { writeSync } from "node:fs";
import { promisify } from "node:util";
const bytes = Buffer.from("<4 bytes>");
for (let round = 0; round < 20; round++) {
  console.log("1 logged");
  writeSync(1, "2 written\\n");
  console.log("3 logged");
  fs.writeSync(1, bytes, 1, bytes.length - 2); fs.writeSync(1, new Uint8Array([10]));
  fs.writeFileSync(1, "5 as a file\\n");
  spawnSync("echo", ["6 of a child"], { stdio: "inherit" });
  console.log("7 logged");
  execSync("echo 8 of a shell", { stdio: "inherit" });
  fs.writeSync(process.stdout.fd, "OQo=", null, "base64");
  execFileSync("echo", ["10 of a file"], { stdio: "inherit" });
}
await promisify(fs.write)(1, "end");`;
    const { stdout, reply } = await frontEnd.run(code);
    assert.equal(reply["status"], "ok", JSON.stringify(reply));
    const round = `1 logged
2 written
3 logged
4 bytes
5 as a file
6 of a child
7 logged
8 of a shell
9
10 of a file
`;
    assert.equal(stdout, `${round.repeat(20)}end`);
  });

  it("says in Node's words what cannot be written to a descriptor", async () => {
    const { reply } = await frontEnd.run(`import { writeSync } from "node:fs";
writeSync(1, { no: "text" } as unknown as string);`);
    assert.equal(reply["ename"], "TypeError");
    assert.match(String(reply["evalue"]), /must be of type string/);
  });

  it("answers a request without code with an error, and goes on", async () => {
    const { reply } = await frontEnd.ask("shell", "execute_request", { code: 5 });
    assert.equal(reply["ename"], "BadRequest");
    assert.match(String(reply["evalue"]), /code should be a string/);
    assert.equal((await frontEnd.run("1")).reply["status"], "ok");
  });

  it("updates a display in place and clears output", async () => {
    const code = `import { clearOutput, display } from "matrix-composition/notebook";
const picture = display("first"); picture.update("second"); clearOutput({ wait: true });`;
    const { heard, types, reply } = await frontEnd.run(code);
    assert.deepEqual(reply["traceback"] ?? [], []);
    assert.deepEqual(types.slice(2, -1), ["display_data", "update_display_data", "clear_output"]);
    const [shown, updated] = heard.slice(2);
    const id = (shown?.content["transient"] as JsonObject)["display_id"];
    assert.equal(typeof id, "string");
    assert.equal((updated?.content["transient"] as JsonObject)["display_id"], id);
    assert.equal(heard[4]?.content["wait"], true);
  });

  it("knows the notebook's folder, as CommonJS and as modules name it", async () => {
    const { result, reply } = await frontEnd.run(
      "[__dirname, __filename.startsWith(__dirname), import.meta.dirname === __dirname, import.meta.url.startsWith('file:')]",
    );
    assert.deepEqual(reply["traceback"] ?? [], []);
    assert.equal(result, `[ '${kernel.folder}', true, true, true ]`);
  });

  it("puts a page into the reply", async () => {
    const { reply, types } = await frontEnd.run(
      'import { page } from "matrix-composition/notebook"; page("a long text");',
    );
    assert.deepEqual(types, ["busy", "execute_input", "idle"]);
    assert.deepEqual(reply["payload"], [{ source: "page", data: { "text/plain": "a long text" }, start: 0 }]);
    assert.deepEqual((await frontEnd.run("1")).reply["payload"], []);
  });
});
