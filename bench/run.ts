/**
 * Measures this library and its peers in one run and prints the table of docs/speed.md: `npm run bench`, `npm run bench -- ROW …` for some rows.
 *
 * Ours and each peer are processes that are prepared first and then asked in turn, round by round, so that what else the machine does meets all of them;
 * a figure is the median of the rounds, a ratio that of ours to the peer's. PyTorch (2.13, CPU) and transformers are found in the Python that the environment
 * variable BENCH_PYTHON names, else `python3`; what is not there is left out and said.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { median } from "./rounds.ts";

const ROUNDS = 5;
const MEGABYTES = 500;

/** What each row is, and who can do it. */
const ROWS: Record<string, { readonly what: string; readonly peers: readonly (keyof typeof PEERS)[] }> = {
  "training-small": {
    what: "training step, attention only: 2 layers × 4 heads × 16, d_model 64, 32 positions, batch 16, Adam",
    peers: ["PyTorch", "TensorFlow.js wasm", "TensorFlow.js cpu"],
  },
  "training-larger": {
    what: "training step, GPT: 4 layers, d_model 128, 128 positions, batch 16, Adam",
    peers: ["PyTorch", "TensorFlow.js wasm"],
  },
  "forward-gpt2": {
    what: "forward pass of GPT-2 small's size, 128 tokens, every activation kept",
    peers: ["PyTorch"],
  },
  "generation-gpt2": {
    what: "16 tokens after 32, the same model, keys and values remembered",
    peers: ["PyTorch"],
  },
  heatmap: { what: "heatmap of 1,000 × 1,000 numbers, display bundle", peers: [] },
  grid: { what: "patterns of 12 × 12 heads over 32 tokens, display bundle", peers: [] },
  loading: { what: `safetensors file of ${MEGABYTES} MB into memory`, peers: ["PyTorch"] },
  start: { what: "new process until its first product", peers: ["PyTorch", "TensorFlow.js wasm"] },
};

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const python = process.env["BENCH_PYTHON"] ?? "python3";
const PEERS = {
  PyTorch: (row: string) => [python, here("peers/pytorch.py"), row],
  "TensorFlow.js wasm": (row: string) => [process.execPath, here("peers/tensorflow.mjs"), "wasm", row],
  "TensorFlow.js cpu": (row: string) => [process.execPath, here("peers/tensorflow.mjs"), "cpu", row],
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

const hasPyTorch = spawnSync(python, ["-c", "import torch, transformers"]).status === 0;
if (!hasPyTorch)
  console.error(`Left out: PyTorch; ${python} has no torch and transformers (BENCH_PYTHON names another).`);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const asked = process.argv.slice(2);
try {
  console.log(`${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores; Node ${process.version}\n`);
  console.log("| row | ours, ms | peer, ms | ratio |\n| --- | --- | --- | --- |");
  for (const [row, { what, peers }] of Object.entries(ROWS)) {
    if (asked.length === 0 || asked.includes(row)) await measure(row, what, peers);
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(row: string, what: string, peers: readonly (keyof typeof PEERS)[]): Promise<void> {
  if (row === "loading") process.env["BENCH_SAFETENSORS"] = safetensorsFile();
  const wanted = peers.filter((name) => name !== "PyTorch" || hasPyTorch);
  const sides = [
    new Side("ours", [process.execPath, "--import", "tsx", here("ours.ts"), row]),
    ...wanted.map((name) => new Side(name, PEERS[name](row))),
  ];
  const ready: Side[] = [];
  for (const side of sides) {
    if (await side.isReady()) ready.push(side);
    else console.error(`Left out of ${row}: ${side.name}, which did not start.`);
  }
  for (let i = 0; i < ROUNDS; i++) for (const side of ready) await side.round();
  for (const side of ready) side.end();
  const [ours, ...others] = ready;
  if (ours?.name !== "ours") return;
  const own = median(ours.times);
  if (others.length === 0) console.log(`| ${what} | ${shown(own)} | | |`);
  for (const [i, other] of others.entries()) {
    const theirs = median(other.times);
    const ratio = (own / theirs).toFixed(2);
    console.log(
      `| ${i === 0 ? what : ""} | ${i === 0 ? shown(own) : ""} | ${other.name} ${shown(theirs)} | ${ratio} |`,
    );
  }
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
