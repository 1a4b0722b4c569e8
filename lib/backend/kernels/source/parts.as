/** The kernels that threads share, by number: which chunk of the job's work each does. */
import { activatePart } from "./activation";
import { matmulPart } from "./matmul";
import { normGradientPart, normPart } from "./norm";
import { adamPart, addPart, multiplyPart, sumRowsPart } from "./rows";
import { crossEntropyPart, softmaxGradientPart, softmaxRowsPart } from "./softmax";
import { ARGUMENTS, job } from "./threads";

export const MATMUL: i32 = 0;
export const SOFTMAX_ROWS: i32 = 1;
export const SOFTMAX_GRADIENT: i32 = 2;
export const CROSS_ENTROPY: i32 = 3;
export const NORM: i32 = 4;
export const NORM_GRADIENT: i32 = 5;
export const ACTIVATE: i32 = 6;
export const ADD: i32 = 7;
export const MULTIPLY: i32 = 8;
export const SUM_ROWS: i32 = 9;
export const ADAM: i32 = 10;

export function part(kernel: i32, chunk: i32, chunks: i32): void {
  switch (kernel) {
    case MATMUL: return matmulPart(job + ARGUMENTS, chunk, chunks);
    case SOFTMAX_ROWS: return softmaxRowsPart(chunk, chunks);
    case SOFTMAX_GRADIENT: return softmaxGradientPart(chunk, chunks);
    case CROSS_ENTROPY: return crossEntropyPart(chunk, chunks);
    case NORM: return normPart(chunk, chunks);
    case NORM_GRADIENT: return normGradientPart(chunk, chunks);
    case ACTIVATE: return activatePart(chunk, chunks);
    case ADD: return addPart(chunk, chunks);
    case MULTIPLY: return multiplyPart(chunk, chunks);
    case SUM_ROWS: return sumRowsPart(chunk, chunks);
    case ADAM: return adamPart(chunk, chunks);
  }
}
