export { jobSize, join, serve, setUp } from "./threads";
export { matmul, useWide, workspaceSize } from "./matmul";
export { crossEntropy, softmaxGradient, softmaxRows } from "./softmax";
export { norm, normGradient } from "./norm";
export { activate } from "./activation";
export { adam, add, gatherRows, multiply, rotate, scatterRows, squares, sumRows } from "./rows";
