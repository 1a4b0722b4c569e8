import {
  arithmeticOfBackend,
  scopesOpenNow,
  type Arithmetic,
  type Numbers,
} from "../backend/operations/index.ts";
import { Transformer, parameterSpecifications } from "../models/transformer/index.ts";
import { unarranged, UploadedWeights } from "../models/transformer/uploaded-weights.ts";
import { DISPLAY, type Displayable, type MimeBundle } from "../display/index.ts";
import type { AdamOptions, AdamState } from "./adam-options.ts";
import { Adam } from "./adam.ts";
import type { Batches } from "./batch.ts";
import { TrainingError } from "./errors.ts";
import { TrainingProgress } from "./progress.ts";
import type { Schedule } from "./schedule.ts";
import { lossAndGradients } from "./training-step.ts";

/** How a model is trained. */
export interface TrainingOptions extends AdamOptions {
  /** How many steps in all. */
  readonly steps: number;
  /** Default: the learning rate stays as it is. */
  readonly schedule?: Schedule;
  /** A loss that no model can go below on this data, to draw beside the curve. */
  readonly floor?: number;
}

/** Milliseconds of work between two pauses in which other code, and an interrupt, gets its turn. */
const BETWEEN_PAUSES = 50;

/**
 * A training run: the state of a model that learns. It does a step when it is asked to, never in the background: by {@link run}, or
 * step by step by `for await (const progress of training)`. Stopped at any time (a cell's stop button, `break`), it keeps what it has learnt:
 * {@link model} is the model so far, and `run` goes on from there.
 *
 * @example
 * const training = trainModel(model, wholeCorpus(corpus), { steps: 300, learningRate: 0.01 });
 * for await (const progress of training) shown.update(progress);
 * training.model.next(["check", "the"]);
 */
export class Training implements Displayable, AsyncIterable<TrainingProgress> {
  readonly #start: Transformer;
  readonly #batches: Batches;
  readonly #options: TrainingOptions;
  readonly #arithmetic: Arithmetic = arithmeticOfBackend();
  readonly #uploaded: UploadedWeights;
  readonly #weights: Map<string, Numbers>;
  readonly #adam: Adam;
  readonly #losses: number[] = [];
  #seconds = 0;
  #timed = 0;
  #model: Transformer | undefined;
  /** There while a step is taken; still there afterwards, when an interrupt cut it off: frees what it left behind. */
  #tidyUp: (() => void) | undefined;

