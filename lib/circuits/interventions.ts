import { intervention, type Intervention, type Run, type Transformer } from "../models/transformer/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { HeadError } from "./errors.ts";

/** Ways of changing what one head does, each a value for `model.with(…)` or a run's `interventions`. */
export interface HeadInterventions {
  /** The head adds nothing. */
  zeroed(): Intervention;
  /** What the head adds, times `factor`: 0 silences, −1 turns round, 2 doubles. */
  scaled(factor: number): Intervention;
  /** The head does what it did in another run, which kept this layer's `z`; of the same length, or as long as the axis that is missing. */
  replacedBy(other: { readonly activations: object }): Intervention;
  /** The head always adds the mean of what it added over `runs` (each kept this layer's `z`), over all their positions. */
  meanAblated(runs: readonly { readonly activations: object }[]): Intervention;
  /** What the head adds loses its part along `direction` in the residual stream. */
  projectedOut(direction: Tensor<["embedding"]>): Intervention;
  /** What the head adds gets `direction` added, at every position. */
  steered(direction: Tensor<["embedding"]>): Intervention;
  /** The head attends as it did in another run, which kept this layer's `pattern`; values are computed anew. */
  patternFrozen(other: { readonly activations: object }): Intervention;
}

/** The interventions on head `index` of block `layer`; {@link Head} has them as its own methods. */
export function headInterventions(model: Transformer, layer: number, index: number): HeadInterventions {
  const { heads } = model.configuration;
  const isHead = tensor(
    ["head"],
    Float64Array.from({ length: heads }, (_, at) => (at === index ? 1 : 0)),
  );
  const isOther = isHead.map((one) => 1 - one);
  const z = `blocks.${layer}.z` as const;
  const result = `blocks.${layer}.result` as const;
  const pattern = `blocks.${layer}.pattern` as const;
  const scaled = (factor: number) =>
    intervention(z, (values) => values.times(isOther.plus(isHead.times(factor))));
  return {
    scaled,
    zeroed: () => scaled(0),
    replacedBy: (other) => {
      const theirs = kept<["query", "head", "value"]>(other, z);
      return intervention(z, (values) => values.times(isOther).plus(theirs.times(isHead)));
    },
    meanAblated: (runs) => {
      if (runs.length === 0) throw new HeadError(`the mean of head ${layer}.${index} needs at least one run`);
      const sums = runs.map((run) => kept<["query", "head", "value"]>(run, z));
      const count = sums.reduce((total, each) => total + each.sizeOf("query"), 0);
      const mean = sums
        .map((each) => each.sum("query"))
        .reduce((total, each) => total.plus(each))
        .times(1 / count);
      return intervention(z, (values) => values.times(isOther).plus(mean.times(isHead)));
    },
    projectedOut: (direction) => {
      const unit = unitVector(direction);
      return intervention(result, (results) =>
        results.minus(results.dot(unit, "embedding").times(isHead).outer(unit)),
      );
    },
    steered: (direction) => intervention(result, (results) => results.plus(isHead.outer(direction))),
    patternFrozen: (other) => {
      const theirs = kept<["head", "query", "key"]>(other, pattern);
      return intervention(pattern, (patterns) => patterns.times(isOther).plus(theirs.times(isHead)));
    },
  };
}

/** All heads of all layers attend as they did in another run, which kept every `pattern`: what values do is computed anew. */
export function frozenPatterns(
  model: Transformer,
  other: Pick<Run<["blocks.*.pattern"]>, "activations">,
): Intervention[] {
  return Array.from({ length: model.configuration.layers }, (_, layer) => {
    const name = `blocks.${layer}.pattern` as const;
    const theirs = kept<["head", "query", "key"]>(other, name);
    return intervention(name, (patterns) => patterns.times(0).plus(theirs));
  });
}

/** What a run kept at `name`. */
function kept<A extends readonly string[]>(
  { activations }: { readonly activations: object },
  name: string,
): Tensor<A> {
  const found = (activations as Readonly<Record<string, Tensor<A> | undefined>>)[name];
  // put on other tokens on purpose: its words don't go with it
  if (found) return found.withoutLabels();
  throw new HeadError(`the other run kept no ${name}; run it with { keep: ["${name}"] }`);
}

/** `direction` at length 1. */
function unitVector(direction: Tensor<["embedding"]>): Tensor<["embedding"]> {
  const length = direction.norm();
  if (!(length > 0 && Number.isFinite(length)))
    throw new HeadError(`a direction needs a length above 0; this one has ${length}`);
  return direction.times(1 / length);
}
