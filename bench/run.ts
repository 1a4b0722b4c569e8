/**
 * Measures this library and its peers in one run and prints a table of docs/speed.md: `npm run bench`, `npm run bench -- ROW …` for some rows,
 * `--rounds=15` for more rounds than 5; with `--write` the rows take their place in the table of this version of Node.
 *
 * Ours and each peer are processes that are prepared first and then asked in turn, round by round, so that what else the machine does meets all of them;
 * a figure is the median of the rounds, a ratio that of ours to the peer's. PyTorch (2.13, CPU) and transformers are found in the Python that the environment
 * variable BENCH_PYTHON names, else `python3`; TransformerLens in the one that BENCH_TRANSFORMER_LENS names, else the same; what is not there is left out and said.
 * `@genai-fi/nanogpt` (1.3.0) is found in the folder that BENCH_NANOGPT names, in which `npm install --ignore-scripts @genai-fi/nanogpt@1.3.0` was run.
 * A side that takes seconds is asked once.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Limits } from "./limit.ts";
import { median, SLOW } from "./rounds.mjs";
import { BATCH, GPT2, LARGER, operationsForward, SMALL } from "./sizes.ts";

const askedRounds = process.argv.find((option) => /^--rounds=\d+$/.test(option));
const ROUNDS = Number(askedRounds?.slice("--rounds=".length) ?? 5);
const MEGABYTES = 500;

/** What each row is, who can do it, and in how many milliseconds this machine could at best. */
interface Row {
  readonly what: string;
  readonly peers: readonly (keyof typeof PEERS)[];
  readonly atBest?: (limits: Limits) => number;
  /** A task of circuits.ts: one run of ours and of TransformerLens, each in a process of its own. */
  readonly task?: string;
}

const ROWS: Record<string, Row> = {
  "training-small": {
    what: "training step, attention only: 2 layers × 4 heads × 16, d_model 64, 32 positions, batch 16, Adam",
    peers: ["PyTorch", "TensorFlow.js wasm", "TensorFlow.js cpu"],
    atBest: ({ gigaflops }) => (3 * operationsForward(SMALL, BATCH, SMALL.context)) / gigaflops / 1e6,
  },
  "training-larger": {
    what: "training step, GPT: 4 layers, d_model 128, 128 positions, batch 16, Adam",
    peers: ["PyTorch", "TensorFlow.js wasm", "nanogpt"],
    atBest: ({ gigaflops }) => (3 * operationsForward(LARGER, BATCH, LARGER.context)) / gigaflops / 1e6,
  },
  "forward-gpt2": {
    what: "forward pass of GPT-2 small's size, 128 tokens, every activation kept",
    peers: ["PyTorch"],
    atBest: ({ gigaflops }) => operationsForward(GPT2, 1, 128) / gigaflops / 1e6,
  },
  "generation-gpt2": {
    what: "16 tokens after 32, the same model, keys and values remembered",
    peers: ["PyTorch"],
  },
  composition: {
    what: "key-composition scores of all pairs of heads, GPT-2 small's size",
    peers: [],
    task: "composition",
  },
  patching: {
    what: "patching of every head at every of 15 positions, GPT-2 small's size",
    peers: [],
    task: "patching",
  },
  heatmap: { what: "heatmap of 1,000 × 1,000 numbers, display bundle", peers: [] },
  grid: { what: "patterns of 12 × 12 heads over 32 tokens, display bundle", peers: [] },
  loading: {
    what: `safetensors file of ${MEGABYTES} MB into memory`,
    peers: ["PyTorch"],
    atBest: ({ gigabytes }) => MEGABYTES / gigabytes,
  },
  start: {
    what: "new process until its first product (ours: a model's first pass)",
    peers: ["PyTorch", "TensorFlow.js wasm"],
  },
};

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const python = process.env["BENCH_PYTHON"] ?? "python3";
const nanogpt = process.env["BENCH_NANOGPT"];
const PEERS = {
  PyTorch: (row: string) => [python, here("peers/pytorch.py"), row],
  "TensorFlow.js wasm": (row: string) => [process.execPath, here("peers/tensorflow.mjs"), "wasm", row],
  "TensorFlow.js cpu": (row: string) => [process.execPath, here("peers/tensorflow.mjs"), "cpu", row],
  nanogpt: () => [process.execPath, here("peers/nanogpt.mjs"), nanogpt ?? ""],
} as const;

