import { readFile, writeFile } from "node:fs/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { DirectionError } from "./errors.ts";
import { places } from "./place.ts";
import { shown } from "../circuits/shown.ts";
import type { Displayable } from "../display/index.ts";
import { sweepFigure } from "./sweep-figure.ts";
import type { RelationsFile } from "./relations-file.ts";
import { mergeSweeps, type Sweep, type SweepOptions } from "./sweep.ts";
import { modelOf, type Subject } from "./words-in-text.ts";

/** What a file says that it is. */
export const SWEEP_FORMAT = "matrix-composition/directions";
/** The version of {@link SWEEP_FORMAT} that is written and read. */
export const SWEEP_VERSION = 1;

/** A sweep with what was asked of which model: what `matrix-composition directions --json` writes. Plain data. */
export interface SweepFile {
  readonly format: typeof SWEEP_FORMAT;
  readonly version: typeof SWEEP_VERSION;
  /** The model's card: its name and sizes. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly asked: RelationsFile;
  readonly sweep: Sweep;
}

/** The options of `sweep` that a relations file asks for. */
export function sweepOptions(subject: Subject, asked: RelationsFile): SweepOptions {
  const { parts, directions, templates, position, splitWords, seed, draws, stopAfter, level } = asked;
  return {
    places: places(modelOf(subject), parts, { directions }),
    ...{ templates, position, splitWords, seed, draws, stopAfter, level },
  };
}

/** A sweep as it is written to a file: one row a line, so that files can be compared line by line. */
export function sweepFileText(model: SweepFile["model"], asked: RelationsFile, sweep: Sweep): string {
  const { rows, ...rest } = sweep;
  const head = JSON.stringify({ format: SWEEP_FORMAT, version: SWEEP_VERSION, model, asked, sweep: rest });
  const list = rows.map((row) => `\n${JSON.stringify(row)}`).join(",");
  // the rows last: `head` ends in the braces of the sweep and of the file
  return `${head.slice(0, -2)},"rows":[${list}\n]}}\n`;
}

/**
 * A file that {@link sweepFileText} wrote.
 * @throws DirectionError when it is something else, or cut off
 */
export function readSweepFile(text: string, name = "the file"): SweepFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DirectionError(
      `${name} is not whole JSON (${error instanceof Error ? error.message : String(error)}); make this part again`,
      { cause: error },
    );
  }
  const file = (typeof value === "object" && value !== null ? value : {}) as Partial<SweepFile>;
  const { format, version, sweep } = file;
  if (format !== SWEEP_FORMAT)
    throw new DirectionError(`${name} is no result of "matrix-composition directions"`);
  if (version !== SWEEP_VERSION)
    throw new DirectionError(
      `${name} is of version ${String(version)} of the format; this program reads ${SWEEP_VERSION}`,
    );
  if (!file.asked || !file.model || !Array.isArray(sweep?.rows) || !Array.isArray(sweep.shard))
    throw new DirectionError(`${name} lacks "model", "asked", or the rows and shard of "sweep"`);
  return file as SweepFile;
}

/**
 * The sweep in the file at `path`, as `matrix-composition directions --json` wrote it; it shows itself as when it was made.
 * @throws DirectionError when it is something else, or cut off
 */
export async function loadSweep(
  path: string | URL,
): Promise<SweepFile & { readonly sweep: Sweep & Displayable }> {
  const stored = await readFile(path);
  const isPacked = stored[0] === 0x1f && stored[1] === 0x8b;
  let text: string;
  try {
    text = (isPacked ? gunzipSync(stored) : stored).toString("utf8");
  } catch (error) {
    throw new DirectionError(`${String(path)} is cut off; make this part again`, { cause: error });
  }
  const file = readSweepFile(text, String(path));
  return { ...file, sweep: shown({ ...file.sweep }, () => sweepFigure(file.sweep)) };
}

/** Writes a sweep for {@link loadSweep}; packed if the name ends in `.gz`. */
export async function saveSweep(
  path: string,
  { model, asked, sweep }: Omit<SweepFile, "format" | "version">,
): Promise<void> {
  const text = sweepFileText(model, asked, sweep);
  await writeFile(path, path.endsWith(".gz") ? gzipSync(text, { level: 9 }) : text);
}

/**
 * The file of the whole sweep, out of those of its parts: the same text, to the byte, as if it had not been divided.
 * @param parts by the names of their files
 * @throws DirectionError when a part is missing, there twice, or of another sweep or model
 */
export function mergedSweepFile(parts: Readonly<Record<string, SweepFile>>): SweepFile {
  const [[firstName, first] = [], ...others] = Object.entries(parts);
  if (first === undefined || firstName === undefined) throw new DirectionError("there is no part to merge");
  for (const [name, { model, asked }] of others) {
    const found = difference({ model, asked }, { model: first.model, asked: first.asked });
    if (found !== undefined)
      throw new DirectionError(
        `${name} is of another sweep than ${firstName}: ${found.where} is ${found.here}, and ${found.there} there`,
      );
  }
  return { ...first, sweep: mergeSweeps(Object.values(parts).map(({ sweep }) => sweep)) };
}

interface Difference {
  /** The keys that lead to it: "asked.seed", "model.name". */
  readonly where: string;
  readonly here: string;
  readonly there: string;
}

/** The first place at which two JSON values differ. */
function difference(here: unknown, there: unknown, where = ""): Difference | undefined {
  if (typeof here === "object" && here !== null && typeof there === "object" && there !== null) {
    const [left, right] = [here as Record<string, unknown>, there as Record<string, unknown>];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const found = difference(left[key], right[key], where === "" ? key : `${where}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const inWords = (value: unknown): string => {
    const text = value === undefined ? "absent" : JSON.stringify(value);
    return text.length > 60 ? `${text.slice(0, 60)}…` : text;
  };
  return Object.is(here, there) ? undefined : { where, here: inWords(here), there: inWords(there) };
}
