import type { MessagePort } from "node:worker_threads";
import { contexts } from "./context.ts";
import { FLAG } from "./flags.ts";
import type { RequestId } from "./protocol.ts";
import type { InterruptNews } from "./sidecar.ts";

/** What the executor does about an interrupt; both may be called more than once for one interrupt. */
export interface InterruptHandler {
  /** The event loop is alive: reject what the cell awaits, and call `finished` when it has ended. */
  readonly interrupt: (finished: () => void, request: RequestId | undefined) => void;
  /** The code of the cell is dead: report its end. */
  readonly end: (request: RequestId | undefined) => void;
}

/** The main thread's side of interrupts (the sidecar has the other). */
export class Interrupts {
  readonly #flags: Int32Array<SharedArrayBuffer>;
  readonly #handler: InterruptHandler;

  constructor(flags: Int32Array<SharedArrayBuffer>, port: MessagePort, handler: InterruptHandler) {
    this.#flags = flags;
    this.#handler = handler;
    port.on("message", (news: InterruptNews) => this.#hear(news));
    // A late SIGINT, or one that Jupyter sends to the whole process group, must not end the process.
    process.on("SIGINT", () => undefined);
  }

  /** Whether a user's interrupt is under way: what a cell throws meanwhile is its consequence. */
  get isPending(): boolean {
    return this.requested > Atomics.load(this.#flags, FLAG.finished);
  }

  /** A cell is running, or none. */
  setActive(isActive: boolean): void {
    Atomics.store(this.#flags, FLAG.active, isActive ? 1 : 0);
  }

  /** Calls `start` so that an interrupt terminates it at once, without the time that awaiting code gets. */
  runSynchronously<T>(start: () => T): T {
    Atomics.store(this.#flags, FLAG.synchronous, 1);
    try {
      return start();
    } finally {
      Atomics.store(this.#flags, FLAG.synchronous, 0);
    }
  }

  /**
   * Calls `work`, which takes microseconds, with no interrupt in the midst of it: one strikes before or after. For what would be left broken, such as the heap of a
   * WebAssembly module: V8 ends code in its loops, too.
   */
  uninterrupted<T>(work: () => T): T {
    const flags = this.#flags;
    if (Atomics.load(flags, FLAG.uninterrupted) === 1) return work();
    Atomics.store(flags, FLAG.uninterrupted, 1);
    // Whoever comes second sees the other: the sidecar sets its flag first, too.
    for (let waits = 0; waits < 100 && Atomics.load(flags, FLAG.signalling) === 1; waits++) {
      this.#letStrike();
      Atomics.wait(flags, FLAG.signalling, 1, 10);
      Atomics.store(flags, FLAG.uninterrupted, 1);
    }
    try {
      return work();
    } finally {
      this.#letStrike();
    }
  }

  #letStrike(): void {
    Atomics.store(this.#flags, FLAG.uninterrupted, 0);
    if (Atomics.load(this.#flags, FLAG.signalling) === 1) Atomics.notify(this.#flags, FLAG.uninterrupted);
  }

  /** The number of the last interrupt that was asked for. */
  get requested(): number {
    return Atomics.load(this.#flags, FLAG.requested);
  }

  /** The interrupts up to that number have ended their cell. */
  finish(number: number): void {
    this.#waitForSidecar();
    for (const flag of [FLAG.heard, FLAG.finished]) {
      if (Atomics.load(this.#flags, flag) < number) Atomics.store(this.#flags, flag, number);
    }
  }

  #hear({ interrupt, terminated, request }: InterruptNews): void {
    // Termination skips `finally`.
    Atomics.store(this.#flags, FLAG.synchronous, 0);
    Atomics.store(this.#flags, FLAG.uninterrupted, 0);
    if (Atomics.load(this.#flags, FLAG.finished) >= interrupt) return;
    this.#waitForSidecar();
    Atomics.store(this.#flags, FLAG.heard, interrupt);
    if (terminated) {
      contexts.reset();
      this.#handler.end(request);
      this.finish(interrupt);
    } else {
      this.#handler.interrupt(() => this.finish(interrupt), request);
    }
  }

  /** Until its signal has struck: it must hit this cell, not the next one. */
  #waitForSidecar(): void {
    for (let waits = 0; waits < 100 && Atomics.load(this.#flags, FLAG.signalling) === 1; waits++) {
      Atomics.wait(this.#flags, FLAG.signalling, 1, 10);
    }
  }
}

/** Where libraries find {@link Interrupts.uninterrupted}. */
const UNINTERRUPTED = Symbol.for("matrix-composition.uninterrupted");

/** Puts it under its symbol of `globalThis`. */
export function offerUninterrupted(interrupts: Interrupts): void {
  const value = <T>(work: () => T): T => interrupts.uninterrupted(work);
  Object.defineProperty(globalThis, UNINTERRUPTED, { value, configurable: true });
}
