import { InputError, intervention, type Transformer } from "../models/transformer/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import type { CompositionKind } from "./composition.ts";
import { HeadError } from "./errors.ts";
import { headNames } from "./head.ts";
import { mixCells, partOf, type Cell } from "./mix-patches.ts";
import { baselines, result, type PatchingResult, type PatchingTask } from "./patching.ts";
import { baseRun, joined, numbersOf, variantMetrics, type BaseRun } from "./variants.ts";

/** Between which heads paths are patched, by name ("0.3"); default all. */
export interface PathPatchingOptions {
  readonly senders?: readonly string[];
  readonly receivers?: readonly string[];
}

/**
 * Path patching from head to head: the corrupted run, in which one head's queries, keys or values are what they would be if one earlier
 * head alone had done what it did in the clean run.
 *
 * For each pair: the sender's z is the clean run's and all other heads between it and the receiver keep the corrupted run's z (feed-forward
 * parts and norms answer); the receiver's q, k or v is recorded there, and put into the corrupted run, whose metric is the cell.
 * So the effect goes through that one connection alone; a pair whose receiver is not in a later layer restores exactly 0.
 *
 * All senders of a layer run in one batch from their layer, all their pairs in one from the receivers' layers on, and nothing before the
 * first position where the runs differ is computed again.
 *
 * Source: Goldowsky-Dill et al. 2023, "Localizing model behavior with path patching"; Wang et al. 2022, its use through q, k and v.
 * @throws InputError for runs of different lengths, or that the metric does not tell apart
 * @throws HeadError for a head that the model does not have
 * @example patchPaths(model, task, "key").restored.topK(5)
 */
export function patchPaths(
  model: Transformer,
  task: PatchingTask,
  through: CompositionKind,
  options: PathPatchingOptions = {},
): PatchingResult<["earlierHead", "laterHead"]> {
  if (model.configuration.kind === "encoder-decoder")
    throw new InputError("Path patching is defined for one stack of blocks.");
  const ends = baselines(model, task);
  const { layers } = model.configuration;
  const senders = chosen(model, options.senders);
  const receivers = chosen(model, options.receivers);
  const metric = new Float64Array(senders.length * receivers.length).fill(ends.corrupted);
  const base = baseRun(model, task.corrupted);
  const clean = model.run(task.clean, { keep: ["blocks.*.z"], logits: "none" }).activations;
  for (let from = 0; from < layers - 1; from++) {
    const sending = placesIn(senders, from);
    if (sending.length === 0) continue;
    const mixed = numbersOf(clean[`blocks.${from}.z`]);
    const indices = sending.map((place) => senders[place]?.index ?? 0);
    const received = receivedFrom(model, base, through, from, indices, mixed, firstDifference(task));
    const cells: Cell[] = [];
    for (let to = from + 1; to < layers; to++) {
      const receiving = placesIn(receivers, to);
      if (receiving.length === 0) continue;
      const theirs = received(to);
      const patches = sending.flatMap((sender, row) =>
        receiving.map((receiver) => {
          const head = receivers[receiver]?.index ?? 0;
          return {
            cell: sender * receivers.length + receiver,
            head,
            positions: theirs.positions,
            mix: (position: number) => theirs.mix(row, position, head),
          };
        }),
      );
      cells.push(...mixCells(model, base, to, patches));
    }
    for (const [place, value] of variantMetrics(
      model,
      base,
      task.metric,
      cells.map(({ variant }) => variant),
    ).entries())
      metric[cells[place]?.cell ?? -1] = value;
  }
  const labels = {
    earlierHead: senders.map(({ name }) => name),
    laterHead: receivers.map(({ name }) => name),
  };
  return result(
    ends,
    tensor(["earlierHead", "laterHead"], metric, {
      shape: [senders.length, receivers.length],
      labels,
      copy: false,
    }),
    `the path from head to head, as its ${through}`,
  );
}

