import { numbersOf, numbersWhenRead, type Arithmetic, type Numbers } from "../../backend/operations/index.ts";
import type { Tensor } from "../../tensor/index.ts";
import type { TransformerConfiguration } from "./configuration.ts";
import { InterventionError } from "./errors.ts";
import type { Tap } from "./forward.ts";
import { hookTensor, layerOfHook, replacementData, type Labels } from "./hook-tensors.ts";
import { hookNames, matchingHooks, type HookName } from "./hooks.ts";
import type { Intervention } from "./intervention.ts";

/** What one run wants of its hook points. */
export interface TapPlan {
  readonly keep: readonly string[];
  readonly interventions: readonly Intervention[];
  /** Hook points with regard to which gradients are wanted. */
  readonly gradients: readonly string[];
}

/** A value seen at a hook point, with its shape. */
export interface Seen {
  readonly value: Numbers;
  readonly shape: readonly number[];
}

/** Keeps what is wanted, applies interventions, watches what gradients are wanted for; lives for one run. */
export class RecordingTap implements Tap {
  /** Activations to keep, as named tensors with the batch axis if the run has one. */
  readonly kept = new Map<HookName, Tensor<readonly string[]>>();
  /** Tensors to take gradients for. */
  readonly watched = new Map<HookName, Seen>();
  readonly #arithmetic: Arithmetic;
  readonly #configuration: TransformerConfiguration;
  readonly #labels: Labels;
  readonly #isBatched: boolean;
  readonly #keep: ReadonlySet<string>;
  readonly #gradients: ReadonlySet<string>;
  readonly #readers = new WeakMap<Numbers, () => Float32Array>();
  readonly #changes = new Map<string, Intervention[]>();

  /** @throws {UnknownHookError} for a name or pattern that matches nothing */
  constructor(
    arithmetic: Arithmetic,
    configuration: TransformerConfiguration,
    plan: TapPlan,
    labels: Labels,
    isBatched: boolean,
  ) {
    this.#arithmetic = arithmetic;
    this.#configuration = configuration;
    this.#labels = labels;
    this.#isBatched = isBatched;
    const known = hookNames(configuration);
    this.#keep = new Set(plan.keep.flatMap((pattern) => matchingHooks(pattern, known)));
    this.#gradients = new Set(plan.gradients.flatMap((pattern) => matchingHooks(pattern, known)));
    for (const change of plan.interventions) {
      for (const name of matchingHooks(change.at, known)) {
        if (name.endsWith("NormScale")) {
          throw new InterventionError(
            name,
            "has no effect: the scale is only reported; change what the norm reads or gives",
          );
        }
        this.#changes.set(name, [...(this.#changes.get(name) ?? []), change]);
      }
    }
  }

  wants(name: string): boolean {
    return this.#keep.has(name) || this.isOnPath(name);
  }

  isOnPath(name: string): boolean {
    return this.#changes.has(name) || this.#gradients.has(name);
  }

  at(name: string, value: Numbers, shape: readonly number[]): Numbers {
    const hook = name as HookName;
    let current = value;
    for (const change of this.#changes.get(name) ?? []) current = this.#changed(hook, change, current, shape);
    if (this.#gradients.has(name)) {
      // A tensor of its own: without a norm attention's input is the residual stream itself, which goes on along other paths too.
      const { tf, tape } = this.#arithmetic;
      const before = current;
      current = tf.clone(before);
      tape?.record(current, [before], (dy) => [dy]);
      tape?.watch(current);
      this.watched.set(hook, { value: current, shape });
    }
    if (this.#keep.has(name)) {
      this.kept.set(hook, hookTensor(name, this.whenRead(current), shape, this.#labels, this.#isBatched));
    }
    return current;
  }

  /** What gives a value's numbers: one for a tensor that is seen at several places, like the residual stream between two blocks. */
  whenRead(value: Numbers): () => Float32Array {
    const reader = this.#readers.get(value) ?? numbersWhenRead(this.#arithmetic, value);
    this.#readers.set(value, reader);
    return reader;
  }

  #changed(name: HookName, change: Intervention, value: Numbers, shape: readonly number[]): Numbers {
    const numbers = numbersOf(this.#arithmetic, value);
    const activation = hookTensor(name, () => numbers, shape, this.#labels, true);
    const result = change.apply(activation, {
      name,
      layer: layerOfHook(name),
      tokens: this.#labels.tokens,
      configuration: this.#configuration,
    });
    if (result === activation) return value;
    return this.#arithmetic.tf.tensor(replacementData(name, result, shape), value.shape);
  }
}