  /** Not for cells: {@link trainModel}. */
  constructor(model: Transformer, batches: Batches, options: TrainingOptions) {
    if (!Number.isInteger(options.steps) || options.steps < 1) {
      throw new TrainingError(`The number of steps is ${options.steps}; it must be a whole number above 0.`);
    }
    this.#start = model;
    this.#batches = batches;
    this.#options = options;
    this.#adam = new Adam(this.#arithmetic, options);
    this.#uploaded = new UploadedWeights(this.#arithmetic, model.configuration, model.parameters);
    this.#weights = this.#uploaded.weights as Map<string, Numbers>;
    memory.register(this, [this.#uploaded, this.#adam], this);
  }

  /** Steps done. */
  get step(): number {
    return this.#losses.length;
  }

  /** How many steps it will have taken at its end. */
  get steps(): number {
    return this.#options.steps;
  }

  /** Whether all steps are taken. */
  get isFinished(): boolean {
    return this.step >= this.steps;
  }

  /** The loss of every step so far, in nats, each measured before the step changed the weights. */
  get losses(): readonly number[] {
    return this.#losses;
  }

  /** What is known up to now. */
  get progress(): TrainingProgress {
    const left = this.#timed === 0 ? undefined : (this.#seconds / this.#timed) * (this.steps - this.step);
    return new TrainingProgress(this.steps, [...this.#losses], left, this.#options.floor);
  }

  /** The model with the weights that it has now. */
  get model(): Transformer {
    if (this.#model === undefined) {
      const { configuration, vocabulary, sourceVocabulary, end } = this.#start;
      const parameters = new Map(
        parameterSpecifications(configuration).map((specification) => {
          const data = this.#weights.get(specification.name)?.dataSync<"float32">() ?? new Float32Array();
          return [specification.name, unarranged(specification, data)];
        }),
      );
      this.#model = new Transformer(configuration, parameters, { vocabulary, sourceVocabulary, end });
    }
    return this.#model;
  }

  /**
   * One step.
   * @returns the loss before it, in nats
   * @throws {TrainingError} when the loss is no longer finite; the weights stay as they were before the step
   */
  takeStep(): number {
    this.#tidyUp?.();
    this.#tidyUp = scopesOpenNow(this.#arithmetic);
    const started = performance.now();
    const loss = lossAndGradients(
      this.#arithmetic,
      this.#start.configuration,
      this.#weights,
      this.#batches(this.step),
      (value, gradients) => {
        if (!Number.isFinite(value)) {
          throw new TrainingError(
            `The loss is ${value} at step ${this.step}: the weights have grown beyond bounds. Try a lower learning rate, or \`clip\`.`,
          );
        }
        this.#adam.step(this.#weights, gradients, this.#options.schedule?.(this.step) ?? 1);
        return value;
      },
    );
    this.#tidyUp = undefined;
    this.#model = undefined;
    this.#losses.push(loss);
    this.#seconds += (performance.now() - started) / 1000;
    this.#timed++;
    return loss;
  }

  /**
   * Trains to the end (or to `until`), with a short pause every 50 ms in which other code runs; `onProgress` is called after each pause.
   * @returns the model
   */
  async run(
    options: { readonly until?: number; readonly onProgress?: (progress: TrainingProgress) => void } = {},
  ): Promise<Transformer> {
    const { until = this.steps, onProgress } = options;
    for await (const progress of this) {
      onProgress?.(progress);
      if (this.step >= until) break;
    }
    return this.model;
  }

  /** Trains on while it is asked for more: each turn is about 50 ms of steps, then a pause. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TrainingProgress, void, undefined> {
    while (this.step < this.steps) {
      // The global timer: a kernel that clears a stopped cell's timers ends the work here, between two steps.
      await new Promise<void>((resolve) => setImmediate(resolve));
      const end = performance.now() + BETWEEN_PAUSES;
      while (this.step < this.steps) {
        this.takeStep();
        if (performance.now() >= end) break;
      }
      yield this.progress;
    }
  }

  /** What is needed, beside the model and the batches, to go on exactly from here. */
  state(): { readonly losses: readonly number[]; readonly adam: AdamState } {
    return { losses: [...this.#losses], adam: this.#adam.state() };
  }

  /** Goes on from a stored state; the model that the training was made with has the weights of that moment. */
  restore(state: { readonly losses: readonly number[]; readonly adam: AdamState }): void {
    this.#losses.splice(0, this.#losses.length, ...state.losses);
    this.#adam.restore(state.adam, this.#weights);
  }

  /** Frees the memory of the run at once, instead of when it is no longer reachable. {@link model} must be read before. */
  release(): void {
    memory.unregister(this);
    this.#uploaded.dispose();
    this.#adam.dispose();
  }

  toString(): string {
    return this.progress.toString();
  }

  /** As its progress is shown. */
  [DISPLAY](): MimeBundle {
    return this.progress[DISPLAY]();
  }
}

/** Frees what a training run holds in the backend's memory when the run itself is no longer reachable. */
const memory = new FinalizationRegistry<readonly { dispose(): void }[]>((held) => {
  for (const each of held) each.dispose();
});

/**
 * A training run for `model`, at its start: nothing is done before it is asked for. The model itself never changes; the run has its own weights.
 *
 * @param batches what each step learns from, a function of the step's number ({@link wholeCorpus}, {@link textBatches}, …)
 * @throws {TrainingError} for settings out of their range
 */
export function trainModel(model: Transformer, batches: Batches, options: TrainingOptions): Training {
  return new Training(model, batches, options);
}
