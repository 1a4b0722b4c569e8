import { Console } from "node:console";
import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

type StreamName = "stdout" | "stderr";

/**
 * Sends what user code writes with `console`, `process.stdout` and `process.stderr` to `write` as it is written,
 * and leaves the descriptors 1 and 2 to native code and child processes.
 */
export function installStreams(write: (name: StreamName, text: string) => void): void {
  const { stdout, stderr } = process;
  redirect(stdout, "stdout", write);
  redirect(stderr, "stderr", write);
  // A console of our own: Node's also feeds the inspector, which keeps the logged values alive.
  const own = new Console({ stdout: sink("stdout", write), stderr: sink("stderr", write), colorMode: false });
  for (const [name, method] of Object.entries(own)) {
    if (typeof method === "function") Object.assign(console, { [name]: method as unknown });
  }
}

function sink(name: StreamName, write: (name: StreamName, text: string) => void): NodeJS.WritableStream {
  const stream = new Writable({ decodeStrings: false });
  redirect(stream, name, write);
  return stream;
}

/** Replaces `stream.write` (its users and Node's own `pipe` call it) by a synchronous hand-over. */
function redirect(stream: Writable, name: StreamName, write: (name: StreamName, text: string) => void): void {
  const decoder = new StringDecoder("utf8");
  const take = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
    const callback = typeof encoding === "function" ? encoding : done;
    const text =
      typeof chunk === "string"
        ? isTextEncoding(encoding)
          ? chunk
          : decoder.write(Buffer.from(chunk, encoding as BufferEncoding))
        : decoder.write(bytesOf(chunk));
    if (text !== "") write(name, text);
    if (typeof callback === "function") process.nextTick(callback);
    return true;
  };
  Object.defineProperty(stream, "write", { value: take, writable: true, configurable: true });
  const end = (chunk?: unknown, encoding?: unknown, done?: unknown) => {
    // Node's process.stdout cannot be closed either.
    if (chunk !== undefined && typeof chunk !== "function") take(chunk, encoding);
    const callback = [chunk, encoding, done].find((each) => typeof each === "function");
    if (callback) process.nextTick(callback);
    return stream;
  };
  Object.defineProperty(stream, "end", { value: end, writable: true, configurable: true });
}

function isTextEncoding(encoding: unknown): boolean {
  return typeof encoding !== "string" || /^utf-?8$/i.test(encoding);
}

/** The bytes of a chunk, or Node's own error for what cannot be written. */
function bytesOf(chunk: unknown): Buffer {
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw Object.assign(
    new TypeError(
      'The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView',
    ),
    { code: "ERR_INVALID_ARG_TYPE" },
  );
}
