import type { FastKernels } from "../kernels/fast-kernels.ts";
import type { Arithmetic, Numbers } from "./arithmetic.ts";

/** The numbers of a tensor of TensorFlow.js, copied out. */
export function numbersOf({ fast }: Pick<Arithmetic, "fast">, tensor: Numbers): Float32Array {
  return fast ? fast.copy(tensor) : tensor.dataSync<"float32">();
}

/** Tensors of fewer numbers are copied out at once. */
const LARGE = 2 ** 14;
/** How many bytes may lie in the backend's memory unread; beyond it the oldest are copied out. */
const MOST = 768 * 2 ** 20;
/** Where the backend's memory has grown to this size, nothing is left in it. */
const FULL = 2 ** 31;

/**
 * What gives the numbers of a tensor, which then nobody may write to. A large one stays in the backend's memory (kept, in the sense of `tf.keep`) until it is asked for its numbers:
 * most activations of a run never are. It is freed when it was read, or when what is returned here is forgotten.
 */
export function numbersWhenRead({ fast }: Arithmetic, tensor: Numbers): () => Float32Array {
  const isLeft = fast !== undefined && tensor.size >= LARGE && !tensor.kept && fast.memorySize < FULL;
  if (!isLeft) {
    const numbers = numbersOf({ fast }, tensor);
    return () => numbers;
  }
  const unread = new Unread(fast, fast.readLater(tensor));
  const reader = new Reader(unread);
  readers.register(reader, unread);
  return () => reader.numbers;
}

/** A tensor that waits to be read. */
class Unread {
  /** All that wait, the oldest first. */
  static readonly #all = new Set<Unread>();
  static #bytes = 0;
  readonly #fast: FastKernels;
  readonly #tensor: Numbers;
  #numbers: Float32Array | undefined;

  constructor(fast: FastKernels, tensor: Numbers) {
    this.#fast = fast;
    this.#tensor = tensor;
    Unread.#all.add(this);
    Unread.#bytes += this.bytes;
    for (const oldest of Unread.#all) {
      if (Unread.#bytes <= MOST) break;
      oldest.read();
    }
  }

  get bytes(): number {
    return this.#tensor.size * 4;
  }

  read(): Float32Array {
    this.#numbers ??= this.#fast.copy(this.#tensor);
    this.free();
    return this.#numbers;
  }

  free(): void {
    if (!Unread.#all.delete(this)) return;
    Unread.#bytes -= this.bytes;
    this.#tensor.dispose();
  }
}

/** Who may read it. */
class Reader {
  /** The garbage collector sees nothing of the backend's memory. It is shown a part of the size, so that it comes by, but not as often as for all of it. */
  readonly weight: ArrayBuffer;
  readonly #unread: Unread;

  constructor(unread: Unread) {
    this.#unread = unread;
    this.weight = new ArrayBuffer(unread.bytes / 8);
  }

  get numbers(): Float32Array {
    return this.#unread.read();
  }
}

const readers = new FinalizationRegistry<Unread>((unread) => {
  unread.free();
});
