import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { BackendError } from "./errors.ts";
import { fastKernels } from "./kernels/fast-kernels.ts";
import { registerFasterKernels } from "./kernels/register.ts";
import { withMemory } from "./kernels/shared-memory.ts";
import { withoutInterrupts } from "./uninterrupted.ts";
import { loadCpuBackend, loadTensorFlow, loadWasmBackend, type TensorFlow } from "./tensorflow.ts";

/** `tensorflow` is `@tensorflow/tfjs-node`, the C library; the others are TensorFlow.js' names. */
export type BackendName = "tensorflow" | "wasm" | "webgpu" | "cpu";

/** Which backend does the arithmetic, and why that one. */
export interface BackendReport {
  readonly backend: BackendName;
  /** One sentence for a person. */
  readonly why: string;
  /** What was tried before, and why it was not taken. */
  readonly passedOver: readonly { readonly backend: BackendName; readonly why: string }[];
  /** `simd`, `relaxed-simd`: our kernels do the matrix products of the wasm backend; `none`: TensorFlow.js' own. */
  readonly kernels: "relaxed-simd" | "simd" | "none";
  /** How many bits the vectors have with which our kernels multiply matrices; 256 from Node 24 on, on processors of Intel and AMD. 0 without our kernels. */
  readonly vectorBits: 0 | 128 | 256;
  /** On how many threads our kernels share large products, once there was enough work to start them; 1 without our kernels. */
  readonly threads: number;
}

let started: Promise<BackendReport> | undefined;

/**
 * Starts TensorFlow.js at the first call and says on which backend; later calls give the same report.
 *
 * Without a choice it takes `@tensorflow/tfjs-node` when it is installed beside this package or in the working directory's project, else wasm
 * (with our faster kernels where the engine has SIMD), else plain JavaScript. WebGPU is taken only when it is asked for: it cannot give results synchronously,
 * which `next` and `run` need, so that it serves training alone.
 *
 * @throws {BackendError} when the chosen backend cannot be had, or another one was started before
 * @example (await startBackend()).backend // "wasm"
 */
export async function startBackend(choice?: BackendName): Promise<BackendReport> {
  started ??= start(choice).catch((problem: unknown) => {
    started = undefined;
    throw problem;
  });
  const report = await started;
  if (choice !== undefined && report.backend !== choice) {
    throw new BackendError(
      `The backend ${report.backend} runs already; ${choice} must be chosen before the first model is made.`,
    );
  }
  return report;
}

async function start(choice: BackendName | undefined): Promise<BackendReport> {
  const tf = loadTensorFlow();
  const passedOver: { backend: BackendName; why: string }[] = [];
  const order: readonly BackendName[] = choice === undefined ? ["tensorflow", "wasm", "cpu"] : [choice];
  for (const backend of order) {
    try {
      const why = await STARTERS[backend](tf);
      const kernels = backend === "wasm" ? registerFasterKernels(tf) : "none";
      const fast = kernels === "none" ? undefined : fastKernels(tf);
      const [vectorBits, threads] = fast
        ? ([fast.vectorBits, fast.helpers.threads] as const)
        : ([0, 1] as const);
      const reason = choice === undefined ? why : `It was asked for. ${why}`;
      return { backend, why: reason, passedOver, kernels, vectorBits, threads };
    } catch (problem) {
      passedOver.push({ backend, why: oneLine(problem) });
    }
  }
  throw new BackendError(
    `No backend of TensorFlow.js could be started. ${passedOver.map((p) => `${p.backend}: ${p.why}`).join(" ")}`,
  );
}

