import { AsyncLocalStorage } from "node:async_hooks";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";
import { MessageChannel } from "node:worker_threads";
import type { Cell, Clearable } from "./cell.ts";
import { contexts, isContextStorage } from "./context.ts";

const native = { ...timers };

/** The timers of Node, for the executor itself. */
export const nativeTimers = { setTimeout: native.setTimeout, clearTimeout: native.clearTimeout };

/** Whether user code has its own `AsyncLocalStorage`, which its timers have to keep. */
let usesStorage = false;

/**
 * Runs code with the user's own async storages as they are now. Node's ways to do that push an async id, which a terminated
 * callback leaves behind: so only for users who have storages.
 */
function surroundings(): (code: () => void) => void {
  return usesStorage ? AsyncLocalStorage.snapshot() : (code) => code();
}

function watchStorages(): void {
  const { prototype } = AsyncLocalStorage;
  for (const name of ["run", "enterWith"] as const) {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the storage as `this`
    const original = prototype[name] as (this: unknown, ...values: unknown[]) => unknown;
    prototype[name] = function (this: unknown, ...values: unknown[]) {
      if (!isContextStorage(this)) usesStorage = true;
      return original.apply(this, values);
    } as never;
  }
}

type Callback = (...values: unknown[]) => void;
type NativeTimer = NodeJS.Timeout | NodeJS.Immediate;

/** What the user's timers tell the executor. */
export interface TimerEvents {
  /** An error that a callback threw, and the cell that had started the timer. */
  readonly failed: (error: unknown, cell: Cell | undefined) => void;
  /** A callback of this cell begins; `undefined` when it has ended. */
  readonly running: (cell: Cell | undefined) => void;
}

/**
 * Puts timers in the place of Node's, everywhere that user code may find them, whose callbacks run from a message port.
 * When an interrupt terminates code that was called directly from one of Node's timers, Node aborts the process ("async hook
 * stack has become corrupted"); from a port it is safe (KERNEL.md 3.5). Each timer belongs to the cell that started it.
 */
