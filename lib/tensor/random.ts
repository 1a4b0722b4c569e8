import type { Axes, Shape } from "./axes.ts";
import { layout, type TensorOptions } from "./create.ts";
import { checkAxes, checkShape, sizeOfShape } from "./layout.ts";
import { NumberError } from "./errors.ts";
import { Tensor } from "./tensor.ts";

/**
 * An endless source of numbers in [0, 1), the same for the same seed (a whole number or a text) on every machine.
 * Source: sfc32 (PractRand, Chris Doty-Humphrey), seeded with FNV-1a; 32 bits a number.
 */
export function randomNumbers(seed: number | string): () => number {
  let hash = 0x811c9dc5;
  for (const character of String(seed)) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  let a = hash | 0;
  let b = Math.imul(hash, 0x9e3779b1) | 0;
  let c = 0x2545f491;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 15; warmUp += 1) next();
  return next;
}

/** An endless source of numbers with a normal distribution, mean 0 and deviation 1. Source: Box and Muller, 1958. */
export function randomNormalNumbers(seed: number | string): () => number {
  const uniform = randomNumbers(seed);
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** How random numbers are drawn. */
export interface RandomOptions<A extends Axes> extends TensorOptions<A> {
  /** The same seed gives the same numbers: a whole number or a text. */
  readonly seed: number | string;
}

/**
 * A tensor of numbers with a normal distribution.
 * Throws `AxisError`, `SizeError`, and `NumberError` for a deviation below 0.
 *
 * @example randomNormal(["embedding", "feature"], [64, 16], { seed: 1, deviation: 1 / 8 })
 */
export function randomNormal<const A extends Axes>(
  axes: A,
  shape: Shape<A>,
  options: RandomOptions<A> & { readonly mean?: number; readonly deviation?: number },
): Tensor<[...A]> {
  const { seed, mean = 0, deviation = 1 } = options;
  if (!(deviation >= 0)) throw new NumberError(`The deviation is ${deviation}; it must be 0 or more.`);
  const normal = randomNormalNumbers(seed);
  return drawn(axes, shape, options, () => mean + deviation * normal());
}

/**
 * A tensor of numbers spread evenly from `from` (included, 0) to `to` (not included, 1).
 * Throws `AxisError`, `SizeError`.
 */
export function randomUniform<const A extends Axes>(
  axes: A,
  shape: Shape<A>,
  options: RandomOptions<A> & { readonly from?: number; readonly to?: number },
): Tensor<[...A]> {
  const { seed, from = 0, to = 1 } = options;
  const uniform = randomNumbers(seed);
  return drawn(axes, shape, options, () => from + (to - from) * uniform());
}

function drawn<A extends Axes>(
  axes: A,
  shape: Shape<A>,
  options: TensorOptions<A>,
  draw: () => number,
): Tensor<[...A]> {
  checkAxes(axes);
  checkShape(axes, shape);
  const data = new Float64Array(sizeOfShape(shape));
  for (let index = 0; index < data.length; index += 1) data[index] = draw();
  return new Tensor(layout(axes, [...shape], data, options));
}
