import type { Position } from "./protocol.ts";

/** Turns offsets in a text into lines and columns. */
export class LineMap {
  readonly #starts: readonly number[];
  readonly #length: number;

  constructor(text: string) {
    const starts = [0];
    for (const { index, 0: lineBreak } of text.matchAll(/\r\n|[\r\n\u2028\u2029]/g))
      starts.push(index + lineBreak.length);
    this.#starts = starts;
    this.#length = text.length;
  }

  /** The place of an offset; one outside the text is moved to its nearer end. */
  at(offset: number): Position {
    const inside = Math.min(Math.max(offset, 0), this.#length);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? Infinity) <= inside) low = middle;
      else high = middle - 1;
    }
    return { line: low, column: inside - (this.#starts[low] ?? 0), offset: inside };
  }
}
