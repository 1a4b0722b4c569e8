import { TrainingError } from "./errors.ts";

/** What the learning rate is multiplied with in each step, counted from 0. */
export type Schedule = (step: number) => number;

/**
 * From 0 straight up to 1 over `warmUp` steps, then down half a cosine to `least` at `steps` (Loshchilov & Hutter 2016, without restarts).
 *
 * @throws {TrainingError} when the warm-up is longer than the run
 * @example cosineSchedule({ steps: 100, warmUp: 10 })(9) // 1
 */
export function cosineSchedule(options: {
  readonly steps: number;
  readonly warmUp?: number;
  readonly least?: number;
}): Schedule {
  const { steps, warmUp = 0, least = 0.1 } = options;
  if (warmUp > steps) throw new TrainingError(`A warm-up of ${warmUp} steps does not fit in ${steps}.`);
  return (step) => {
    if (step < warmUp) return (step + 1) / warmUp;
    const share = Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp));
    return least + (1 - least) * 0.5 * (1 + Math.cos(Math.PI * share));
  };
}

/** From 0 straight up to 1 over `warmUp` steps, then 1, and `factor` from step `from` on. */
export function stepSchedule(options: {
  readonly warmUp?: number;
  readonly from?: number;
  readonly factor?: number;
}): Schedule {
  const { warmUp = 0, from = Infinity, factor = 1 } = options;
  return (step) => (step < warmUp ? (step + 1) / warmUp : 1) * (step >= from ? factor : 1);
}
