/** What a queue needs of a socket: zeromq.js refuses a second send before the first has ended. */
export interface FrameSink {
  send(frames: Uint8Array[]): Promise<void>;
}

interface Entry {
  readonly frames: Uint8Array[];
  readonly bytes: number;
}

/** How long to wait before a socket that is full is tried again, in ms. */
const RETRY_AFTER = 5;

/**
 * Once a socket was stuck and may drop messages, they are sent in portions, so that the readers that are not stuck come
 * along: messages of a portion, half of what the socket holds for one reader, and the pause after it, in ms.
 */
const PORTION = 1_000;
const PAUSE = 100;

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}

/**
 * Sends one message after the other on one socket, in the order of the calls; where the socket is full, waits.
 * What waits is counted in bytes, so that the one who makes the messages can be held back.
 */
export class SendQueue {
  readonly #socket: FrameSink;
  readonly #onStuck: (() => void) | undefined;
  readonly #stuckAfter: number;
  #entries: Entry[] = [];
  #bytes = 0;
  #sending: Promise<void> | undefined;
  #closed = false;
  /** Messages left of the present portion; undefined while nothing is dropped. */
  #portion: number | undefined;

  /**
   * @param onStuck called when the socket has been full for `stuckAfter` ms: it may then drop what cannot be sent
   */
  constructor(socket: FrameSink, options: { stuckAfter?: number; onStuck?: () => void } = {}) {
    this.#socket = socket;
    this.#stuckAfter = options.stuckAfter ?? 5_000;
    this.#onStuck = options.onStuck;
  }

  /** Bytes of the messages that wait. */
  get waiting(): number {
    return this.#bytes;
  }

  /** Puts a message at the end. */
  push(frames: Uint8Array[]): void {
    if (this.#closed) return;
    let bytes = 0;
    for (const frame of frames) bytes += frame.length;
    this.#entries.push({ frames, bytes });
    this.#bytes += bytes;
    this.#sending ??= this.#drain();
  }

  /** Settles when nothing waits any more. */
  async empty(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  /** Forgets what waits and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#entries = [];
    this.#bytes = 0;
  }

  async #drain(): Promise<void> {
    // The first send starts at once; what is pushed meanwhile is taken by the same loop.
    for (let batch = this.#entries; batch.length > 0; batch = this.#entries) {
      this.#entries = [];
      for (const entry of batch) {
        if (this.#isClosed()) break;
        await this.#send(entry.frames);
        this.#bytes = Math.max(0, this.#bytes - entry.bytes);
      }
    }
    this.#sending = undefined;
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  async #send(frames: Uint8Array[]): Promise<void> {
    if (this.#portion !== undefined && --this.#portion < 0) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      this.#portion = PORTION;
    }
    let fullSince: number | undefined;
    while (!this.#isClosed()) {
      try {
        await this.#socket.send(frames);
        return;
      } catch (error) {
        // A peer that has gone or a socket that was closed: nobody is left to tell.
        if (!isFull(error)) return;
        const now = performance.now();
        fullSince ??= now;
        if (now - fullSince > this.#stuckAfter) {
          if (!this.#onStuck) return;
          this.#onStuck();
          this.#portion = PORTION;
          fullSince = undefined;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
      }
    }
  }
}
