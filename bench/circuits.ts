/**
 * Circuits beside TransformerLens on the same weights: a random model of GPT-2 small's size. Composition of all pairs of heads, patching of all
 * heads at all positions, a full cache of 128 tokens; seconds, seconds of processor time, and the process' largest memory.
 *
 *     npx tsx bench/circuits.ts MODEL_FOLDER [PYTHON]
 *
 * MODEL_FOLDER holds a GPT-2 as Hugging Face stores it, for instance a random one:
 * `python -c "from transformers import *; GPT2LMHeadModel(GPT2Config()).save_pretrained('FOLDER')"`. PYTHON has `torch` and `transformer_lens`;
 * without it only this library is measured. Each task runs in a process of its own.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compositionScores, logitDifference, patchHeadsByPosition } from "../lib/circuits/index.ts";
import { loadModel } from "../lib/pretrained/index.ts";

/** What one task took. Where `cells` is given, that many of the figure's cells were measured, not all. */
interface Measured {
  readonly task: string;
  readonly seconds: number;
  readonly cpu: number;
  readonly megabytes: number;
  readonly cells?: number | null;
}

const TASKS = ["composition", "patching", "cache"] as const;
const LENGTH = 15;
const HEADS = 144;

const [folder, python, only] = process.argv.slice(2);
if (folder === undefined) throw new Error("Which model? npx tsx bench/circuits.ts MODEL_FOLDER [PYTHON]");
if (only === undefined) compare(folder, python);
else console.log(JSON.stringify(await ours(folder, only)));

/** Each task here and there, as a table. */
function compare(model: string, interpreter: string | undefined): void {
  const rows = TASKS.map((task) => {
    const script = fileURLToPath(import.meta.url);
    const mine = last(process.execPath, ["--import", "tsx", script, model, "-", task]);
    const theirs =
      interpreter === undefined || interpreter === "-"
        ? undefined
        : last(interpreter, [script.replace(/\.ts$/, ".py"), model, String(LENGTH), task]);
    return { task, mine, theirs };
  });
  console.table(
    Object.fromEntries(
      rows.flatMap(({ task, mine, theirs }) =>
        [
          ["matrix-composition", mine] as const,
          ...(theirs ? [["TransformerLens", theirs] as const] : []),
        ].map(([who, { seconds, cpu, megabytes, cells }]) => {
          const share = (HEADS * LENGTH) / (cells ?? HEADS * LENGTH);
          return [
            `${task}: ${who}`,
            {
              seconds: (seconds * share).toFixed(2),
              "processor s": (cpu * share).toFixed(2),
              MB: megabytes.toFixed(0),
              measured: cells ? `${cells} of ${HEADS * LENGTH} cells` : "all",
            },
          ];
        }),
      ),
    ),
  );
}

/** The last line of JSON that a program prints. */
function last(program: string, args: readonly string[]): Measured {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: "utf8" });
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (status !== 0 || !line.startsWith("{")) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return JSON.parse(line) as Measured;
}

async function ours(model: string, task: string): Promise<Measured> {
  const { model: transformer } = await loadModel(model);
  const clean = Array.from({ length: LENGTH }, (_, at) => (100 + 37 * at) % 5000);
  const corrupted = clean.map((token, at) => (at === Math.floor(LENGTH / 2) ? 4999 : token));
  transformer.run(clean);
  const runs: Readonly<Record<string, () => unknown>> = {
    composition: () => compositionScores(transformer, "key"),
    patching: () => patchHeadsByPosition(transformer, { clean, corrupted, metric: logitDifference(5, 9) }),
    cache: () =>
      transformer.run(
        Array.from({ length: 128 }, (_, at) => (11 + 53 * at) % 5000),
        { keep: ["*"] },
      ),
  };
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  runs[task]?.();
  const { user, system } = process.cpuUsage(cpu);
  return {
    task,
    seconds: (performance.now() - start) / 1000,
    cpu: (user + system) / 1e6,
    megabytes: process.resourceUsage().maxRSS / 1024,
  };
}
