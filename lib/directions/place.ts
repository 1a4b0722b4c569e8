import type { Transformer } from "../models/transformer/index.ts";
import { DirectionError } from "./errors.ts";

/**
 * What of a head is looked at.
 *
 * In the residual stream, so that the numbers are facts about the head (gauge-invariant):
 * - `query`: q W_Kᵀ, what the word looks for in others; - `key`: k W_Qᵀ, what it offers to those who look;
 * - `OV`: v W_O, what the head would write if it attended to the word alone; - `result`: z W_O, what it does write there;
 * - `QK destination`, `QK source`, `OV source`: what the head's input has in the k strongest singular directions of its QK map
 *   (side that looks, side that is looked at) or OV map (side that is read); - `OV out`: what of `result` lies in the k strongest written ones.
 *
 * In the head's own coordinates, where angles depend on an arbitrary basis: `q`, `k`, `v`, `z` (the hooks of those names).
 */
export type HeadPart = ResidualPart | CoordinatePart;
/** Parts whose angles and shares mean something; see {@link HeadPart}. */
export type ResidualPart = "query" | "key" | "OV" | "result" | SubspacePart;
/** Parts that are projections on singular directions; see {@link HeadPart}. */
export type SubspacePart = "QK destination" | "QK source" | "OV source" | "OV out";
/** Parts in a head's own, arbitrary coordinates; see {@link HeadPart}. */
export type CoordinatePart = "q" | "k" | "v" | "z";

/** Where in a model the vectors of words are taken. */
export type ModelPlace =
  | { readonly part: "embedding" }
  /** The residual stream before block `layer`; with `layer` = the number of layers, after the last. */
  | { readonly part: "residual"; readonly layer: number }
  /** What the heads of block `layer` read: the residual stream before it, normalised where the model has a norm there. */
  | { readonly part: "attention input"; readonly layer: number }
  | {
      readonly part: Exclude<HeadPart, SubspacePart>;
      readonly layer: number;
      readonly head: number;
    }
  | {
      readonly part: SubspacePart;
      readonly layer: number;
      readonly head: number;
      /** How many singular directions, the strongest first. */
      readonly directions: number;
    };

const SUBSPACES: readonly string[] = ["QK destination", "QK source", "OV source", "OV out"];
const COORDINATES: readonly string[] = ["q", "k", "v", "z"];

/** Whether `place` is a projection on singular directions. */
export function isSubspace(place: ModelPlace): place is Extract<ModelPlace, { readonly directions: number }> {
  return SUBSPACES.includes(place.part);
}

/**
 * Whether cosines at `place` depend on an arbitrary choice of basis: so for q, k, v, z of a single head, since (W_Q R, W_K R⁻ᵀ) and
 * (W_V S, S⁻¹ W_O) are the same model (Elhage et al. 2021). Everywhere else they don't.
 */
export function isBasisDependent(place: ModelPlace): boolean {
  return COORDINATES.includes(place.part);
}

/** A place in words: "embedding", "residual 3", "1.4 OV", "1.4 QK source (4 directions)". Different places have different names. */
export function placeName(place: ModelPlace): string {
  if (place.part === "embedding") return "embedding";
  if (place.part === "residual" || place.part === "attention input") return `${place.part} ${place.layer}`;
  const name = `${place.layer}.${place.head} ${place.part}`;
  return isSubspace(place) ? `${name} (${place.directions} directions)` : name;
}

/**
 * All places of these parts in `model`: the embedding once, the residual stream before each block and after the last, heads layer by layer.
 * @param directions how many singular directions subspaces have; 4 unless given
 * @example places(model, ["query", "OV"]) // two for each head
 */
export function places(
  model: Transformer,
  parts: readonly ModelPlace["part"][] = ["embedding", "residual", "query", "key", "OV", "result"],
  { directions = 4 }: { readonly directions?: number } = {},
): ModelPlace[] {
  const { layers, heads } = model.configuration;
  const list: ModelPlace[] = [];
  if (parts.includes("embedding")) list.push({ part: "embedding" });
  if (parts.includes("residual"))
    for (let layer = 0; layer <= layers; layer++) list.push({ part: "residual", layer });
  if (parts.includes("attention input"))
    for (let layer = 0; layer < layers; layer++) list.push({ part: "attention input", layer });
  for (let layer = 0; layer < layers; layer++)
    for (let head = 0; head < heads; head++)
      for (const part of new Set(parts)) {
        if (part === "embedding" || part === "residual" || part === "attention input") continue;
        const place = { part, layer, head } as ModelPlace;
        list.push(isSubspace(place) ? { ...place, directions } : place);
      }
  return list;
}

/**
 * `place` itself, if `model` has it.
 * @throws DirectionError naming what is out of range
 */
export function checkedPlace(model: Transformer, place: ModelPlace): ModelPlace {
  const { layers, heads, feature, value } = model.configuration;
  const within = (what: string, given: number, least: number, most: number) => {
    if (!Number.isInteger(given) || given < least || given > most)
      throw new DirectionError(
        `place "${placeName(place)}": ${what} is ${given}, not from ${least} to ${most}`,
      );
  };
  if (place.part === "embedding") return place;
  within("layer", place.layer, 0, place.part === "residual" ? layers : layers - 1);
  if (place.part === "residual" || place.part === "attention input") return place;
  within("head", place.head, 0, heads - 1);
  if (isSubspace(place))
    within("directions", place.directions, 1, place.part.startsWith("QK") ? feature : value);
  return place;
}
