import { FLAG } from "./flags.ts";

/** Bytes that may wait for the sidecar; a power of two, so that positions may overflow. */
export const RING_BYTES = 1 << 20;

/** Most bytes that UTF-8 takes for one UTF-16 code unit. */
const BYTES_PER_UNIT = 3;

/**
 * Text on its way from the main thread to the sidecar, in memory that both share: writing a line costs a copy of its bytes
 * where a posted message costs a serialisation. Positions count all bytes ever written, modulo 2³².
 */
export class TextRing {
  readonly #bytes: Buffer;
  readonly #flags: Int32Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer, flags: Int32Array<SharedArrayBuffer>) {
    this.#bytes = Buffer.from(memory);
    this.#flags = flags;
  }

  /** Up to where text was written. */
  get written(): number {
    return Atomics.load(this.#flags, FLAG.written);
  }

  /** Puts `text` at the end: its length in bytes, or 0 where it has no room, or where UTF-8 cannot say it. */
  write(text: string): number {
    const { written } = this;
    const most = text.length * BYTES_PER_UNIT;
    // A reader that is behind the writer by all of the ring has the same place in it.
    if (most >= RING_BYTES - ((written - Atomics.load(this.#flags, FLAG.read)) | 0)) return 0;
    const start = written & (RING_BYTES - 1);
    let length: number;
    if (most <= RING_BYTES - start) {
      length = this.#bytes.write(text, start);
    } else {
      const encoded = Buffer.from(text, "utf8");
      length = encoded.length;
      encoded.copy(this.#bytes, start, 0, RING_BYTES - start);
      if (length > RING_BYTES - start) encoded.copy(this.#bytes, 0, RING_BYTES - start);
    }
    Atomics.store(this.#flags, FLAG.written, (written + length) | 0);
    return length;
  }

  /** Takes the text up to a position, which is where some `write` ended. */
  read(end: number): { readonly text: string; readonly bytes: number } {
    const begin = Atomics.load(this.#flags, FLAG.read);
    const bytes = (end - begin) | 0;
    if (bytes <= 0) return { text: "", bytes: 0 };
    const start = begin & (RING_BYTES - 1);
    const whole =
      start + bytes <= RING_BYTES
        ? this.#bytes.subarray(start, start + bytes)
        : Buffer.concat([this.#bytes.subarray(start), this.#bytes.subarray(0, start + bytes - RING_BYTES)]);
    const text = whole.toString("utf8");
    Atomics.store(this.#flags, FLAG.read, end);
    return { text, bytes };
  }
}
