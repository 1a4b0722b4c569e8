import { AxisError, IndexError, LabelError, SizeError } from "./errors.ts";
import { suggestion } from "./near-misses.ts";

/** The words of one axis. Tensors share it, so that comparing labels is mostly comparing references. */
export class AxisLabels {
  readonly words: readonly string[];
  #indices: Map<string, number> | undefined;
  #repeated: Set<string> | undefined;

  constructor(words: readonly string[]) {
    this.words = Object.isFrozen(words) ? words : Object.freeze([...words]);
  }

  /** The index of `word` on `axis`. Throws `LabelError` when it is unknown or stands there more than once. */
  indexOf(word: string, axis: string): number {
    if (this.#indices === undefined) {
      this.#indices = new Map();
      this.#repeated = new Set();
      for (const [index, label] of this.words.entries()) {
        if (this.#indices.has(label)) this.#repeated.add(label);
        else this.#indices.set(label, index);
      }
    }
    const index = this.#indices.get(word);
    if (index === undefined) {
      throw new LabelError(
        `${JSON.stringify(word)} is not a label of the axis "${axis}".${suggestion(word, this.words)}`,
      );
    }
    if (this.#repeated?.has(word) === true) {
      const all = [...this.words.entries()].filter(([, label]) => label === word).map(([place]) => place);
      throw new LabelError(
        `${JSON.stringify(word)} stands on the axis "${axis}" at ${all.join(", ")}: give the index instead.`,
      );
    }
    return index;
  }

  equals(other: AxisLabels): boolean {
    if (this === other) return true;
    const { words } = this;
    if (words.length !== other.words.length) return false;
    for (let index = 0; index < words.length; index += 1) {
      if (words[index] !== other.words[index]) return false;
    }
    return true;
  }
}

/**
 * The labels of an axis that two tensors share: either's when one has none.
 * Throws `LabelError` when both have labels and these differ: what is added or multiplied would belong to different words.
 */
export function sharedLabels(
  axis: string,
  left: AxisLabels | undefined,
  right: AxisLabels | undefined,
): AxisLabels | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  if (left.equals(right)) return left;
  const index = left.words.findIndex((word, place) => word !== right.words[place]);
  throw new LabelError(
    `The axis "${axis}" has different labels on the two tensors: at ${index} it is ` +
      `${JSON.stringify(left.words[index])} on the left and ${JSON.stringify(right.words[index])} on the right. ` +
      `If they do belong together, say so with withLabels or withoutLabels("${axis}"); ` +
      `if they are the same words in another order, use pick({ ${JSON.stringify(axis)}: labels }).`,
  );
}

/** Checks that the labels belong to known axes and are as many as the axis is long. */
export function checkedLabels(
  axes: readonly string[],
  shape: readonly number[],
  given: { readonly [axis: string]: readonly string[] | undefined },
): Map<string, AxisLabels> {
  const labels = new Map<string, AxisLabels>();
  for (const [axis, words] of Object.entries(given)) {
    if (words === undefined) continue;
    const place = axes.indexOf(axis);
    if (place < 0) throw new AxisError(`Labels were given for the axis "${axis}".${suggestion(axis, axes)}`);
    const size = shape[place] ?? 0;
    if (words.length !== size) {
      throw new SizeError(`The axis "${axis}" has size ${size} but was given ${words.length} labels.`);
    }
    labels.set(axis, labelsOf(words, axis));
  }
  return labels;
}

/** The labels of lists that cannot change, as a vocabulary's: made once, although thousands of tensors have them. */
const known = new WeakMap<readonly string[], AxisLabels>();

function labelsOf(words: readonly string[], axis: string): AxisLabels {
  const before = known.get(words);
  if (before !== undefined) return before;
  const wrong = words.findIndex((word) => typeof word !== "string");
  if (wrong >= 0) {
    throw new LabelError(
      `A label is a string; the one at ${wrong} of the axis "${axis}" is of type ${typeof words[wrong]}.`,
    );
  }
  const labels = new AxisLabels(words);
  if (labels.words === words) known.set(words, labels);
  return labels;
}

/** The index, from 0, that `place` means on an axis. Throws `IndexError` or `LabelError`. */
export function indexOfPlace(
  place: number | string,
  axis: string,
  size: number,
  labels: AxisLabels | undefined,
): number {
  if (typeof place === "string") {
    if (labels === undefined) {
      throw new LabelError(
        `The axis "${axis}" has no labels, so ${JSON.stringify(place)} cannot be found on it: ` +
          `give an index, or name its places with withLabels.`,
      );
    }
    return labels.indexOf(place, axis);
  }
  if (typeof place !== "number" || !Number.isInteger(place) || place < -size || place >= size) {
    const range = size === 0 ? "is empty" : `has the indices 0 to ${size - 1}`;
    throw new IndexError(
      `${String(place)} is not an index of the axis "${axis}", which ${range} (−1 is the last).`,
    );
  }
  return place < 0 ? place + size : place;
}
