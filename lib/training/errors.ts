/** A setting of a training run that cannot be: which, what it was, what would be right. */
export class TrainingError extends Error {
  override readonly name = "TrainingError";
}

/** A checkpoint that cannot be read: which folder, what is wrong. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}
