import type { Tensor } from "@tensorflow/tfjs-core";
import type { FastKernels } from "../kernels/fast-kernels.ts";
import type { TensorFlow } from "../tensorflow.ts";
import type { Tape } from "./tape.ts";

/** What an operation computes with: TensorFlow.js, our kernels where they run, and a tape where gradients are wanted. */
export interface Arithmetic {
  readonly tf: TensorFlow;
  /** The backend that ran when the model was made: its tensors live there. */
  readonly backend?: string | undefined;
  /** Present on the wasm backend with SIMD: operations then work in place of several of TensorFlow.js' own. */
  readonly fast?: FastKernels | undefined;
  readonly tape?: Tape | undefined;
}

/** A tensor of TensorFlow.js of any rank. */
export type Numbers = Tensor;
