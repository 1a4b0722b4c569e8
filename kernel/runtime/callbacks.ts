import crypto from "node:crypto";
import dns from "node:dns";
import { EventEmitter } from "node:events";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { contexts, type Context } from "./context.ts";

type Callback = (...values: unknown[]) => unknown;
type Functions = Record<string, unknown>;

/** Functions that take a callback and have no `…Sync` form beside them, from which one knows the others. */
const WITHOUT_SYNC: readonly (readonly [object, RegExp])[] = [
  [fs, /^(read|write|fstat|exists)$/],
  [crypto, /^(randomBytes|randomInt|sign|verify|diffieHellman)$/],
  [dns, /^(lookup|lookupService|reverse|resolve\w*)$/],
];

/**
 * Before Node 24: keeps the context in what Node itself calls from its event loop. An emitter (a stream, socket, server,
 * child process or worker) has the context of the code that made it, or else of what first listened to it; the callback of
 * a file operation and the like that of its call. Listeners that a cell calls by `emit` run, as ever, on behalf of that cell.
 */
export function keepThroughCallbacks(): void {
  if (!contexts.losesCallbacks) return;
  keepInEmitters();
  keepInSignals();
  for (const [module, pattern] of WITHOUT_SYNC) {
    const functions = module as Functions;
    for (const name of Object.keys(functions))
      if (pattern.test(name) || typeof functions[`${name}Sync`] === "function") keepInCalls(functions, name);
  }
  syncBuiltinESMExports();
}

function keepInEmitters(): void {
  const { prototype } = EventEmitter;
  const events = EventEmitter as unknown as { init: (this: object, ...values: unknown[]) => unknown };
  const { init } = events;
  events.init = function (...values) {
    contexts.keep(this);
    return init.apply(this, values);
  };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the emitter as `this`
  const { on, emit } = prototype;
  prototype.on = prototype.addListener = function (this: EventEmitter, ...values: Parameters<typeof on>) {
    contexts.keep(this);
    return on.apply(this, values);
  };
  prototype.emit = function (this: EventEmitter, ...values: Parameters<typeof emit>) {
    const own = contexts.getStore() ? undefined : contexts.of(this);
    return own ? within(own, () => emit.apply(this, values)) : emit.apply(this, values);
  };
}

/** The process is older than any cell: each signal belongs to the cell that listened to it last. */
function keepInSignals(): void {
  const listening = new Map<unknown, Context>();
  const methods = process as unknown as Record<"on" | "addListener" | "emit", Callback>;
  const { on, emit } = methods;
  methods.on = methods.addListener = function (this: unknown, ...values) {
    const context = contexts.getStore();
    if (context && /^SIG/.test(String(values[0]))) listening.set(values[0], context);
    return on.apply(this, values);
  };
  methods.emit = function (this: unknown, ...values) {
    const own = contexts.getStore() ? undefined : listening.get(values[0]);
    return own ? within(own, () => emit.apply(this, values)) : emit.apply(this, values);
  };
}

function keepInCalls(functions: Functions, name: string): void {
  const original = functions[name];
  if (typeof original !== "function") return;
  const kept = function (this: unknown, ...values: unknown[]): unknown {
    const context = contexts.getStore();
    const callback = values.at(-1);
    if (context && typeof callback === "function")
      values[values.length - 1] = function (this: unknown, ...results: unknown[]) {
        return within(context, () => (callback as Callback).apply(this, results));
      };
    return (original as Callback).apply(this, values);
  };
  // Its name, its length, and what `promisify` shall do with it.
  Object.defineProperties(kept, Object.getOwnPropertyDescriptors(original));
  functions[name] = kept;
}

/** Calls `code` in `context`; what it throws is told in the cell of `context`, where nobody catches it. */
function within<T>(context: Context, code: () => T): T {
  return contexts.run(context, () => {
    try {
      return code();
    } catch (error) {
      if (typeof error === "object" && error !== null) contexts.keep(error);
      throw error;
    }
  });
}
