import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import {
  transformerConfiguration,
  type TransformerConfiguration,
  type TransformerOptions,
} from "../models/transformer/configuration.ts";
import { ConfigurationError } from "../models/transformer/errors.ts";
import { parameterSpecifications } from "../models/transformer/parameters.ts";
import { storedParts } from "../models/transformer/stored-parts.ts";
import { transformerOf, type Transformer, type TransformerParts } from "../models/transformer/transformer.ts";
import { asStored, type Arrangement } from "./arrangement.ts";
import { configReader } from "./config-reader.ts";
import { PretrainedError } from "./errors.ts";
import { bert } from "./families/bert.ts";
import { unembeddingName, type Family } from "./families/family.ts";
import { translateGguf } from "./families/gguf-names.ts";
import { gpt2 } from "./families/gpt2.ts";
import { llama } from "./families/llama.ts";
import { neox } from "./families/neox.ts";
import { openGguf } from "./gguf-file.ts";
import { downloadModel, type HubOptions } from "./hub.ts";
import { modelCard, type ModelCard } from "./model-card.ts";
import { readParameters, type ReadingProgress } from "./read-parameters.ts";
import { openSafetensors, openShards } from "./safetensors-file.ts";
import { folderTokeniser, ggufTokeniser, jsonIfThere, type Json } from "./tokeniser-files.ts";
import { pretrainedTokeniser, type PretrainedTokeniser, type TokeniserFiles } from "./tokeniser.ts";
import type { WeightFile } from "./weight-file.ts";

/** Where a model is fetched, and who is told how far its reading is. */
export interface LoadOptions extends HubOptions {
  /** Hears how far the reading is. */
  readonly onReading?: (progress: ReadingProgress) => void;
}

/** A pretrained model, ready to run. */
export interface PretrainedModel extends Displayable {
  readonly model: Transformer;
  /** `undefined` where the source has none that can be read: then the model takes token ids. */
  readonly tokeniser: PretrainedTokeniser | undefined;
  readonly card: ModelCard;
}

/** What llama.cpp calls the factors of Llama 3.1's rotary frequencies. */
const FREQUENCY_FACTORS = "rope_freqs.weight";

/** Names of tensors in a block of any family. */
const IN_BLOCK = /(^|\.)(h|layers|layer|blk)\.\d+\./;

const FAMILIES: readonly Family[] = [gpt2, neox, llama, bert];

/**
 * The model of a local folder, a `.gguf` file, or the hub's model with this id.
 *
 * A folder holds `config.json` with `model.safetensors` (or shards with their index), or one `.gguf` file. Families:
 * GPT-2 (also nanoGPT and minGPT), GPT-NeoX and Pythia, Llama-like (SmolLM2, Mistral, Qwen2, Qwen3), BERT-like encoders, and
 * checkpoints of this library. Anything but an existing path is an id of the hub and is fetched into the shared cache.
 *
 * @throws PretrainedError for files that cannot become a model: which tensor or field, and what was expected
 * @throws HubError for a model that cannot be fetched
 * @example
 * const { model, tokeniser } = await loadModel("gpt2");
 * model.next(tokeniser.tokens("The black cat drank the")).topK(5)
 */
export async function loadModel(source: string, options: LoadOptions = {}): Promise<PretrainedModel> {
  const path = resolve(source);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return loadGguf(path, source, options);
  const folder = found ? path : await downloadModel(source, options);
  const files = await readdir(folder);
  const ggufs = files.filter((file) => file.endsWith(".gguf"));
  const chosen = options.file ?? (files.includes("config.json") ? undefined : ggufs[0]);
  if (chosen?.endsWith(".gguf") === true) {
    if (options.file === undefined && ggufs.length > 1)
      throw new PretrainedError(
        `${folder} has ${ggufs.length} GGUF files; choose one with \`file\`: ${ggufs.join(", ")}`,
      );
    return loadGguf(join(folder, chosen), source, options);
  }
  return loadFolder(folder, source, options);
}

async function loadFolder(folder: string, source: string, options: LoadOptions): Promise<PretrainedModel> {
  const config = await jsonIfThere(folder, "config.json");
  if (!config)
    throw new PretrainedError(
      `${folder} has no config.json; expected a folder as Hugging Face stores a model, or a .gguf file`,
    );
  const file = await openFolderWeights(folder);
  try {
    const { configuration, places } =
      config["format"] === "matrix-composition/transformer"
        ? ownCheckpoint(config, file)
        : await familyModel(
            config,
            file,
            configReader(config).word("model_type", "block_size" in config ? "nanogpt" : undefined),
          );
    const tokeniser = await folderTokeniser(folder);
    return await assembled(source, configuration, places, file, tokeniser, storedParts(config), options);
  } finally {
    await file.close();
  }
}

async function openFolderWeights(folder: string): Promise<WeightFile> {
  const files = await readdir(folder);
  if (files.includes("model.safetensors")) return openSafetensors(join(folder, "model.safetensors"));
  if (files.includes("model.safetensors.index.json"))
    return openShards(join(folder, "model.safetensors.index.json"));
  throw new PretrainedError(
    `${folder} has neither model.safetensors nor model.safetensors.index.json (it has ${files.slice(0, 12).join(", ")})`,
  );
}

