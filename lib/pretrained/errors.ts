/** A model's files that cannot become a model: the message names the file or the tensor, and says what was expected. */
export class PretrainedError extends Error {
  override readonly name = "PretrainedError";
}
