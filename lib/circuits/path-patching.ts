import {
  InputError,
  intervention,
  type Intervention,
  type Transformer,
} from "../models/transformer/index.ts";
import { stack, tensor, type Tensor } from "../tensor/index.ts";
import type { CompositionKind } from "./composition.ts";
import { HeadError } from "./errors.ts";
import { headNames } from "./head.ts";
import {
  baselines,
  inBatches,
  restarted,
  result,
  type PatchingResult,
  type PatchingTask,
} from "./patching.ts";

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
 * All senders of a layer run in one batch from their layer, all pairs of two layers in one batch from the receiver's.
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
  const cells = new Float64Array(senders.length * receivers.length).fill(ends.corrupted);
  const keep = ["blocks.*.z", "blocks.*.residualBefore"] as const;
  const corrupted = model.run(task.corrupted, { keep, logits: "none" }).activations;
  const clean = model.run(task.clean, { keep: ["blocks.*.z"], logits: "none" }).activations;
  for (let from = 0; from < layers; from++) {
    const sending = placesIn(senders, from);
    const cleanZ = clean[`blocks.${from}.z`]?.withoutLabels();
    if (sending.length === 0 || !cleanZ) continue;
    for (let to = from + 1; to < layers; to++) {
      const receiving = placesIn(receivers, to);
      const input = corrupted[`blocks.${to}.residualBefore`];
      if (receiving.length === 0 || !input) continue;
      const pairs = sending.flatMap((sender) => receiving.map((receiver) => [sender, receiver] as const));
      const recorded = receivedFrom(
        model,
        task,
        through,
        from,
        to,
        sending.map((place) => senders[place]?.index ?? 0),
        {
          cleanZ,
          corruptedZ: (layer) => corrupted[`blocks.${layer}.z`]?.withoutLabels(),
          start: corrupted[`blocks.${from}.residualBefore`],
        },
      );
      const metrics = inBatches(pairs.length, (places) => {
        const isReceiver = tensor(
          ["batch", "head"],
          places.map((place) => oneAt(model, receivers[pairs[place]?.[1] ?? 0]?.index)),
        );
        const theirs = stack(
          places.map((place) => recorded.at({ batch: sending.indexOf(pairs[place]?.[0] ?? 0) })),
          "batch",
        );
        const patch = intervention(hookOf(through, to), (own) =>
          own.plus((theirs as typeof own).minus(own).times(isReceiver)),
        );
        return restarted(model, task, to, repeated(input, places.length), [patch]);
      });
      for (const [place, [sender, receiver]] of pairs.entries())
        cells[sender * receivers.length + receiver] = metrics[place] ?? Number.NaN;
    }
  }
  const labels = {
    earlierHead: senders.map(({ name }) => name),
    laterHead: receivers.map(({ name }) => name),
  };
  return result(
    ends,
    tensor(["earlierHead", "laterHead"], cells, { shape: [senders.length, receivers.length], labels }),
    `the path from head to head, as its ${through}`,
  );
}

/** The receiving layer's q, k or v for each sender of a batch, [batch, position, head, feature]. */
function receivedFrom(
  model: Transformer,
  task: PatchingTask,
  through: CompositionKind,
  from: number,
  to: number,
  senders: readonly number[],
  known: {
    readonly cleanZ: Tensor<["query", "head", "value"]>;
    readonly corruptedZ: (layer: number) => Tensor<["query", "head", "value"]> | undefined;
    readonly start: Tensor<["position", "embedding"]> | undefined;
  },
): Tensor<readonly string[]> {
  if (!known.start) throw new HeadError(`the run kept nothing before block ${from}`);
  const isSender = tensor(
    ["batch", "head"],
    senders.map((index) => oneAt(model, index)),
  );
  const frozen: Intervention[] = [];
  for (let layer = from + 1; layer < to; layer++) {
    const theirs = known.corruptedZ(layer);
    if (theirs) frozen.push(intervention(`blocks.${layer}.z`, (z) => z.times(0).plus(theirs)));
  }
  const sent = intervention(`blocks.${from}.z`, (z) =>
    z.plus(z.times(-1).plus(known.cleanZ).times(isSender)),
  );
  const name = hookOf(through, to);
  const { activations } = model.runBatch(
    senders.map(() => task.corrupted),
    {
      from: { layer: from, residual: repeated(known.start, senders.length) },
      interventions: [sent, ...frozen],
      keep: [name],
      logits: "none",
    },
  );
  const found: Tensor<readonly string[]> | undefined = activations[name];
  if (!found) throw new HeadError(`the run kept no ${name}`);
  return found.withoutLabels();
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

function oneAt(model: Transformer, index: number | undefined): number[] {
  return Array.from({ length: model.configuration.heads }, (_, head) => (head === index ? 1 : 0));
}

function repeated(residual: Tensor<["position", "embedding"]>, count: number) {
  return stack(
    Array.from({ length: count }, () => residual),
    "batch",
  );
}
