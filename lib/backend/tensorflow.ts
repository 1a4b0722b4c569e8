import { createRequire } from "node:module";
import type * as wasm from "@tensorflow/tfjs-backend-wasm";
import type * as core from "@tensorflow/tfjs-core";
import { BackendError } from "./errors.ts";

/** TensorFlow.js' core: for the folders of this library only, so that no declaration of the public API pulls in its types. */
export type TensorFlow = typeof core;

let loaded: TensorFlow | undefined;

/** One of TensorFlow.js' packages, which are CommonJS: `import` would read through a megabyte first, for names that it exports. */
const load = createRequire(import.meta.url) as (name: string) => unknown;

/** Loads TensorFlow.js' core at its first use (0.1 s). */
export function loadTensorFlow(): TensorFlow {
  loaded ??= load("@tensorflow/tfjs-core") as TensorFlow;
  return loaded;
}

/** Loads the package of the wasm backend, which registers it. */
export function loadWasmBackend(): typeof wasm {
  return load("@tensorflow/tfjs-backend-wasm") as typeof wasm;
}

/** Loads the package of the backend in plain JavaScript, which registers it. */
export function loadCpuBackend(): void {
  load("@tensorflow/tfjs-backend-cpu");
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
