export { matmul, matmulWorkspace } from "./matmul";
export { crossEntropy, softmaxGradient, softmaxRows } from "./softmax";
export { norm, normGradient } from "./norm";
export { activate, activateGradient } from "./activation";
export { adam, add, gatherRows, multiply, repeatRow, rotate, scatterRows, squares, sumRows } from "./rows";
