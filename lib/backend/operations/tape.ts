import type { Numbers } from "./arithmetic.ts";

/**
 * Gradients with regard to an operation's inputs, in their order; `undefined` where none is wanted. `soFar` has what is known of an input's gradient, where nobody else
 * needs that tensor: an operation that adds its share to it gives it back.
 */
export type Backward = (
  dy: Numbers,
  wants: readonly boolean[],
  soFar: readonly (Numbers | undefined)[],
) => readonly (Numbers | undefined)[];

interface Step {
  readonly output: Numbers;
  readonly inputs: readonly (Numbers | undefined)[];
  readonly wants: readonly boolean[];
  readonly backward: Backward;
}

/**
 * What was computed from watched tensors, in order, so that gradients can be taken backwards: with regard to parameters as well as to any
 * activation on the way. It holds tensors that live as long as the surrounding `tidy`.
 */
export class Tape {
  readonly #steps: Step[] = [];
  readonly #watched = new Set<number>();

  /** Gradients with regard to `tensor` are wanted: what is computed from it from now on is recorded. */
  watch(tensor: Numbers): void {
    this.#watched.add(tensor.id);
  }

  /** Records that `output` came from `inputs`, if a watched tensor is among them. */
  record(output: Numbers, inputs: readonly (Numbers | undefined)[], backward: Backward): void {
    const wants = inputs.map((input) => input !== undefined && this.#watched.has(input.id));
    if (!wants.includes(true)) return;
    this.#watched.add(output.id);
    this.#steps.push({ output, inputs, wants, backward });
  }

  /**
   * The gradients of the sum of `seed` ∘ `output` with regard to each of `of`; `undefined` where nothing of it reached the output.
   * `add` adds two tensors of equal shape. To be asked once: operations may put gradients in the place of what they no longer need.
   *
   * With `frees` what was recorded is used up, and so is the seed: a tensor is freed as soon as nothing before it needs it, which halves the memory of a
   * training step. `output` stays, and so do tensors that were watched. Shares are then added in place where `isAlone` says that no other tensor lies in that memory.
   */
  gradients(
    output: Numbers,
    seed: Numbers,
    of: readonly Numbers[],
    add: (a: Numbers, b: Numbers) => Numbers,
    options: GradientOptions = {},
  ): (Numbers | undefined)[] {
    const { frees = false } = options;
    const gradients = new Gradients(add, options);
    gradients.put(output, seed);
    const asked = new Set(of);
    for (const { output: result, inputs, wants, backward } of this.#steps.toReversed()) {
      const dy = gradients.of(result);
      if (dy === undefined) continue;
      const soFar = inputs.map((input) => input && gradients.ownOf(input));
      for (const [i, gradient] of backward(dy, wants, soFar).entries()) {
        const input = inputs[i];
        if (gradient === undefined || input === undefined || wants[i] !== true) continue;
        if (gradient !== soFar[i]) gradients.put(input, gradient);
      }
      if (asked.has(result)) continue;
      gradients.drop(result);
      if (frees && result !== output) result.dispose();
    }
    return of.map((tensor) => gradients.of(tensor));
  }
}

/** How gradients may be computed. */
export interface GradientOptions {
  readonly frees?: boolean;
  /** Whether a tensor shares its memory with no other one. */
  readonly isAlone?: (tensor: Numbers) => boolean;
}

/** The gradients known so far, by the tensor that each belongs to. */
class Gradients {
  readonly #add: (a: Numbers, b: Numbers) => Numbers;
  readonly #frees: boolean;
  readonly #isAlone: (tensor: Numbers) => boolean;
  readonly #byTensor = new Map<number, Numbers>();
  /** To how many tensors each belongs: an addition hands its own on to both sides. */
  readonly #uses = new Map<Numbers, number>();

  constructor(
    add: (a: Numbers, b: Numbers) => Numbers,
    { frees = false, isAlone = () => false }: GradientOptions,
  ) {
    this.#add = add;
    this.#frees = frees;
    this.#isAlone = isAlone;
  }

  of(tensor: Numbers): Numbers | undefined {
    return this.#byTensor.get(tensor.id);
  }

  /** A tensor's gradient, if it is freed here and nothing else needs it or lies in its memory: then it may be written to. */
  ownOf(tensor: Numbers): Numbers | undefined {
    const gradient = this.of(tensor);
    if (!this.#frees || gradient === undefined || this.#uses.get(gradient) !== 1) return undefined;
    return this.#isAlone(gradient) ? gradient : undefined;
  }

  /** A further share of a tensor's gradient. */
  put(tensor: Numbers, share: Numbers): void {
    this.#use(share, 1);
    const before = this.#byTensor.get(tensor.id);
    if (before === undefined) {
      this.#byTensor.set(tensor.id, share);
      return;
    }
    const sum = this.#add(before, share);
    this.#use(sum, 1);
    this.#byTensor.set(tensor.id, sum);
    this.#use(before, -1);
    this.#use(share, -1);
  }

  /** No longer needed. */
  drop(tensor: Numbers): void {
    const gradient = this.#byTensor.get(tensor.id);
    if (gradient === undefined) return;
    this.#byTensor.delete(tensor.id);
    this.#use(gradient, -1);
  }

  #use(gradient: Numbers, change: 1 | -1): void {
    const uses = (this.#uses.get(gradient) ?? 0) + change;
    this.#uses.set(gradient, uses);
    if (uses === 0 && this.#frees) gradient.dispose();
  }
}
