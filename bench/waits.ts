/**
 * What a reader waits for, with the built kernel (`npm run build`) and a front end over real sockets:
 *
 *     npm run bench:waits                      # the kernel, the library, a figure, then Run All of every notebook
 *     npm run bench:waits -- 11-training       # the first part, and this notebook alone
 *     npm run bench:waits -- --write           # and puts both tables into docs/speed.md
 *
 * Each notebook runs in a kernel of its own, cell after cell as Run All does. Its row says where the time went: until the kernel answers, and the
 * cells that took longest, by their number among the code cells.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { NOTEBOOKS, notebookNames, readNotebook, tagsOf, wholeText } from "../publishing/notebook.ts";
import { KernelProcess, type FrontEnd } from "../test/kernel/session/front-end.ts";
import { median } from "./rounds.mjs";

const STARTS = 3;
const SLOWEST = 3;
const DOCUMENT = fileURLToPath(new URL("../docs/speed.md", import.meta.url));
const [BEGIN, END] = ["<!-- npm run bench:waits -- --write -->\n", "\n<!-- bench:waits ends -->"];

/** The steps until the first figure of a model stands, each a cell, in the order that a reader meets them. */
const FIRST_STEPS = [
  ["first cell, `1 + 1`", "1 + 1"],
  ["import of the library", 'import { createTransformer, heatmap, startBackend } from "matrix-composition";'],
  ["start of TensorFlow.js", "(await startBackend()).backend"],
  ["first figure, a heatmap of 3 × 3", "heatmap([[1, 2, 3], [4, 5, 6], [7, 8, 9]])"],
  [
    "first model and its first run",
    `const model = await createTransformer({ vocabulary: 13, context: 12, layers: 1, heads: 2, embedding: 16 }, { seed: 1 });
     model.run([1, 2, 3]).logits.shape`,
  ],
  ["a second figure", "heatmap([[3, 2], [1, 0]])"],
] as const;

const { values, positionals } = parseArgs({
  options: { write: { type: "boolean", default: false } },
  allowPositionals: true,
});
const known = notebookNames().map((name) => name.replace(/\.ipynb$/, ""));
const unknown = positionals.find((name) => !known.includes(name));
if (unknown !== undefined) throw new Error(`No notebook is called ${unknown}: ${known.join(", ")}`);

const steps = await firstSteps();
const lines = [
  "| step | ms |",
  "| --- | --- |",
  ...steps.map(([what, time]) => `| ${what} | ${shown(time)} |`),
];
lines.push("", "| Run All | s | kernel, s | its slowest cells |", "| --- | --- | --- | --- |");
console.log(lines.join("\n"));
for (const name of positionals.length > 0 ? positionals : known) {
  const row = await runAll(name);
  console.log(row);
  lines.push(row);
}
const machine = `${cpus()[0]?.model.trim() ?? "?"}, ${cpus().length} cores, Node ${process.version}`;
lines.push(
  "",
  `Measured on ${new Date().toISOString().slice(0, 10)} by one run of the command (${machine}).`,
);
if (values.write) write(lines.join("\n"));

/** The median of some starts, for each step; a start before is not counted, so that files are read from memory. */
async function firstSteps(): Promise<(readonly [string, number])[]> {
  const times: number[][] = [];
  const names = ["kernel ready (process started to first answer)", ...FIRST_STEPS.map(([what]) => what)];
  for (let start = 0; start <= STARTS; start++) {
    const before = performance.now();
    const { kernel, frontEnd } = await KernelProcess.ready({ folder: NOTEBOOKS });
    const own = [performance.now() - before];
    try {
      for (const [what, code] of FIRST_STEPS) own.push(await cell(frontEnd, what, code));
    } finally {
      await kernel.end();
    }
    if (start > 0) times.push(own);
  }
  return names.map((name, i) => [name, median(times.map((own) => own[i] ?? NaN))] as const);
}

/** One row of the second table. */
async function runAll(name: string): Promise<string> {
  const { cells } = readNotebook(join(NOTEBOOKS, `${name}.ipynb`));
  const code = cells.filter(({ cell_type }) => cell_type === "code");
  const before = performance.now();
  const { kernel, frontEnd } = await KernelProcess.ready({ folder: NOTEBOOKS });
  const ready = performance.now() - before;
  const taken: { readonly at: number; readonly time: number }[] = [];
  try {
    for (const [at, each] of code.entries()) {
      const mayFail = tagsOf(each).includes("raises-exception");
      const time = await cell(frontEnd, `${name}, code cell ${at + 1}`, wholeText(each.source), mayFail);
      taken.push({ at: at + 1, time });
    }
  } finally {
    await kernel.end();
  }
  const all = performance.now() - before;
  const slowest = [...taken].sort((a, b) => b.time - a.time).slice(0, SLOWEST);
  const profile = slowest.map(({ at, time }) => `cell ${at}: ${shown(time)} ms`).join(", ");
  return `| ${name} | ${(all / 1000).toFixed(1)} | ${(ready / 1000).toFixed(1)} | ${profile} |`;
}

/** Runs a cell and says how long it took. */
async function cell(frontEnd: FrontEnd, what: string, code: string, mayFail = false): Promise<number> {
  const before = performance.now();
  const { reply } = await frontEnd.run(code);
  const time = performance.now() - before;
  frontEnd.heard.length = 0;
  if (reply["status"] !== "ok" && !mayFail) throw new Error(`${what}: ${String(reply["evalue"])}`);
  return time;
}

function shown(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0);
}

function write(table: string): void {
  const text = readFileSync(DOCUMENT, "utf8");
  const [start, end] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  if (start < BEGIN.length || end < start)
    throw new Error(`${DOCUMENT} has no table between ${BEGIN} and ${END}`);
  writeFileSync(DOCUMENT, [text.slice(0, start), "\n", table, "\n", text.slice(end)].join(""));
}