/** Our own checkpoints store parameters under the contract's names. */
function ownCheckpoint(config: Json, file: WeightFile) {
  const configuration = checkedConfiguration(config as unknown as TransformerOptions, file);
  const places = new Map<string, Arrangement>();
  for (const { name, shape } of parameterSpecifications(configuration))
    places.set(name, asStored(name, ...shape));
  return { configuration, places };
}

/**
 * The configuration that `options` describe: one that can be, of no more layers than the file has tensors, so that a lie costs no memory.
 */
function checkedConfiguration(options: TransformerOptions, { shapes }: WeightFile): TransformerConfiguration {
  let configuration: TransformerConfiguration;
  try {
    configuration = transformerConfiguration(options);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new PretrainedError(`config.json describes a model that cannot be: ${error.message}`, {
      cause: error,
    });
  }
  const layers = configuration.layers + (configuration.encoderLayers ?? 0);
  if (layers > shapes.size)
    throw new PretrainedError(
      `config.json says that the model has ${layers} layers, but the file has ${shapes.size} tensors: each layer has several`,
    );
  return configuration;
}

async function familyModel(config: Json, file: WeightFile, modelType: string) {
  const family = FAMILIES.find(({ modelTypes }) => modelTypes.includes(modelType));
  if (!family)
    throw new PretrainedError(
      `config.json: model_type is "${modelType}"; expected one of ${FAMILIES.flatMap(({ modelTypes }) => modelTypes).join(", ")}`,
    );
  const configuration = checkedConfiguration(family.configuration(configReader(config), file.shapes), file);
  const places = family.parameters(configuration, file.shapes);
  const read = new Set([...places.values()].map(({ from }) => from));
  for (const name of file.shapes.keys())
    if (IN_BLOCK.test(name) && !read.has(name) && !family.ignored.test(name))
      throw new PretrainedError(
        `tensor ${name} is part of a block, but the family ${modelType} has no such part in a model of ${configuration.layers} layers: without it the model would compute something else`,
      );
  const head =
    family.unembedding === undefined ? undefined : unembeddingName(file.shapes, family.unembedding);
  const embedding = places.get("W_E");
  if (configuration.unembedding === "tied" && head !== undefined && embedding?.from !== undefined)
    await checkTied(file, embedding, embedding.from, head);
  return { configuration, places };
}

/** transformers 4 and 5 do different things with a head that is stored beside the embedding it should be tied to, and differs from it. */
async function checkTied(
  file: WeightFile,
  { stored }: Arrangement,
  embedding: string,
  head: string,
): Promise<void> {
  const shapes = [embedding, head].map((name) => (file.shapes.get(name) ?? []).join(" × "));
  if (shapes[0] !== stored.join(" × ")) return; // said with what was expected, when parameters are read
  const [first, second] = [await file.read(embedding), await file.read(head)];
  if (shapes[0] !== shapes[1] || first.some((weight, at) => !Object.is(weight, second[at])))
    throw new PretrainedError(
      `config.json: tie_word_embeddings makes ${head} the same as ${embedding}, but they differ in the file; expected tie_word_embeddings false, or no ${head}`,
    );
}

async function loadGguf(path: string, source: string, options: LoadOptions): Promise<PretrainedModel> {
  const opened = await openGguf(path);
  try {
    const { config, names, restore } = translateGguf(
      opened.metadata,
      opened.shapes.keys(),
      opened.shapes.has(FREQUENCY_FACTORS) ? [...(await opened.read(FREQUENCY_FACTORS))] : undefined,
    );
    // the file under transformers' names, so that one family serves both
    const inTransformersNames: WeightFile = {
      ...opened,
      shapes: new Map([...names].map(([ours, theirs]) => [ours, opened.shapes.get(theirs) ?? []])),
      read: (name, lent) => opened.read(names.get(name) ?? name, lent),
    };
    const { configuration, places } = await familyModel(
      config,
      inTransformersNames,
      String(config["model_type"]),
    );
    const restored = new Map([...places].map(([name, place]) => [name, restore(name, place)]));
    return await assembled(
      source,
      configuration,
      restored,
      inTransformersNames,
      ggufTokeniser(opened.metadata),
      {},
      options,
    );
  } finally {
    await opened.close();
  }
}

async function assembled(
  source: string,
  configuration: TransformerConfiguration,
  places: ReadonlyMap<string, Arrangement>,
  file: WeightFile,
  tokeniserFiles: TokeniserFiles | undefined,
  parts: TransformerParts,
  options: LoadOptions,
): Promise<PretrainedModel> {
  const parameters = await readParameters(configuration, places, file, options.onReading);
  const tokeniser = tokeniserFiles && (await pretrainedTokeniser(tokeniserFiles, configuration.vocabulary));
  const vocabulary = tokeniser?.vocabulary ?? parts.vocabulary;
  const model = await transformerOf(configuration, parameters, { ...parts, vocabulary });
  const card = modelCard(basename(source), model, file.formats);
  return { model, tokeniser, card, [DISPLAY]: (): MimeBundle | Promise<MimeBundle> => card[DISPLAY]() };
}
