/** A place, a text or an option of an experiment that cannot be; the message says what would be right. */
export class DirectionError extends Error {
  override readonly name = "DirectionError";
}
