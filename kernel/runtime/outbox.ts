import type { MessagePort } from "node:worker_threads";
import { FLAG } from "./flags.ts";
import type { FromExecutor, RequestId } from "./protocol.ts";
import type { TextRing } from "./text-ring.ts";

/** Bytes on their way to the host at which the main thread waits: 100 MB printed in a loop never pile up in memory. */
const HIGH_WATER_BYTES = 8 << 20;

/**
 * What one message costs beside its text. It takes less memory, but the host's time: what is on its way when a loop of displays is
 * stopped has to be shown before its end is told, and must not take seconds.
 */
const ENVELOPE_BYTES = 2048;

/** Milliseconds that a process about to end waits for its last messages. */
const FLUSH_LIMIT = 2000;

/** Milliseconds that a command waits for a host that is held back by slow front ends. */
const HOST_LIMIT = 500;

/** What the sidecar gets by the port. */
export interface Posted {
  /** None where there is only text in the ring. */
  readonly message?: FromExecutor;
  /** The estimated size of `message`. */
  readonly bytes: number;
  /** Where the text ring stood: what is before it was said before. */
  readonly at: number;
}

/**
 * The way out: messages go to the sidecar, which writes them to the line in order, also while this thread spins. What a
 * stream says goes through the ring: a message only says whose text it is, where that changes.
 */
export class Outbox {
  readonly #port: MessagePort;
  readonly #flags: Int32Array<SharedArrayBuffer>;
  readonly #ring: TextRing;
  /** Whose the text in the ring is. */
  #name: "stdout" | "stderr" | undefined;
  #request: RequestId = "";
  #asked = 0;

  constructor(port: MessagePort, flags: Int32Array<SharedArrayBuffer>, ring: TextRing) {
    this.#port = port;
    this.#flags = flags;
    this.#ring = ring;
  }

  /** Sends `message`; waits (interruptibly) where the host is far behind. Throws where it cannot be cloned. */
  post(message: FromExecutor): void {
    const bytes = ENVELOPE_BYTES + sizeOf(message);
    this.#port.postMessage({ message, bytes, at: this.#ring.written } satisfies Posted);
    this.#count(bytes);
  }

  /** Sends what a cell writes. */
  write(request: RequestId, name: "stdout" | "stderr", text: string): void {
    // An interrupt may end this anywhere: the names are noted once they are sent.
    if (name !== this.#name || request !== this.#request) {
      this.post({ type: "stream", request, name, text: "" });
      this.#name = name;
      this.#request = request;
    }
    const bytes = isWellFormed(text) ? this.#ring.write(text) : 0;
    if (bytes === 0) {
      this.post({ type: "stream", request, name, text });
      return;
    }
    if (Atomics.exchange(this.#flags, FLAG.awake, 1) === 0)
      this.#port.postMessage({ bytes: 0, at: this.#ring.written } satisfies Posted);
    this.#count(bytes);
  }

  /** Returns when everything is on the line: for a process about to end. */
  flush(): void {
    this.#waitUntilBelow(1, FLUSH_LIMIT);
  }

  /** Returns when the host has taken everything, or is too slow. */
  flushToHost(request: RequestId): void {
    const number = ++this.#asked;
    this.post({ type: "is-heard", request, number });
    const end = performance.now() + HOST_LIMIT;
    for (;;) {
      const heard = Atomics.load(this.#flags, FLAG.hostHeard);
      const left = end - performance.now();
      if (heard >= number || left <= 0) return;
      Atomics.wait(this.#flags, FLAG.hostHeard, heard, left);
    }
  }

  #count(bytes: number): void {
    if (Atomics.add(this.#flags, FLAG.outstanding, bytes) + bytes > HIGH_WATER_BYTES) {
      this.#waitUntilBelow(HIGH_WATER_BYTES / 2, Infinity);
    }
  }

  #waitUntilBelow(bytes: number, milliseconds: number): void {
    const end = performance.now() + milliseconds;
    for (;;) {
      const outstanding = Atomics.load(this.#flags, FLAG.outstanding);
      const left = end - performance.now();
      if (outstanding < bytes || left <= 0) return;
      Atomics.wait(this.#flags, FLAG.outstanding, outstanding, Math.min(left, 1000));
    }
  }
}

/** Whether no half of a surrogate pair stands alone: its other half may be in the next text. */
function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

/** The length of a message's texts and buffers. */
function sizeOf(message: FromExecutor): number {
  switch (message.type) {
    case "stream":
      return message.text.length;
    case "display":
    case "update-display":
    case "result":
      return sizeOfValues(message.display.data);
    case "comm-open":
    case "comm-message":
    case "comm-close":
      return message.comm.buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
    default:
      return 0;
  }
}

function sizeOfValues(data: Readonly<Record<string, unknown>>): number {
  let size = 0;
  for (const value of Object.values(data)) if (typeof value === "string") size += value.length;
  return size;
}
