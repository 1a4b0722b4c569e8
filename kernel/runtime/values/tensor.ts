import type { Bundle } from "./bundle.ts";
import type { Shape } from "./shapes.ts";

/** Numbers shown at each end of a long axis. */
const EDGE = 3;

/** Numbers up to which all of a tensor is shown. */
const WHOLE = 200;

/** A TensorFlow.js tensor (told by `shape`, `dtype` and `data()`) with shape, type and values; nothing for other values. */
export function tensorBundle(value: Shape): Bundle | Promise<Bundle | undefined> | undefined {
  const { shape, dtype, data, dataSync } = value;
  if (!isShape(shape) || typeof dtype !== "string" || typeof data !== "function") return undefined;
  const head = `Tensor ${dtype} [${shape.join(", ")}]`;
  if (value["isDisposed"] === true) return { data: { "text/plain": `${head}, disposed` } };
  const bundle = (values: unknown): Bundle | undefined => {
    if (!isList(values) || values.length !== shape.reduce((product, size) => product * size, 1))
      return undefined;
    return { data: { "text/plain": `${head}\n${arrayText(values, shape)}` } };
  };
  try {
    if (typeof dataSync === "function") return bundle(dataSync.call(value));
  } catch {
    // WebGPU has its values only later.
  }
  return Promise.resolve(data.call(value) as unknown).then(bundle);
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => typeof size === "number");
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/** Values of an array, row after row, as nested brackets; the middle of long axes left out. */
function arrayText(values: ArrayLike<unknown>, shape: readonly number[]): string {
  const isWhole = values.length <= WHOLE;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const indices = (size: number): (number | undefined)[] =>
    isWhole || size <= 2 * EDGE
      ? Array.from({ length: size }, (_, index) => index)
      : [0, 1, 2, undefined, size - 3, size - 2, size - 1];
  const texts: string[] = [];
  const collect = (axis: number, offset: number): void => {
    if (axis === shape.length) {
      texts.push(numberText(values[offset]));
      return;
    }
    for (const index of indices(shape[axis] ?? 0)) {
      if (index !== undefined) collect(axis + 1, offset + index * (strides[axis] ?? 1));
    }
  };
  collect(0, 0);
  const width = texts.reduce((widest, text) => Math.max(widest, text.length), 0);
  let next = 0;
  const write = (axis: number): string => {
    if (axis === shape.length) return (texts[next++] ?? "").padStart(width);
    const parts = indices(shape[axis] ?? 0).map((index) => (index === undefined ? "…" : write(axis + 1)));
    const isLast = axis === shape.length - 1;
    const separator = isLast ? ", " : `,${"\n".repeat(shape.length - 1 - axis)}${" ".repeat(axis + 1)}`;
    return `[${parts.join(separator)}]`;
  };
  return write(0);
}

function numberText(value: unknown): string {
  if (typeof value !== "number") return typeof value === "string" ? JSON.stringify(value) : String(value);
  return Number.isInteger(value) || !Number.isFinite(value)
    ? String(value)
    : String(Number(value.toPrecision(5)));
}
