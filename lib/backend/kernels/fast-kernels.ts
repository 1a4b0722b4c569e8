import type { Tensor } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../tensorflow.ts";
import { Helpers } from "./helpers.ts";
import { instantiateKernels, type Kernels, type KernelsOverMemory } from "./kernels.ts";
import { addressOf, isWasmBackend, type WasmBackend } from "./wasm-memory.ts";
import { clearUpperHalves } from "./wide.ts";

/** A matrix in memory: the address of its first number, and how many numbers apart its rows, columns and, in a batch or a group of batches, matrices are. */
export interface Operand {
  readonly at: number;
  readonly row: number;
  /** Default: 1. */
  readonly column?: number;
  readonly batch?: number;
  readonly group?: number;
}

/** What a product has beside its operands. */
export interface ProductOptions {
  /** How many products; default 1. */
  readonly batch?: number;
  /** How many batches; default 1. */
  readonly groups?: number;
  /** Default: 1. */
  readonly scale?: number;
  /** Whether it is added to what is there. */
  readonly isSum?: boolean;
  /** The address of a row that is added to each of C's rows. */
  readonly bias?: number;
  readonly causal?: Causal | undefined;
}

/**
 * What a product of attention can leave out when query i sees the keys up to i + `from`: `only-seen`, entries of C [query, key] that are not seen (they are
 * not set); `from-seen`, zeros of A [query, key]; `from-seers`, zeros of A [key, query].
 */
export interface Causal {
  readonly kind: "only-seen" | "from-seen" | "from-seers";
  readonly from: number;
}

const CAUSAL = { "only-seen": 1, "from-seen": 2, "from-seers": 3 } as const;

/** Our kernels over the wasm backend's memory, with what operations need to call them. */
export class FastKernels {
  readonly form: "simd" | "relaxed-simd";
  /** How wide the vectors are with which matrices are multiplied. */
  readonly vectorBits: 128 | 256;
  readonly kernels: Kernels;
  readonly helpers: Helpers;
  readonly #tf: TensorFlow;
  readonly #backend: WasmBackend;
  /** Memory that is not written to any more, by what TensorFlow.js calls it: tensors may share it. */
  readonly #readLater = new WeakSet<object>();

  constructor(tf: TensorFlow, backend: WasmBackend, found: KernelsOverMemory) {
    this.#tf = tf;
    this.#backend = backend;
    this.kernels = found.kernels;
    this.form = found.form;
    this.vectorBits = found.modules.wide ? 256 : 128;
    this.helpers = new Helpers(found, backend.wasm, backend.wasm._malloc(found.kernels.workspaceSize()));
  }

  /** C = scale · A B (or C + scale · A B), A [m, k], B [k, n], C [m, n] with columns side by side. */
  product(
    m: number,
    n: number,
    k: number,
    a: Operand,
    b: Operand,
    c: Omit<Operand, "column">,
    options: ProductOptions = {},
  ): void {
    const { batch = 1, groups = 1, scale = 1, isSum = false, causal, bias = 0 } = options;
    this.kernels.matmul(
      groups,
      batch,
      m,
      n,
      k,
      a.at,
      a.group ?? 0,
      a.batch ?? 0,
      a.row,
      a.column ?? 1,
      b.at,
      b.group ?? 0,
      b.batch ?? 0,
      b.row,
      b.column ?? 1,
      c.at,
      c.group ?? 0,
      c.batch ?? 0,
      c.row,
      scale,
      isSum ? 1 : 0,
      causal === undefined ? 0 : CAUSAL[causal.kind],
      causal?.from ?? 0,
      bias,
    );
    if (this.vectorBits === 256) clearUpperHalves();
  }

  /** A new tensor, its numbers not yet set; it belongs to the surrounding `tidy`. */
  output(shape: readonly number[]): Tensor {
    return this.#tf.engine().makeTensorFromTensorInfo(this.#backend.makeOutput(shape, "float32"));
  }

  /**
   * What is written in the place of a tensor whose numbers the computation needs no more: another tensor in its memory, or in memory of its own if somebody
   * will {@link readLater}.
   */
  inPlaceOf(tensor: Tensor): Tensor {
    if (this.#readLater.has(tensor.dataId)) return this.output(tensor.shape);
    return this.#tf.reshape(tensor, tensor.shape);
  }

  /** Keeps a tensor, until it is disposed, with its numbers as they are now. */
  readLater<T extends Tensor>(tensor: T): T {
    this.#readLater.add(tensor.dataId);
    return this.#tf.keep(tensor);
  }

  /** A new tensor with these numbers, of one axis. */
  vector(numbers: Float32Array | Int32Array): Tensor {
    const dtype = numbers instanceof Int32Array ? "int32" : "float32";
    const tensor = this.#tf
      .engine()
      .makeTensorFromTensorInfo(this.#backend.makeOutput([numbers.length], dtype));
    const { buffer } = this.#backend.wasm.asm.memory;
    const Numbers = numbers instanceof Int32Array ? Int32Array : Float32Array;
    new Numbers(buffer, this.at(tensor), numbers.length).set(numbers);
    return tensor;
  }

  /** The numbers of a tensor where they lie: to be read at once, as the memory moves when it grows. */
  view(tensor: Tensor): Float32Array {
    return new Float32Array(this.#backend.wasm.asm.memory.buffer, this.at(tensor), tensor.size);
  }

  /** Whether no other tensor lies in this one's memory. */
  isAlone(tensor: Tensor): boolean {
    return this.#backend.refCount(tensor.dataId) === 1;
  }

  /** Bytes of the whole memory, which only grows and at 4 GB ends. */
  get memorySize(): number {
    return this.#backend.wasm.asm.memory.buffer.byteLength;
  }

  /** A copy of a tensor's numbers. */
  copy(tensor: Tensor): Float32Array {
    // Memory that is not set to 0 first: it is written over at once.
    const { buffer } = Buffer.allocUnsafeSlow(tensor.size * 4);
    const numbers = new Float32Array(buffer);
    numbers.set(this.view(tensor));
    return numbers;
  }

  /** The address of a tensor's first number; 0 for none. */
  at(tensor: Tensor | undefined): number {
    return tensor === undefined ? 0 : addressOf(this.#backend, tensor);
  }
}

/** Our kernels for the backend that runs, or `undefined` where they cannot. */
export function fastKernels(tf: TensorFlow): FastKernels | undefined {
  const backend: unknown = tf.backend();
  if (!isWasmBackend(backend)) return undefined;
  const known = instances.get(backend);
  if (known !== undefined) return known;
  const found = instantiateKernels(backend.wasm.asm.memory);
  if (found === undefined) return undefined;
  const made = new FastKernels(tf, backend, found);
  instances.set(backend, made);
  return made;
}

const instances = new WeakMap<object, FastKernels>();
