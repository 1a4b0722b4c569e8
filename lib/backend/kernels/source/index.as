export { matmul, matmulWorkspace } from "./matmul";