/** A process that serves one row. */
class Side {
  readonly name: string;
  readonly times: number[] = [];
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(name: string, command: readonly string[]) {
    this.name = name;
    const [program = "", ...rest] = command;
    this.#process = spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] });
    const input = this.#process.stdout;
    if (input === null) throw new Error(`${name} has no output.`);
    this.#lines = createInterface({ input })[Symbol.asyncIterator]();
  }

  /** Whether it could be prepared. */
  async isReady(): Promise<boolean> {
    const { value } = (await this.#lines.next()) as { value?: string };
    return value === "ready";
  }

  async round(): Promise<void> {
    this.#process.stdin?.write("round\n");
    const { value } = (await this.#lines.next()) as { value?: string };
    this.times.push(Number(value));
  }

  end(): void {
    this.#process.stdin?.end();
  }
}

const HEAD =
  "| row | ours, ms | peer, ms | ratio | the machine at best, ms |\n| --- | --- | --- | --- | --- |";
const DOCUMENT = here("../docs/speed.md");
/** The document has a table for engines with vectors of 256 bits, and one for those without. */
const NODES = Number(process.versions.node.split(".")[0]) >= 24 ? "Node 24 and newer" : "Node 20 and 22";
const [BEGIN, END] = [`<!-- npm run bench -- --write, ${NODES} -->\n\n`, `\n\n<!-- bench ends, ${NODES} -->`];

const lens = process.env["BENCH_TRANSFORMER_LENS"] ?? python;
const hasPyTorch = has(python, "torch, transformers", "PyTorch", "BENCH_PYTHON");
if (nanogpt === undefined) console.error("Left out: nanogpt; BENCH_NANOGPT names no folder that has it.");
const limits = JSON.parse(last(process.execPath, ["--import", "tsx", here("limit.ts")])) as Limits;
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const isWritten = process.argv.includes("--write");
const asked = process.argv.slice(2).filter((name) => !name.startsWith("--"));
try {
  const machine = `${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores; Node ${process.version}`;
  console.log(`${machine}; at most ${shown(limits.gigaflops)} GFLOP/s, ${shown(limits.gigabytes)} GB/s\n`);
  console.log(HEAD);
  for (const [name, row] of Object.entries(ROWS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const lines = row.task === undefined ? await measured(name, row) : circuits(row.task, row);
    console.log(lines.join("\n"));
    if (isWritten) write(row.what, lines);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function has(interpreter: string, modules: string, name: string, variable: string): boolean {
  const isThere = spawnSync(interpreter, ["-c", `import ${modules}`]).status === 0;
  if (!isThere)
    console.error(`Left out: ${name}; ${interpreter} has no ${modules} (${variable} names another).`);
  return isThere;
}

/** The lines of one row, whose sides are asked in turn. */
async function measured(name: string, row: Row): Promise<string[]> {
  if (name === "loading") process.env["BENCH_SAFETENSORS"] = safetensorsFile();
  const isThere = (peer: keyof typeof PEERS) =>
    peer === "PyTorch" ? hasPyTorch : peer !== "nanogpt" || nanogpt !== undefined;
  const wanted = row.peers.filter(isThere);
  const sides = [
    new Side("ours", [process.execPath, "--import", "tsx", here("ours.ts"), name]),
    ...wanted.map((peer) => new Side(peer, PEERS[peer](name))),
  ];
  const ready: Side[] = [];
  for (const side of sides) {
    if (await side.isReady()) ready.push(side);
    else console.error(`Left out of ${name}: ${side.name}, which did not start.`);
  }
  for (let i = 0; i < ROUNDS; i++) {
    for (const side of ready) if (!((side.times[0] ?? 0) > SLOW)) await side.round();
  }
  for (const side of ready) side.end();
  const [ours, ...others] = ready;
  if (ours?.name !== "ours") return [];
  const times = others.map((other) => [other.name, median(other.times)] as const);
  return table(row, median(ours.times), times);
}

/** The lines of a task of circuits.ts, by the model that PyTorch makes for it. */
function circuits(task: string, row: Row): string[] {
  if (!has(lens, "transformer_lens, transformers", "TransformerLens", "BENCH_TRANSFORMER_LENS")) return [];
  const model = join(folder, "gpt2");
  const made = `from transformers import *; GPT2LMHeadModel(GPT2Config()).save_pretrained(${JSON.stringify(model)})`;
  last(lens, ["-c", `${made}; print("made")`]);
  const program = here("circuits.ts");
  const time = (line: string) => {
    const { seconds, cells } = JSON.parse(line) as { seconds: number; cells?: number | null };
    // TransformerLens patches some of the 144 × 15 cells, all alike.
    return (1000 * seconds * 144 * 15) / (cells ?? 144 * 15);
  };
  const ours = time(last(process.execPath, ["--import", "tsx", program, model, "-", task]));
  const theirs = time(last(lens, [here("circuits.py"), model, "15", task]));
  return table(row, ours, [["TransformerLens", theirs]]);
}

/** The last line that a program prints. */
function last(program: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return stdout.trimEnd().split("\n").at(-1) ?? "";
}

function table({ what, atBest }: Row, own: number, others: readonly (readonly [string, number])[]): string[] {
  const best = atBest?.(limits);
  const limit = best === undefined ? "" : ` ${shown(best)} (${((100 * best) / own).toFixed(0)} %)`;
  if (others.length === 0) return [`| ${what} | ${shown(own)} | | |${limit} |`];
  return others.map(([name, theirs], i) => {
    const peer = `${name} ${shown(theirs)} | ${(own / theirs).toFixed(2)}`;
    return i === 0 ? `| ${what} | ${shown(own)} | ${peer} |${limit} |` : `| | | ${peer} | |`;
  });
}

/** Puts a row into the table of docs/speed.md, in the place of the one of before. */
function write(what: string, lines: readonly string[]): void {
  const text = readFileSync(DOCUMENT, "utf8");
  const [start, end] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  if (start < BEGIN.length || end < start)
    throw new Error(`${DOCUMENT} has no table between ${BEGIN} and ${END}`);
  const known = new Map<string, string[]>();
  let current = "";
  for (const line of text.slice(start, end).split("\n").slice(2)) {
    const cell = line.split("|")[1]?.trim() ?? "";
    if (cell !== "") current = cell;
    known.set(current, [...(known.get(current) ?? []), line]);
  }
  known.set(what, [...lines]);
  const rows = Object.values(ROWS).flatMap((row) => known.get(row.what) ?? []);
  writeFileSync(DOCUMENT, [text.slice(0, start), HEAD, "\n", rows.join("\n"), text.slice(end)].join(""));
}

function shown(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(2) : milliseconds.toFixed(0);
}

/** Ten tensors of zeros, 500 MB together. */
function safetensorsFile(): string {
  const path = join(folder, "large.safetensors");
  const each = (MEGABYTES / 10) * 1e6;
  const described = Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [
      `tensor${i}`,
      { dtype: "F32", shape: [each / 4], data_offsets: [i * each, (i + 1) * each] },
    ]),
  );
  const json = Buffer.from(JSON.stringify(described));
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  const file = openSync(path, "w");
  writeSync(file, header);
  const zeros = Buffer.alloc(each);
  for (let i = 0; i < 10; i++) writeSync(file, zeros);
  closeSync(file);
  return path;
}
