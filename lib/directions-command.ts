import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { checkWritable, failed, readArguments, UsageError } from "./command-line.ts";
import {
  EXCHANGES,
  exampleRelationsFile,
  loadSweep,
  mergedSweepFile,
  readRelationsFile,
  saveSweep,
  shuffledTwin,
  SWEEP_FORMAT,
  SWEEP_VERSION,
  sweep,
  sweepOptions,
  sweepPage,
  sweepText,
  untrainedTwin,
  type RelationsFile,
  type SweepFile,
} from "./directions/index.ts";
import { loadModel, type PretrainedModel } from "./pretrained/index.ts";

const USAGE = `matrix-composition directions MODEL --relations FILE.json [--html FILE] [--json FILE] [--shard 3/16] [--cache FOLDER] [--threads N] [--twin words]
matrix-composition directions merge PART.json … [--html FILE [--model MODEL]] [--json FILE]
matrix-composition directions example

  MODEL             a folder as Hugging Face stores a model, a .gguf file, or an id of the hub
  --relations FILE  word pairs, templates and places; docs/directions.md documents the format
  --html FILE       write one page with table, maps and pictures, which needs no network
  --json FILE       write every number
  --shard 3/16      only the third of sixteen parts, for merge to put together
  --cache FOLDER    where finished rows are kept, so that an interrupted sweep goes on where it was
  --threads N       threads that test; as many as there are cores (at most 8) unless given
  --twin WHAT       a control: words, order or partners exchanged at random, so that nothing (no direction, no pairing) is there,
                    or untrained, the same in an untrained model of the same shape
  merge             the parts of a sweep as the whole: the same as if it had not been divided
  example           a relations file to begin with
`;

