import type { TensorInfo } from "@tensorflow/tfjs-core";

/** A kernel's promise that no interrupt ends `work` half way; scripts, which nothing interrupts, have none. */
type Uninterrupted = <T>(work: () => T) => T;

/** Where the TypeScript kernel offers it. */
const UNINTERRUPTED = Symbol.for("matrix-composition.uninterrupted");

/** What `work`, which is to take no longer than a tenth of a second, gives; an interrupt strikes before or after it. */
export function uninterrupted<T>(work: () => T): T {
  const offered = (globalThis as { [UNINTERRUPTED]?: Uninterrupted })[UNINTERRUPTED];
  return offered === undefined ? work() : offered(work);
}

/** The methods of TensorFlow.js' wasm backend (4.22, `backend_wasm.ts`) that change its heap and its table of tensors. */
interface Heap {
  move(...tensor: unknown[]): void;
  disposeData(id: TensorInfo["dataId"], force?: boolean): boolean;
}

/**
 * Keeps interrupts out of the wasm backend's heap. One that ended `malloc` or `free` half way left it broken, and with it all models: about one of 200 that struck
 * the training of a small model.
 */
export function withoutInterrupts(backend: unknown): void {
  const heap = backend as Partial<Heap>;
  if (!(UNINTERRUPTED in globalThis) || heap.move === undefined || heap.disposeData === undefined) return;
  const [move, disposeData] = [heap.move.bind(heap), heap.disposeData.bind(heap)];
  heap.move = (...tensor) => {
    uninterrupted(() => {
      move(...tensor);
    });
  };
  heap.disposeData = (id, force) => uninterrupted(() => disposeData(id, force));
}
