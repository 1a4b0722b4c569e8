import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { KernelsOverMemory } from "./kernels.ts";
import { isShared } from "./shared-memory.ts";
import type { WasmBackend } from "./wasm-memory.ts";

/** Work (multiplications, about) that could have been shared before it is worth the few milliseconds that threads take to start. */
const WORTH = 2 ** 27;
/** More threads than this do not help with matrices of these sizes. */
const MOST = 7;

/** What a helper runs: its own instance of the kernels over the same memory, waiting in WebAssembly for work. */
const PROGRAM = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { modules, memory, job, workspace } = workerData;
  const instance = (module, others) => new WebAssembly.Instance(module, { env: { memory }, ...others }).exports;
  const wide = modules.wide ? instance(modules.wide) : { tiles() {} };
  const { setUp, useWide, join, serve } = instance(modules.main, { wide });
  if (modules.wide) useWide();
  setUp(job, workspace);
  join();
  parentPort.postMessage("joined");
  serve();
`;

/**
 * The threads that help with large kernels: one for each further core. They are started at the first call of {@link startIfWorth} after enough work could
 * have been shared, sleep when there is none, and end with the process.
 */
export class Helpers {
  readonly #found: KernelsOverMemory;
  readonly #wasm: WasmBackend["wasm"];
  /** The block through which kernels share work; `source/threads.as` has its words. */
  readonly #job: Int32Array | undefined;
  #isStarted = false;

  constructor(found: KernelsOverMemory, wasm: WasmBackend["wasm"], workspace: number) {
    this.#found = found;
    this.#wasm = wasm;
    const { memory } = wasm.asm;
    let job = 0;
    if (isShared(memory)) {
      const size = found.kernels.jobSize();
      job = Math.ceil(wasm._malloc(size + 64) / 64) * 64;
      this.#job = new Int32Array(memory.buffer, job, size / 4).fill(0);
    }
    found.kernels.setUp(job, workspace);
  }

  /** How many threads work on large kernels, the calling one included. */
  get threads(): number {
    return this.#job === undefined ? 1 : Math.min(availableParallelism(), MOST + 1);
  }

  startIfWorth(): void {
    if (this.#isStarted || this.#job === undefined || (this.#job[4] ?? 0) < WORTH / 1024) return;
    void this.start();
  }

  /** Starts them now; resolves when all help, which takes the event loop's turn to hear of, but not to happen. */
  async start(): Promise<void> {
    if (this.#job === undefined || this.#isStarted) return;
    this.#isStarted = true;
    const { modules, kernels } = this.#found;
    const { memory } = this.#wasm.asm;
    const joined: Promise<unknown>[] = [];
    for (let i = 1; i < this.threads; i++) {
      const workspace = this.#wasm._malloc(kernels.workspaceSize());
      const workerData = { modules, memory, job: this.#job.byteOffset, workspace };
      const worker = new Worker(PROGRAM, { eval: true, execArgv: [], env: {}, workerData });
      // Where one fails the others go on; none keeps the process from ending.
      const isThere = once(worker, "message").catch(() => undefined);
      joined.push(isThere.then(() => worker.unref()));
      worker.on("error", () => undefined);
    }
    await Promise.all(joined);
  }
}
