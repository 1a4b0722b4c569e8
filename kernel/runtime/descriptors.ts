import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

type StreamName = "stdout" | "stderr";
type Callback = (...values: unknown[]) => unknown;
type Functions = Record<string, unknown>;

export interface DescriptorParts {
  /** Takes what would have been written to descriptor 1 or 2. */
  readonly write: (name: StreamName, data: string | Uint8Array, encoding?: BufferEncoding) => void;
  /** Returns when the host has all output so far. */
  readonly flush: () => void;
  /** What was written to the descriptors by now comes before all that follows. */
  readonly settle: () => void;
}

/**
 * What native code and child processes write to the descriptors 1 and 2 goes to the host by pipes, where `console.log` may
 * overtake it, or be overtaken. Node's own functions that write there are led to the streams instead, and a child process
 * that is waited for has its output between what was printed before it and after it.
 */
export function installDescriptors({ write, flush, settle }: DescriptorParts): void {
  /** Writes what `fs.writeSync` was given after its descriptor; undefined where Node has to say what is wrong with it. */
  const written = (name: StreamName, [data, second, third]: readonly unknown[]): number | undefined => {
    if (typeof data === "string") {
      const encoding = typeof third === "string" ? third : "utf8";
      if (!Buffer.isEncoding(encoding)) return undefined;
      write(name, data, encoding);
      return Buffer.byteLength(data, encoding);
    }
    if (!ArrayBuffer.isView(data)) return undefined;
    const range = (typeof second === "object" ? second : { offset: second, length: third }) as Range | null;
    const { offset, length } = range ?? {};
    const begin = offset ?? 0;
    const end = begin + (length ?? data.byteLength - begin);
    if (!(begin >= 0 && begin <= end && end <= data.byteLength)) return undefined;
    write(name, new Uint8Array(data.buffer, data.byteOffset + begin, end - begin));
    return end - begin;
  };
  replace(fs, "writeSync", (original, descriptor, ...values) => {
    const name = STREAMS.get(descriptor);
    return (name && written(name, values)) ?? original(descriptor, ...values);
  });
  replace(fs, "write", (original, descriptor, ...values) => {
    const name = STREAMS.get(descriptor);
    const callback = values.at(-1);
    if (typeof callback !== "function") return original(descriptor, ...values);
    const length = name && written(name, values.slice(0, -1));
    if (length === undefined) return original(descriptor, ...values);
    process.nextTick(callback, null, length, values[0]);
    return undefined;
  });
  for (const file of ["writeFileSync", "appendFileSync"])
    replace(fs, file, (original, descriptor, data, options) => {
      const name = STREAMS.get(descriptor);
      const encoding =
        typeof options === "object" ? (options as { encoding?: unknown } | null)?.encoding : options;
      if (name === undefined || written(name, [data, null, encoding]) === undefined)
        original(descriptor, data, options);
    });
  for (const start of ["spawnSync", "execSync", "execFileSync"])
    replace(childProcess, start, (original, ...values) => {
      flush();
      try {
        return original(...values);
      } finally {
        settle();
      }
    });
  syncBuiltinESMExports();
}

interface Range {
  readonly offset?: number;
  readonly length?: number;
}

const STREAMS: ReadonlyMap<unknown, StreamName> = new Map([
  [1, "stdout"],
  [2, "stderr"],
]);

/** Puts a function in front of a module's own, with that one's name and other properties. */
function replace(
  module: object,
  name: string,
  by: (original: Callback, ...values: unknown[]) => unknown,
): void {
  const functions = module as Functions;
  const original = functions[name] as Callback;
  const replaced = function (this: unknown, ...values: unknown[]): unknown {
    return by((...given) => original.apply(this, given), ...values);
  };
  Object.defineProperties(replaced, Object.getOwnPropertyDescriptors(original));
  functions[name] = replaced;
}