/** The first position at which the runs differ; before it, no patch changes anything in a decoder. */
function firstDifference({ clean, corrupted }: PatchingTask): number {
  return Math.max(
    0,
    corrupted.findIndex((token, at) => token !== clean[at]),
  );
}

/** What heads of a later layer mix when one earlier head alone does what it did in the other run. */
interface Received {
  readonly positions: readonly number[];
  readonly mix: (sender: number, position: number, head: number) => Float32Array;
}

/**
 * For each layer after `from`: what its heads mix if their queries, keys or values are what one sender at a time makes of them.
 * One pass of all senders, with what all later heads mix frozen, records the queries, keys or values of every later layer.
 */
function receivedFrom(
  model: Transformer,
  base: BaseRun,
  through: CompositionKind,
  from: number,
  senders: readonly number[],
  cleanMix: Float32Array,
  difference: number,
): (to: number) => Received {
  const { layers, heads, value, embedding } = model.configuration;
  const first = base.prefix ? difference : 0;
  const tokens = base.tokens.slice(first);
  const sequences = senders.map(() => tokens);
  const start = (layer: number) => ({
    layer,
    residual: tensor(
      ["batch", "position", "embedding"],
      joined(senders.map(() => (base.residuals[layer] ?? cleanMix).subarray(first * embedding))),
      { shape: [senders.length, tokens.length, embedding], copy: false },
    ),
    ...(base.prefix && first > 0 && { after: base.prefix.upTo(first) }),
  });
  const mixes = (parts: readonly Float32Array[]) =>
    tensor(["batch", "query", "head", "value"], joined(parts), {
      shape: [senders.length, tokens.length, heads, value],
      copy: false,
    });
  const own = (layer: number) => (base.mixes[layer] ?? cleanMix).subarray(first * heads * value);
  const sent = mixes(
    senders.map((head) => {
      const changed = own(from).slice();
      for (let at = 0; at < tokens.length; at++)
        changed.set(partOf(model, cleanMix, first + at, head), (at * heads + head) * value);
      return changed;
    }),
  );
  const interventions = [intervention(`blocks.${from}.z`, () => sent)];
  for (let layer = from + 1; layer < layers - 1; layer++) {
    const frozen = mixes(senders.map(() => own(layer)));
    interventions.push(intervention(`blocks.${layer}.z`, () => frozen));
  }
  const later = Array.from({ length: layers - from - 1 }, (_, at) => hookOf(through, from + 1 + at));
  const { activations } = model.runBatch(sequences, {
    from: start(from),
    interventions,
    keep: later,
    logits: "none",
  });
  return (to) => {
    const recorded: Tensor<readonly string[]> | undefined = activations[hookOf(through, to)];
    if (!recorded) throw new HeadError(`the run kept no ${hookOf(through, to)}`);
    const run = model.runBatch(sequences, {
      from: start(to),
      interventions: [intervention(hookOf(through, to), () => recorded.withoutLabels())],
      keep: [`blocks.${to}.z`],
      until: to + 1,
      logits: "none",
    });
    const z = numbersOf(run.activations[`blocks.${to}.z`]);
    return {
      positions: tokens.map((_, at) => first + at),
      mix: (sender, position, head) => partOf(model, z, sender * tokens.length + position - first, head),
    };
  };
}

function hookOf(through: CompositionKind, layer: number) {
  const letter = ({ query: "q", key: "k", value: "v" } as const)[through];
  return `blocks.${layer}.${letter}` as const;
}

function chosen(model: Transformer, names: readonly string[] | undefined) {
  const known = headNames(model);
  return (names ?? known).map((name) => {
    const place = known.indexOf(name);
    if (place === -1)
      throw new HeadError(
        `there is no head "${name}"; the model has ${known.length === 0 ? "none" : `${known[0]} to ${known[known.length - 1]}`}`,
      );
    const { heads } = model.configuration;
    return { name, layer: Math.floor(place / heads), index: place % heads };
  });
}

function placesIn(heads: readonly { readonly layer: number }[], layer: number): number[] {
  return [...heads.keys()].filter((place) => heads[place]?.layer === layer);
}
