import { deferredTensor } from "../../tensor/create.ts";
import { Tensor } from "../../tensor/index.ts";
import { InterventionError } from "./errors.ts";
import { axesOfHook } from "./hooks.ts";

/** What gives axes their labels in one run. */
export interface Labels {
  /** One list for each sequence of the batch. */
  readonly tokens: readonly (readonly string[])[];
  readonly sourceTokens?: readonly (readonly string[])[] | undefined;
  readonly vocabulary: readonly string[] | undefined;
}

/** The number of the block in a hook's name. */
export function layerOfHook(name: string): number | undefined {
  const found = /(?:^|\.)blocks\.(\d+)\./.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

/**
 * An activation as a named tensor with labels: words on positions, queries, keys and the vocabulary, `head 1.4` on heads.
 * Without `isBatched` the axis `batch`, 1 long, is left out. Words label positions only where all sequences of the batch are equal.
 */
export function hookTensor(
  name: string,
  numbers: () => Float32Array,
  shape: readonly number[],
  labels: Labels,
  isBatched: boolean,
  called = name,
): Tensor<readonly string[]> {
  const own = axesOfHook(name);
  const axes = isBatched ? ["batch", ...own] : own;
  const sizes = isBatched ? shape : shape.slice(1);
  const words: Record<string, readonly string[]> = {};
  const layer = layerOfHook(name);
  for (const [i, axis] of axes.entries()) {
    const given = labelsOf(axis, name, labels, layer, sizes[i] ?? 0);
    if (given !== undefined && given.length === sizes[i]) words[axis] = given;
  }
  return deferredTensor<readonly string[]>(axes, numbers, { shape: sizes, labels: words, name: called });
}

function labelsOf(
  axis: string,
  name: string,
  { tokens, sourceTokens, vocabulary }: Labels,
  layer: number | undefined,
  size: number,
): readonly string[] | undefined {
  if (axis === "vocabulary") return vocabulary;
  if (axis === "head") {
    return layer === undefined
      ? undefined
      : Array.from({ length: size }, (_, head) => `head ${layer}.${head}`);
  }
  if (axis !== "position" && axis !== "query" && axis !== "key") return undefined;
  const isSource = name.startsWith("encoder.") || (axis === "key" && /\.cross[A-Z]/.test(name));
  return common(isSource ? sourceTokens : tokens);
}

/** The words, if they are the same in every sequence. */
function common(sequences: readonly (readonly string[])[] | undefined): readonly string[] | undefined {
  const [first, ...rest] = sequences ?? [];
  return first !== undefined &&
    rest.every((other) => other.length === first.length && other.every((w, i) => w === first[i]))
    ? first
    : undefined;
}

/**
 * The numbers of what an intervention returned, in the order of its hook point's axes.
 * @throws {InterventionError} for other axes, other sizes or numbers that are not finite
 */
export function replacementData(name: string, replacement: unknown, shape: readonly number[]): Float32Array {
  const axes = ["batch", ...axesOfHook(name)];
  if (!(replacement instanceof Tensor)) {
    throw new InterventionError(
      name,
      `returned ${typeof replacement} instead of a tensor with the axes ${axes.join(", ")}`,
    );
  }
  const given = replacement as Tensor<readonly string[]>;
  if (given.axes.length !== axes.length || !axes.every((axis) => given.axes.includes(axis))) {
    throw new InterventionError(
      name,
      `returned the axes ${given.axes.join(", ")} instead of ${axes.join(", ")}`,
    );
  }
  const ordered = axes.every((axis, i) => given.axes[i] === axis) ? given : given.transpose(...axes);
  if (ordered.shape.some((size, i) => size !== shape[i])) {
    throw new InterventionError(
      name,
      `returned the sizes ${ordered.shape.join(" × ")} instead of ${shape.join(" × ")}`,
    );
  }
  const data = Float32Array.from(ordered.data);
  const bad = data.findIndex((number) => !Number.isFinite(number));
  if (bad !== -1) throw new InterventionError(name, `returned ${data[bad]} at place ${bad}`);
  return data;
}
