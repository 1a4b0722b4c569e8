import assert from "node:assert/strict";
import { Breakpoints, type WantedBreakpoint } from "../../../kernel/host/debugger/breakpoints.ts";
import { CellPaths } from "../../../kernel/host/debugger/cell-paths.ts";
import { Inspector } from "../../../kernel/host/debugger/inspector.ts";
import { Scripts } from "../../../kernel/host/debugger/scripts.ts";
import { cellFile } from "../../../kernel/runtime/protocol.ts";

/** Line 1 of the cell is line 3 of what runs, line 2 is line 4. */
const MAP = JSON.stringify({ version: 3, sources: ["cell.ts"], names: [], mappings: ";;AAAA;AACA" });
const SOURCE = "const first = 1;\nfirst + 1";

describe("breakpoints", () => {
  let paths: CellPaths;
  let scripts: Scripts;
  let breakpoints: Breakpoints;
  /** What the inspector was asked to place, as "regex line", and to remove. */
  let placed: string[];
  /** Answers the inspector's calls that wait. */
  let answer: () => void;

  beforeEach(() => {
    placed = [];
    const waiting: (() => void)[] = [];
    answer = () => {
      for (const reply of waiting.splice(0)) reply();
    };
    const inspector = new Inspector(
      (message) => {
        if (message.type !== "inspector-call") return;
        const { id, method, params } = message;
        if (method === "Debugger.removeBreakpoint") {
          placed = placed.filter((each) => each !== (params as { breakpointId: string }).breakpointId);
          waiting.push(() => inspector.receive({ type: "inspector-result", id, result: {} }));
          return;
        }
        const { urlRegex, lineNumber } = params as { urlRegex: string; lineNumber: number };
        const breakpointId = `2:${lineNumber}:0:${urlRegex}`;
        assert.ok(!placed.includes(breakpointId), "the inspector sets none twice");
        placed.push(breakpointId);
        const result = { breakpointId, locations: [] };
        waiting.push(() => inspector.receive({ type: "inspector-result", id, result }));
      },
      {
        "Debugger.paused": () => undefined,
        "Debugger.resumed": () => undefined,
        "Debugger.breakpointResolved": () => undefined,
        "Debugger.scriptParsed": (script) => scripts.add(script),
      },
    );
    inspector.open();
    paths = new CellPaths();
    scripts = new Scripts(inspector, paths, "/notebooks");
    breakpoints = new Breakpoints(inspector, scripts, () => Promise.reject(new Error("no file here")));
  });

  const run = (number: number) => ({
    request: `r${number}`,
    number,
    source: SOURCE,
    map: MAP,
  });
  const at = (line: number): WantedBreakpoint => ({
    line,
    condition: undefined,
    hits: undefined,
    logMessage: undefined,
  });
  /** Lets promises settle, and answers, until `work` is done. */
  const done = async (work: Promise<unknown>): Promise<void> => {
    const state = { isDone: false };
    void work.finally(() => (state.isDone = true));
    while (!state.isDone) {
      answer();
      await Promise.resolve();
    }
    await work;
  };
  const parsed = (number: number): void =>
    scripts.add({
      scriptId: String(number),
      url: `file:///notebooks/${encodeURI(cellFile(number, `r${number}`))}`,
    });

  it("are placed in a cell that has run, also while the inspector has not told of its script yet", async () => {
    const path = paths.add(SOURCE);
    scripts.announce(run(1));
    await done(breakpoints.set(path, [at(2)]));
    assert.equal(placed.length, 1);
    const [, line, , ...regex] = placed[0]?.split(":") ?? [];
    assert.equal(line, "3");
    assert.match(`file:///notebooks/${encodeURI(cellFile(1, "r1"))}`, new RegExp(regex.join(":")));
    parsed(1);
    await done(breakpoints.set(path, [at(2)]));
    assert.equal(placed.length, 1, "in the same place when it is set again");
    await done(breakpoints.set(path, []));
    assert.deepEqual(placed, []);
  });

  it("of a cell are placed once where it begins to run while they are set", async () => {
    const path = paths.add(SOURCE);
    scripts.announce(run(1));
    await done(Promise.all([breakpoints.set(path, [at(1)]), breakpoints.prepare(path, run(1))]));
    assert.equal(placed.length, 1);
    await done(Promise.all([breakpoints.prepare(path, run(2)), breakpoints.set(path, [])]));
    assert.deepEqual(placed, [], "none stays behind that was removed while it was being placed");
  });

  it("wait for the cell that has never run", async () => {
    const path = paths.add(SOURCE);
    await done(breakpoints.set(path, [at(1)]));
    assert.deepEqual(placed, []);
    await done(breakpoints.prepare(path, run(1)));
    assert.equal(placed.length, 1);
  });
});
