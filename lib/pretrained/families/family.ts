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
  /** Tensors that a file may hold and that no computation of ours needs: masks, tables that can be recomputed, heads for other tasks. */
  readonly ignored: RegExp;
}

/** `prefix` where the file's names start with it, and nothing where they don't (a bare base model). */
export function namePrefix(stored: StoredShapes, prefix: string): string {
  for (const name of stored.keys()) if (name.startsWith(prefix)) return prefix;
  return "";
}