const STARTERS: Record<BackendName, (tf: TensorFlow) => Promise<string>> = {
  async tensorflow(tf) {
    const path = installed("@tensorflow/tfjs-node");
    if (path === undefined) throw new Error("@tensorflow/tfjs-node is not installed.");
    await import(pathToFileURL(path).href);
    const factory = tf.findBackendFactory("tensorflow") as (() => unknown) | null;
    if (factory === null) {
      throw new Error(
        "@tensorflow/tfjs-node came with another copy of @tensorflow/tfjs-core; install 4.22.0 of it.",
      );
    }
    await use(tf, "tensorflow");
    return "@tensorflow/tfjs-node is installed.";
  },
  async wasm(tf) {
    const wasm = loadWasmBackend();
    const main = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
    wasm.setWasmPaths(dirname(main) + sep, true);
    await withSharedMemory(tf, () => withoutListeners(() => use(tf, "wasm")));
    withoutInterrupts(tf.backend());
    return "WebAssembly is the fastest that needs no installation.";
  },
  async webgpu(tf) {
    const path = installed("@tensorflow/tfjs-backend-webgpu");
    if (path === undefined) throw new Error("@tensorflow/tfjs-backend-webgpu is not installed.");
    await provideGraphicsCard();
    await import(pathToFileURL(path).href);
    if ((tf.findBackendFactory("webgpu") as (() => unknown) | null) === null) {
      throw new Error(
        "@tensorflow/tfjs-backend-webgpu came with another copy of @tensorflow/tfjs-core; install 4.22.0 of it.",
      );
    }
    await use(tf, "webgpu");
    return "@tensorflow/tfjs-backend-webgpu is installed and found an adapter.";
  },
  async cpu(tf) {
    loadCpuBackend();
    await use(tf, "cpu");
    return "Plain JavaScript runs everywhere.";
  },
};

/** Of an installation that is broken, what it says in several lines. */
function oneLine(problem: unknown): string {
  return (problem instanceof Error ? problem.message : String(problem)).replace(/\s+/g, " ").trim();
}

/** What the package `webgpu` (Dawn for Node) exports. */
interface Dawn {
  readonly create: (options: readonly string[]) => { requestAdapter(): Promise<object | null> };
  readonly globals: object;
}

/** Gives Node the `navigator.gpu` that the WebGPU backend asks for, by the package `webgpu` where the user installed it. */
async function provideGraphicsCard(): Promise<void> {
  const scope = globalThis as { navigator?: { gpu?: unknown } };
  if (scope.navigator?.gpu !== undefined) return;
  const path = installed("webgpu");
  if (path === undefined) {
    throw new Error("Node has no WebGPU of its own; the package webgpu, which brings it, is not installed.");
  }
  const { create, globals } = (await import(pathToFileURL(path).href)) as Dawn;
  const gpu = create([]);
  if ((await gpu.requestAdapter()) === null) {
    throw new Error(
      "The package webgpu found no graphics card that it can use (on Linux it needs a Vulkan driver).",
    );
  }
  Object.assign(globalThis, globals);
  if (scope.navigator === undefined)
    Object.defineProperty(scope, "navigator", { value: {}, configurable: true });
  Object.defineProperty(scope.navigator, "gpu", { value: gpu, configurable: true });
}

async function use(tf: TensorFlow, backend: BackendName): Promise<void> {
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js could not start ${backend}.`);
  await tf.ready();
}

/**
 * Runs `start`, in which TensorFlow.js asks its platform for the wasm backend's code: it gets it from its package, with a memory that threads can share.
 * Where that cannot be had, the memory is the usual one, and our kernels work in one thread.
 */
async function withSharedMemory(tf: TensorFlow, start: () => Promise<void>): Promise<void> {
  const { platform } = tf.env();
  const fetchBefore = platform.fetch.bind(platform);
  platform.fetch = async (path) => {
    const code = await readFile(path);
    const { buffer } = withMemory(code, "shared") ?? Uint8Array.from(code);
    // What TensorFlow.js reads of a response; a real one would load Node's HTTP client first.
    return { ok: true, arrayBuffer: () => Promise.resolve(buffer) } as unknown as Response;
  };
  try {
    await start();
  } finally {
    platform.fetch = fetchBefore;
  }
}

/**
 * Runs `start` and takes away what it hangs on the process. Emscripten's module (the wasm backend) otherwise throws every uncaught error again from its own
 * listener, with its whole source as the place, and turns a rejection that nobody handles into the end of the process.
 */
async function withoutListeners(start: () => Promise<void>): Promise<void> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as "exit")));
  await start();
  for (const [i, event] of events.entries()) {
    for (const listener of process.listeners(event as "exit")) {
      if (before[i]?.has(listener) === false) process.removeListener(event, listener);
    }
  }
}

/** Where a package that the user may have installed is: beside this one, or in the project of the working directory. */
function installed(name: string): string | undefined {
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), "package.json")).href]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      // Not there: the next place.
    }
  }
  return undefined;
}
