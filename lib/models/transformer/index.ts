export {
  transformerConfiguration,
  type Activation,
  type FeedForwardConfiguration,
  type NormConfiguration,
  type PositionConfiguration,
  type RotaryScaling,
  type TransformerConfiguration,
  type TransformerOptions,
} from "./configuration.ts";
export {
  ConfigurationError,
  InputError,
  InterventionError,
  UnknownHookError,
  WeightsError,
} from "./errors.ts";
export type {
  BlockHooks,
  CrossHooks,
  HookAxes,
  HookName,
  HookPattern,
  HooksOf,
  OuterHooks,
} from "./hooks.ts";
export { initialParameters, type InitialisationOptions } from "./initial-parameters.ts";
export { intervention, type Batched, type HookContext, type Intervention } from "./intervention.ts";
export type { ParameterAxes, ParameterName } from "./parameter-axes.ts";
export {
  checkParameters,
  parameterCount,
  parameterSpecifications,
  type Parameters,
  type ParameterSpecification,
} from "./parameters.ts";
export { sinusoids } from "./positions.ts";
export { Prefix } from "./prefix.ts";
export { readSafetensors, SafetensorsError, writeSafetensors, type StoredTensor } from "./safetensors.ts";
export type {
  Activations,
  BatchActivations,
  BatchGradientRun,
  BatchRun,
  BatchRunOptions,
  GradientRun,
  Run,
  RunOptions,
  Token,
} from "./run.ts";
export { storedParts } from "./stored-parts.ts";
export { createTransformer, Transformer, transformerOf, type TransformerParts } from "./transformer.ts";
