import type { Displayable } from "../display/index.ts";
import {
  InputError,
  intervention,
  type Intervention,
  type Token,
  type Transformer,
} from "../models/transformer/index.ts";
import { stack, tensor, type Tensor } from "../tensor/index.ts";
import { heatmap, heatmapGrid } from "../views/index.ts";
import { shown } from "./shown.ts";

/** What a run is judged by: one number from the logits of the last position. */
export type Metric = (logits: Tensor<["vocabulary"]>) => number;

/** Two runs of equal length that differ in what matters, and what tells them apart. */
export interface PatchingTask {
  /** The run from which activations are taken. */
  readonly clean: readonly Token[];
  /** The run into which they are put. */
  readonly corrupted: readonly Token[];
  readonly metric: Metric;
}

/** The logit of `token` minus that of `against`. */
export function logitDifference(token: Token, against: Token): Metric {
  return (logits) => logits.value({ vocabulary: token }) - logits.value({ vocabulary: against });
}

/** What patching did: the metric in every cell, and what it is without patching. */
export interface PatchingResult<A extends readonly string[]> extends Displayable {
  /**
   * How much of the clean run each patch brings back: (patched − corrupted) / (clean − corrupted).
   * 0: nothing; 1: all of it; exactly 0 where a patch cannot reach the prediction.
   */
  readonly restored: Tensor<A>;
  /** The metric itself after each patch. */
  readonly metric: Tensor<A>;
  readonly clean: number;
  readonly corrupted: number;
}

/** How many sequences run at once. */
const BATCH = 64;

/**
 * Activation patching of the residual stream: before each block (and after the last), at each position, the corrupted run gets the
 * clean run's vector. Each layer is restarted from there, with all positions in one batch: layers/2 forward passes' work for each
 * position instead of a whole pass for each cell.
 *
 * Source: Meng et al. 2022 (causal tracing); the direction clean → corrupted ("denoising") as in Heimersheim & Nanda 2024.
 * @throws InputError for runs of different lengths, or that the metric does not tell apart
 */
export function patchResidual(model: Transformer, task: PatchingTask): PatchingResult<["layer", "position"]> {
  const { layers } = model.configuration;
  const ends = baselines(model, task);
  const [clean, corrupted] = residualsBefore(model, task);
  const length = task.corrupted.length;
  const rows: number[] = [];
  for (let layer = 0; layer <= layers; layer++) {
    const [from, to] = [clean[layer]?.withoutLabels(), corrupted[layer]];
    if (!from || !to) continue;
    rows.push(
      ...inBatches(length, (positions) => {
        const residual = stack(
          positions.map((position) => {
            const isHere = tensor(
              ["position"],
              Float64Array.from({ length }, (_, at) => (at === position ? 1 : 0)),
            );
            return to.plus(from.minus(to).times(isHere));
          }),
          "batch",
        );
        return restarted(model, task, layer, residual, []);
      }),
    );
  }
  const names = [...Array.from({ length: layers }, (_, layer) => `before ${layer}`), "at the end"];
  return result(
    ends,
    tensor(["layer", "position"], Float64Array.from(rows), {
      shape: [layers + 1, length],
      labels: { layer: names, position: words(model, task.corrupted) },
    }),
    "the residual stream",
  );
}

/**
 * Activation patching of heads: what each head mixes (z, at all positions) is the clean run's, everything else the corrupted run's.
 * All heads of a layer run in one batch that starts at their layer.
 */
export function patchHeads(model: Transformer, task: PatchingTask): PatchingResult<["layer", "head"]> {
  const { layers, heads } = model.configuration;
  const ends = baselines(model, task);
  const rows = patchedMixes(model, task, heads, (chosen) =>
    tensor(
      ["batch", "head"],
      chosen.map((head) => Array.from({ length: heads }, (_, at) => (at === head ? 1 : 0))),
    ),
  );
  return result(
    ends,
    tensor(["layer", "head"], Float64Array.from(rows), { shape: [layers, heads], labels: headLabels(model) }),
    "each head",
  );
}

