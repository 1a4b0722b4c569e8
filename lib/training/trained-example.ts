import { join } from "node:path";
import { packageFolder } from "../package-folder.ts";
import { loadCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { CheckpointError } from "./errors.ts";

/** The trained models that come with this package; `checkpoints/README.md` says what each is. */
export const TRAINED_EXAMPLES = [
  "two-sentences-no-layers",
  "two-sentences-one-layer",
  "induction",
  "induction-one-layer",
  "skip-trigrams",
  "planted-relations",
  "milk-drank",
  "translation",
  "moby-dick",
] as const;

/** The name of a trained model that comes with this package. */
export type TrainedExample = (typeof TRAINED_EXAMPLES)[number];

/**
 * A trained model that comes with this package, with the record of how it was made (script, seed, steps, loss, floor).
 *
 * @throws {CheckpointError} for a name that is none of {@link TRAINED_EXAMPLES}, or when this installation lacks the model
 * @example (await trainedExample("induction")).model.configuration.layers // 2
 */
export async function trainedExample(name: TrainedExample): Promise<Checkpoint> {
  if (!TRAINED_EXAMPLES.includes(name))
    throw new CheckpointError(
      `There is no trained example "${name}"; there are ${TRAINED_EXAMPLES.join(", ")}.`,
    );
  return loadCheckpoint(join(packageFolder(), "checkpoints", name));
}
