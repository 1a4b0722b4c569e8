/** The public API of the cell library, re-exported folder by folder. */
export * from "./display/index.ts";
export * from "./tensor/index.ts";
export * from "./backend/index.ts";
export * from "./text/index.ts";
export * from "./models/index.ts";
export * from "./training/index.ts";
export * from "./pretrained/index.ts";
export * from "./circuits/index.ts";
export * from "./directions/index.ts";
export * from "./views/index.ts";
