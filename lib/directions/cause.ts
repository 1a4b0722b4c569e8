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
}

/** How a direction's cause is tried. */
export interface CauseOptions {
  readonly seed: number | string;
  /** How much of the unit direction is added at the head, at the last position. Default: −4, −2, −1, 1, 2, 4. */
  readonly doses?: readonly number[];
  /** Random directions of the same length as controls; 99 unless given. */
  readonly controls?: number;
}

/** What taking a direction out of a head's output, and adding it, does to predictions. Made by {@link directionCause}. */
export interface DirectionCause {
  /** Mean over prompts of logit(towards) − logit(against), nothing changed. */
  readonly unchanged: number;
  /** By how much it falls when the head's output loses its part along the direction, at every position; beside random directions. */
  readonly projectedOut: NullComparison;
  /** By how much it rises with each dose; beside random directions. */
  readonly doses: readonly { readonly dose: number; readonly effect: NullComparison }[];
}

/**
 * Is a direction at a head's output a cause of what the model predicts? It is projected out, and added in doses, at that head only; the effect on
 * logit(towards) − logit(against) at the last position stands beside that of as much of random directions.
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
  const difference = (interventions: readonly Intervention[]) => {
    let sum = 0;
    for (const { tokens, towards, against } of prompts) {
      const logits = model.run(tokens, { logits: "last", interventions }).logits.at({ position: 0 });
      sum += logits.value({ vocabulary: towards }) - logits.value({ vocabulary: against });
    }
    return sum / prompts.length;
  };
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
  const fall = (along: Tensor<["embedding"]>) => unchanged - difference([head.projectedOut(along)]);
  const rise = (along: Tensor<["embedding"]>, dose: number) =>
    Math.sign(dose) * (difference([added(along, dose)]) - unchanged);
  const result: DirectionCause = {
    unchanged,
    projectedOut: nullComparison(fall(own), random.map(fall)),
    doses: doses.map((dose) => {
      const found = nullComparison(
        rise(own, dose),
        random.map((along) => rise(along, dose)),
      );
      const sign = Math.sign(dose);
      return { dose, effect: { ...found, observed: sign * found.observed, nullMean: sign * found.nullMean } };
    }),
  };
  return shown(result, () =>
    heatmap(
      [
        [-result.projectedOut.observed, ...result.doses.map(({ effect }) => effect.observed)],
        [-result.projectedOut.nullMean, ...result.doses.map(({ effect }) => effect.nullMean)],
      ],
      {
        title: `Head ${head.name}: change of the logit difference`,
        colours: "diverging",
        labels: {
          row: ["the direction", "random directions"],
          column: ["projected out", ...result.doses.map(({ dose }) => `dose ${dose}`)],
        },
      },
    ),
  );
}
