import { setFlagsFromString } from "node:v8";
import { RELAXED_KERNELS, SIMD_KERNELS, WIDE_KERNELS } from "./kernels.wasm.ts";
import { isShared, withMemory } from "./shared-memory.ts";
import { wideTiles } from "./wide.ts";

/** What the module that source/ compiles to exports; source/ says what each does. Addresses in bytes, strides in numbers, flags 0 or 1. */
export interface Kernels {
  workspaceSize(): number;
  jobSize(): number;
  setUp(job: number, workspace: number): void;
  join(): void;
  serve(): void;
  useWide(): void;
  matmul(
    groups: number,
    batch: number,
    m: number,
    n: number,
    k: number,
    a: number,
    aGroup: number,
    aBatch: number,
    aRow: number,
    aColumn: number,
    b: number,
    bGroup: number,
    bBatch: number,
    bRow: number,
    bColumn: number,
    c: number,
    cGroup: number,
    cBatch: number,
    cRow: number,
    scale: number,
    isSum: number,
    causal: number,
    causalFrom: number,
    bias: number,
  ): void;
  softmaxRows(
    scores: number,
    out: number,
    batch: number,
    heads: number,
    queries: number,
    keys: number,
    causalFrom: number,
    mask: number,
  ): void;
  softmaxGradient(
    pattern: number,
    dy: number,
    out: number,
    rows: number,
    queries: number,
    keys: number,
    causalFrom: number,
  ): void;
  crossEntropy(
    logits: number,
    targets: number,
    weights: number,
    parts: number,
    gradient: number,
    scratch: number,
    rows: number,
    vocabulary: number,
  ): void;
  norm(
    x: number,
    gain: number,
    bias: number,
    out: number,
    rows: number,
    n: number,
    isCentred: number,
    epsilon: number,
  ): void;
  normGradient(
    x: number,
    gain: number,
    dy: number,
    dx: number,
    dGain: number,
    dBias: number,
    rows: number,
    n: number,
    isCentred: number,
    epsilon: number,
    isSum: number,
  ): void;
  activate(x: number, out: number, slopes: number, n: number, kind: number): void;
  add(a: number, b: number, out: number, n: number): void;
  multiply(a: number, b: number, out: number, n: number): void;
  squares(x: number, n: number): number;
  sumRows(x: number, out: number, rows: number, n: number): void;
  gatherRows(table: number, indices: number, out: number, count: number, n: number): void;
  scatterRows(rows: number, indices: number, table: number, count: number, n: number, size: number): void;
  rotate(
    x: number,
    out: number,
    cosines: number,
    sines: number,
    batch: number,
    positions: number,
    heads: number,
    size: number,
    features: number,
    isNeighbours: number,
    rows: number,
    sign: number,
  ): void;
  adam(
    weight: number,
    gradient: number,
    mean: number,
    square: number,
    n: number,
    rate: number,
    beta1: number,
    beta2: number,
    rest1: number,
    rest2: number,
    correction: number,
    epsilon: number,
    decay: number,
    scale: number,
  ): void;
}

/** Our kernels over a memory. */
export interface KernelsOverMemory {
  readonly kernels: Kernels;
  readonly form: "simd" | "relaxed-simd";
  /** What other threads make their own instances of. */
  readonly modules: KernelModules;
}

export interface KernelModules {
  readonly main: WebAssembly.Module;
  /** Tiles of products with vectors of 256 bits, where the engine has them. */
  readonly wide: WebAssembly.Module | undefined;
}

/** The kernels over `memory`, in the fastest form that this engine takes, or `undefined` where it has no SIMD. */
export function instantiateKernels(memory: WebAssembly.Memory): KernelsOverMemory | undefined {
  allowRelaxedSimd();
  for (const [form, text] of [
    ["relaxed-simd", RELAXED_KERNELS],
    ["simd", SIMD_KERNELS],
  ] as const) {
    const bytes = bytesOf(text, memory);
    if (bytes === undefined || !WebAssembly.validate(bytes)) continue;
    const wide = form === "relaxed-simd" ? bytesOf(WIDE_KERNELS, memory) : undefined;
    const modules = { main: new WebAssembly.Module(bytes), wide: wide && wideTiles(wide, isShared(memory)) };
    return { kernels: kernelsOf(modules, memory), form, modules };
  }
  return undefined;
}

/** A module's code, for a memory of this kind. */
function bytesOf(base64: string, memory: WebAssembly.Memory): Uint8Array<ArrayBuffer> | undefined {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return isShared(memory) ? bytes : withMemory(bytes, "unshared");
}

/** An instance for the calling thread; helpers make theirs likewise. */
export function kernelsOf(modules: KernelModules, memory: WebAssembly.Memory): Kernels {
  const instance = (module: WebAssembly.Module, others: WebAssembly.Imports = {}) =>
    new WebAssembly.Instance(module, { env: { memory }, ...others }).exports;
  const wide = modules.wide ? instance(modules.wide) : { tiles: () => undefined };
  const kernels = instance(modules.main, { wide }) as unknown as Kernels;
  if (modules.wide) kernels.useWide();
  return kernels;
}

/** Node 20's engine (V8 11.3) has relaxed SIMD finished, but behind a flag; from 11.4 on it needs none. */
function allowRelaxedSimd(): void {
  if (process.versions.v8.startsWith("11.3.")) setFlagsFromString("--experimental-wasm-relaxed-simd");
}
