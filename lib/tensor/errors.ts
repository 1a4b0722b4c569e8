/** What every error of `lib/tensor` is: one `instanceof` catches them all. */
export class TensorError extends Error {
  override readonly name: string = "TensorError";
}

/** An axis that is unknown, missing or named twice. */
export class AxisError extends TensorError {
  override readonly name = "AxisError";
}

/** Sizes that don't fit: ragged rows, the wrong count of numbers, axes of different sizes. */
export class SizeError extends TensorError {
  override readonly name = "SizeError";
}

/** A label that is unknown or stands twice, or axes whose labels disagree. */
export class LabelError extends TensorError {
  override readonly name = "LabelError";
}

/** An index outside its axis, or one that is no whole number. */
export class IndexError extends TensorError {
  override readonly name = "IndexError";
}

/** Numbers that a computation cannot work with: NaN in a decomposition, a singular matrix to invert. */
export class NumberError extends TensorError {
  override readonly name = "NumberError";
}
