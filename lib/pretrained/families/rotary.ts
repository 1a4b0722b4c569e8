import type { RotaryScaling, TransformerOptions } from "../../models/transformer/configuration.ts";
import type { ConfigReader } from "../config-reader.ts";

/**
 * Rotary positions as `config.json` gives them: `rope_parameters` (transformers 5), or a share of the features, a base and
 * `rope_scaling` as fields of their own (earlier).
 * @param feature d_head
 * @param shareField name of the share of features that turn
 */
export function rotary(
  config: ConfigReader,
  feature: number,
  shareField: string,
  share: number,
  baseField: string,
): NonNullable<TransformerOptions["positions"]> {
  const nested = config.nested("rope_parameters");
  const turning = nested.number("partial_rotary_factor", config.number(shareField, share));
  const scaling = config.has("rope_parameters") ? nested : config.nested("rope_scaling");
  const scaled = rotaryScaling(scaling, config);
  return {
    kind: "rotary",
    features: Math.floor(feature * turning),
    base: nested.number("rope_theta", config.number(baseField, 10000)),
    pairs: "halves",
    ...(scaled && { scaling: scaled }),
  };
}

function rotaryScaling(scaling: ConfigReader, config: ConfigReader): RotaryScaling | undefined {
  const kind = scaling.word("rope_type", scaling.word("type", "default"));
  if (kind === "default") return undefined;
  if (kind === "each") return { kind, factors: scaling.numbers("factors") };
  if (kind === "linear") return { kind, factor: scaling.number("factor") };
  if (kind === "llama3")
    return {
      kind,
      factor: scaling.number("factor"),
      lowFrequencyFactor: scaling.number("low_freq_factor"),
      highFrequencyFactor: scaling.number("high_freq_factor"),
      originalContext: scaling.number(
        "original_max_position_embeddings",
        config.has("original_max_position_embeddings")
          ? config.number("original_max_position_embeddings")
          : undefined,
      ),
    };
  throw scaling.refuse("rope_type", "default, linear or llama3");
}
