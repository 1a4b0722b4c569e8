import { RELAXED_KERNELS, SIMD_KERNELS } from "./kernels.wasm.ts";

/** What the module that source/ compiles to exports; source/ says what each does. Addresses in bytes, strides in numbers, flags 0 or 1. */
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
    scale: number,
    isSum: number,
    workspace: number,
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
  ): void;
  activate(x: number, out: number, n: number, kind: number): void;
  activateGradient(x: number, dy: number, out: number, n: number, kind: number): void;
  add(a: number, b: number, out: number, n: number): void;
  multiply(a: number, b: number, out: number, n: number): void;
  squares(x: number, n: number): number;
  repeatRow(row: number, out: number, rows: number, n: number): void;
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
