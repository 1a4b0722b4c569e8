import assert from "node:assert/strict";
import { ExecutorProcess, type MessageOf } from "./executor-process.ts";

describe("a cell that throws", () => {
  let executor: ExecutorProcess;
  before(async () => {
    executor = await ExecutorProcess.start();
  });
  after(() => executor.stop());

  const fail = async (source: string) => {
    const { done } = await executor.run(source);
    assert.equal(done.status, "error", source);
    return { ename: done.error?.ename, evalue: done.error?.evalue, traceback: plain(done.error?.traceback) };
  };

  it("shows the place in its own lines and columns, with a code frame", async () => {
    const { ename, evalue, traceback } = await fail(`const a = {};\n  a.b.c;\nconst after = 1;`);
    assert.equal(ename, "TypeError");
    assert.match(evalue ?? "", /^Cannot read properties of undefined/);
    assert.equal(
      traceback,
      [
        `TypeError: ${evalue}`,
        "Cell [1], line 2, column 7",
        "  1 | const a = {};",
        ">   2 |   a.b.c;".replace(">   ", "> "),
        "    |       ^",
        "  3 | const after = 1;",
      ].join("\n"),
    );
  });

  it("shows the cell that defined each function on the stack", async () => {
    await executor.run(`\ncell.scope.inner = function inner() { throw new Error("deep"); };`);
    await executor.run(
      `cell.scope.outer = async function outer() { await cell.await(null); cell.scope.inner(); };`,
    );
    const { traceback } = await fail(`1;\n\nawait cell.await(cell.scope.outer());`);
    assert.match(traceback, /^Error: deep\nCell \[2\], line 2, column 45\n/);
    assert.match(traceback, /at inner \(Cell \[2\], line 2, column 45\)/);
    assert.match(traceback, /outer \(Cell \[3\], line 1, column \d+\)/);
    assert.match(traceback, /at async Cell \[4\], line 3, column 1/);
    assert.doesNotMatch(traceback, /runtime|node:internal/);
  });

  it("keeps the awaiting lines of a stack over timers and promises", async () => {
    const { traceback } = await fail(
      `async function late() {\n  await cell.await(new Promise((resolve) => setTimeout(resolve, 1)));\n  throw new Error("late");\n}\nawait cell.await(late());`,
    );
    assert.match(traceback, /line 3, column 9[^]*at async Cell \[\d+\], line 5, column 1/);
  });

  it("follows causes, and the errors of an AggregateError, also round in circles", async () => {
    const { traceback } = await fail(
      `const low = new Error("low"); const high = new TypeError("high", { cause: low }); low.cause = high; throw high;`,
    );
    assert.match(traceback, /^TypeError: high[^]*Caused by:\nError: low[^]*the same error as above/);
    const aggregate = await fail(
      `await Promise.any([Promise.reject(new Error("one")), Promise.reject("two")]);`,
    );
    assert.equal(aggregate.ename, "AggregateError");
    assert.match(aggregate.traceback, /Error 1 of 2:\nError: one[^]*Error 2 of 2:\n'two'/);
  });

  it("shows what was thrown when that is no error", async () => {
    assert.deepEqual(await fail(`throw "text";`), {
      ename: "Uncaught",
      evalue: "'text'",
      traceback: "Uncaught 'text'",
    });
    assert.equal((await fail(`throw { code: 1 };`)).evalue, "{ code: 1 }");
    assert.equal((await fail(`throw undefined;`)).evalue, "undefined");
    assert.equal((await fail(`throw null;`)).evalue, "null");
  });

  it("names an error after its class, and shows what it carries", async () => {
    const own = await fail(
      `class ShapeError extends Error { constructor() { super("2 ≠ 3"); this.axis = "row"; } } throw new ShapeError();`,
    );
    assert.equal(own.ename, "ShapeError");
    assert.match(own.traceback, /\{ axis: 'row' \}/);
    const system = await fail(`(await cell.import("node:fs")).readFileSync("/no/such/file");`);
    assert.match(system.traceback, /code: 'ENOENT'/);
  });

  it("survives errors that fail when looked at", async () => {
    const hostile = [
      `const e = new Error("x"); for (const name of ["name", "message", "stack", "cause", "errors"]) Object.defineProperty(e, name, { get() { throw new Error("no"); } }); throw e;`,
      `throw new Proxy({}, { get() { throw new Error("no"); }, ownKeys() { throw new Error("no"); }, getPrototypeOf() { throw new Error("no"); } });`,
      `const e = new Error(); e.message = Symbol("s"); e.name = { toString: null }; e.stack = 17; throw e;`,
      `throw Object.create(null);`,
      `throw new Error("x".repeat(10_000_000));`,
      `function f() { f(); } f();`,
    ];
    for (const source of hostile) {
      const { traceback } = await fail(source);
      assert.ok(traceback.length > 0 && traceback.length < 30_000, source);
    }
    assert.equal((await executor.run("cell.result(1)")).text, "1");
  });

  it("shows library frames dimmed and its own plain", async () => {
    const { done } = await executor.run(`(await cell.import("node:fs")).readFileSync("/no/such/file");`);
    const traceback = done.error?.traceback ?? [];
    assert.ok(traceback.some((line) => line.startsWith("\u001b[2m    at ") && line.includes("node:fs")));
    assert.ok(traceback.some((line) => /^ {4}at Cell/.test(line)));
  });

  it("gives stacks in the places of cells to whoever reads them", async () => {
    const { text } = await executor.run(`cell.result(new Error("here").stack)`);
    assert.match(text ?? "", /Error: here\\n.*at Cell \[\d+\], line 1, column 13/);
  });

  it("reads as JavaScript's where a name was not assigned", async () => {
    const { ename, evalue } = await fail(`cell.scope.missing + 1`);
    assert.deepEqual([ename, evalue], ["ReferenceError", "missing is not defined"]);
  });

  it("reports errors of callbacks that Node calls to the cell that gave them", async () => {
    const first = executor.start(
      `const { readFile } = await cell.import("node:fs"); cell.scope.later = () => undefined;
       setTimeout(() => readFile("/", () => { throw new Error("in a callback"); }), 20);`,
    );
    const late = executor.next<MessageOf<"late-error">>(
      (message) => message.type === "late-error" && message.error.evalue === "in a callback",
    );
    await first.outcome;
    const second = executor.start("await cell.await(new Promise(() => {}))");
    assert.equal((await late).request, first.request);
    executor.interrupt();
    await second.outcome;
  });

  it("reports errors of its late code to itself, and lives on", async () => {
    const sources = {
      timer: `setTimeout(() => { throw new Error("from timer"); }, 20);`,
      promise: `setTimeout(() => Promise.reject(new Error("from promise")), 20);`,
      microtask: `setTimeout(() => queueMicrotask(() => { throw new Error("from microtask"); }), 20);`,
      tick: `setTimeout(() => process.nextTick(() => { throw new Error("from tick"); }), 20);`,
      chain: `(async () => { await new Promise((resolve) => setTimeout(resolve, 20)); await null; throw new Error("from chain"); })();`,
    };
    const cells = await Promise.all(
      Object.entries(sources).map(async ([name, source]) => {
        const { request, outcome } = executor.start(source);
        const late = executor.next<MessageOf<"late-error">>(
          (message) => message.type === "late-error" && message.error.evalue === `from ${name}`,
        );
        await outcome;
        return { request, late };
      }),
    );
    await executor.run("1");
    for (const { request, late } of cells) {
      const { request: owner, error } = await late;
      assert.equal(owner, request);
      assert.match(plain(error.traceback), /Cell \[\d+\], line 1/);
    }
  });
});

