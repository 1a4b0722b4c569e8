import type { TransformerConfiguration, TransformerOptions } from "../../models/transformer/configuration.ts";
import type { Arrangement } from "../arrangement.ts";
import type { ConfigReader } from "../config-reader.ts";

/** Which tensors a file has, and of which shape. */
export type StoredShapes = ReadonlyMap<string, readonly number[]>;

/** A way of storing models: how its `config.json` and its tensors' names become ours. */
export interface Family {
  /** Values of `model_type` in `config.json`. */
  readonly modelTypes: readonly string[];
  /**
   * What the model computes.
   * @throws PretrainedError for a field that is missing, or that asks for something that our transformer does not do
   */
  configuration(config: ConfigReader, stored: StoredShapes): TransformerOptions;
  /** Where each parameter comes from, by the parameter's name in our contract. */
  parameters(configuration: TransformerConfiguration, stored: StoredShapes): ReadonlyMap<string, Arrangement>;
  /** What the unembedding is called, where the family has one. */
  readonly unembedding?: string;
  /** Tensors that a file may hold in its blocks and that no computation of ours needs: masks, tables that can be recomputed. Any other that is not read is refused. */
  readonly ignored: RegExp;
}

/**
 * What stands before `name` in the file's names: "transformer.", "model.", "_orig_mod.transformer." (compiled with PyTorch), or nothing
 * (a bare base model). `otherwise` where no tensor is called so, for the message that it is missing.
 */
export function namePrefix(stored: StoredShapes, name: string, otherwise: string): string {
  const found = [...stored.keys()]
    .filter((each) => each === name || each.endsWith(`.${name}`))
    .map((each) => each.slice(0, -name.length))
    .toSorted((one, other) => one.length - other.length);
  return found[0] ?? otherwise;
}

/**
 * Where the unembedding of a language model is: W_E again ("tied"), a tensor of its own, or nowhere, in a base model that was saved without
 * its head. A head that is neither tied nor stored is left to be noticed as missing.
 * @param name what the head is called ("lm_head.weight")
 * @param isTied whether the two are one where `config.json` says nothing of it
 * @param isWhole whether the file is one of the whole language model, by its names
 */
export function unembeddingKind(
  config: ConfigReader,
  stored: StoredShapes,
  name: string,
  { isTied, isWhole }: { readonly isTied: boolean; readonly isWhole: boolean },
): "tied" | "own" | "none" {
  if (config.flag("tie_word_embeddings", isTied)) return "tied";
  return isWhole || unembeddingName(stored, name) ? "own" : "none";
}

/** The name under which the file has the unembedding `name` ("lm_head.weight"); `undefined` where it has none of its own. */
export function unembeddingName(stored: StoredShapes, name: string): string | undefined {
  const found = namePrefix(stored, name, "") + name;
  return stored.has(found) ? found : undefined;
}
