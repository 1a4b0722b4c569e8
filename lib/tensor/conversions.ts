import type { Axes } from "./axes.ts";
import { layout, tensor, type TensorOptions } from "./create.ts";
import { SizeError, TensorError } from "./errors.ts";
import { checkAxes, checkShape, sizeOfShape } from "./layout.ts";
import type { TensorJson } from "./plain.ts";
import { layoutOf, Tensor } from "./tensor.ts";

/** What is used of a TensorFlow.js tensor; its own types are large, so none are imported. */
export interface TensorFlowTensor {
  readonly shape: readonly number[];
  /** The numbers, the last axis running fastest. */
  dataSync(): ArrayLike<number>;
}

/** What is used of the TensorFlow.js library: `tf.tensor`. */
export interface TensorFlow<T> {
  /** A tensor of TensorFlow.js from its numbers, the last axis running fastest. */
  tensor(values: Float32Array, shape: number[], dtype: "float32"): T;
}

/**
 * A copy of a TensorFlow.js tensor with named axes; the original stays, to be disposed by whoever made it.
 * Throws `AxisError`, and `SizeError` when there are not as many names as axes.
 *
 * @example fromTensorFlow(logits, ["position", "vocabulary"])
 */
export function fromTensorFlow<const A extends Axes>(
  source: TensorFlowTensor,
  axes: A,
  options: TensorOptions<A> = {},
): Tensor<[...A]> {
  checkAxes(axes);
  checkShape(axes, source.shape);
  const values = source.dataSync();
  const data = values instanceof Float32Array ? values.slice() : Float64Array.from(values);
  return new Tensor(layout(axes, [...source.shape], data, options));
}

/**
 * A TensorFlow.js tensor with the same numbers in single precision, which is the caller's to dispose.
 *
 * @example toTensorFlow(embeddings, tf)
 */
export function toTensorFlow<T>(source: Tensor<Axes>, tensorFlow: TensorFlow<T>): T {
  const { data, shape } = layoutOf(source);
  // TensorFlow.js may keep the array itself: give it a copy.
  return tensorFlow.tensor(Float32Array.from(data), [...shape], "float32");
}

/**
 * The tensor that `JSON.stringify` wrote, from the text or what `JSON.parse` made of it. The axes are only known when it runs:
 * `tensorFromJson(text).expectAxes("query", "key")` brings them into the type.
 *
 * Throws `TensorError` when the text is no tensor, and as `tensor` does.
 */
export function tensorFromJson(source: string | TensorJson): Tensor<readonly string[]> {
  const { axes, shape, labels, name, values } = typeof source === "string" ? parsed(source) : source;
  const numbers = values.map((value, index) => {
    const number = Number(value);
    if (Number.isNaN(number) && value !== "NaN") {
      throw new TensorError(`The value at ${index} is ${JSON.stringify(value)}, not a number.`);
    }
    return number;
  });
  checkAxes(axes);
  checkShape(axes, shape);
  if (sizeOfShape(shape) !== numbers.length) {
    throw new SizeError(
      `The shape [${shape.join(", ")}] holds ${sizeOfShape(shape)} numbers; ${numbers.length} were given.`,
    );
  }
  return tensor(axes, Float64Array.from(numbers), {
    shape,
    labels,
    copy: false,
    ...(name === undefined ? {} : { name }),
  });
}

function parsed(text: string): TensorJson {
  const value: unknown = JSON.parse(text);
  const isTensor =
    typeof value === "object" &&
    value !== null &&
    ["axes", "shape", "values"].every((key) => Array.isArray((value as Record<string, unknown>)[key]));
  if (!isTensor) {
    throw new TensorError('A tensor in JSON has "axes", "shape" and "values"; this text has not.');
  }
  const found = value as Omit<TensorJson, "labels"> & Partial<TensorJson>;
  return { ...found, labels: found.labels ?? {} };
}
