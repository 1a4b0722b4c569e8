import type { Displayable } from "../display/index.ts";
import { InputError, type Token, type Transformer } from "../models/transformer/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { bars } from "../views/index.ts";
import { pathExpansion } from "./path-expansion.ts";
import { shown } from "./shown.ts";

/** How much paths of each order are worth, in nats of loss. */
export interface TermImportance extends Displayable {
  /** The loss of guessing all words alike, ln of the vocabulary. */
  readonly uniform: number;
  /** The mean loss with all paths through at most so many heads: order 0 is the direct path alone. */
  readonly upToOrder: Tensor<["order"]>;
  /** The mean loss of the direct path and the heads of one layer alone, each by itself. */
  readonly layerAlone: Tensor<["layer"]>;
}

/**
 * What the paths of each order are worth: the loss when only they (and all shorter ones) speak, the attention patterns kept.
 * Source: Elhage et al. 2021, "Term importance analysis": the same numbers as its runs with frozen patterns, since all is linear then.
 * @param sequences each at least two tokens long
 * @param last judge only the last so many predictions of each; default all
 */
export function termImportance(
  model: Transformer,
  sequences: readonly (readonly Token[])[],
  { last }: { readonly last?: number } = {},
): TermImportance {
  if (sequences.length === 0) throw new InputError("Term importance needs at least one sequence.");
  const { layers, vocabulary } = model.configuration;
  const upTo = new Float64Array(layers + 1);
  const alone = new Float64Array(layers);
  for (const sequence of sequences) {
    const { paths, orders } = pathExpansion(model, sequence.slice(0, -1));
    const labels = paths.labels("path") ?? [];
    const loss = (isTaken: (path: number) => boolean) => meanLoss(model, paths, isTaken, sequence, last);
    for (let order = 0; order <= layers; order++)
      upTo[order] = (upTo[order] ?? 0) + loss((path) => (orders[path] ?? 0) <= order);
    for (let layer = 0; layer < layers; layer++)
      alone[layer] =
        (alone[layer] ?? 0) +
        loss(
          (path) =>
            orders[path] === 0 || (orders[path] === 1 && labels[path]?.startsWith(`${layer}.`) === true),
        );
  }
  const mean = (sums: Float64Array) => sums.map((sum) => sum / sequences.length);
  const found = {
    uniform: Math.log(vocabulary),
    upToOrder: tensor(["order"], mean(upTo)),
    layerAlone: tensor(["layer"], mean(alone)),
  };
  return shown(found, () => {
    const losses: [string, number][] = [["guessing", found.uniform]];
    for (const [order, loss] of found.upToOrder.toArray().entries())
      losses.push([order === 0 ? "direct path" : `paths of up to ${order} heads`, loss]);
    for (const [layer, loss] of found.layerAlone.toArray().entries())
      losses.push([`direct and layer ${layer}`, loss]);
    return bars(Object.fromEntries(losses), { title: "Loss when only these paths speak", valueName: "nats" });
  });
}

/** The mean of −ln of the share that the sum of the chosen paths gives to each next token. */
function meanLoss(
  model: Transformer,
  paths: Tensor<["path", "position", "vocabulary"]>,
  isTaken: (path: number) => boolean,
  sequence: readonly Token[],
  last: number | undefined,
): number {
  const [count = 0, positions = 0, vocabulary = 0] = paths.shape;
  const first = last === undefined ? 0 : Math.max(0, positions - last);
  let sum = 0;
  for (let position = first; position < positions; position++) {
    const logits = new Float64Array(vocabulary);
    for (let path = 0; path < count; path++) {
      if (!isTaken(path)) continue;
      const start = (path * positions + position) * vocabulary;
      for (let word = 0; word < vocabulary; word++)
        logits[word] = (logits[word] ?? 0) + (paths.data[start + word] ?? 0);
    }
    const token = sequence[position + 1] ?? 0;
    const target = typeof token === "number" ? token : model.vocabulary.index(token);
    const highest = logits.reduce((high, logit) => Math.max(high, logit), -Infinity);
    const total = logits.reduce((all, logit) => all + Math.exp(logit - highest), 0);
    sum += Math.log(total) + highest - (logits[target] ?? Number.NaN);
  }
  return sum / (positions - first);
}
