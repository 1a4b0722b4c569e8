import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker, type WorkerOptions } from "node:worker_threads";
import type { Reply, Request } from "./messages.ts";
import type { CompileResult, LanguageService } from "./protocol.ts";
import type { LanguageOptions } from "./service.ts";

/** The language service did not answer: its worker ended in the middle of a request, or was closed. */
export class LanguageServiceError extends Error {
  override readonly name = "LanguageServiceError";
}

/** How the worker is started. */
export interface LanguageWorkerOptions extends LanguageOptions {
  /** MiB of heap that the worker may use before it is replaced; Node's own limit if not given. */
  readonly memory?: number;
}

/** A language service that runs in a thread of its own. */
export type LanguageWorker = LanguageService & {
  /** Fulfilled when the service is warm: the first cell then costs no more than later ones. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
};

/**
 * Starts the worker and returns at once; requests may be made before it is `ready`.
 * If the worker dies (out of memory, a bug in the compiler), the request that it was at is rejected with a
 * LanguageServiceError, a new worker compiles again the cells that later ones can still see, and waiting requests
 * are answered by it.
 */
export function startLanguageWorker(options: LanguageWorkerOptions): LanguageWorker {
  return new Client(options);
}

interface Pending extends Request {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type CompileRequest = Parameters<LanguageService["compile"]>[0];

class Client implements LanguageWorker {
  readonly ready: Promise<void>;
  readonly #options: LanguageWorkerOptions;
  readonly #pending: Pending[] = [];
  /** Cells with names that are not shadowed yet, in order: what a new worker must know. */
  readonly #compiled = new Map<string, { request: CompileRequest; names: Set<string> }>();
  #worker: Worker;
  #nextRequest = 1;
  #closed = false;
  readonly #whenReady: { resolve: () => void; reject: (error: Error) => void };

  constructor(options: LanguageWorkerOptions) {
    this.#options = options;
    const { promise, resolve, reject } = withResolvers();
    this.ready = promise;
    // Whoever does not wait for it learns of a failure from the requests.
    this.ready.catch(() => undefined);
    this.#whenReady = { resolve, reject };
    this.#worker = this.#start();
  }

  async compile(request: CompileRequest): Promise<CompileResult> {
    const result = (await this.#ask("compile", request)) as CompileResult;
    if (result.ok && result.cell.declares.length > 0) this.#remember(request, result.cell.declares);
    return result;
  }

  async discard(id: string): Promise<void> {
    this.#compiled.delete(id);
    await this.#ask("discard", id);
  }

  async complete(source: string, offset: number): ReturnType<LanguageService["complete"]> {
    return (await this.#ask("complete", source, offset)) as Awaited<ReturnType<LanguageService["complete"]>>;
  }

  async inspect(source: string, offset: number): ReturnType<LanguageService["inspect"]> {
    return (await this.#ask("inspect", source, offset)) as Awaited<ReturnType<LanguageService["inspect"]>>;
  }

  async isComplete(source: string): ReturnType<LanguageService["isComplete"]> {
    return (await this.#ask("isComplete", source)) as Awaited<ReturnType<LanguageService["isComplete"]>>;
  }

  async transpile(path: string): ReturnType<LanguageService["transpile"]> {
    return (await this.#ask("transpile", path)) as Awaited<ReturnType<LanguageService["transpile"]>>;
  }

  async reset(): Promise<void> {
    this.#compiled.clear();
    await this.#ask("reset");
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker.terminate();
    this.#rejectAll("The language service was closed.");
  }

  #ask(method: keyof LanguageService, ...parameters: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new LanguageServiceError("The language service was closed."));
        return;
      }
      const request: Request = { request: this.#nextRequest++, method, parameters };
      this.#pending.push({ ...request, resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  #start(): Worker {
    const worker = newWorker({
      workerData: this.#options,
      // Deeply nested code costs the checker a deep stack.
      resourceLimits: {
        stackSizeMb: 32,
        ...(this.#options.memory === undefined ? {} : { maxOldGenerationSizeMb: this.#options.memory }),
      },
    });
    worker.on("message", (reply: Reply) => this.#receive(reply));
    worker.on("error", (error: Error) => this.#restart(worker, error.message));
    worker.on("exit", () => this.#restart(worker, "it ended"));
    return worker;
  }

  #receive(reply: Reply): void {
    if (reply.kind === "ready") {
      this.#whenReady.resolve();
      return;
    }
    const index = this.#pending.findIndex(({ request }) => request === reply.request);
    const [pending] = index === -1 ? [] : this.#pending.splice(index, 1);
    if (reply.kind === "value") pending?.resolve(reply.value);
    else pending?.reject(new LanguageServiceError(reply.message));
  }

  #restart(worker: Worker, reason: string): void {
    if (this.#closed || worker !== this.#worker) return;
    const failed = this.#pending.shift();
    if (failed === undefined) {
      // It died with nothing to do, most likely while it started: starting it again would go on for ever.
      this.#closed = true;
      this.#whenReady.reject(new LanguageServiceError(`The language service could not start: ${reason}`));
      return;
    }
    failed.reject(new LanguageServiceError(`The language service failed: ${reason}. It starts again.`));
    this.#worker = this.#start();
    for (const { request } of this.#compiled.values())
      this.#worker.postMessage({ request: 0, method: "compile", parameters: [request] } satisfies Request);
    for (const { request, method, parameters } of this.#pending)
      this.#worker.postMessage({ request, method, parameters } satisfies Request);
  }

  #rejectAll(message: string): void {
    for (const { reject } of this.#pending.splice(0)) reject(new LanguageServiceError(message));
    this.#whenReady.reject(new LanguageServiceError(message));
  }

  #remember(request: CompileRequest, names: readonly string[]): void {
    for (const [id, earlier] of this.#compiled) {
      for (const name of names) earlier.names.delete(name);
      if (earlier.names.size === 0) this.#compiled.delete(id);
    }
    this.#compiled.delete(request.id);
    this.#compiled.set(request.id, { request, names: new Set(names) });
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((fulfil, fail) => {
    resolve = fulfil;
    reject = fail;
  });
  return { promise, resolve, reject };
}

/** In the repository the worker is TypeScript, which Node 20 runs with tsx; tsx doesn't reach into workers by itself. */
function newWorker(options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL("./worker.js", import.meta.url), options);
  const worker = JSON.stringify(new URL("./worker.ts", import.meta.url).href);
  const manifest = createRequire(import.meta.url).resolve("tsx/package.json");
  const tsx = JSON.stringify(new URL("./dist/esm/api/index.mjs", pathToFileURL(manifest)).href);
  const start = `import(${tsx}).then(({ register }) => { register(); return import(${worker}); });`;
  return new Worker(start, { ...options, eval: true });
}
