import type { TensorFlow } from "../tensorflow.ts";
import { batchMatMul } from "./batch-matmul.ts";
import { fastKernels } from "./fast-kernels.ts";

/**
 * Puts our kernels in the place of the wasm backend's own, where the engine has SIMD.
 *
 * @returns which form runs; `none` where it has not, or where another version of TensorFlow.js hides its memory
 */
export function registerFasterKernels(tf: TensorFlow): "relaxed-simd" | "simd" | "none" {
  const fast = fastKernels(tf);
  if (fast === undefined) return "none";
  const stock = new Set(tf.getKernelsForBackend("wasm").map(({ kernelName }) => kernelName));
  for (const kernel of [batchMatMul(tf, fast)]) {
    if (stock.has(kernel.kernelName)) tf.unregisterKernel(kernel.kernelName, "wasm");
    tf.registerKernel(kernel);
  }
  return fast.form;
}