/**
 * Activation patching of heads position by position: as {@link patchHeads}, one cell for each head at each position.
 */
export function patchHeadsByPosition(
  model: Transformer,
  task: PatchingTask,
): PatchingResult<["layer", "head", "position"]> {
  const { layers, heads } = model.configuration;
  const ends = baselines(model, task);
  const length = task.corrupted.length;
  const rows = patchedMixes(model, task, heads * length, (cells) => {
    const data = new Float64Array(cells.length * length * heads);
    for (const [row, cell] of cells.entries()) {
      const [head, position] = [Math.floor(cell / length), cell % length];
      data[(row * length + position) * heads + head] = 1;
    }
    return tensor(["batch", "query", "head"], data, { shape: [cells.length, length, heads], copy: false });
  });
  return result(
    ends,
    tensor(["layer", "head", "position"], Float64Array.from(rows), {
      shape: [layers, heads, length],
      labels: { ...headLabels(model), position: words(model, task.corrupted) },
    }),
    "each head at each position",
  );
}

/**
 * Attribution patching: what {@link patchHeadsByPosition} would find if the model were linear, from one forward and one backward pass:
 * (clean z − corrupted z) · ∂metric/∂z at the corrupted run.
 * Source: Nanda 2023, "Attribution patching"; exact for a linear model.
 * @param task its metric must be linear in the logits: `gradient` says how much each logit counts
 */
export function attributeHeads(
  model: Transformer,
  { clean, corrupted }: Omit<PatchingTask, "metric">,
  gradient: Tensor<["vocabulary"]>,
): Tensor<["layer", "head", "position"]> & Displayable {
  checkLengths({ clean, corrupted });
  const { layers, heads } = model.configuration;
  const length = corrupted.length;
  const theirs = model.run(clean, { keep: ["blocks.*.z"], logits: "none" }).activations;
  const isLast = tensor(
    ["position"],
    Float64Array.from({ length }, (_, at) => (at === length - 1 ? 1 : 0)),
  );
  const run = model.gradients(corrupted, () => isLast.outer(gradient), { keep: ["blocks.*.z"] });
  const data = new Float64Array(layers * heads * length);
  for (let layer = 0; layer < layers; layer++) {
    const name = `blocks.${layer}.z` as const;
    const [from, to, slope] = [theirs[name]?.withoutLabels(), run.activations[name], run.gradients[name]];
    if (!from || !to || !slope) continue;
    const effect = from.minus(to).times(slope).sum("value");
    for (let head = 0; head < heads; head++)
      for (let query = 0; query < length; query++)
        data[(layer * heads + head) * length + query] = effect.value({ query, head });
  }
  const found = tensor(["layer", "head", "position"], data, {
    shape: [layers, heads, length],
    labels: { ...headLabels(model), position: words(model, corrupted) },
    copy: false,
  });
  return shown(found, () =>
    heatmapGrid(found, { title: "Effect of patching each head, estimated by gradients" }),
  );
}

function checkLengths({ clean, corrupted }: Pick<PatchingTask, "clean" | "corrupted">): void {
  if (clean.length !== corrupted.length)
    throw new InputError(
      `Patching needs runs of one length; the clean one has ${clean.length} tokens, the corrupted one ${corrupted.length}.`,
    );
}

export function baselines(model: Transformer, task: PatchingTask): { clean: number; corrupted: number } {
  checkLengths(task);
  const [clean = Number.NaN, corrupted = Number.NaN] = [task.clean, task.corrupted].map((tokens) =>
    task.metric(model.run(tokens, { logits: "last" }).logits.at({ position: 0 })),
  );
  if (!(Math.abs(clean - corrupted) > 1e-9))
    throw new InputError(
      `The metric does not tell the runs apart: ${clean} for the clean one, ${corrupted} for the corrupted one.`,
    );
  return { clean, corrupted };
}

