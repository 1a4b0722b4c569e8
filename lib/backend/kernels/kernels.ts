import { RELAXED_KERNELS, SIMD_KERNELS } from "./kernels.wasm.ts";

/** What the module that source/ compiles to exports. Addresses in bytes, strides in numbers. */
export interface Kernels {
  matmulWorkspace(): number;
  matmul(
    batch: number,
    m: number,
    n: number,
    k: number,
    a: number,
    aBatch: number,
    aRow: number,
    aColumn: number,
    b: number,
    bBatch: number,
    bRow: number,
    bColumn: number,
    c: number,
    cBatch: number,
    cRow: number,
    workspace: number,
  ): void;
}

/** The kernels over `memory`, in the fastest form that this engine takes, or `undefined` where it has no SIMD. */
export function instantiateKernels(
  memory: WebAssembly.Memory,
): { readonly kernels: Kernels; readonly form: "simd" | "relaxed-simd" } | undefined {
  for (const [form, text] of [
    ["relaxed-simd", RELAXED_KERNELS],
    ["simd", SIMD_KERNELS],
  ] as const) {
    const bytes = Buffer.from(text, "base64");
    if (!WebAssembly.validate(bytes)) continue;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return { kernels: instance.exports as unknown as Kernels, form };
  }
  return undefined;
}
