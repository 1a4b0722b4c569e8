import type { Activation } from "../../models/transformer/configuration.ts";
import type { ConfigReader } from "../config-reader.ts";

/** Names of activation functions in `config.json` (transformers' `ACT2FN`) and ours. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  gelu_new: "gelu-tanh",
  gelu_fast: "gelu-tanh",
  gelu_pytorch_tanh: "gelu-tanh",
  quick_gelu: "gelu-sigmoid",
  relu: "relu",
  silu: "silu",
  swish: "silu",
};

/** The activation that the field names. */
export function activation(config: ConfigReader, field: string, otherwise?: string): Activation {
  const found = ACTIVATIONS[config.word(field, otherwise)];
  if (found) return found;
  throw config.refuse(field, `one of ${Object.keys(ACTIVATIONS).join(", ")}`);
}
