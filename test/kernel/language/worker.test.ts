import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  LanguageServiceError,
  startLanguageWorker,
  type LanguageWorker,
} from "../../../kernel/language/client.ts";

describe("startLanguageWorker(options)", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "language-"));
  const workers: LanguageWorker[] = [];
  const start = (options: { readonly memory?: number; readonly patience?: number } = {}): LanguageWorker => {
    const worker = startLanguageWorker({ folder, ...options });
    workers.push(worker);
    return worker;
  };
  after(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    rmSync(folder, { recursive: true });
  });

  it("answers every question of the protocol, in order, before and after it is ready", async () => {
    const worker = start();
    const early = worker.compile({ id: "a", number: 1, source: "const answer = 42" });
    await worker.ready;
    const first = await early;
    assert.ok(first.ok);
    assert.deepEqual(first.cell.declares, ["answer"]);
    const [typed, completion, inspection, completeness] = await Promise.all([
      worker.compile({ id: "b", number: 2, source: "answer.nope" }),
      worker.complete("answ", 4),
      worker.inspect("answer", 3),
      worker.isComplete("if ("),
    ]);
    assert.ok(!typed.ok);
    assert.equal(completion.matches[0]?.text, "answer");
    assert.equal(inspection?.signature, "const answer: 42");
    assert.equal(completeness.status, "incomplete");
    await worker.discard("a");
    assert.ok(!(await worker.compile({ id: "c", number: 3, source: "answer" })).ok);
    await worker.compile({ id: "d", number: 4, source: "const answer = 42" });
    await worker.reset();
    assert.ok(!(await worker.compile({ id: "e", number: 5, source: "answer" })).ok);
  });

  it("turns local modules into JavaScript with imports kept and a map", async () => {
    const worker = start();
    const path = join(folder, "part.ts");
    writeFileSync(
      path,
      "import { join, type ParsedPath } from 'node:path';\nexport const both = (a: string): string => join(a, 'b');\n",
    );
    const { code, map } = await worker.transpile(path);
    assert.match(
      code,
      /import \{ join \} from ['"]node:path['"];\nexport const both = \(a\) => join\(a, 'b'\);/,
    );
    assert.deepEqual((JSON.parse(map) as { sources: string[] }).sources, [path]);
    await assert.rejects(worker.transpile(join(folder, "nowhere.ts")), LanguageServiceError);
  });

  it("starts again after its thread has died, and still knows the cells that count", async () => {
    const worker = start({ memory: 300 });
    await worker.compile({ id: "1", number: 1, source: "const shadowed = 1; class Kept { x = 1 }" });
    await worker.compile({ id: "2", number: 2, source: "const shadowed = 'text'" });
    const dying = assert.rejects(worker.compile({ id: "3", number: 3, source: CRASH }), LanguageServiceError);
    const waiting = worker.compile({
      id: "4",
      number: 4,
      source: "new Kept().x.toFixed(); shadowed.toUpperCase()",
    });
    await dying;
    assert.ok((await waiting).ok);
    assert.ok(!(await worker.compile({ id: "5", number: 5, source: "shadowed.toFixed()" })).ok);
  });

  it("replaces its thread when it comes to no end with a cell, and still knows the cells that count", async () => {
    const worker = start({ patience: 15_000 });
    await worker.ready;
    await worker.compile({ id: "1", number: 1, source: "class Kept { x = 1 }" });
    const endless = assert.rejects(
      worker.compile({ id: "2", number: 2, source: ENDLESS }),
      /did not finish: it came to no end within 15 s/,
    );
    const waiting = worker.compile({ id: "3", number: 3, source: "new Kept().x.toFixed()" });
    await endless;
    assert.ok((await waiting).ok);
  });

  it("replaces its thread when a cell that nobody waits for comes to no end", async () => {
    const worker = start();
    await worker.compile({ id: "1", number: 1, source: "const kept = 1" });
    const endless = worker.compile({ id: "2", number: 2, source: ENDLESS });
    const stopped = assert.rejects(endless, /did not finish: it was stopped/);
    worker.abandon("2");
    const waiting = worker.compile({ id: "3", number: 3, source: "kept.toFixed()" });
    await stopped;
    assert.ok((await waiting).ok);
  });

  it("rejects what is asked after it was closed", async () => {
    const worker = startLanguageWorker({ folder });
    const asked = assert.rejects(worker.isComplete("1"), LanguageServiceError);
    await worker.close();
    await asked;
    await assert.rejects(worker.isComplete("1"), LanguageServiceError);
  });
});

/** Its tree alone needs more memory than the worker has. */
const CRASH = `[${"[0],".repeat(1_000_000)}]`;

/** All orders of twelve things, as a type: its check takes hours. */
const ENDLESS = `type Orders<T, Each = T> = [T] extends [never] ? [] : Each extends Each ? [Each, ...Orders<Exclude<T, Each>>] : never;
declare const orders: Orders<0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11>;
const order: [0] = orders;`;
