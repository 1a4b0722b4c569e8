export type { AdamOptions, AdamState } from "./adam-options.ts";
export {
  generatedBatches,
  sentenceBatches,
  textBatches,
  wholeCorpus,
  type Batch,
  type Batches,
} from "./batch.ts";
export { CheckpointError, TrainingError } from "./errors.ts";
export { TrainingProgress } from "./progress.ts";
export { cosineSchedule, stepSchedule, type Schedule } from "./schedule.ts";
export { tokenLosses } from "./token-losses.ts";
export { trainModel, Training, type TrainingOptions } from "./training.ts";
export {
  loadCheckpoint,
  resumeTraining,
  saveCheckpoint,
  type Checkpoint,
  type TrainingRecord,
} from "./checkpoint.ts";
export { TRAINED_EXAMPLES, trainedExample, type TrainedExample } from "./trained-example.ts";
