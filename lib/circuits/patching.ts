import type { Displayable } from "../display/index.ts";
import { InputError, type Token, type Transformer } from "../models/transformer/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { heatmap, heatmapGrid } from "../views/index.ts";
import { shown } from "./shown.ts";
import {
  cellMetrics,
  isDifferent,
  isReached,
  mixCells,
  partOf,
  type Cell,
  type MixPatch,
} from "./mix-patches.ts";
import { baseRun, numbersOf, type Metric } from "./variants.ts";

/** Two runs of equal length that differ in what matters, and what tells them apart. */
export interface PatchingTask {
  /** The run from which activations are taken. */
  readonly clean: readonly Token[];
  /** The run into which they are put. */
  readonly corrupted: readonly Token[];
  readonly metric: Metric;
}

/** The logit of `token` minus that of `against`: a metric for which no other logits have to be computed. */
export function logitDifference(token: Token, against: Token): Metric {
  const weights = [
    [token, 1],
    [against, -1],
  ] as const;
  return Object.assign(
    (logits: Tensor<["vocabulary"]>) =>
      logits.value({ vocabulary: token }) - logits.value({ vocabulary: against }),
    { weights },
  );
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

/**
 * Activation patching of the residual stream: before each block (and after the last), at each position, the corrupted run gets the
 * clean run's vector. Only what a patch can reach is computed: the later blocks, from that position on, many patches in one batch.
 *
 * Source: Meng et al. 2022 (causal tracing); the direction clean → corrupted ("denoising") as in Heimersheim & Nanda 2024.
 * @throws InputError for runs of different lengths, or that the metric does not tell apart
 */
export function patchResidual(model: Transformer, task: PatchingTask): PatchingResult<["layer", "position"]> {
  const { layers, embedding } = model.configuration;
  const ends = baselines(model, task);
  const [clean, corrupted] = [baseRun(model, task.clean), baseRun(model, task.corrupted)];
  const length = task.corrupted.length;
  const cells: Cell[] = [];
  for (let layer = 0; layer <= layers; layer++)
    for (let position = 0; position < length; position++) {
      const [from, to] = [clean, corrupted].map(({ residuals }) =>
        (residuals[layer] ?? new Float32Array()).subarray(position * embedding, (position + 1) * embedding),
      ) as [Float32Array, Float32Array];
      if (isReached(model, layer, position, length) && isDifferent(from, to))
        cells.push({ cell: layer * length + position, variant: { layer, position, residual: from } });
    }
  const names = [...Array.from({ length: layers }, (_, layer) => `before ${layer}`), "at the end"];
  return result(
    ends,
    tensor(
      ["layer", "position"],
      cellMetrics(model, task.metric, corrupted, {
        count: (layers + 1) * length,
        unchanged: ends.corrupted,
        cells,
      }),
      {
        shape: [layers + 1, length],
        labels: { layer: names, position: words(model, task.corrupted) },
        copy: false,
      },
    ),
    "the residual stream",
  );
}

/**
 * Activation patching of heads: what each head mixes (z, at all positions) is the clean run's, everything else the corrupted run's.
 * Heads of all layers run in one batch, each from its own layer on and from the first position where the runs differ.
 */
export function patchHeads(model: Transformer, task: PatchingTask): PatchingResult<["layer", "head"]> {
  const { layers, heads } = model.configuration;
  const ends = baselines(model, task);
  const positions = [...task.corrupted.keys()];
  const metric = patchedMixes(model, task, ends, heads, (head) => [{ cell: head, positions }]);
  return result(
    ends,
    tensor(["layer", "head"], metric, { shape: [layers, heads], labels: headLabels(model), copy: false }),
    "each head",
  );
}

/**
 * Activation patching of heads position by position: as {@link patchHeads}, one cell for each head at each position.
 * A patch changes one vector after its block and what later positions make of it: nothing else is computed.
 */
export function patchHeadsByPosition(
  model: Transformer,
  task: PatchingTask,
): PatchingResult<["layer", "head", "position"]> {
  const { layers, heads } = model.configuration;
  const ends = baselines(model, task);
  const length = task.corrupted.length;
  const metric = patchedMixes(model, task, ends, heads * length, (head) =>
    task.corrupted.map((_, position) => ({ cell: head * length + position, positions: [position] })),
  );
  return result(
    ends,
    tensor(["layer", "head", "position"], metric, {
      shape: [layers, heads, length],
      labels: { ...headLabels(model), position: words(model, task.corrupted) },
      copy: false,
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

/** The metric after patches of what heads mix, layer by layer, `perLayer` cells each. */
function patchedMixes(
  model: Transformer,
  task: PatchingTask,
  ends: { readonly corrupted: number },
  perLayer: number,
  patchesOf: (head: number) => Pick<MixPatch, "cell" | "positions">[],
): Float64Array {
  const { layers, heads } = model.configuration;
  const { activations } = model.run(task.clean, { keep: ["blocks.*.z"], logits: "none" });
  const base = baseRun(model, task.corrupted);
  const cells: Cell[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const z = numbersOf(activations[`blocks.${layer}.z`]);
    const patches = Array.from({ length: heads }, (_, head) =>
      patchesOf(head).map(({ cell, positions }) => ({
        cell: layer * perLayer + cell,
        head,
        positions,
        mix: (position: number) => partOf(model, z, position, head),
      })),
    );
    cells.push(...mixCells(model, base, layer, patches.flat()));
  }
  return cellMetrics(model, task.metric, base, {
    count: layers * perLayer,
    unchanged: ends.corrupted,
    cells,
  });
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
