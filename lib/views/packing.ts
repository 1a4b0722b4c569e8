import type { Scene } from "./scene.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const TOP_CODE = 4092;

/** The largest number that {@link packCode} takes. */
export const MOST_CODE = 4095;

/** A whole number from 0 to 4,095 as two characters. */
export function packCode(code: number): string {
  return (ALPHABET[code >> 6] ?? "A") + (ALPHABET[code & 63] ?? "A");
}

/** A Vega expression for the number whose two characters begin at `offset` of the text `text` (both expressions). */
export function readCode(text: string, offset: string): string {
  return `(indexof(alphabet, ${text}[${offset}]) * 64 + indexof(alphabet, ${text}[${offset} + 1]))`;
}

/** Numbers as text, two characters each (one part in 4,092 of their range), that {@link readPacked} reads. */
export function pack(values: ArrayLike<number>, low: number, high: number): string {
  let packed = "";
  for (let cell = 0; cell < values.length; cell++) {
    const value = values[cell] ?? NaN;
    const code = Number.isNaN(value)
      ? TOP_CODE + 1
      : value === Infinity
        ? TOP_CODE + 2
        : value === -Infinity
          ? TOP_CODE + 3
          : Math.round(((value - low) / (high - low || 1)) * TOP_CODE);
    packed += packCode(code);
  }
  return packed;
}

/** Adds the signal that {@link readPacked} needs, once a scene. */
export function packingSignal(scene: Scene): void {
  scene.signal("alphabet", ALPHABET);
}

/** A Vega expression for entry `index` (an expression) of the packed text in signal `name`. */
export function readPacked(name: string, index: string, low: number, high: number): string {
  const code = readCode(name, `2 * (${index})`);
  return `(${code} > ${TOP_CODE} ? ['NaN', '∞', '−∞'][${code} - ${TOP_CODE + 1}] : ${low} + ${code} * ${(high - low) / TOP_CODE})`;
}
