/** What was given to a view cannot be drawn; the message says what, where, and what would be right. */
export class ViewInputError extends Error {
  override readonly name = "ViewInputError";
}
