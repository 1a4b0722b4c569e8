import type { Tensor } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../tensorflow.ts";
import { instantiateKernels, type Kernels } from "./kernels.ts";
import { addressOf, isWasmBackend, type WasmBackend } from "./wasm-memory.ts";

/** Our kernels over the wasm backend's memory, with what operations need to call them. */
export class FastKernels {
  readonly form: "simd" | "relaxed-simd";
  readonly kernels: Kernels;
  /** Address of the block that `matmul` packs into. */
  readonly workspace: number;
  readonly #tf: TensorFlow;
  readonly #backend: WasmBackend;

  constructor(tf: TensorFlow, backend: WasmBackend, kernels: Kernels, form: "simd" | "relaxed-simd") {
    this.#tf = tf;
    this.#backend = backend;
    this.kernels = kernels;
    this.form = form;
    this.workspace = backend.wasm._malloc(kernels.matmulWorkspace());
  }

  /** A new tensor, its numbers not yet set; it belongs to the surrounding `tidy`. */
  output(shape: readonly number[]): Tensor {
    return this.#tf.engine().makeTensorFromTensorInfo(this.#backend.makeOutput(shape, "float32"));
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
  const made = new FastKernels(tf, backend, found.kernels, found.form);
  instances.set(backend, made);
  return made;
}

const instances = new WeakMap<object, FastKernels>();
