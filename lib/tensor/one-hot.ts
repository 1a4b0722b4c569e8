import { indexOfPlace, AxisLabels } from "./labels.ts";
import { checkAxes } from "./layout.ts";
import { Tensor } from "./tensor.ts";
import type { Place } from "./axes.ts";

/**
 * The one-hot vector of a word: 1 at the word, 0 elsewhere. `sizeOrLabels` is how many words there are, or the words.
 * Throws `IndexError` or `LabelError` for what is not among them.
 *
 * @example oneHot(["vocabulary"], "my", ["files", "find", "my"]) // [0, 0, 1]
 */
export function oneHot<const V extends string>(
  axes: readonly [V],
  place: Place,
  sizeOrLabels: number | readonly string[],
): Tensor<[V]>;
/**
 * One row for each place: 1 at the word, 0 elsewhere. Places that are all words become the labels of the rows.
 *
 * @example oneHot(["position", "vocabulary"], ["find", "my", "files"], ["files", "find", "my"])
 */
export function oneHot<const P extends string, const V extends string>(
  axes: readonly [P, V],
  places: readonly Place[],
  sizeOrLabels: number | readonly string[],
): Tensor<[P, V]>;
export function oneHot(
  axes: readonly string[],
  given: Place | readonly Place[],
  sizeOrLabels: number | readonly string[],
): Tensor<string[]> {
  checkAxes(axes);
  const places = typeof given === "object" ? given : [given];
  const size = typeof sizeOrLabels === "number" ? sizeOrLabels : sizeOrLabels.length;
  const words = typeof sizeOrLabels === "number" ? undefined : new AxisLabels(sizeOrLabels);
  const columnAxis = axes.at(-1) ?? "";
  const data = new Float64Array(places.length * size);
  for (const [row, place] of places.entries()) {
    data[row * size + indexOfPlace(place, columnAxis, size, words)] = 1;
  }
  const labels = new Map<string, AxisLabels>();
  if (words !== undefined) labels.set(columnAxis, words);
  const [rowAxis] = axes;
  if (axes.length === 2 && rowAxis !== undefined && places.every((place) => typeof place === "string")) {
    labels.set(rowAxis, new AxisLabels(places));
  }
  const shape = axes.length === 2 ? [places.length, size] : [size];
  return new Tensor({ axes: Object.freeze([...axes]), shape, data, labels, name: undefined });
}
