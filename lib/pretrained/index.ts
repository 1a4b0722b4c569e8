export { loadModel, type LoadOptions, type PretrainedModel } from "./load-model.ts";
export { localModel } from "./local-model.ts";
export { downloadModel, HubError, type DownloadProgress, type HubOptions } from "./hub.ts";
export type { ModelCard } from "./model-card.ts";
export type { PretrainedTokeniser } from "./tokeniser.ts";
export type { ReadingProgress } from "./read-parameters.ts";
export { PretrainedError } from "./errors.ts";
export { QuantisationError } from "./dequantise.ts";