export function installTimers(events: TimerEvents): void {
  watchStorages();
  const live = new Map<NativeTimer, UserTimer>();
  const due = new Map<number, UserTimer>();
  let count = 0;

  const { port1: ring, port2: bell } = new MessageChannel();
  bell.on("message", (id: number) => {
    const timer = due.get(id);
    due.delete(id);
    timer?.run();
  });
  bell.unref();

  class UserTimer implements Clearable {
    readonly #callback: Callback;
    readonly #values: unknown[];
    readonly #repeats: boolean;
    readonly #context = contexts.getStore();
    readonly #cell = this.#context?.cell;
    readonly #within = surroundings();
    #native: NativeTimer | undefined;
    #isDue = false;

    constructor(callback: Callback, values: unknown[], repeats: boolean) {
      this.#callback = callback;
      this.#values = values;
      this.#repeats = repeats;
    }

    start(timer: NativeTimer): void {
      this.#resume(timer);
      if (!("refresh" in timer)) return;
      const refresh = timer.refresh.bind(timer);
      timer.refresh = () => {
        this.#resume(timer);
        return refresh();
      };
    }

    #resume(timer: NativeTimer): void {
      this.#native = timer;
      live.set(timer, this);
      this.#cell?.timers.add(this);
    }

    ring(): void {
      // An interval whose last callback has not run yet has nothing to add.
      if (this.#isDue) return;
      this.#isDue = true;
      due.set(++count, this);
      ring.postMessage(count);
    }

    run(): void {
      this.#isDue = false;
      if (!this.#native) return;
      const timer = this.#native;
      if (!this.#repeats) this.#forget();
      events.running(this.#cell);
      try {
        this.#within(() => contexts.run(this.#context, () => this.#callback.apply(timer, this.#values)));
      } catch (error) {
        contexts.run(this.#context, () => events.failed(error, this.#cell));
      }
      events.running(undefined);
    }

    clear(): void {
      if (!this.#native) return;
      native.clearTimeout(this.#native as NodeJS.Timeout);
      native.clearImmediate(this.#native as NodeJS.Immediate);
      this.#forget();
    }

    #forget(): void {
      if (this.#native) live.delete(this.#native);
      this.#native = undefined;
      this.#cell?.timers.delete(this);
    }
  }

  function starter(start: (callback: () => void, delay?: number) => NativeTimer, repeats: boolean) {
    return (callback: Callback, delay?: number, ...values: unknown[]): NativeTimer => {
      if (typeof callback !== "function") return start(callback, delay);
      const timer = new UserTimer(callback, values, repeats);
      const started = start(() => timer.ring(), delay);
      timer.start(started);
      return started;
    };
  }

  function clear(timer: unknown): void {
    // A timer may also be named by the number that it converts to.
    const known = live.get(timer as NativeTimer);
    if (known) known.clear();
    else if (typeof timer === "number" || typeof timer === "string") {
      for (const each of live.keys())
        if ("refresh" in each && +each === Number(timer)) live.get(each)?.clear();
      native.clearTimeout(timer);
    } else if (timer) {
      native.clearTimeout(timer as NodeJS.Timeout);
      native.clearImmediate(timer as NodeJS.Immediate);
    }
  }

  const setTimeout = starter(native.setTimeout, false);
  const setInterval = starter(native.setInterval, true);
  const startImmediate = starter((callback) => native.setImmediate(callback), false);
  const setImmediate = (callback: Callback, ...values: unknown[]) =>
    startImmediate(callback, undefined, ...values);
  const replacements = {
    setTimeout,
    setInterval,
    setImmediate,
    clearTimeout: (timer: unknown) => clear(timer),
    clearInterval: (timer: unknown) => clear(timer),
    clearImmediate: (timer: unknown) => clear(timer),
  };
  for (const [name, replacement] of Object.entries(replacements)) {
    Object.defineProperty(replacement, "name", { value: name });
    Object.assign(globalThis, { [name]: replacement });
    Object.assign(timers, { [name]: replacement });
  }
  const promised = {
    setTimeout: (delay?: number, value?: unknown, options?: { signal?: AbortSignal; ref?: boolean }) =>
      promisedTimer((done) => setTimeout(done, delay), value, options),
    setImmediate: (value?: unknown, options?: { signal?: AbortSignal; ref?: boolean }) =>
      promisedTimer((done) => setImmediate(done), value, options),
    setInterval: async function* (
      delay?: number,
      value?: unknown,
      options?: { signal?: AbortSignal; ref?: boolean },
    ) {
      for (;;) yield await promised.setTimeout(delay, value, options);
    },
  };
  Object.assign(timersPromises, promised);
  Object.assign(timersPromises.scheduler, {
    wait: (delay: number, options?: { signal?: AbortSignal }) =>
      promised.setTimeout(delay, undefined, options),
    yield: () => promised.setImmediate(),
  });
  Object.defineProperty(setTimeout, promisify.custom, { value: promised.setTimeout });
  Object.defineProperty(setImmediate, promisify.custom, { value: promised.setImmediate });
  Object.defineProperty(timers, "promises", { value: timersPromises });
  keepContext(events);
  syncBuiltinESMExports();

  function promisedTimer(
    start: (done: () => void) => NativeTimer,
    value: unknown,
    { signal, ref = true }: { signal?: AbortSignal; ref?: boolean } = {},
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        clear(timer);
        const error = new Error("The operation was aborted", { cause: signal?.reason });
        reject(Object.assign(error, { name: "AbortError", code: "ABORT_ERR" }));
      };
      const timer = start(() => {
        signal?.removeEventListener("abort", abort);
        resolve(value);
      });
      if (!ref) timer.unref();
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  }
}

/** Microtasks and ticks that user code queues by themselves run in its context, and report what they throw to its cell. */
function keepContext(events: TimerEvents): void {
  const { queueMicrotask, process } = globalThis;
  const nextTick = process.nextTick.bind(process) as (callback: Callback, ...values: unknown[]) => void;
  const kept = (callback: Callback): Callback => {
    const context = contexts.getStore();
    if (!context || typeof callback !== "function") return callback;
    return (...values) => {
      try {
        contexts.run(context, () => callback(...values));
      } catch (error) {
        contexts.run(context, () => events.failed(error, context.cell));
      }
    };
  };
  globalThis.queueMicrotask = (callback) => queueMicrotask(kept(callback));
  process.nextTick = (callback: Callback, ...values: unknown[]) => nextTick(kept(callback), ...values);
}
