import { OptionError } from "../errors.ts";

/** A part of the residual stream that heads and neurons read, or write. */
export interface Reading {
  /** The name of the part: see `ResidualSpace`. */
  readonly block: string;
  /** What it is called in a sentence. */
  readonly description: string;
  /** Only this label of the part, if it is about one. */
  readonly label?: string;
}

/** The word itself that stands at a position. */
export function word(): Reading {
  return { block: "word", description: "word" };
}

/** The parts of the residual stream that are always there. */
export const OWN_PARTS: ReadonlySet<string> = new Set(["word", "position", "feature", "predict"]);

/**
 * What heads wrote under this name: a place for a word, which later layers read. Naming it makes it.
 *
 * @throws OptionError for a name that the residual stream uses itself: "word", "position", "feature", "predict"
 * @example channel("previous word")
 */
export function channel(name: string): Reading {
  if (name === "" || OWN_PARTS.has(name))
    throw new OptionError("The name of a channel", `"${name}"`, `another than ${[...OWN_PARTS].join(", ")}`);
  return { block: name, description: `“${name}”` };
}

/** A property of words, as given to `handMadeModel` under `features`: present (1) or not. */
export function feature(name: string): Reading {
  return { block: "feature", label: name, description: `feature “${name}”` };
}

/** What is to come next: what the unembedding reads. */
export function prediction(): Reading {
  return { block: "predict", description: "prediction" };
}
