import { DisplayQueue } from "./display-queue.ts";
import { KeyboardInterrupt } from "./keyboard-interrupt.ts";
import type { RequestId } from "./protocol.ts";

/** Awaits that an interrupted cell may still begin, each rejected at once, before they stay pending for good. */
const AWAITS_AFTER_INTERRUPT = 100;

/** Something that an interrupt of the cell clears. */
export interface Clearable {
  clear(): void;
}

/** One run of a cell, from its start to the last of its late callbacks. */
export class Cell {
  readonly request: RequestId;
  readonly number: number;
  readonly allowStdin: boolean;
  /** Timers that its code, or code called by it, has started and that have not fired. */
  readonly timers = new Set<Clearable>();
  readonly displays = new DisplayQueue();
  readonly #rejections = new Set<(reason: KeyboardInterrupt) => void>();
  #state: "running" | "interrupted" | "stopped" = "running";
  #awaitsLeft = AWAITS_AFTER_INTERRUPT;

  constructor(request: RequestId, number: number, allowStdin: boolean) {
    this.request = request;
    this.number = number;
    this.allowStdin = allowStdin;
  }

  /** Whether its user has stopped it. */
  get isInterrupted(): boolean {
    return this.#state !== "running";
  }

  /**
   * The user pressed stop: whatever the cell awaits rejects, its timers are cleared. Its `finally` blocks may still
   * await, until `stop`.
   */
  interrupt(): void {
    if (this.#state === "running") this.#state = "interrupted";
    for (const timer of this.timers) timer.clear();
    this.timers.clear();
    const rejections = [...this.#rejections];
    this.#rejections.clear();
    for (const reject of rejections) reject(new KeyboardInterrupt());
  }

  /** The interrupted cell was reported as ended: what still runs of it comes to rest at its next `await`. */
  stop(): void {
    this.interrupt();
    this.#state = "stopped";
  }

  /**
   * `value`, awaited so that an interrupt ends the waiting. Built of `async`, `await` and a promise's own `resolve`, and
   * nothing else: V8 then shows the awaiting lines in the stack traces of errors.
   */
  async await(value: unknown): Promise<unknown> {
    if (this.#state === "stopped") {
      // A loop that catches everything would spin for ever on awaits that reject: in the end they stay pending.
      if (this.#awaitsLeft-- <= 0) await new Promise(() => undefined);
      throw new KeyboardInterrupt();
    }
    if (!isThenable(value)) return value;
    let rejection: ((reason: KeyboardInterrupt) => void) | undefined;
    try {
      return await new Promise((resolve, reject) => {
        rejection = reject;
        this.#rejections.add(reject);
        Promise.resolve(value).then(resolve, reject);
      });
    } finally {
      if (rejection) this.#rejections.delete(rejection);
    }
  }
}

function isThenable(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
