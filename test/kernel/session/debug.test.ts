import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../../kernel/wire/message.ts";
import { DebugClient, valuesOf } from "./debug-client.ts";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

const LOOP = `const numbers: number[] = [1, 2, 3];
// what follows is called in a loop
function double(x: number): number {
  const twice = x * 2;
  return twice;
}
let sum = 0;
for (const each of numbers) {
  sum += double(each);
}
await Promise.resolve();
const end = "reached" as const;
sum`;

/** A package that a cell can import: one function that throws, and one that calls back. */
function writePackage(folder: string): void {
  const at = join(folder, "node_modules", "library");
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, "package.json"), '{ "name": "library", "type": "module", "main": "index.js" }');
  writeFileSync(
    join(at, "index.js"),
    "export function throws() {\n  throw new TypeError('of a library');\n}\nexport function calls(back) {\n  const value = back(1);\n  return value;\n}\n",
  );
  writeFileSync(
    join(at, "index.d.ts"),
    "export function throws(): void;\nexport function calls(back: (n: number) => number): number;\n",
  );
}

describe("debug_request", function () {
  this.timeout(30_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  let client: DebugClient;
  before(async function () {
    this.timeout(60_000);
    ({ kernel, frontEnd } = await KernelProcess.ready());
    client = new DebugClient(frontEnd);
    await frontEnd.run("'warm'");
  });
  after(() => kernel.end());

  it("is announced by kernel_info", async () => {
    const { reply } = await frontEnd.ask("control", "kernel_info_request");
    assert.deepEqual([reply["debugger"], reply["supported_features"]], [true, ["debugger"]]);
  });

  describe("before attach", () => {
    it("debugInfo says that nothing is started, and how cells are hashed", async () => {
      const info = await client.ask("debugInfo");
      assert.deepEqual(
        [info["isStarted"], info["hashMethod"], info["breakpoints"], info["stoppedThreads"]],
        [false, "Murmur2", [], []],
      );
      assert.deepEqual([info["richRendering"], info["copyToGlobals"]], [true, true]);
    });

    it("inspectVariables and evaluate answer all the same", async () => {
      await frontEnd.run("const early = { deep: [1, 'two'] };");
      const { variables } = await client.ask("inspectVariables");
      const early = (variables as JsonObject[]).find(({ name }) => name === "early");
      assert.equal(early?.["value"], "{deep: Array(2)}");
      const inside = await client.inside(early["variablesReference"]);
      assert.equal(inside["deep"]?.["value"], 'Array(2) [1, "two"]');
      assert.equal((await client.ask("evaluate", { expression: "early.deep[0] + 1" }))["result"], "2");
    });

    it("refuses what needs a stop, or the debugger, and says why", async () => {
      assert.match(await client.refusal("stackTrace", { threadId: 1 }), /the kernel is not stopped/);
      assert.match(await client.refusal("continue"), /the kernel is not stopped/);
      assert.match(
        await client.refusal("setBreakpoints", { source: { path: "/x" }, breakpoints: [] }),
        /not attached/,
      );
      assert.match(await client.refusal("dance"), /does not know the request "dance"/);
      assert.match(await client.refusal("toString"), /does not know/);
      assert.match(await client.refusal("dumpCell", { code: 5 }), /code should be a string, and is 5/);
      assert.match(
        await client.refusal("variables", { variablesReference: 4711 }),
        /no value with the reference/,
      );
      assert.match(await client.refusal("variables", "x"), /arguments should be an object/);
      assert.match(
        await client.refusal("source", { source: { path: "/etc/passwd" } }),
        /no cell and no file/,
      );
    });
  });

  describe("attached", () => {
    before(async () => {
      const from = client.now;
      await client.ask("initialize", { clientID: "test" });
      // JupyterLab may ask in between, and takes a no for the end of its session.
      assert.equal((await client.ask("debugInfo"))["isStarted"], true);
      await client.attach();
      await Promise.all([client.event("initialized", from), client.event("thread", from)]);
    });

    it("stops at a breakpoint that was set before the cell ran, and shows where and with what", async () => {
      const path = await client.breakAt(LOOP, 9, 12);
      const { breakpoints } = await client.ask("debugInfo");
      assert.deepEqual(
        (breakpoints as JsonObject[]).map(({ source }) => source),
        [path],
      );
      const { id, stop } = await client.runToStop(LOOP);
      assert.deepEqual([stop["reason"], stop["threadId"]], ["breakpoint", 1]);
      assert.deepEqual((await client.ask("debugInfo"))["stoppedThreads"], [1]);
      assert.deepEqual((await client.ask("threads"))["threads"], [{ id: 1, name: "cells" }]);
      const [frame] = await client.frames();
      assert.equal((frame?.["source"] as JsonObject)["path"], path);
      assert.match((await client.stack())[0] ?? "", /^\(Cell \[\d+\]\) Cell \[\d+\]:9$/);
      assert.equal((await client.ask("source", { source: { path } }))["content"], LOOP);
      assert.deepEqual(valuesOf(await client.scope("Locals")), { each: "1" });
      const globals = valuesOf(await client.scope("Globals"));
      assert.deepEqual(
        [globals["numbers"], globals["sum"], globals["function variables"]],
        ["Array(3) [1, 2, 3]", "0", "1: double"],
      );

      await client.go("stepIn");
      assert.deepEqual(
        (await client.stack()).map((line) => line.replace(/Cell \[\d+\]/g, "Cell")),
        ["double Cell:4", "(Cell) Cell:9"],
      );
      await client.go("next");
      assert.deepEqual(valuesOf(await client.scope("Locals")), { x: "1", twice: "2" });
      assert.equal((await client.scope("Locals", 1))["each"]?.["value"], "1");
      const frameId = (await client.frames())[0]?.["id"];
      const evaluate = async (expression: string) =>
        (await client.ask("evaluate", { expression, frameId, context: "hover" }))["result"];
      assert.equal(await evaluate("twice + numbers.length"), "5");
      assert.equal(await evaluate("{ a: x }"), "{a: 1}");
      assert.equal(await evaluate("x = 21; x"), "21");
      assert.match(
        await client.refusal("evaluate", { expression: "nothing", frameId }),
        /nothing is not defined/,
      );

      await client.go("stepOut");
      assert.match((await client.stack())[0] ?? "", /:8$/);
      await client.go("continue");
      assert.deepEqual(valuesOf(await client.scope("Locals")), { each: "2" });
      assert.match(await client.refusal("scopes", { frameId }), /no frame with the id/);
      const inLoop = (await client.frames())[0]?.["id"];
      await client.ask("evaluate", { expression: "sum = 100", frameId: inLoop });
      await client.ask("setBreakpoints", { source: { path }, breakpoints: [{ line: 12 }] });
      await client.go("continue");
      assert.match((await client.stack())[0] ?? "", /:12$/);
      const from = client.now;
      await client.ask("continue");
      await client.event("continued", from);
      // 100 by hand, 4 and 6 by the loop.
      const { reply, result } = await frontEnd.outcome(id);
      assert.deepEqual([reply["status"], result], ["ok", "110"]);
    });

    it("stops in a cell that has run, called by another, and steps over awaits", async () => {
      const cell =
        "async function slow(n: number) {\n  const before = n;\n  await new Promise((r) => setTimeout(r, 5));\n  return before + 1;\n}";
      await frontEnd.run(cell);
      await client.breakAt(cell, 2);
      const caller = "const got = await slow(1);\ngot";
      const { id } = await client.runToStop(caller);
      assert.deepEqual(
        (await client.stack()).map((line) => line.replace(/ Cell \[\d+\]/, "")),
        ["slow:2", (await client.stack())[1]?.replace(/ Cell \[\d+\]/, "")],
      );
      await client.go("next");
      assert.match((await client.stack())[0] ?? "", /^slow .*:3$/);
      await client.go("next");
      assert.match((await client.stack())[0] ?? "", /^slow .*:4$/);
      await client.ask("continue");
      assert.equal((await frontEnd.outcome(id)).result, "2");
      await client.breakAt(cell);
    });

    it("stops in a module beside the notebook, before and after it was loaded", async () => {
      const path = join(kernel.folder, "beside.ts");
      writeFileSync(
        path,
        "type Unused = string;\n\nexport function triple(n: number): number {\n  return n * 3;\n}\n",
      );
      await client.ask("setBreakpoints", { source: { path }, breakpoints: [{ line: 4 }] });
      const { id } = await client.runToStop('import { triple } from "./beside.ts";\ntriple(2)');
      assert.deepEqual((await client.stack())[0], "triple beside.ts:4");
      assert.deepEqual(valuesOf(await client.scope("Locals")), { n: "2" });
      assert.match(String((await client.ask("source", { source: { path } }))["content"]), /^type Unused/);
      const { modules } = await client.ask("modules");
      assert.equal((modules as JsonObject[])[0]?.["path"], path);
      await client.ask("continue");
      assert.equal((await frontEnd.outcome(id)).result, "6");
      const again = await client.runToStop("triple(5)");
      await client.ask("setBreakpoints", { source: { path }, breakpoints: [] });
      await client.ask("continue");
      assert.equal((await frontEnd.outcome(again.id)).result, "15");
    });

    it("takes conditions, counts of hits and messages", async () => {
      const code = "let total = 0;\nfor (let index = 0; index < 10; index++) {\n  total += index;\n}\ntotal";
      const { sourcePath: path } = await client.ask("dumpCell", { code });
      const set = (breakpoint: object) =>
        client.ask("setBreakpoints", { source: { path }, breakpoints: [{ line: 3, ...breakpoint }] });
      const indexAtStop = async () => {
        const { id } = await client.runToStop(code);
        const index = (await client.scope("Locals"))["index"]?.["value"];
        await client.ask("setBreakpoints", { source: { path }, breakpoints: [] });
        await client.ask("continue");
        assert.equal((await frontEnd.outcome(id)).result, "45");
        return index;
      };
      await set({ condition: "index === 4 && total > 0" });
      assert.equal(await indexAtStop(), "4");
      await set({ hitCondition: "3" });
      assert.equal(await indexAtStop(), "2");
      await set({ condition: "index === 9", logMessage: "at {index} the total is {total}" });
      const from = client.now;
      assert.equal((await frontEnd.run(code)).result, "45");
      assert.deepEqual(await client.event("output", from), {
        category: "console",
        output: "at 9 the total is 36\n",
      });
      await client.breakAt(code);
    });

    it("stops at errors, in libraries too, where asked to", async () => {
      await client.ask("setExceptionBreakpoints", { filters: ["all"] });
      const { id, stop } = await client.runToStop(
        'try {\n  JSON.parse("{");\n} catch {}\nthrow new RangeError("late");',
      );
      assert.equal(stop["reason"], "exception");
      assert.match(String(stop["text"]), /^SyntaxError: /);
      assert.match((await client.stack())[0] ?? "", /:2$/);
      await client.ask("setExceptionBreakpoints", { filters: ["uncaught"] });
      await client.go("continue");
      assert.match((await client.stack())[0] ?? "", /:4$/);
      assert.deepEqual((await client.ask("exceptionInfo"))["exceptionId"], "RangeError");
      await client.ask("continue");
      assert.equal((await frontEnd.outcome(id)).reply["ename"], "RangeError");
      writePackage(kernel.folder);
      const inLibrary = await client.runToStop('import { throws } from "library";\n\nthrows();');
      const stack = await client.frames();
      assert.deepEqual(await client.stack().then(([top]) => top), "throws library/index.js:2");
      assert.deepEqual(
        [stack[0]?.["presentationHint"], stack[1]?.["presentationHint"], stack[1]?.["line"]],
        ["subtle", "normal", 3],
      );
      await client.ask("setExceptionBreakpoints", { filters: [] });
      await client.ask("continue");
      assert.equal((await frontEnd.outcome(inLibrary.id)).reply["ename"], "TypeError");
      assert.match(await client.refusal("setExceptionBreakpoints", { filters: ["x"] }), /all, uncaught/);
    });

    it("steps through libraries into what they call, and out again", async () => {
      writePackage(kernel.folder);
      const code = 'import { calls } from "library";\nconst got = calls((n) => {\n  return n + 1;\n});\ngot';
      await client.breakAt(code, 2);
      const { id } = await client.runToStop(code);
      await client.breakAt(code);
      await client.go("stepIn");
      const stack = await client.stack();
      assert.match(stack[0] ?? "", /:3$/);
      assert.match(stack[1] ?? "", /^calls library.index\.js:5$/);
      await client.go("stepOut");
      assert.match((await client.stack())[0] ?? "", /^\(Cell .*:5$/);
      await client.ask("continue");
      assert.equal((await frontEnd.outcome(id)).result, "2");
    });

    it("pauses a cell that spins, answers meanwhile, and is interrupted when stopped", async () => {
      const id = await frontEnd.startCell(
        "let rounds = 0;\nconsole.log('spins');\nfor (;;) {\n  rounds++;\n}",
      );
      await frontEnd.published("stream", id);
      const from = client.now;
      await client.ask("pause", { threadId: 1 });
      assert.equal((await client.event("stopped", from))["reason"], "pause");
      assert.match((await client.stack())[0] ?? "", /:[34]$/);
      assert.equal(await frontEnd.heartbeat(), "ping");
      const { reply } = await frontEnd.ask("shell", "complete_request", { code: "Math.ma", cursor_pos: 7 });
      assert.ok((reply["matches"] as string[]).includes("max"));
      const before = client.now;
      await frontEnd.ask("control", "interrupt_request");
      assert.equal((await frontEnd.outcome(id)).reply["ename"], "KeyboardInterrupt");
      await client.event("continued", before);
      assert.equal((await frontEnd.run("rounds > 0")).result, "true");
    });

    it("is interrupted when stopped after an await, and stops again in the next run", async () => {
      const code =
        "await new Promise((resolve) => setTimeout(resolve, 1));\nlet after = 1;\nafter++;\nawait new Promise(() => {});";
      await client.breakAt(code, 3);
      for (let run = 0; run < 3; run++) {
        const { id } = await client.runToStop(code);
        await frontEnd.ask("control", "interrupt_request");
        assert.equal((await frontEnd.outcome(id)).reply["ename"], "KeyboardInterrupt");
        assert.equal((await frontEnd.run("after")).result, "1");
      }
      await client.breakAt(code);
    });

    it("stops at debugger statements, and in timers after their cell has ended", async () => {
      const { id, stop } = await client.runToStop(
        "setTimeout(() => {\n  const inside = 1;\n  debugger;\n}, 1);\n'ended'",
      );
      assert.equal(stop["reason"], "breakpoint");
      assert.equal((await frontEnd.outcome(id)).result, "'ended'");
      assert.deepEqual(valuesOf(await client.scope("Locals")), { inside: "1" });
      const from = client.now;
      await client.ask("continue");
      await client.event("continued", from);
    });

    it("shows what is inside of values, bounded, without calling their code", async () => {
      await frontEnd.run(`class Model {
  #hidden = 5;
  weights = new Float32Array(100_000);
  get loss(): number { throw new Error("called"); }
}
const model = new Model();
const long = Array.from({ length: 25_000 }, (_, index) => index);
const pairs = new Map([["a", 1]]);
const wide = Object.fromEntries(long.map((index) => [\`p\${index}\`, index]));
const text = "x".repeat(5_000);
const none = null, big = 12n, zero = -0, bad = NaN;`);
      const { variables } = await client.ask("inspectVariables");
      const all = Object.fromEntries((variables as JsonObject[]).map((each) => [String(each["name"]), each]));
      const values = valuesOf(all);
      assert.deepEqual(
        ["none", "big", "zero", "bad"].map((name) => values[name]),
        ["null", "12n", "-0", "NaN"],
      );
      assert.ok(String(values["text"]).length <= 200);
      const model = await client.inside(all["model"]?.["variablesReference"]);
      assert.equal(model["#hidden"]?.["value"], "5");
      assert.match(String(model["weights"]?.["value"]), /^Float32Array\(100000\) \[0, 0/);
      const pieces = await client.inside(all["long"]?.["variablesReference"]);
      const [first] = Object.keys(pieces);
      assert.ok(Object.keys(pieces).length <= 100);
      const inner = await client.inside(pieces[String(first)]?.["variablesReference"]);
      const innermost = await client.inside(Object.values(inner)[1]?.["variablesReference"]);
      assert.deepEqual(Object.entries(valuesOf(innermost))[0], ["100", "100"]);
      const pairs = await client.inside(all["pairs"]?.["variablesReference"]);
      assert.match(JSON.stringify(valuesOf(pairs)), /Entries/);
      const wide = await client.inside(all["wide"]?.["variablesReference"]);
      assert.deepEqual([Object.keys(wide).length, wide["…"]?.["value"]], [1001, "24000 more"]);
      const { data } = await client.ask("richInspectVariables", { variableName: "pairs" });
      assert.match(String((data as JsonObject)["text/plain"]), /Map\(1\)/);
      assert.match(
        await client.refusal("richInspectVariables", { variableName: "1 + 1" }),
        /not the name of a variable/,
      );
    });

    it("sets variables of frames and of all cells, properties and elements", async () => {
      await frontEnd.run("let rate = 1; const kept = { inner: [1, 2] }, entries = new Map([['a', 1]]);");
      const code = `function step(size: number) {
  const fixed = 1;
  let own = size;
  debugger;
  return [size, own, rate, kept.inner, fixed];
}
const all = step(1);
all`;
      const { id } = await client.runToStop(code);
      const frame = (await client.frames())[0]?.["id"];
      const { scopes } = await client.ask("scopes", { frameId: frame });
      const reference = (name: string): unknown =>
        (scopes as JsonObject[]).find((each) => each["name"] === name)?.["variablesReference"];
      const set = (variablesReference: unknown, name: string, value: string): Promise<JsonObject> =>
        client.ask("setVariable", { variablesReference, name, value });
      assert.equal((await set(reference("Locals"), "size", "own + 10"))["value"], "11");
      assert.equal((await set(reference("Locals"), "own", "-0"))["value"], "-0");
      assert.equal((await set(reference("Globals"), "rate", "rate + 1"))["value"], "2");
      const globals = await client.scope("Globals");
      const inner = (await client.inside(globals["kept"]?.["variablesReference"]))["inner"];
      assert.equal((await set(inner?.["variablesReference"], "1", "own"))["value"], "-0");
      assert.match(
        String((await set(globals["kept"]?.["variablesReference"], "more", "{ a: 1 }"))["value"]),
        /a: 1/,
      );
      assert.equal(
        (await client.ask("setExpression", { expression: "kept.inner[0]", value: "size", frameId: frame }))[
          "value"
        ],
        "11",
      );
      // V8 does so.
      assert.equal((await set(reference("Locals"), "fixed", "3"))["value"], "3");
      assert.deepEqual(valuesOf(await client.scope("Locals")), { size: "11", fixed: "3", own: "-0" });
      for (const [variablesReference, name, value, reason] of [
        [reference("Locals"), "unheardOf", "2", /"unheardOf" cannot be set/],
        [reference("Locals"), "own", "(", /SyntaxError/],
        [4711, "own", "1", /no value with the reference 4711/],
      ] as const)
        assert.match(await client.refusal("setVariable", { variablesReference, name, value }), reason);
      const map = await client.inside(globals["entries"]?.["variablesReference"]);
      const view = map["Entries"]?.["variablesReference"];
      assert.match(
        await client.refusal("setVariable", { variablesReference: view, name: "0", value: "1" }),
        /"0" cannot be set/,
      );
      await client.ask("continue");
      const { result } = await frontEnd.outcome(id);
      assert.equal(result, "[ 11, -0, 2, [ 11, -0 ], 3 ]");
      assert.equal((await frontEnd.run("kept")).result, "{ inner: [ 11, -0 ], more: { a: 1 } }");
    });

    it("copies a frame's variable to all cells", async () => {
      const code = "function inner() {\n  const secret = [1, 2];\n  return secret;\n}\ninner().length";
      await client.breakAt(code, 3);
      const { id } = await client.runToStop(code);
      const srcFrameId = (await client.frames())[0]?.["id"];
      await client.ask("copyToGlobals", { srcVariableName: "secret", dstVariableName: "copied", srcFrameId });
      assert.match(
        await client.refusal("copyToGlobals", { srcVariableName: "no", dstVariableName: "b", srcFrameId }),
        /no is not defined/,
      );
      await client.breakAt(code);
      await client.ask("continue");
      await frontEnd.outcome(id);
      assert.equal((await frontEnd.run("copied.length + 1")).result, "3");
    });

    it("survives the end of the executor, and sets its breakpoints in the next one", async () => {
      const code = "const fresh = 1;\nfresh";
      await client.breakAt(code, 2);
      const died = await frontEnd.run("process.exit(3)");
      assert.equal(died.reply["ename"], "ExecutorDied");
      const stopped = await client.runToStop(code);
      const from = client.now;
      process.kill(
        Number((await client.ask("evaluate", { expression: "process.pid" }))["result"]),
        "SIGKILL",
      );
      assert.equal((await frontEnd.outcome(stopped.id)).reply["ename"], "ExecutorDied");
      await client.event("continued", from);
      const again = await client.runToStop(code);
      await client.ask("continue");
      assert.equal((await frontEnd.outcome(again.id)).result, "1");
    });

    it("lets a stopped cell go on when it disconnects, and stops no more", async () => {
      const code = "const fresh = 1;\nfresh";
      const { id } = await client.runToStop(code);
      const from = client.now;
      await client.ask("disconnect", { restart: false, terminateDebuggee: false });
      await client.event("continued", from);
      assert.equal((await frontEnd.outcome(id)).result, "1");
      const info = await client.ask("debugInfo");
      assert.deepEqual([info["isStarted"], info["breakpoints"]], [false, []]);
      assert.equal((await frontEnd.run(code)).result, "1");
    });

    it("is shut down when stopped", async () => {
      await client.attach();
      await client.runToStop("debugger;");
      await frontEnd.ask("control", "shutdown_request", { restart: true });
      assert.equal(await kernel.exited, 0);
    });
  });
});
