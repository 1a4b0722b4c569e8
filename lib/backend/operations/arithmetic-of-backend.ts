import { fastKernels } from "../kernels/fast-kernels.ts";
import { tensorFlow } from "../tensorflow.ts";
import type { Arithmetic } from "./arithmetic.ts";

/**
 * What operations compute with on the backend that runs.
 * @throws {BackendError} before `startBackend`
 */
export function arithmeticOfBackend(): Arithmetic {
  const tf = tensorFlow();
  const backend = tf.getBackend();
  return { tf, backend, fast: backend === "wasm" ? fastKernels(tf) : undefined };
}
