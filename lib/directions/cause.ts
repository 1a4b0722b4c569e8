import { shown } from "../circuits/shown.ts";
import { head as headOf } from "../circuits/index.ts";
import type { Displayable } from "../display/index.ts";
import { intervention, type Intervention, type Token } from "../models/transformer/index.ts";
import { randomNormal, tensor, type Tensor } from "../tensor/index.ts";
import { heatmap } from "../views/index.ts";
import { DirectionError } from "./errors.ts";
import { nullComparison, type NullComparison } from "./statistics.ts";
import { modelOf, type Subject } from "./words-in-text.ts";

/** A prompt, and two next words whose logits are compared. */
export interface CausePrompt {
  readonly tokens: readonly Token[];
  /** The word that the direction should speak for. */
  readonly towards: Token;
  readonly against: Token;
  /** The same prompt, as long, with a word from the other end (small for big): for swapping. */
  readonly counterpart?: readonly Token[];
}

/** How a direction's cause is tried. */
export interface CauseOptions {
  readonly seed: number | string;
  /** How much of the unit direction is added at the head, at the last position. Default: −4, −2, −1, 1, 2, 4. */
  readonly doses?: readonly number[];
  /** Random directions of the same length as controls; 99 unless given. */
  readonly controls?: number;
}

/**
 * What changing a head's output along a direction does to predictions. Made by {@link directionCause}. Each effect stands beside that of as
 * much of random directions: what is added or taken along the direction is added or taken along them.
 */
export interface DirectionCause {
  /** Mean over prompts of logit(towards) − logit(against), nothing changed. */
  readonly unchanged: number;
  /** By how much it falls when the head's output loses its part along the direction, at every position. */
  readonly projectedOut: NullComparison;
  /** By how much it rises with each dose. */
  readonly doses: readonly { readonly dose: number; readonly effect: NullComparison }[];
  /** By how much it falls when the head's part along the direction is that of the counterpart; without counterparts `undefined`. */
  readonly swapped: NullComparison | undefined;
  /** By how much it rises in the counterpart when the head's part along the direction is that of the prompt (patching along it). */
  readonly patched: NullComparison | undefined;
}

/**
 * Is a direction at a head's output a cause of what the model predicts? It is projected out, added in doses, and swapped between prompts and
 * their counterparts, at that head only; the effect on logit(towards) − logit(against) at the last position stands beside that of as much of
 * random directions.
 *
 * p-values are one-sided: positive doses and projecting out towards the word, negative doses away from it.
 * @param direction in the residual stream, as `commonDirection` finds it at `OV` or `result`; any length but 0
 * @throws DirectionError for no prompts, or a direction that is not on the axis `embedding`
 * @example directionCause(model, { layer: 1, head: 3 }, direction, [{ tokens: ["the", "lamp", "is"], towards: "huge", against: "small" }], { seed: 1 })
 */
