import { readFile, writeFile } from "node:fs/promises";
import { DISPLAY, METADATA, type Displayable, type MimeBundle } from "../display/index.ts";
import { table, type Figure } from "../views/index.ts";
import { renderPng } from "../views/render.ts";
import { DirectionError } from "./errors.ts";

const [FORMAT, VERSION] = ["matrix-composition/experiment", 1] as const;

/** The result of an experiment, as it is kept in one file and compared between models. */
export interface Experiment {
  readonly question: string;
  /** Of which model. */
  readonly model: string;
  /** The answer in numbers, by name; the same names for the same quantities in other models. */
  readonly numbers: Readonly<Record<string, number>>;
  /** How to make it again, and what else a reader should know. */
  readonly notes?: string;
}

/** Writes an experiment with its pictures into one JSON file. */
export async function saveExperiment(
  path: string,
  experiment: Experiment & { readonly figures?: Readonly<Record<string, Figure>> },
): Promise<void> {
  const { figures = {}, ...rest } = experiment;
  const drawn = await Promise.all(
    Object.entries(figures).map(
      async ([name, figure]) => [name, { svg: await figure.svg(), description: figure.description }] as const,
    ),
  );
  const file = { format: FORMAT, version: VERSION, ...rest, figures: Object.fromEntries(drawn) };
  await writeFile(path, `${JSON.stringify(file)}\n`);
}

/**
 * An experiment that {@link saveExperiment} wrote; each of its figures shows itself.
 * @throws DirectionError when the file is something else, or cut off
 */
export async function loadExperiment(
  path: string | URL,
): Promise<Experiment & { readonly figures: Readonly<Record<string, Displayable>> }> {
  const name = String(path);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new DirectionError(
      `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
  const file = (typeof value === "object" && value !== null ? value : {}) as Partial<Stored>;
  const { format, version, question, model, numbers, notes, figures = {} } = file;
  if (format !== FORMAT || version !== VERSION || question === undefined || model === undefined || !numbers)
    throw new DirectionError(`${name} is no experiment of this version; saveExperiment writes one`);
  return {
    question,
    model,
    numbers,
    ...(notes === undefined ? {} : { notes }),
    figures: Object.fromEntries(
      Object.entries(figures).map(([title, { svg, description }]) => [
        title,
        { [DISPLAY]: () => stillPicture(svg, description), [METADATA]: () => ({ "image/png": sizeOf(svg) }) },
      ]),
    ),
  };
}

/** As a PNG: JupyterLab draws an SVG only in notebooks that the reader trusts. */
async function stillPicture(svg: string, description: string): Promise<MimeBundle> {
  const png = await renderPng(svg);
  return { "image/png": Buffer.from(png).toString("base64"), "text/plain": description };
}

/** In CSS pixels, of which a PNG has two to the pixel. */
function sizeOf(svg: string): Readonly<Record<string, number>> {
  const [, width, height] = /^<svg [^>]*?width="([\d.]+)" height="([\d.]+)"/u.exec(svg) ?? [];
  return width === undefined || height === undefined ? {} : { width: Number(width), height: Number(height) };
}

interface Stored extends Experiment {
  readonly format: string;
  readonly version: number;
  readonly figures: Readonly<Record<string, { readonly svg: string; readonly description: string }>>;
}

/**
 * Experiments that ask the same, model by model: one row a model, one column a number.
 * @throws DirectionError for none, or different questions
 */
export function comparedExperiments(experiments: readonly Experiment[]): Figure {
  const [first] = experiments;
  if (first === undefined) throw new DirectionError("there is no experiment to compare");
  const other = experiments.find(({ question }) => question !== first.question);
  if (other) throw new DirectionError(`these are two questions: "${first.question}" and "${other.question}"`);
  const names = [...new Set(experiments.flatMap(({ numbers }) => Object.keys(numbers)))];
  return table(
    experiments.map(({ model, numbers }) => ({
      model,
      ...Object.fromEntries(names.map((name) => [name, numbers[name] ?? "–"])),
    })),
    { title: first.question },
  );
}
