import type { Prefix, Token, Transformer } from "../models/transformer/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { unembeddingColumn } from "./unembedding-column.ts";

/** A number from the logits of one position: a function of them. */
export interface Metric {
  (logits: Tensor<["vocabulary"]>): number;
  /** Where the metric is a weighted sum of a few logits: which, and their weights. Then no other logits are computed. */
  readonly weights?: readonly (readonly [token: Token, weight: number])[];
}

/** A run, and all that variants of it start from. */
export interface BaseRun {
  readonly tokens: readonly Token[];
  /** The residual stream before each block, and after the last one: [position, embedding]. */
  readonly residuals: readonly Float32Array[];
  /** What the heads of each block mix, z: [position, head, value]. */
  readonly mixes: readonly Float32Array[];
  /** What later positions see of the earlier ones; only of a decoder that is not changed. */
  readonly prefix?: Prefix;
}

/** One way in which a run is changed: some vectors of the residual stream, before one block. */
export interface Variant {
  /** Before this block; the number of blocks: after the last one. */
  readonly layer: number;
  /** The position of the first changed vector. */
  readonly position: number;
  /** The vectors that take the residual stream's place there, [position, embedding] for as many positions as it is long. */
  readonly residual: Float32Array;
}

/** How many rows of the residual stream go through a block at once. */
const ROWS = 640;

/** What variants of a run of `tokens` start from. */
export function baseRun(model: Transformer, tokens: readonly Token[]): BaseRun {
  const { layers, kind } = model.configuration;
  const { activations, residual } = model.run(tokens, {
    keep: layers > 0 ? ["blocks.*.residualBefore", "blocks.*.z"] : [],
    until: layers,
    logits: "none",
  });
  const residuals = Array.from({ length: layers }, (_, layer) =>
    numbersOf(activations[`blocks.${layer}.residualBefore`]),
  );
  residuals.push(numbersOf(residual));
  return {
    tokens,
    residuals,
    mixes: Array.from({ length: layers }, (_, layer) => numbersOf(activations[`blocks.${layer}.z`])),
    ...(kind === "decoder" && !model.isChanged && { prefix: model.prefix(tokens) }),
  };
}

/**
 * The metric of each variant of a run, at the last position.
 *
 * Positions before a variant's first are not computed: in a decoder they are the base run's, whose keys and values are used again. Variants
 * that start at one position go through the blocks together, each from its own layer on, so that every block's weights are read
 * once for all of them. The result is that of a whole pass with the vectors replaced.
 */
export function variantMetrics(
  model: Transformer,
  base: BaseRun,
  metric: Metric,
  variants: readonly Variant[],
): number[] {
  const { embedding } = model.configuration;
  if (model.isChanged) return variants.map((variant) => wholeMetric(model, base, metric, variant));
  const last = new Float32Array(variants.length * embedding);
  for (const [position, places] of byFirstPosition(base, variants)) {
    const size = Math.max(1, Math.floor(ROWS / (base.tokens.length - position)));
    for (let start = 0; start < places.length; start += size)
      throughBlocks(model, base, position, variants, places.slice(start, start + size), last);
  }
  return metricsOf(model, metric, last);
}

/** The metric of each residual stream, after the last block and before the final norm, [batch, embedding]. */
function metricsOf(model: Transformer, metric: Metric, residuals: Float32Array): number[] {
  const { layers, embedding } = model.configuration;
  const [token = 0] = metric.weights?.[0] ?? [];
  const results: number[] = [];
  // a metric of few logits wants the vectors after the final norm alone
  const size = metric.weights ? ROWS : 64;
  for (let start = 0; start < residuals.length / embedding; start += size) {
    const batch = residuals.subarray(start * embedding, (start + size) * embedding);
    const count = batch.length / embedding;
    const run = model.runBatch(
      Array.from({ length: count }, () => [token]),
      {
        from: {
          layer: layers,
          residual: tensor(["batch", "position", "embedding"], batch, { shape: [count, 1, embedding] }),
        },
        logits: metric.weights ? "none" : "all",
      },
    );
    results.push(
      ...(metric.weights
        ? weighted(model, metric.weights, run.residual.data)
        : Array.from({ length: count }, (_, row) => metric(run.logits.at({ batch: row, position: 0 })))),
    );
  }
  return results;
}

