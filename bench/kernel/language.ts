/**
 * What the language worker costs: `npm run build && node --import tsx bench/kernel/language.ts`.
 *
 * Cells that differ, with TensorFlow.js imported, as the rivals were measured (tslab in the same setting, round trip
 * included: 33, 69 and 67 ms). The worker is the built one; times are those of its answers, message passing included.
 */
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import type { startLanguageWorker } from "../../kernel/language/client.ts";

const built = new URL("../../dist/kernel/language/client.js", import.meta.url).href;
const client = (await import(built)) as { startLanguageWorker: typeof startLanguageWorker };

const ROUNDS = 60;
const folder = fileURLToPath(new URL("../../notebooks", import.meta.url));
let cells = 0;

const start = performance.now();
const worker = client.startLanguageWorker({ folder });
await worker.ready;
report("start to ready", performance.now() - start);

async function compile(source: string): Promise<number> {
  cells += 1;
  const before = performance.now();
  const result = await worker.compile({ id: `${cells}`, number: cells, source });
  if (!result.ok) throw new Error(`${source}: ${result.errors[0]?.message ?? ""}`);
  return performance.now() - before;
}

async function median(action: (index: number) => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < ROUNDS; index += 1) times.push(await action(index));
  times.sort((one, other) => one - other);
  return times[ROUNDS / 2] ?? NaN;
}

function report(what: string, milliseconds: number): void {
  console.log(`${what.padEnd(44)} ${milliseconds.toFixed(1).padStart(8)} ms`);
}

async function timed(answer: Promise<unknown>): Promise<number> {
  const before = performance.now();
  await answer;
  return performance.now() - before;
}

report("first cell: 1 + 1", await compile("1 + 1"));
report(
  "import * as tf from @tensorflow/tfjs, first",
  await compile('import * as tf from "@tensorflow/tfjs"'),
);
report("first TensorFlow.js call", await compile("tf.tensor([1, 2]).add(1).print()"));
report("trivial cell, median", await median((index) => compile(`${index} + ${index}`)));
report("declaration cell, median", await median((index) => compile(`const v${index} = ${index}; v${index}`)));
report(
  "TensorFlow.js call, median",
  await median((index) => compile(`const t = tf.tensor([1, 2, ${index}]).mul(2); t.sum().dataSync()`)),
);
report("complete a member, median", await median(() => timed(worker.complete("tf.tens", 7))));
report("complete a name, median", await median(() => timed(worker.complete("v1", 2))));
report("complete with auto-import, median", await median(() => timed(worker.complete("readFileS", 9))));
report("inspect, median", await median(() => timed(worker.inspect("tf.tensor", 9))));
report("is it complete, median", await median(() => timed(worker.isComplete("if (x) {"))));
await worker.close();
