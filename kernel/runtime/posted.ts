import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { FLAG } from "./flags.ts";
import type { Posted } from "./outbox.ts";
import type { FromExecutor } from "./protocol.ts";
import type { TextRing } from "./text-ring.ts";

/** Messages that are taken at once, so that the thread hears an interrupt between them. */
const MOST_AT_ONCE = 10_000;

type Stream = Extract<FromExecutor, { type: "stream" }>;

/** The sidecar's end of the outbox: what the main thread has posted and written, in its order. */
export class PostedMessages {
  readonly #port: MessagePort;
  readonly #flags: Int32Array<SharedArrayBuffer>;
  readonly #ring: TextRing;
  #posted: Posted[] = [];
  /** Whose text comes next out of the ring. */
  #stream: Stream | undefined;

  constructor(port: MessagePort, flags: Int32Array<SharedArrayBuffer>, ring: TextRing) {
    this.#port = port;
    this.#flags = flags;
    this.#ring = ring;
  }

  /** One that the port has handed over. */
  add(posted: Posted): void {
    this.#posted.push(posted);
  }

  /** All that is there, neighbouring pieces of the same stream as one, and its size as the main thread counts it. */
  take(): { readonly messages: readonly FromExecutor[]; readonly bytes: number } {
    Atomics.store(this.#flags, FLAG.awake, 0);
    // Before the port is read: whose text is up to here has been posted.
    const written = this.#ring.written;
    const posted = this.#posted;
    this.#posted = [];
    let isAll = false;
    while (posted.length < MOST_AT_ONCE) {
      const next = receiveMessageOnPort(this.#port) as { readonly message: Posted } | undefined;
      isAll = next === undefined;
      if (!next) break;
      posted.push(next.message);
    }
    const messages: FromExecutor[] = [];
    let texts: string[] = [];
    let bytes = 0;
    const read = (end: number): void => {
      const piece = this.#ring.read(end);
      if (piece.bytes > 0) texts.push(piece.text);
      bytes += piece.bytes;
    };
    const finish = (): void => {
      if (this.#stream && texts.length > 0) messages.push({ ...this.#stream, text: texts.join("") });
      texts = [];
    };
    for (const { message, at, bytes: size } of posted) {
      read(at);
      bytes += size;
      if (!message) continue;
      if (message.type === "stream") {
        if (message.name !== this.#stream?.name || message.request !== this.#stream.request) finish();
        this.#stream = message;
        if (message.text !== "") texts.push(message.text);
      } else {
        finish();
        messages.push(message);
      }
    }
    if (isAll) read(written);
    finish();
    return { messages, bytes };
  }
}
