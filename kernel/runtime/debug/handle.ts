import { sourceOf, type Source } from "../errors/sources.ts";
import type { Runner } from "../runner.ts";
import type { Bundle } from "../values/bundle.ts";
import { render } from "../values/render.ts";
import { textOf } from "../values/text.ts";

/** Where the host's debugger finds it: kernel/host/debugger/executor-handle.ts. */
const HANDLE = Symbol.for("matrix-composition.debugger");

/** Items of an array, or properties of an object, that are shown in one piece. */
type Part = Readonly<Record<string, unknown>>;

/**
 * What the host's debugger calls in this process through the inspector, also while the main thread is stopped. Installed
 * once; nothing of it runs while no debugger is attached.
 */
export interface DebugHandle {
  /** The variables of all cells. */
  readonly scope: Record<string, unknown>;
  /** The same for a `with` in front of an expression: without the names that the frame's own variables have. */
  readonly view: (hidden: readonly string[]) => object;
  /** What the user wrote for scripts of these names; nothing for those that are not the user's. */
  readonly sources: (files: readonly string[]) => Readonly<Record<string, Source>>;
  /** Whether the debugger shall see which errors of cells are caught by nobody. */
  readonly watchUncaught: (isWatched: boolean) => void;
  /** A value as front ends show it. */
  readonly show: (value: unknown) => Bundle;
  /** Elements `start` to `end` of an array, by their index. */
  readonly elements: (array: ArrayLike<unknown>, start: number, end: number) => Part;
  /** The first `count` own properties of an object. */
  readonly properties: (value: object, count: number) => Part;
}

/** Puts it under its symbol of `globalThis`. */
export function installDebugHandle(runner: Runner): void {
  const { scope } = runner;
  const handle: DebugHandle = {
    scope,
    view: (hidden) => {
      const names = new Set(hidden);
      return new Proxy(scope, {
        has: (target, name) => typeof name === "string" && !names.has(name) && Object.hasOwn(target, name),
        // What a proxy of the scope's prototype would answer to `Symbol.unscopables`.
        get: (target, name) => (typeof name === "symbol" ? undefined : target[name]),
      });
    },
    sources: (files) =>
      Object.fromEntries(
        files.flatMap((file) => {
          const source = sourceOf(file);
          return source ? [[file, plain(source)]] : [];
        }),
      ),
    watchUncaught: (isWatched) => {
      runner.watchesUncaught = isWatched;
    },
    show: (value) => {
      const bundle = render(value);
      // A display that is still on its way cannot arrive while the thread is stopped.
      if (bundle instanceof Promise) return { data: { "text/plain": textOf(value) } };
      return bundle ?? { data: { "text/plain": textOf(value) } };
    },
    elements: (array, start, end) => {
      const part = Object.create(null) as Record<string, unknown>;
      for (let index = start; index < end; index++) part[index] = array[index];
      return part;
    },
    properties: (value, count) => {
      const part = Object.create(null) as Record<string, unknown>;
      let left = count;
      for (const name in value) {
        if (!Object.hasOwn(value, name)) continue;
        if (left-- === 0) break;
        Object.defineProperty(part, name, Object.getOwnPropertyDescriptor(value, name) ?? {});
      }
      return part;
    },
  };
  Object.defineProperty(globalThis, HANDLE, { value: Object.freeze(handle), configurable: true });
}

/** Without the parsed map that is kept beside it. */
function plain({ label, text, map }: Source): Source {
  return { label, text, ...(map !== undefined && { map }) };
}
