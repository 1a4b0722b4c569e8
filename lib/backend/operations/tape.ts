import type { Numbers } from "./arithmetic.ts";

/** Gradients with regard to an operation's inputs, in their order; `undefined` where none is wanted. */
export type Backward = (dy: Numbers, wants: readonly boolean[]) => readonly (Numbers | undefined)[];

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
   * `add` adds two tensors of equal shape.
   */
  gradients(
    output: Numbers,
    seed: Numbers,
    of: readonly Numbers[],
    add: (a: Numbers, b: Numbers) => Numbers,
  ): (Numbers | undefined)[] {
    const gradients = new Map<number, Numbers>([[output.id, seed]]);
    const kept = new Set(of.map(({ id }) => id));
    for (const { output: result, inputs, wants, backward } of this.#steps.toReversed()) {
      const dy = gradients.get(result.id);
      if (dy === undefined) continue;
      if (!kept.has(result.id)) gradients.delete(result.id);
      for (const [i, gradient] of backward(dy, wants).entries()) {
        const input = inputs[i];
        if (gradient === undefined || input === undefined || wants[i] !== true) continue;
        const before = gradients.get(input.id);
        gradients.set(input.id, before === undefined ? gradient : add(before, gradient));
      }
    }
    return of.map(({ id }) => gradients.get(id));
  }
}
