import type { Tensor } from "../../tensor/index.ts";
import type { TransformerConfiguration } from "./configuration.ts";
import type { HookAxes, HookName, HookPattern, HooksOf } from "./hooks.ts";

/** What an intervention knows of the place where it works. */
export interface HookContext {
  readonly name: HookName;
  /** The block's number; `undefined` outside the blocks. */
  readonly layer: number | undefined;
  /** The tokens of each sequence of the batch, as words. */
  readonly tokens: readonly (readonly string[])[];
  readonly configuration: TransformerConfiguration;
}

/** An activation during a run: its own axes after the axis `batch`, which is 1 long in `run`. */
export type Batched<N extends string> = Tensor<["batch", ...HookAxes<N>]>;

/**
 * A change to a model's computation, as a value: at every hook point that `at` stands for, what `apply` returns takes the activation's place.
 * Made by {@link intervention}, given to `run`; nothing is changed in the model.
 */
export interface Intervention {
  readonly at: HookPattern;
  /** From an activation to what takes its place. */
  readonly apply: (activation: Tensor<readonly string[]>, context: HookContext) => Tensor<readonly string[]>;
}

/**
 * An intervention at a hook point (or at all that a pattern stands for). `apply` is a pure function from the activation to what takes its
 * place: the same axes (in any order) and sizes. Several interventions at one point apply one after the other.
 *
 * @example
 * const silenced = intervention("blocks.0.z", (z) => z.times(0)); // no head of layer 0 says anything
 */
export function intervention<const P extends HookPattern>(
  at: P,
  apply: (activation: Batched<HooksOf<P>>, context: HookContext) => Tensor<readonly string[]>,
): Intervention {
  return { at, apply: apply as unknown as Intervention["apply"] };
}