/** For each vector after the final norm the weighted sum of a few logits, in double precision. */
function weighted(
  model: Transformer,
  weights: NonNullable<Metric["weights"]>,
  normed: ArrayLike<number>,
): number[] {
  const { embedding } = model.configuration;
  const direction = new Float64Array(embedding);
  let constant = 0;
  for (const [token, weight] of weights) {
    const { vector, bias } = unembeddingColumn(model, token);
    constant += weight * bias;
    for (let at = 0; at < embedding; at++) direction[at] = (direction[at] ?? 0) + weight * (vector[at] ?? 0);
  }
  return Array.from({ length: normed.length / embedding }, (_, row) => {
    let sum = constant;
    for (let at = 0; at < embedding; at++) sum += (normed[row * embedding + at] ?? 0) * (direction[at] ?? 0);
    return sum;
  });
}

/** The metric of a variant in a model whose changes may depend on the whole sequence. */
function wholeMetric(model: Transformer, base: BaseRun, metric: Metric, variant: Variant): number {
  const { embedding } = model.configuration;
  const residual = tensor(["position", "embedding"], startOf(base, 0, variant, embedding), {
    shape: [base.tokens.length, embedding],
  });
  const { logits } = model.run(base.tokens, { from: { layer: variant.layer, residual }, logits: "last" });
  return metric(logits.at({ position: 0 }));
}

/** The places of variants by the first position that has to be computed, each in the order of their layers. */
function byFirstPosition(base: BaseRun, variants: readonly Variant[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const [place, { position }] of variants.entries()) {
    const first = base.prefix ? position : 0;
    groups.set(first, [...(groups.get(first) ?? []), place]);
  }
  const layerOf = (place: number) => variants[place]?.layer ?? 0;
  for (const places of groups.values()) places.sort((a, b) => layerOf(a) - layerOf(b));
  return groups;
}

/** Runs the variants in `places` from position `first` to the end and puts the last position's vector of each into `last`. */
function throughBlocks(
  model: Transformer,
  base: BaseRun,
  first: number,
  variants: readonly Variant[],
  places: readonly number[],
  last: Float32Array,
): void {
  const { layers, embedding } = model.configuration;
  const tokens = base.tokens.slice(first);
  const length = tokens.length * embedding;
  const after = first > 0 ? base.prefix?.upTo(first) : undefined;
  let running = new Float32Array();
  for (let next = 0, layer = variants[places[0] ?? 0]?.layer ?? layers; ;) {
    const starting: Float32Array[] = [];
    for (; next < places.length && variants[places[next] ?? 0]?.layer === layer; next++)
      starting.push(startOf(base, first, variants[places[next] ?? 0], embedding));
    running = joined([running, ...starting]);
    if (layer === layers) break;
    const until = variants[places[next] ?? -1]?.layer ?? layers;
    const count = running.length / length;
    const residual = tensor(["batch", "position", "embedding"], running, {
      shape: [count, tokens.length, embedding],
      copy: false,
    });
    running = numbersOf(
      model.runBatch(
        Array.from({ length: count }, () => tokens),
        { from: { layer, residual, ...(after && { after }) }, until, logits: "none" },
      ).residual,
    );
    layer = until;
  }
  for (const [row, place] of places.entries())
    last.set(running.subarray((row + 1) * length - embedding, (row + 1) * length), place * embedding);
}

/** The residual stream that a variant starts with, from position `first` on: the base run's but for the vectors that are changed. */
function startOf(
  base: BaseRun,
  first: number,
  variant: Variant | undefined,
  embedding: number,
): Float32Array {
  const before = base.residuals[variant?.layer ?? 0] ?? new Float32Array();
  const start = before.slice(first * embedding);
  if (variant) start.set(variant.residual, (variant.position - first) * embedding);
  return start;
}

/** Several lists of numbers as one. */
export function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** An activation's numbers as they are stored. */
export function numbersOf(activation: Tensor<readonly string[]> | undefined): Float32Array<ArrayBuffer> {
  return Float32Array.from(activation?.data ?? []);
}
