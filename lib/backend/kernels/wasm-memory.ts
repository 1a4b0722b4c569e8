import type { TensorInfo } from "@tensorflow/tfjs-core";

/** The parts of TensorFlow.js' wasm backend (4.22, `backend_wasm.ts`) that our kernels use: its memory, and where a tensor lies in it. */
export interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    readonly _malloc: (bytes: number) => number;
    readonly _free: (address: number) => void;
  };
  readonly dataIdMap: { get(id: object): { readonly id: number; readonly memoryOffset: number } };
  refCount(id: object): number;
  makeOutput(shape: readonly number[], dtype: "float32" | "int32"): TensorInfo;
}

/** Whether a backend has what {@link WasmBackend} says: another version of TensorFlow.js may not. */
export function isWasmBackend(backend: unknown): backend is WasmBackend {
  const { wasm, dataIdMap, refCount, makeOutput } = backend as Partial<WasmBackend>;
  return (
    wasm?.asm.memory instanceof WebAssembly.Memory &&
    typeof wasm._malloc === "function" &&
    dataIdMap !== undefined &&
    typeof refCount === "function" &&
    typeof makeOutput === "function"
  );
}

/** The address of a tensor's first number, in bytes. */
export function addressOf(backend: WasmBackend, tensor: { readonly dataId: object }): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}
