import type * as core from "@tensorflow/tfjs-core";
import { BackendError } from "./errors.ts";

/** TensorFlow.js' core: for the folders of this library only, so that no declaration of the public API pulls in its types. */
export type TensorFlow = typeof core;

let loaded: TensorFlow | undefined;

/** Loads TensorFlow.js' core at its first use (0.1 s). */
export async function loadTensorFlow(): Promise<TensorFlow> {
  loaded ??= await import("@tensorflow/tfjs-core");
  return loaded;
}

/**
 * TensorFlow.js, once {@link startBackend} has been awaited.
 * @throws {BackendError} before that
 */
export function tensorFlow(): TensorFlow {
  if (loaded === undefined || loaded.getBackend() === "") {
    throw new BackendError("TensorFlow.js has not been started: `await startBackend()` first.");
  }
  return loaded;
}