const OPTIONS = {
  relations: { type: "string" },
  html: { type: "string" },
  json: { type: "string" },
  shard: { type: "string" },
  cache: { type: "string" },
  threads: { type: "string" },
  twin: { type: "string" },
  model: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/**
 * `matrix-composition directions`: where in a model relations between words are directions.
 * @returns the exit code: 0, 1 for a model or file that cannot be used, 2 for a command line that is not understood, 130 when interrupted
 */
export async function command(args: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => {
    stop.abort(new Interrupted());
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const { values, positionals } = readArguments(args, OPTIONS);
    if (values.help === true) {
      console.log(USAGE);
      return 0;
    }
    const [source, ...rest] = positionals;
    if (source === "example") {
      process.stdout.write(exampleRelationsFile());
      return 0;
    }
    if (source === "merge") await merge(rest, values);
    else await swept(source, rest, values, stop.signal);
    return 0;
  } catch (error) {
    const code = failed("directions", error, USAGE.split("\n").slice(0, 3).join("\n"));
    return error instanceof Interrupted ? 130 : code;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

/** Ctrl-C: what was found is kept. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
}

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>["values"];

async function swept(
  source: string | undefined,
  rest: readonly string[],
  values: Values,
  signal: AbortSignal,
): Promise<void> {
  if (source === undefined)
    throw new UsageError("which model? Give a folder, a .gguf file or an id of the hub");
  if (rest.length > 0) throw new UsageError(`one model at a time, not also ${rest.join(" ")}`);
  if (values.relations === undefined)
    throw new UsageError(
      "which relations? Give --relations FILE.json; `directions example` prints one to begin with",
    );
  if (values.model !== undefined)
    throw new UsageError("--model belongs to merge; here the model comes first");
  const shard = shardOf(values.shard);
  const threads = threadsOf(values.threads);
  if (shard[1] > 1 && values.json === undefined)
    throw new UsageError("a part of a sweep goes into a file: give --json FILE, for merge to read");
  const asked = askedOf(
    readRelationsFile(await readFile(values.relations, "utf8"), values.relations),
    values.twin,
  );
  await checkWritable({ "--html": values.html, "--json": values.json });
  const pretrained = await loadModel(source);
  const trained = { model: pretrained.model, tokeniser: pretrained.tokeniser };
  const isUntrained = values.twin === UNTRAINED;
  const subject = isUntrained ? await untrainedTwin(trained, { seed: asked.seed }) : trained;
  const card = cardOf(pretrained);
  const cache =
    values.cache ??
    join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "matrix-composition", "directions");
  const progress = progressLine();
  let done = 0;
  let total = 0;
  const found = await sweep(subject, asked.relations, {
    ...sweepOptions(subject, asked),
    shard,
    cache,
    ...(threads === undefined ? {} : { threads }),
    signal,
    onProgress: (step) => {
      ({ done, total } = step);
      progress(step);
    },
  }).catch((error: unknown) => {
    if (!(error instanceof Interrupted)) throw error;
    throw Object.assign(error, {
      message: `stopped after ${done} of ${total || "all"} rows; they are kept in ${cache}, and the same command goes on from there`,
    });
  });
  for (const { relation, reason } of found.skipped)
    console.error(`directions: "${relation}" was skipped: ${reason}`);
  if (found.rows.length === 0 && shard[1] === 1)
    throw new Error("nothing was tested: the model knows too few of the words of every relation");
  await write(
    {
      format: SWEEP_FORMAT,
      version: SWEEP_VERSION,
      model: isUntrained ? { ...card, name: `${String(card["name"])}, untrained` } : card,
      asked,
      sweep: found,
    },
    values,
    subject,
  );
}

async function merge(parts: readonly string[], values: Values): Promise<void> {
  if (parts.length === 0) throw new UsageError("which parts? Give the JSON files that --shard wrote");
  for (const key of ["relations", "shard", "cache", "threads", "twin"] as const)
    if (values[key] !== undefined) throw new UsageError(`merge takes no --${key}: the parts know theirs`);
  await checkWritable({ "--html": values.html, "--json": values.json });
  const files: Record<string, SweepFile> = {};
  for (const part of parts) files[part] = await loadSweep(part);
  const merged = mergedSweepFile(files);
  const pretrained = values.model === undefined ? undefined : await loadModel(values.model);
  if (pretrained && JSON.stringify(cardOf(pretrained)) !== JSON.stringify(merged.model))
    throw new Error(`${values.model ?? ""} is not the model of the parts, ${String(merged.model["name"])}`);
  await write(merged, values, pretrained && { model: pretrained.model, tokeniser: pretrained.tokeniser });
}

async function write(
  file: SweepFile,
  values: Values,
  subject: Parameters<typeof sweepPage>[1],
): Promise<void> {
  if (values.json !== undefined) await saveSweep(values.json, file);
  if (values.html !== undefined) await writeFile(values.html, await sweepPage(file, subject));
  if (values.json === undefined && values.html === undefined) console.log(sweepText(file));
}

/** The control in which not the words are exchanged, but what the model has learnt is missing. */
const UNTRAINED = "untrained";

/** The experiment, or its control: the same with something exchanged at random in each relation. */
function askedOf(asked: RelationsFile, twin: string | undefined): RelationsFile {
  if (twin === undefined || twin === UNTRAINED) return asked;
  const exchange = EXCHANGES.find((each) => each === twin);
  if (!exchange) throw new UsageError(`--twin takes ${[...EXCHANGES, UNTRAINED].join(", ")}; not "${twin}"`);
  const { seed, relations } = asked;
  return { ...asked, relations: relations.map((each) => shuffledTwin(each, exchange, { seed })) };
}

function cardOf({ card }: PretrainedModel): SweepFile["model"] {
  return JSON.parse(JSON.stringify({ ...card, name: basename(card.name) })) as SweepFile["model"];
}

/** `3/16` */
function shardOf(given: string | undefined): readonly [part: number, of: number] {
  if (given === undefined) return [1, 1];
  const [, part = "", of = ""] = /^(\d+)\/(\d+)$/.exec(given.trim()) ?? [];
  const shard = [Number(part), Number(of)] as const;
  if (part === "" || shard[0] < 1 || shard[0] > shard[1])
    throw new UsageError(
      `--shard takes a part and how many there are, such as 3/16 (parts count from 1); not "${given}"`,
    );
  return shard;
}

function threadsOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^[1-9]\d{0,2}$/.test(given.trim())) return Number(given);
  throw new UsageError(`--threads takes a whole number from 1; not "${given}"`);
}

/** Tells how far a sweep is: on a terminal in place, otherwise a line every tenth. */
function progressLine(): (step: { readonly done: number; readonly total: number }) => void {
  let told = -1;
  return ({ done, total }) => {
    const share = Math.floor((done / total) * (process.stderr.isTTY ? 1000 : 10));
    if (share === told) return;
    told = share;
    process.stderr.write(
      process.stderr.isTTY
        ? `\r${done} of ${total} rows${done === total ? "\n" : ""}`
        : `${done} of ${total} rows\n`,
    );
  };
}
