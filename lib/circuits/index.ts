export { HeadError } from "./errors.ts";
export { frozenPatterns, type HeadInterventions } from "./interventions.ts";
export { head, headNames, heads, type Head } from "./head.ts";
export { fullOV, fullQK } from "./vocabulary-circuits.ts";
export {
  compositionScores,
  type CompositionKind,
  type CompositionOptions,
  type CompositionScores,
} from "./composition.ts";
export { copyingScores, positiveShare } from "./copying.ts";
export {
  attentionShare,
  attentionShareOfAll,
  stripe,
  targetPattern,
  type AttentionTarget,
  type DetectorOptions,
} from "./detectors.ts";
export { foldedModel, FoldingError, type FoldingOptions } from "./folding.ts";
export { logitLens } from "./logit-lens.ts";
export {
  AttributionError,
  logitAttribution,
  type AttributionTarget,
  type LogitAttribution,
} from "./attribution.ts";
export {
  attributeHeads,
  logitDifference,
  patchHeads,
  patchHeadsByPosition,
  patchResidual,
  type PatchingResult,
  type PatchingTask,
} from "./patching.ts";
export { patchPaths, type PathPatchingOptions } from "./path-patching.ts";
export {
  informationMoves,
  type InformationMoves,
  type InformationMovesOptions,
} from "./information-moves.ts";
export { pathExpansion, type PathExpansion } from "./path-expansion.ts";
export { termImportance, type TermImportance } from "./term-importance.ts";
export { keyCompositionCircuit, virtualOV } from "./virtual-heads.ts";
export {
  headRoles,
  repeatedTokens,
  type HeadRole,
  type HeadRoles,
  type RepeatedTokensOptions,
} from "./head-roles.ts";
export { singularDirections, type SingularDirection } from "./singular-directions.ts";
export {
  skipTrigramBug,
  skipTrigramTable,
  type SkipTrigramBug,
  type SkipTrigramEntry,
  type SkipTrigramOptions,
} from "./skip-trigrams.ts";
export { modelReport, type ModelReport, type TextReport } from "./report/model-report.ts";
export { reportJson, reportJsonText } from "./report/report-json.ts";
export { reportPage } from "./report/report-page.ts";
export { reportText } from "./report/report-text.ts";
export type { Metric } from "./variants.ts";
