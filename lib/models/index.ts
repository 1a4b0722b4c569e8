export type { NextTokenModel } from "./next-token-model.ts";
export {
  ContextTooShortError,
  LabelError,
  MatrixTooLargeError,
  NothingToCountError,
  OptionError,
  WeightError,
} from "./errors.ts";
export { MarkovChain, type MarkovChainOptions } from "./markov-chain.ts";
