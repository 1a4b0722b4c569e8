/** The connection file cannot be used: the message says which field of which file, and what it should hold. */
export class ConnectionFileError extends Error {
  override readonly name = "ConnectionFileError";
}

/**
 * The frames are not a message of this kernel's session: too few, wrongly signed, or not JSON.
 * The message never holds a signature.
 */
export class MessageError extends Error {
  override readonly name = "MessageError";
}
