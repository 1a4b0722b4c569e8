import { DISPLAY, METADATA, type Displayable } from "../display/index.ts";
import type { Axes, Tensor, Without } from "../tensor/index.ts";
import type { Figure } from "./figure.ts";
import { visibleLabel } from "./label.ts";
import { ViewInputError } from "./view-input-error.ts";

/** How one axis is chosen: by number, or from a list of labels. */
export type AxisControl =
  { readonly min: number; readonly max: number; readonly value: number } | readonly string[];

/**
 * A drawing with choices, as plain data: `interact` of "matrix-composition/notebook" gives it sliders and lists. Shown by
 * itself, without a kernel's widgets, it is the figure of the first choices.
 */
export interface Exploration extends Displayable {
  /** A control for each axis that is chosen, by the axis' name. */
  readonly controls: Readonly<Record<string, AxisControl>>;
  /** The figure for a choice of each axis: an index, or one of the control's labels. */
  readonly draw: (choices: Readonly<Record<string, unknown>>) => Figure;
}

/**
 * Any view of a part of a tensor, the part chosen by its axes: a list for an axis with labels (those that repeat get
 * their index), a slider for one without.
 *
 * @param choose the axes to choose on; `draw` gets the tensor without them, and the indices
 * @throws ViewInputError when an axis is not the tensor's; `draw` of the result, when a choice is not on its axis
 * @example
 * import { interact } from "matrix-composition/notebook";
 * interact(explore(patterns, ["layer", "head"], (pattern) => heatmap(pattern)))
 */
export function explore<A extends Axes, const Chosen extends readonly A[number][]>(
  tensor: Tensor<A>,
  choose: Chosen,
  draw: (part: Tensor<Without<A, Chosen[number]>>, at: Readonly<Record<Chosen[number], number>>) => Figure,
): Exploration {
  const axes = choose.map((name) => {
    const axis = tensor.axes.indexOf(name);
    if (axis === -1)
      throw new ViewInputError(`explore: there is no axis "${name}"; there are ${tensor.axes.join(", ")}.`);
    return { name, size: tensor.shape[axis] ?? 0, labels: distinct(tensor.labels(name)) };
  });
  const figureAt = (choices: Readonly<Record<string, unknown>>): Figure => {
    const at = Object.fromEntries(
      axes.map(({ name, size, labels }) => {
        const choice = choices[name];
        const index = typeof choice === "string" && labels !== undefined ? labels.indexOf(choice) : choice;
        if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= size)
          throw new ViewInputError(
            `explore: axis "${name}" has no ${choice === undefined ? "choice" : JSON.stringify(choice)}; it goes from 0 to ${size - 1}.`,
          );
        return [name, index] as const;
      }),
    ) as Record<Chosen[number], number>;
    return draw(tensor.at(at as never) as unknown as Tensor<Without<A, Chosen[number]>>, at);
  };
  const controls = Object.fromEntries(
    axes.map(({ name, size, labels }): [string, AxisControl] => [
      name,
      labels ?? { min: 0, max: size - 1, value: 0 },
    ]),
  );
  const first = (): Figure => figureAt(Object.fromEntries(axes.map(({ name }) => [name, 0])));
  return {
    controls,
    draw: figureAt,
    [DISPLAY]: () => first()[DISPLAY](),
    [METADATA]: () => first()[METADATA](),
  };
}

/** Labels as they can be told apart in a list. */
function distinct(labels: readonly string[] | undefined): readonly string[] | undefined {
  if (labels === undefined) return undefined;
  const seen = labels.map(visibleLabel);
  const isDistinct = new Set(seen).size === seen.length;
  return isDistinct ? seen : seen.map((label, index) => `${index}: ${label}`);
}
