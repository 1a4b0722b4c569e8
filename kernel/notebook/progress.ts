import { display, type DisplayHandle } from "./display.ts";
import { DISPLAY, type Displayable } from "./displayable.ts";
import { runningKernel } from "./kernel.ts";

/** Milliseconds between two drawings of a bar. */
const REDRAW_AFTER = 100;

/** Characters of a bar in text. */
const TEXT_WIDTH = 24;

/** What a bar says, and how long it is. */
export interface ProgressOptions {
  /** What is going on, in front of the bar. */
  readonly label?: string;
  /** The number of steps, where what is gone through does not tell. */
  readonly total?: number;
}

/** A bar that fills while it is gone through, or by hand. */
export interface Progress<T> extends Iterable<T>, AsyncIterable<T> {
  /** Steps done. */
  readonly value: number;
  /** One step, or `steps`, done; `note` replaces what stands behind the bar. */
  readonly advance: (steps?: number, note?: string) => void;
  /** The bar will not move again: draws its last state. */
  readonly finish: (note?: string) => void;
}

/**
 * A bar below the cell that is updated in place, and stays as its last state in the saved notebook: for going through
 * `items` (also ones that come later), or for a number of steps taken by hand.
 *
 * @example
 * for (const batch of progress(batches, { label: "training" })) train(batch);
 * @example
 * const bar = progress(100);
 * bar.advance(10, "loss 0.3");
 */
export function progress(total: number, options?: ProgressOptions): Progress<number>;
export function progress<T>(items: Iterable<T> | AsyncIterable<T>, options?: ProgressOptions): Progress<T>;
export function progress<T>(
  items: number | Iterable<T> | AsyncIterable<T>,
  { label = "", total = sizeOf(items) }: ProgressOptions = {},
): Progress<T | number> {
  const bar = new Bar(label, total);
  return {
    get value() {
      return bar.value;
    },
    advance: (steps = 1, note) => bar.advance(steps, note),
    finish: (note) => bar.finish(note),
    *[Symbol.iterator]() {
      if (typeof items !== "number" && !(Symbol.iterator in items)) {
        throw new TypeError("these items come later: go through them with `for await`");
      }
      bar.start();
      try {
        for (const item of typeof items === "number" ? steps(items) : items) {
          yield item;
          bar.advance(1);
        }
      } finally {
        bar.finish();
      }
    },
    async *[Symbol.asyncIterator]() {
      bar.start();
      try {
        for await (const item of typeof items === "number" ? steps(items) : items) {
          yield item;
          bar.advance(1);
        }
      } finally {
        bar.finish();
      }
    },
  };
}

function sizeOf(items: unknown): number | undefined {
  if (typeof items === "number") return items;
  if (typeof items !== "object" || items === null) return undefined;
  if ("length" in items && typeof items.length === "number") return items.length;
  return "size" in items && typeof items.size === "number" ? items.size : undefined;
}

function* steps(count: number): Generator<number> {
  for (let step = 0; step < count; step++) yield step;
}

class Bar implements Displayable {
  value = 0;
  readonly #label: string;
  readonly #total: number | undefined;
  readonly #begin = performance.now();
  #note = "";
  #handle: DisplayHandle | undefined;
  #drawn = -Infinity;
  #isFinished = false;

  constructor(label: string, total: number | undefined) {
    this.#label = label;
    this.#total = total;
  }

  start(): void {
    if (runningKernel()) this.#draw();
  }

  advance(count: number, note = this.#note): void {
    this.value += count;
    this.#note = note;
    const now = performance.now();
    if (now - this.#drawn < REDRAW_AFTER && this.value !== this.#total) return;
    if (runningKernel()) this.#draw();
  }

  finish(note = this.#note): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#note = note;
    // A script gets one line, when all is done.
    this.#draw();
  }

  [DISPLAY](): Record<string, string> {
    const share =
      this.#total === undefined || this.#total === 0 ? undefined : Math.min(1, this.value / this.#total);
    const count = this.#total === undefined ? String(this.value) : `${this.value}/${this.#total}`;
    const seconds = `${((performance.now() - this.#begin) / 1000).toFixed(1)} s`;
    const words = [count, seconds, this.#note].filter((word) => word !== "").join(" · ");
    const filled = Math.round((share ?? 1) * TEXT_WIDTH);
    const text = [this.#label, "█".repeat(filled) + "░".repeat(TEXT_WIDTH - filled), words];
    const bar =
      `<span style="display:inline-block;width:16em;height:0.9em;background:rgba(128,128,128,0.25);vertical-align:-0.1em">` +
      `<span style="display:block;width:${((share ?? 1) * 100).toFixed(1)}%;height:100%;background:#4c78a8"></span></span>`;
    return {
      "text/html": `<div>${escaped(this.#label)} ${bar} ${escaped(words)}</div>`,
      "text/plain": text.filter((word) => word !== "").join(" "),
    };
  }

  #draw(): void {
    this.#drawn = performance.now();
    if (this.#handle) this.#handle.update(this);
    else this.#handle = display(this);
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
