import assert from "node:assert/strict";
import { appendFileSync, chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { History } from "../../../kernel/host/history.ts";

describe("new History(folder)", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "history-"))));
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  it("makes no file before the first cell", () => {
    const history = new History(folder);
    assert.deepEqual(history.tail(5), []);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("gives a range of its own cells, the end left out", () => {
    const history = new History(folder);
    for (const [line, input] of ["a", "b", "c"].entries()) history.add(line + 1, input);
    assert.deepEqual(history.range(0, 2, 3), [{ session: 1, line: 2, input: "b" }]);
    assert.deepEqual(
      history.range(0, 2, undefined).map(({ input }) => input),
      ["b", "c"],
    );
  });

  it("numbers sessions one after the other, counted back from this one by negative numbers", () => {
    for (const input of ["first", "second"]) new History(folder).add(1, input);
    const third = new History(folder);
    assert.deepEqual(third.range(-1, 0, undefined), [{ session: 2, line: 1, input: "second" }]);
    third.add(1, "third");
    assert.deepEqual(third.range(-1, 0, undefined), [{ session: 2, line: 1, input: "second" }]);
    assert.deepEqual(third.range(-2, 0, undefined), [{ session: 1, line: 1, input: "first" }]);
    assert.deepEqual(third.range(1, 0, undefined), [{ session: 1, line: 1, input: "first" }]);
    assert.deepEqual(third.range(-9, 0, undefined), []);
    assert.deepEqual(third.range(77, 0, undefined), []);
  });

  it("keeps kernels that run at the same time apart", () => {
    const one = new History(folder);
    const other = new History(folder);
    one.add(1, "one");
    other.add(1, "other");
    one.add(2, "one again");
    const later = new History(folder);
    assert.deepEqual(
      later.range(1, 0, undefined).map(({ input }) => input),
      ["one", "one again"],
    );
    assert.deepEqual(
      later.range(2, 0, undefined).map(({ input }) => input),
      ["other"],
    );
  });

  it("keeps the text of results", () => {
    const history = new History(folder);
    history.add(1, "6 * 7");
    history.addOutput(1, "42");
    history.addOutput(9, "of no cell");
    assert.deepEqual(new History(folder).tail(1), [{ session: 1, line: 1, input: "6 * 7", output: "42" }]);
  });

  it("searches all sessions by pattern, newest kept, each text once where that is asked", () => {
    const first = new History(folder);
    first.add(1, "let a = 1");
    first.add(2, "a");
    const second = new History(folder);
    second.add(1, "let b = 2");
    second.add(2, "let a = 1");
    const places = (entries: readonly { session: number; line: number }[]): string[] =>
      entries.map(({ session, line }) => `${session}/${line}`);
    assert.deepEqual(places(second.search("let *", undefined, false)), ["1/1", "2/1", "2/2"]);
    assert.deepEqual(places(second.search("let *", undefined, true)), ["2/1", "2/2"]);
    assert.deepEqual(places(second.search("let *", 1, false)), ["2/2"]);
  });

  it("skips what a killed kernel left half written, and files of others", () => {
    new History(folder).add(1, "whole");
    appendFileSync(join(folder, "1.jsonl"), '{"line":2,"inp');
    writeFileSync(join(folder, "notes.txt"), "mine");
    assert.deepEqual(new History(folder).tail(9), [{ session: 1, line: 1, input: "whole" }]);
  });

  it("keeps on in memory where the folder cannot be made", () => {
    writeFileSync(join(folder, "file"), "");
    const history = new History(join(folder, "file", "inside"));
    history.add(1, "kept");
    assert.deepEqual(history.tail(1), [{ session: 1, line: 1, input: "kept" }]);
  });
});