export function directionCause(
  subject: Subject,
  place: { readonly layer: number; readonly head: number },
  direction: Tensor<readonly [string]>,
  prompts: readonly CausePrompt[],
  { seed, doses = [-4, -2, -1, 1, 2, 4], controls = 99 }: CauseOptions,
): DirectionCause & Displayable {
  const model = modelOf(subject);
  const { embedding, heads } = model.configuration;
  const length = direction.norm();
  if (prompts.length === 0) throw new DirectionError("there is no prompt");
  if (direction.axes[0] !== "embedding" || !(length > 0))
    throw new DirectionError(
      `a direction on the axis "embedding" with a length above 0 is needed, as at OV or result; this one is on "${direction.axes[0]}", ${length} long`,
    );
  const head = headOf(model, place.layer, place.head);
  const unit = (numbers: readonly number[]) => {
    const norm = Math.hypot(...numbers);
    return tensor(
      ["embedding"],
      numbers.map((number) => number / norm),
    );
  };
  const own = unit([...direction.data]);
  const random = Array.from({ length: controls }, (_, index) =>
    unit([...randomNormal(["embedding"], [embedding], { seed: `${seed} control ${index}` }).data]),
  );
  const logitDifference = (
    tokens: readonly Token[],
    towards: Token,
    against: Token,
    interventions: readonly Intervention[] = [],
  ) => {
    const logits = model.run(tokens, { logits: "last", interventions }).logits.at({ position: 0 });
    return logits.value({ vocabulary: towards }) - logits.value({ vocabulary: against });
  };
  const difference = (interventions: readonly Intervention[]) =>
    prompts.reduce(
      (sum, { tokens, towards, against }) => sum + logitDifference(tokens, towards, against, interventions),
      0,
    ) / prompts.length;
  const added = (along: Tensor<["embedding"]>, dose: number) =>
    intervention(`blocks.${place.layer}.result`, (results) => {
      const positions = results.sizeOf("position");
      const numbers = new Float64Array(positions * heads * embedding);
      const start = ((positions - 1) * heads + place.head) * embedding;
      for (let i = 0; i < embedding; i++) numbers[start + i] = dose * (along.data[i] ?? 0);
      return results.plus(
        tensor(["position", "head", "embedding"], numbers, { shape: [positions, heads, embedding] }),
      );
    });
  const unchanged = difference([]);
  /** The head's part along its own direction in each position, taken out of the output, along any direction. */
  const taken = (along: Tensor<["embedding"]>) =>
    intervention(`blocks.${place.layer}.result`, (results) =>
      results.minus(ofHead(results.dot(own, "embedding"), place.head).outer(along)),
    );
  const fall = (along: Tensor<["embedding"]>) => unchanged - difference([taken(along)]);
  const pairs = prompts.flatMap((prompt) =>
    prompt.counterpart ? [{ ...prompt, counterpart: prompt.counterpart }] : [],
  );
  for (const { tokens, counterpart } of pairs)
    if (tokens.length !== counterpart.length)
      throw new DirectionError(
        `a prompt has ${tokens.length} tokens and its counterpart ${counterpart.length}; they have to be as long`,
      );
  const name = `blocks.${place.layer}.result` as const;
  const exchanges = pairs.map(({ tokens, counterpart, towards, against }) => {
    const [mine, theirs] = [tokens, counterpart].map((text) => {
      const { activations } = model.run(text, { keep: [name], logits: "none" });
      const kept = (activations as Readonly<Record<string, Tensor<["position", "head", "embedding"]>>>)[name];
      return kept?.withoutLabels().dot(own, "embedding");
    });
    if (!mine || !theirs) throw new DirectionError(`the runs kept no ${name}`);
    const change = ofHead(theirs.minus(mine), place.head);
    const before = {
      tokens: logitDifference(tokens, towards, against),
      counterpart: logitDifference(counterpart, towards, against),
    };
    return { tokens, counterpart, towards, against, change, before };
  });
  /** Mean change of the logit difference of prompts (or of counterparts) with the amounts of the other text along a direction. */
  const exchanged = (along: Tensor<["embedding"]>, of: "tokens" | "counterpart") => {
    let sum = 0;
    for (const exchange of exchanges) {
      const change = exchange.change.times(of === "tokens" ? 1 : -1);
      const added = intervention(name, (results) => results.plus(change.outer(along)));
      const before = exchange.before[of];
      const after = logitDifference(exchange[of], exchange.towards, exchange.against, [added]);
      sum += of === "tokens" ? before - after : after - before;
    }
    return sum / exchanges.length;
  };
  const beside = (effect: (along: Tensor<["embedding"]>) => number) =>
    nullComparison(effect(own), random.map(effect));
  const rise = (along: Tensor<["embedding"]>, dose: number) =>
    Math.sign(dose) * (difference([added(along, dose)]) - unchanged);
  const result: DirectionCause = {
    unchanged,
    projectedOut: beside(fall),
    swapped: exchanges.length === 0 ? undefined : beside((along) => exchanged(along, "tokens")),
    patched: exchanges.length === 0 ? undefined : beside((along) => exchanged(along, "counterpart")),
    doses: doses.map((dose) => {
      const found = nullComparison(
        rise(own, dose),
        random.map((along) => rise(along, dose)),
      );
      const sign = Math.sign(dose);
      return { dose, effect: { ...found, observed: sign * found.observed, nullMean: sign * found.nullMean } };
    }),
  };
  const columns: readonly (readonly [string, NullComparison, sign: number])[] = [
    ["projected out", result.projectedOut, -1],
    ...(result.swapped ? [["swapped", result.swapped, -1] as const] : []),
    ...(result.patched ? [["patched", result.patched, 1] as const] : []),
    ...result.doses.map(({ dose, effect }) => [`dose ${dose}`, effect, 1] as const),
  ];
  return shown(result, () =>
    heatmap(
      [
        columns.map(([, { observed }, sign]) => sign * observed),
        columns.map(([, { nullMean }, sign]) => sign * nullMean),
        columns.map(([, { nullDeviation }]) => nullDeviation),
      ],
      {
        title: `Head ${head.name}: change of the logit difference`,
        colours: "diverging",
        labels: {
          row: ["the direction", "random directions", "± (deviation)"],
          column: columns.map(([column]) => column),
        },
      },
    ),
  );
}

/** One head's numbers, in their place among zeros for the other heads. */
function ofHead<A extends readonly string[]>(numbers: Tensor<A>, index: number): Tensor<A> {
  const isHead = tensor(
    ["head"],
    Float64Array.from({ length: numbers.sizeOf("head") }, (_, at) => (at === index ? 1 : 0)),
  );
  return numbers.times(isHead);
}
