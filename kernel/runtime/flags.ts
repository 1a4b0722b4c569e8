/**
 * Words of memory that the executor's main thread and its sidecar share (`Int32Array` over a `SharedArrayBuffer`):
 * the only way to talk to a thread that spins.
 */
export const FLAG = {
  /** 1 while the synchronous part of a cell runs, which an interrupt may terminate at once. */
  synchronous: 0,
  /** 1 while a cell is running, awaiting included. */
  active: 1,
  /** Interrupts asked for, counted by the sidecar. */
  requested: 2,
  /** The last interrupt that the main thread has heard of: its event loop is alive. */
  heard: 3,
  /** The last interrupt that is over: its cell has ended. */
  finished: 4,
  /** 1 while the sidecar is between asking the main thread and signalling: the main thread waits for it. */
  signalling: 5,
  /** Bytes posted to the sidecar and not yet written to the line. */
  outstanding: 6,
  /** Answers to `input-request` that wait for a main thread that is blocked. */
  answers: 7,
  /** Up to where the main thread has written to the text ring, and the sidecar has read. */
  written: 8,
  read: 9,
  /** 1 while the sidecar knows that there is text for it. */
  awake: 10,
  /** The last `is-heard` of the main thread to which the host has said `heard`. */
  hostHeard: 11,
  /** 1 while the main thread does what must not be ended half way: the sidecar waits for it before it strikes. */
  uninterrupted: 12,
} as const;

const FLAG_COUNT = Object.keys(FLAG).length;

/** Fresh flags, all zero. */
export function newFlags(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(FLAG_COUNT * Int32Array.BYTES_PER_ELEMENT));
}