/** The residual streams of both runs before each block, and at the end. */
function residualsBefore(model: Transformer, task: PatchingTask) {
  const { layers } = model.configuration;
  return [task.clean, task.corrupted].map((tokens) => {
    const { activations } = model.run(tokens, {
      keep: ["blocks.*.residualBefore", "blocks.*.residualAfter"],
      logits: "none",
    });
    return Array.from({ length: layers + 1 }, (_, layer) =>
      layer < layers
        ? activations[`blocks.${layer}.residualBefore`]
        : activations[`blocks.${layers - 1}.residualAfter`],
    );
  }) as [
    (Tensor<["position", "embedding"]> | undefined)[],
    (Tensor<["position", "embedding"]> | undefined)[],
  ];
}

/**
 * The metric after each of `cells` patches in every layer, layer by layer: where `isPatched` is 1, what heads mix is the clean run's.
 * Each layer is restarted from the corrupted run's residual stream, many patches in one batch.
 */
function patchedMixes(
  model: Transformer,
  task: PatchingTask,
  cells: number,
  isPatched: (chosen: readonly number[]) => Tensor<readonly ("batch" | "query" | "head")[]>,
): number[] {
  const [, corrupted] = residualsBefore(model, task);
  const { activations } = model.run(task.clean, { keep: ["blocks.*.z"], logits: "none" });
  const rows: number[] = [];
  for (let layer = 0; layer < model.configuration.layers; layer++) {
    const [clean, start] = [activations[`blocks.${layer}.z`]?.withoutLabels(), corrupted[layer]];
    if (!clean || !start) continue;
    rows.push(
      ...inBatches(cells, (chosen) => {
        const mask = isPatched(chosen);
        const patch = intervention(`blocks.${layer}.z`, (z) => z.plus(z.times(-1).plus(clean).times(mask)));
        const residual = stack(
          chosen.map(() => start),
          "batch",
        );
        return restarted(model, task, layer, residual, [patch]);
      }),
    );
  }
  return rows;
}

/** The metric of each sequence of a batch that starts at `layer` with `residual`. */
export function restarted(
  model: Transformer,
  { corrupted, metric }: PatchingTask,
  layer: number,
  residual: Tensor<["batch", "position", "embedding"]>,
  interventions: readonly Intervention[],
): number[] {
  const count = residual.sizeOf("batch");
  const { logits } = model.runBatch(
    Array.from({ length: count }, () => corrupted),
    { from: { layer, residual }, interventions, logits: "last" },
  );
  return Array.from({ length: count }, (_, batch) => metric(logits.at({ batch, position: 0 })));
}

export function inBatches(count: number, run: (places: readonly number[]) => readonly number[]): number[] {
  const results: number[] = [];
  for (let start = 0; start < count; start += BATCH)
    results.push(...run(Array.from({ length: Math.min(BATCH, count - start) }, (_, at) => start + at)));
  return results;
}

export function result<const A extends readonly string[]>(
  { clean, corrupted }: { readonly clean: number; readonly corrupted: number },
  metric: Tensor<A>,
  what: string,
): PatchingResult<A> {
  // + 0: no −0 where nothing is restored
  const restored = metric.map((value) => (value - corrupted) / (clean - corrupted) + 0);
  return shown({ restored, metric, clean, corrupted }, () => {
    const title = `Restored by patching ${what}: 0 as corrupted, 1 as clean`;
    const domain = [-1, 0, 1] as const;
    return restored.axes.length === 2
      ? heatmap(restored, { title, domain })
      : heatmapGrid(restored, { title, domain });
  });
}

function words(model: Transformer, tokens: readonly Token[]): string[] {
  return tokens.map((token) => (typeof token === "string" ? token : model.vocabulary.word(token)));
}

function headLabels(model: Transformer) {
  const { layers, heads } = model.configuration;
  const numerals = (count: number) => Array.from({ length: count }, (_, at) => String(at));
  return { layer: numerals(layers), head: numerals(heads) };
}
