/** A backend of TensorFlow.js that cannot be had, or one that was not started. */
export class BackendError extends Error {
  override readonly name = "BackendError";
}
