export { DirectionError } from "./errors.ts";
export { relation, RelationError, scale, type Relation, type Scale } from "./relation.ts";
export { COLOURS, GRADED_OPPOSITES, INTENSITY, SCALES, UNGRADED_RELATIONS } from "./word-sets.ts";
export {
  areaUnderCurve,
  bootstrapInterval,
  falseDiscoveryRates,
  nullComparison,
  rankCorrelation,
  type NullComparison,
} from "./statistics.ts";
export {
  isBasisDependent,
  placeName,
  places,
  type CoordinatePart,
  type HeadPart,
  type ModelPlace,
  type ResidualPart,
  type SubspacePart,
} from "./place.ts";
export type { Subject } from "./words-in-text.ts";
export { readWords, type ReadingOptions, type SkippedWord, type WordReading } from "./vectors.ts";
export {
  commonDirection,
  directionSimilarity,
  directionWords,
  MEASURES,
  pairDifferences,
  relationMeasures,
  scaleProjection,
  type DirectionWords,
  type Extremes,
  type RelationMeasures,
  type ScaleProjection,
} from "./measures.ts";
export { EXCHANGES, shuffledTwin, type Exchange } from "./exchanges.ts";
export { untrainedTwin } from "./nulls.ts";
export type { PermutationTest } from "./permutation-tests.ts";
export type { RelationKind } from "./verdict.ts";
export { relationAt, type ExperimentOptions, type NullName, type RelationFinding } from "./experiment.ts";
export {
  mergeSweeps,
  sweep,
  sweepRows,
  type RankedRow,
  type Sweep,
  type SweepOptions,
  type SweepRow,
} from "./sweep.ts";
export type { SweepCache } from "./sweep-cache.ts";
export {
  headProjections,
  relationParallelogram,
  relationPlane,
  sweepMap,
  wordScale,
  type HeadPlace,
  type MapQuantity,
} from "./figures.ts";
export { exampleRelationsFile, readRelationsFile, type RelationsFile } from "./relations-file.ts";
export {
  loadSweep,
  mergedSweepFile,
  readSweepFile,
  saveSweep,
  SWEEP_FORMAT,
  SWEEP_VERSION,
  sweepFileText,
  sweepOptions,
  type SweepFile,
} from "./sweep-file.ts";
export { sweepPage } from "./sweep-page.ts";
export { sweepText } from "./sweep-text.ts";
export {
  plantedDirections,
  type PlantedOptions,
  type PlantedPlace,
  type PlantedRelation,
  type PlantedSpecification,
} from "./planted.ts";
export {
  directionGains,
  directionMoves,
  type DirectionGains,
  type DirectionMove,
  type DirectionMoves,
} from "./moves.ts";
export { directionCause, type CauseOptions, type CausePrompt, type DirectionCause } from "./cause.ts";
export { comparedExperiments, loadExperiment, saveExperiment, type Experiment } from "./experiment-file.ts";
