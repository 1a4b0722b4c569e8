/** A head that a model does not have, or that cannot be changed as asked; the message says what there is and what would be right. */
export class HeadError extends Error {
  override readonly name = "HeadError";
}
