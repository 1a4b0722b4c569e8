import { AsyncLocalStorage } from "node:async_hooks";
import { promiseHooks } from "node:v8";
import type { Cell } from "./cell.ts";
import type { FromExecutor, RequestId } from "./protocol.ts";

/** Messages that a front end shows as output of a cell. */
export type Output = Extract<
  FromExecutor,
  { type: "stream" | "display" | "update-display" | "clear-output" | "late-error" }
>;

/** On whose behalf code runs. */
export interface Context {
  /** Its output goes to this cell, its awaits and timers end with it. */
  readonly cell: Cell;
  /** The message being handled: the cell's own, or a comm message of a front end. */
  readonly parent: RequestId;
  /** Takes the output in the place of the cell: an output widget. */
  readonly capture?: (output: Output) => void;
}

/** Keeps a context through promises, timers and callbacks. */
interface Contexts {
  /** The context of the code that is running. */
  getStore(): Context | undefined;
  /** Calls `code` in `context`. */
  run<T>(context: Context | undefined, code: () => T): T;
  /** The context in which `promise` was made, or anything else that was kept. */
  of(value: object): Context | undefined;
  /** Whether callbacks of Node's own modules lose the context, and have to `keep` it. */
  readonly losesCallbacks: boolean;
  /** Remembers the context that is running with `value`, unless that has one. */
  keep(value: object): void;
  /** Code was terminated in the middle: no context is left over from it. */
  reset(): void;
}

/** Returns its argument from the constructor, so that a subclass can put a private field on any object. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its constructor is what the subclass is about
class Anything {
  constructor(value: object) {
    return value;
  }
}

/** Puts the context on a promise or another object, invisible to its user. */
class Stamp extends Anything {
  readonly #context: Context;

  private constructor(value: object, context: Context) {
    super(value);
    this.#context = context;
  }

  static put(value: object, context: Context): void {
    new Stamp(value, context);
  }

  static read(value: object): Context | undefined {
    return #context in value ? value.#context : undefined;
  }
}

/**
 * Before Node 24 `AsyncLocalStorage` rests on async hooks, which push an id for each awaited continuation; when an
 * interrupt terminates one, the id stays, and Node aborts ("Assertion failed: (env_->execution_async_id()) == (0)"). V8's
 * promise hooks push nothing. Timers, ticks and microtasks carry the context by themselves (`installTimers`), emitters and
 * callbacks of files and the like by `keepThroughCallbacks`.
 */
class PromiseContexts implements Contexts {
  readonly losesCallbacks = true;
  #current: Context | undefined;

  constructor() {
    promiseHooks.createHook({
      init: (promise) => {
        if (this.#current) Stamp.put(promise, this.#current);
      },
      before: (promise) => {
        this.#current = Stamp.read(promise);
      },
      after: () => {
        this.#current = undefined;
      },
    });
  }

  getStore(): Context | undefined {
    return this.#current;
  }

  run<T>(context: Context | undefined, code: () => T): T {
    const outer = this.#current;
    this.#current = context;
    try {
      return code();
    } finally {
      this.#current = outer;
    }
  }

  of(value: object): Context | undefined {
    return Stamp.read(value);
  }

  keep(value: object): void {
    if (this.#current && !Stamp.read(value)) Stamp.put(value, this.#current);
  }

  reset(): void {
    this.#current = undefined;
  }
}

/** Since Node 24 the storage is V8's own: nothing to push, and callbacks of files, sockets and processes keep it too. */
class FrameContexts implements Contexts {
  readonly losesCallbacks = false;
  readonly #storage = new AsyncLocalStorage<Context | undefined>();

  owns(storage: unknown): boolean {
    return storage === this.#storage;
  }

  getStore(): Context | undefined {
    return this.#storage.getStore();
  }

  run<T>(context: Context | undefined, code: () => T): T {
    return this.#storage.run(context, code);
  }

  of(): Context | undefined {
    return this.#storage.getStore();
  }

  keep(): void {
    // The storage does.
  }

  reset(): void {
    this.#storage.enterWith(undefined);
  }
}

/** The context of the code that is running, through timers, promises and callbacks. */
export const contexts: Contexts =
  Number.parseInt(process.versions.node) >= 24 ? new FrameContexts() : new PromiseContexts();

/** Whether that is the storage of `contexts`, and not one of the user's. */
export function isContextStorage(storage: unknown): boolean {
  return contexts instanceof FrameContexts && contexts.owns(storage);
}
