import type { MessagePort } from "node:worker_threads";
import { FLAG } from "./flags.ts";
import type { FromExecutor } from "./protocol.ts";

/** Bytes on their way to the host at which the main thread waits: 100 MB printed in a loop never pile up in memory. */
const HIGH_WATER_BYTES = 8 << 20;

/** What one message costs beside its text: its envelope, in the queue and on the line. */
const ENVELOPE_BYTES = 256;

/** Milliseconds that a process about to end waits for its last messages. */
const FLUSH_LIMIT = 2000;

/** A message with its estimated size, as the sidecar gets it. */
export interface Posted {
  readonly message: FromExecutor;
  readonly bytes: number;
}

/** The way out: messages go to the sidecar, which writes them to the line in order, also while this thread spins. */
export class Outbox {
  readonly #port: MessagePort;
  readonly #flags: Int32Array<SharedArrayBuffer>;

  constructor(port: MessagePort, flags: Int32Array<SharedArrayBuffer>) {
    this.#port = port;
    this.#flags = flags;
  }

  /** Sends `message`; waits (interruptibly) where the host is far behind. Throws where it cannot be cloned. */
  post(message: FromExecutor): void {
    const bytes = ENVELOPE_BYTES + sizeOf(message);
    this.#port.postMessage({ message, bytes } satisfies Posted);
    if (Atomics.add(this.#flags, FLAG.outstanding, bytes) + bytes > HIGH_WATER_BYTES) {
      this.#waitUntilBelow(HIGH_WATER_BYTES / 2, Infinity);
    }
  }

  /** Returns when everything is on the line: for a process about to end. */
  flush(): void {
    this.#waitUntilBelow(1, FLUSH_LIMIT);
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
