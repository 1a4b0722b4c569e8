import type { Arithmetic, Numbers } from "../backend/operations/index.ts";
import { adamStep, squaredNorm, type AdamMoments } from "../backend/operations/index.ts";
import type { AdamOptions, AdamState } from "./adam-options.ts";
import { TrainingError } from "./errors.ts";

/**
 * Adam with decoupled weight decay. Source: Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2019, algorithm 2; the order of operations is that of
 * PyTorch's `AdamW`.
 */
export class Adam {
  readonly #arithmetic: Arithmetic;
  readonly #options: Required<Omit<AdamOptions, "clip">> & { readonly clip: number };
  readonly #moments = new Map<string, AdamMoments>();
  #steps = 0;

  /** @throws {TrainingError} for a setting out of its range */
  constructor(arithmetic: Arithmetic, options: AdamOptions = {}) {
    const {
      learningRate = 1e-3,
      betas = [0.9, 0.999],
      epsilon = 1e-8,
      weightDecay = 0,
      clip = Infinity,
    } = options;
    if (!(learningRate > 0))
      throw new TrainingError(`The learning rate is ${learningRate}; it must be above 0.`);
    if (!betas.every((beta) => beta >= 0 && beta < 1)) {
      throw new TrainingError(`Adam's betas are ${betas.join(", ")}; each must be at least 0 and below 1.`);
    }
    if (!(epsilon > 0)) throw new TrainingError(`Adam's epsilon is ${epsilon}; it must be above 0.`);
    if (!(weightDecay >= 0))
      throw new TrainingError(`The weight decay is ${weightDecay}; it must be 0 or more.`);
    if (!(clip > 0)) throw new TrainingError(`Gradients cannot be clipped to ${clip}; it must be above 0.`);
    this.#arithmetic = arithmetic;
    this.#options = { learningRate, betas, epsilon, weightDecay, clip };
  }

  /** How many steps were taken. */
  get steps(): number {
    return this.#steps;
  }

  /** One step: replaces each weight that has a gradient. `factor` multiplies the learning rate. */
  step(weights: Map<string, Numbers>, gradients: ReadonlyMap<string, Numbers>, factor: number): void {
    const { learningRate, betas, epsilon, weightDecay } = this.#options;
    const gradientScale = this.#clipping(gradients.values());
    this.#steps++;
    const rate = learningRate * factor;
    for (const [name, gradient] of gradients) {
      const weight = weights.get(name);
      if (weight === undefined) continue;
      let moments = this.#moments.get(name);
      if (moments === undefined) this.#moments.set(name, (moments = this.#zeros(weight)));
      const changed = adamStep(this.#arithmetic, weight, gradient, moments, {
        rate: rate / (1 - betas[0] ** this.#steps),
        betas,
        squareCorrection: 1 / Math.sqrt(1 - betas[1] ** this.#steps),
        epsilon,
        decay: weight.shape.length > 1 ? 1 - rate * weightDecay : 1,
        gradientScale,
      });
      weights.set(name, changed);
    }
  }

  /** What gradients are multiplied with, so that the norm of all of them together is at most `clip`. */
  #clipping(gradients: Iterable<Numbers>): number {
    const { clip } = this.#options;
    if (clip === Infinity) return 1;
    let squares = 0;
    for (const gradient of gradients) squares += squaredNorm(this.#arithmetic, gradient);
    const norm = Math.sqrt(squares);
    return norm > clip ? clip / norm : 1;
  }

  /** The means, to store. */
  state(): AdamState {
    const data = (key: keyof AdamMoments) =>
      new Map([...this.#moments].map(([name, moments]) => [name, moments[key].dataSync<"float32">()]));
    return { steps: this.#steps, means: data("mean"), squares: data("square") };
  }

  /** Goes on from a stored state, in the weights' shapes. */
  restore(state: AdamState, weights: ReadonlyMap<string, Numbers>): void {
    const { tf } = this.#arithmetic;
    this.dispose();
    for (const [name, weight] of weights) {
      const [mean, square] = [state.means.get(name), state.squares.get(name)];
      if (mean?.length !== weight.size || square?.length !== weight.size) continue;
      this.#moments.set(name, {
        mean: tf.keep(tf.tensor(mean, weight.shape)),
        square: tf.keep(tf.tensor(square, weight.shape)),
      });
    }
    this.#steps = state.steps;
  }

  /** Frees the means. */
  dispose(): void {
    for (const { mean, square } of this.#moments.values()) {
      mean.dispose();
      square.dispose();
    }
    this.#moments.clear();
  }

  #zeros(weight: Numbers): AdamMoments {
    const { tf } = this.#arithmetic;
    return { mean: tf.keep(tf.zerosLike(weight)), square: tf.keep(tf.zerosLike(weight)) };
  }
}
