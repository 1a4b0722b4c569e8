/**
 * This kernel beside tslab, Deno and ipykernel, in one run, with the same front end and the same cells:
 *
 *     npm run bench:kernel                      # prints the table
 *     npm run bench:kernel -- --write           # and puts it into README.md
 *     npm run bench:kernel -- --cells 1000      # a shorter last part; 5,000 unless told, 0 leaves it out
 *     npm run bench:kernel -- --only Deno       # one of them
 *
 * What cannot run is left out, and said under the table.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as measures from "./measures.ts";
import type { Measure } from "./measures.ts";
import { benchFolders, deno, ipykernel, ours, tslab, type Missing, type Rival } from "./rivals.ts";

const { values } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    cells: { type: "string", default: "5000" },
    only: { type: "string" },
  },
});
const longSession = Number(values.cells);

/** A row of the table: what is measured, and how it is written. */
interface Row {
  readonly what: string;
  readonly unit: "ms" | "per second" | "MB" | "times";
}

const ROWS = {
  ready: { what: "start to first `kernel_info_reply`", unit: "ms" },
  firstCell: { what: "start to the end of the first cell", unit: "ms" },
  trivial: { what: "cell `1 + 1` (each differs), median", unit: "ms" },
  declaration: { what: "cell `const v1 = 1; v1` (each differs), median", unit: "ms" },
  tensors: { what: "cell with a TensorFlow.js call (each differs), median", unit: "ms" },
  completeIdle: { what: "completion, idle", unit: "ms" },
  completeBusy: { what: "completion while a cell spins", unit: "ms" },
  loop: { what: "interrupt of a loop", unit: "ms" },
  idleAwait: { what: "interrupt of an `await` of nothing", unit: "ms" },
  awaitThenSpin: { what: "interrupt of a loop after an `await`", unit: "ms" },
  prints: { what: "lines printed and heard", unit: "per second" },
  displays: { what: "displays shown and heard", unit: "per second" },
  memoryEarly: { what: "memory of all its processes after 500 cells", unit: "MB" },
  memoryLate: { what: `the same after ${longSession.toLocaleString("en")}`, unit: "MB" },
  slowdown: { what: "last hundred of these cells by the second hundred", unit: "times" },
} as const satisfies Record<string, Row>;

type Column = Partial<Record<keyof typeof ROWS, Measure>>;

const { folder, programs, remove } = benchFolders();
try {
  const wanted = ({ name }: { readonly name: string }): boolean =>
    values.only === undefined || name === values.only;
  const candidates: readonly (Rival | Missing)[] = [
    ours(),
    tslab(),
    ...(wanted({ name: "Deno" }) ? [deno(programs)] : []),
    ipykernel(),
  ];
  const missing = candidates.filter((each): each is Missing => "reason" in each);
  const rivals = candidates.filter((each): each is Rival => !("reason" in each)).filter(wanted);
  const columns = new Map<Rival, Column>(rivals.map((rival) => [rival, {}]));
  const failures: string[] = [];
  /** Measures one thing of all kernels before the next: what else the machine does then hits all alike. */
  const each = async (what: string, measure: (rival: Rival) => Promise<Column>): Promise<void> => {
    for (const [rival, column] of columns) {
      try {
        Object.assign(column, await measure(rival));
        console.error(`${rival.name}: ${what}`);
      } catch (error) {
        failures.push(`${rival.name}, ${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await each("start-up", (rival) => measures.startUp(rival, folder));
  await each("round trips", (rival) => measures.roundTrips(rival, folder));
  await each("completion", async (rival) => {
    const { idle, busy } = await measures.completion(rival, folder);
    return { completeIdle: idle, completeBusy: busy };
  });
  for (const kind of ["loop", "idleAwait", "awaitThenSpin"] as const) {
    await each(`interrupt, ${kind}`, async (rival) => ({
      [kind]: await measures.interrupt(rival, folder, rival.cells[kind]),
    }));
  }
  await each("throughput", (rival) => measures.throughput(rival, folder));
  if (longSession > 0) {
    await each("a long session", async (rival) => {
      const { early, late, slowdown } = await measures.endurance(rival, folder, longSession);
      return { memoryEarly: early, memoryLate: late, slowdown };
    });
  }
  const text = table(columns, missing, failures);
  console.log(text);
  if (values.write) writeIntoReadme(text);
} finally {
  remove();
}

function table(
  columns: ReadonlyMap<Rival, Column>,
  missing: readonly Missing[],
  failures: readonly string[],
): string {
  const names = [...columns.keys()].map(({ name, version }) => `${name} ${version}`);
  const lines = [
    `| what | ${names.join(" | ")} |`,
    `| --- |${" ---: |".repeat(names.length)}`,
    `| types checked before a cell runs | ${[...columns.keys()].map(({ checksTypes }) => (checksTypes ? "yes" : "no")).join(" | ")} |`,
  ];
  for (const [key, { what, unit }] of Object.entries(ROWS) as [keyof typeof ROWS, Row][]) {
    const row = [...columns.values()].map((column) => written(column[key], unit));
    if (row.some((text) => text !== "–")) lines.push(`| ${what} | ${row.join(" | ")} |`);
  }
  const [processor] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  lines.push(
    "",
    `Measured on ${date} in one run of \`npm run bench:kernel\`: Node ${process.version}, ${process.platform}, ${cpus().length} cores (${processor?.model.trim() ?? "unknown"}).`,
  );
  for (const { name, reason } of missing) lines.push(`${name} is left out: ${reason}.`);
  for (const failure of failures) lines.push(`Not measured: ${failure}.`);
  return `${lines.join("\n")}\n`;
}

function written(value: Measure | undefined, unit: Row["unit"]): string {
  if (value === undefined) return "–";
  if (typeof value === "string") return value;
  switch (unit) {
    case "ms":
      return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
    case "per second":
      return `${Number(value.toPrecision(2)).toLocaleString("en")} / s`;
    case "MB":
      return `${value.toFixed(0)} MB`;
    case "times":
      return `${value.toFixed(2)} ×`;
  }
}

function writeIntoReadme(text: string): void {
  const file = fileURLToPath(new URL("../../README.md", import.meta.url));
  const readme = readFileSync(file, "utf8");
  const [begin, end] = ["<!-- npm run bench:kernel -- --write -->", "<!-- bench:kernel ends -->"];
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no "${begin}" … "${end}" to write between`);
  writeFileSync(file, `${readme.slice(0, from)}${begin}\n\n${text}\n${readme.slice(to)}`);
}
