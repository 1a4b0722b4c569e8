import type { Axes, PerAxis } from "./axes.ts";
import type { Layout } from "./layout.ts";

/** A number of a tensor with where it stands. For a tensor with one axis `index` and `label` are plain, else one by axis. */
export interface Entry<A extends Axes> {
  readonly value: number;
  readonly index: PerAxis<A, number>;
  /** The label, or the index as a string where the axis has none. */
  readonly label: PerAxis<A, string>;
}

/** The number at a place among the numbers, with its index and label on each axis. */
export function entryAt<A extends Axes>({ axes, shape, data, labels }: Layout, place: number): Entry<A> {
  // The keys come in the order of the axes.
  const index: Record<string, number> = Object.fromEntries(axes.map((axis) => [axis, 0]));
  const label: Record<string, string> = Object.fromEntries(axes.map((axis) => [axis, ""]));
  let rest = place;
  for (let axisPlace = axes.length - 1; axisPlace >= 0; axisPlace -= 1) {
    const axis = axes[axisPlace] ?? "";
    const size = shape[axisPlace] ?? 1;
    index[axis] = rest % size;
    label[axis] = labels.get(axis)?.words[rest % size] ?? String(rest % size);
    rest = Math.floor(rest / size);
  }
  const [only] = axes;
  const isVector = axes.length === 1 && only !== undefined;
  return {
    value: data[place] ?? 0,
    index: (isVector ? index[only] : index) as PerAxis<A, number>,
    label: (isVector ? label[only] : label) as PerAxis<A, string>,
  };
}
