import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  parameterSpecifications,
  readSafetensors,
  storedParts,
  transformerConfiguration,
  transformerOf,
  writeSafetensors,
  type StoredTensor,
  type Transformer,
  type TransformerOptions,
} from "../models/transformer/index.ts";
import type { AdamState } from "./adam-options.ts";
import type { Batches } from "./batch.ts";
import { CheckpointError } from "./errors.ts";
import { trainModel, Training, type TrainingOptions } from "./training.ts";

/** How a model was made, as its maker wrote it down: script, seed, steps, loss, floor … */
export type TrainingRecord = Readonly<Record<string, unknown>>;

/** A model as it was stored. */
export interface Checkpoint {
  readonly model: Transformer;
  /** Content of `training.json`; empty where there is none. */
  readonly record: TrainingRecord;
}

/**
 * Stores a model in a folder (made if it is not there): `config.json` (the configuration and the words), `model.safetensors` (the weights by the
 * contract's names), and `training.json` (the record). Of a training run also what is needed to go on exactly from there: `optimiser.safetensors`
 * and `progress.json`. Each file is written beside its old one and then put in its place.
 */
export async function saveCheckpoint(
  folder: string,
  from: Transformer | Training,
  record: TrainingRecord = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const model = from instanceof Training ? from.model : from;
  const { configuration, vocabulary, sourceVocabulary, end } = model;
  const isTranslator = configuration.kind === "encoder-decoder";
  await put(
    join(folder, "config.json"),
    json({
      ...configuration,
      words: vocabulary.words,
      ...(isTranslator && { sourceWords: sourceVocabulary.words }),
      ...(end !== undefined && { end }),
    }),
  );
  await put(join(folder, "model.safetensors"), writeSafetensors(stored(model, model.parameters)));
  await put(join(folder, "training.json"), json(record));
  if (!(from instanceof Training)) return;
  const { adam, losses } = from.state();
  const moments = new Map<string, StoredTensor>();
  for (const [kind, values] of [
    ["mean", adam.means],
    ["square", adam.squares],
  ] as const) {
    for (const [name, data] of values) moments.set(`${kind}.${name}`, { shape: [data.length], data });
  }
  await put(join(folder, "optimiser.safetensors"), writeSafetensors(moments));
  await put(join(folder, "progress.json"), json({ steps: adam.steps, losses }));
}

/**
 * The model in a folder that {@link saveCheckpoint} wrote.
 *
 * @throws {CheckpointError} when the folder has no configuration or weights that can be read
 * @throws {ConfigurationError | WeightsError | SafetensorsError} for a configuration that cannot be, or weights that don't fit it
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  const config = await parsed(folder, "config.json");
  const configuration = transformerConfiguration(config as unknown as TransformerOptions);
  const { tensors } = readSafetensors(await read(folder, "model.safetensors"));
  for (const { name, shape } of parameterSpecifications(configuration)) {
    const given = tensors.get(name)?.shape;
    if (given !== undefined && String(given) !== String(shape)) {
      throw new CheckpointError(
        `${folder}: ${name} has the shape ${given.join(" × ")}; its configuration asks for ${shape.join(" × ")}.`,
      );
    }
  }
  const parameters = new Map([...tensors].map(([name, { data }]) => [name, data]));
  const model = await transformerOf(configuration, parameters, storedParts(config));
  return { model, record: await parsed(folder, "training.json").catch(() => ({})) };
}

/**
 * A training run that goes on exactly where the one that was stored stopped: same weights, optimiser and step.
 *
 * @param batches the same function of the step's number as before
 * @throws {CheckpointError} when the folder holds a model but no training run
 */
export async function resumeTraining(
  folder: string,
  batches: Batches,
  options: TrainingOptions,
): Promise<Training> {
  const { model } = await loadCheckpoint(folder);
  const { steps, losses } = await parsed(folder, "progress.json");
  if (typeof steps !== "number" || !Array.isArray(losses)) {
    throw new CheckpointError(`${folder}: progress.json has no steps and losses.`);
  }
  const { tensors } = readSafetensors(await read(folder, "optimiser.safetensors"));
  const part = (kind: string) =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(`${kind}.`))
        .map(([name, { data }]) => [name.slice(kind.length + 1), data]),
    );
  const adam: AdamState = { steps, means: part("mean"), squares: part("square") };
  const training = trainModel(model, batches, options);
  training.restore({ adam, losses: losses.map(Number) });
  return training;
}

function stored(
  model: Transformer,
  parameters: ReadonlyMap<string, Float32Array>,
): Map<string, StoredTensor> {
  return new Map(
    parameterSpecifications(model.configuration).map(({ name, shape }) => [
      name,
      { shape, data: parameters.get(name) ?? new Float32Array() },
    ]),
  );
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** A reader never sees half a file: it is complete before it takes its name. */
async function put(path: string, content: string | Uint8Array): Promise<void> {
  const beside = `${path}.part`;
  await writeFile(beside, content);
  await rename(beside, path);
}

async function read(folder: string, file: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, file));
  } catch (problem) {
    throw new CheckpointError(`${folder}: ${file} cannot be read.`, { cause: problem });
  }
}

async function parsed(folder: string, file: string): Promise<Record<string, unknown>> {
  const text = Buffer.from(await read(folder, file)).toString("utf8");
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (problem) {
    throw new CheckpointError(`${folder}: ${file} is no JSON.`, { cause: problem });
  }
}