describe("output", () => {
  let executor: ExecutorProcess;
  before(async () => {
    executor = await ExecutorProcess.start();
  });
  after(() => executor.stop());

  it("arrives in order, by stream", async () => {
    const { stdout, stderr, messages } = await executor.run(
      `console.log("a", { b: 1 }); console.error("c"); process.stdout.write("d"); process.stderr.write(new TextEncoder().encode("é")); console.table([{ x: 1 }]);`,
    );
    assert.match(stdout, /^a \{ b: 1 \}\nd┌/);
    assert.equal(stderr, "c\né");
    const names = messages.flatMap((message) => (message.type === "stream" ? message.name : []));
    assert.deepEqual(names.slice(0, 4), ["stdout", "stderr", "stdout", "stderr"]);
  });

  it("is live while the cell spins", async () => {
    const { outcome } = executor.start(`console.log("begin"); for (;;);`);
    await executor.next((message) => message.type === "stream" && message.text === "begin\n");
    executor.interrupt();
    assert.equal((await outcome).done.error?.ename, "KeyboardInterrupt");
  });

  it("goes to the cell whose timer, promise or interval wrote it, also while another runs", async () => {
    const first = executor.start(
      `const timer = new Promise((resolve) => setTimeout(() => { console.log("timer"); resolve(); }, 30));
       const promise = (async () => { await new Promise((resolve) => setTimeout(resolve, 30)); await null; console.log("promise"); })();
       let count = 0;
       const twice = new Promise((resolve) => {
         const interval = setInterval(() => { console.log("interval"); if (++count === 2) { clearInterval(interval); resolve(); } }, 20);
       });
       cell.scope.late = Promise.all([timer, promise, twice]);`,
    );
    await first.outcome;
    await executor.run("await cell.await(cell.scope.late);");
    const late = executor.messages.flatMap((message) =>
      message.type === "stream" && /timer|promise|interval/.test(message.text) ? [message] : [],
    );
    const words = late
      .map(({ text }) => text)
      .join("")
      .match(/\w+/g);
    assert.deepEqual(words?.toSorted(), ["interval", "interval", "promise", "timer"]);
    assert.ok(late.every(({ request }) => request === first.request));
  });

  it("goes to the cell whose callback wrote it, when Node calls it while another cell runs", async () => {
    const first = executor.start(
      `const { default: fs } = await cell.import("node:fs");
       const { spawn } = await cell.import("node:child_process");
       const { createServer } = await cell.import("node:http");
       const { Worker } = await cell.import("node:worker_threads");
       const { lookup } = await cell.import("node:dns");
       const { randomBytes, pbkdf2 } = await cell.import("node:crypto");
       const { gzip } = await cell.import("node:zlib");
       let open;
       cell.scope.started = new Promise((resolve) => (open = resolve));
       const waiting = [];
       const said = (word) => { let done; waiting.push(new Promise((resolve) => (done = resolve))); return () => { console.log(word); done(); }; };
       const gate = new Worker("require('node:worker_threads').parentPort.once('message', (word) => console.log(word))", { eval: true });
       gate.on("exit", said("worker"));
       const server = createServer((request, response) => { response.end(); server.close(); served(); });
       const served = said("server");
       await cell.await(new Promise((resolve) => server.listen(0, "127.0.0.1", resolve)));
       cell.scope.port = server.address().port;
       const child = spawn("cat");
       child.stdout.on("data", said("data"));
       child.on("close", said("close"));
       process.once("SIGUSR2", said("signal"));
       cell.scope.go = () => { gate.postMessage("inside"); child.stdin.end("x"); process.kill(process.pid, "SIGUSR2"); };
       cell.scope.all = () => Promise.all(waiting);
       // What is called now answers when the next cell runs, since this one spins till then.
       setTimeout(() => {
         fs.readFile(process.execPath, said("file")); fs.stat(".", said("stat"));
         fs.createReadStream(process.execPath, { end: 10 }).on("end", said("stream")).resume();
         lookup("localhost", said("lookup")); randomBytes(8, said("bytes")); pbkdf2("a", "b", 1, 8, "sha1", said("key")); gzip("x", said("gzip"));
         open();
       }, 1);`,
    );
    assert.equal((await first.outcome).done.status, "ok");
    const second = await executor.run(
      `await cell.await(cell.scope.started); cell.scope.go(); await cell.await(fetch("http://127.0.0.1:" + cell.scope.port)); await cell.await(cell.scope.all()); console.log("own");`,
    );
    assert.equal(second.done.status, "ok");
    const words = (isFirst: boolean) =>
      executor.messages
        .flatMap((message) =>
          message.type === "stream" && (message.request === first.request) === isFirst ? message.text : [],
        )
        .join("")
        .split("\n");
    const expected = "bytes close data file gzip inside key lookup server signal stat stream worker".split(
      " ",
    );
    const seen = words(true);
    for (const word of expected) assert.ok(seen.includes(word), `${word} came elsewhere`);
    assert.ok(words(false).includes("own"));
  });

  it("of child processes and native code comes over the pipes", async () => {
    await executor.run(
      `(await cell.import("node:child_process")).execSync("echo from-child", { stdio: "inherit" })`,
    );
    assert.match(executor.native, /from-child/);
  });

  it("of 100 MB in a loop kills nobody", async function () {
    this.timeout(60_000);
    const count = executor.messages.length;
    const { done } = await executor.run(
      `const line = "x".repeat(1023) + "\\n"; for (let i = 0; i < 100 * 1024; i++) process.stdout.write(line);`,
    );
    assert.equal(done.status, "ok");
    let length = 0;
    for (const message of executor.messages.splice(count))
      if (message.type === "stream") length += message.text.length;
    assert.equal(length, 100 * 1024 * 1024);
    const { text } = await executor.run("cell.result(process.memoryUsage().rss / 2 ** 20 < 400)");
    assert.equal(text, "true");
  });

  it("is complete when the cell ends the process", async () => {
    const own = await ExecutorProcess.start();
    const { outcome } = own.start(`for (let i = 0; i < 1000; i++) console.log(i); process.exit(3);`);
    await assert.rejects(outcome);
    assert.equal(await own.exited, 3);
    await own.closed;
    const text = own.messages.map((message) => (message.type === "stream" ? message.text : "")).join("");
    assert.match(text, /999\n$/);
    const aborted = await ExecutorProcess.start();
    await assert.rejects(aborted.run(`console.log("last words"); process.abort();`));
    assert.equal(await aborted.exited, "SIGABRT");
    await aborted.closed;
    assert.ok(
      aborted.messages.some((message) => message.type === "stream" && message.text === "last words\n"),
    );
  });
});

// eslint-disable-next-line no-control-regex -- colours of terminals begin with it
const plain = (lines: readonly string[] | undefined) => (lines ?? []).join("\n").replace(/\u001b\[\d+m/g, "");
