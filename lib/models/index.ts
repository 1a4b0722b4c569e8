export type { NextTokenModel } from "./next-token-model.ts";
