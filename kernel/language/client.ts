import { startProcess, startThread, type Engine, type EngineListener, type EngineOptions } from "./engine.ts";
import type { Reply, Request } from "./messages.ts";
import type { CompileResult, LanguageService } from "./protocol.ts";
import { CAN_SNAPSHOT, hasSnapshot, makeSnapshot, type Making } from "./snapshot/snapshot.ts";

/** The language service did not answer: its worker ended in the middle of a request, or was closed. */
export class LanguageServiceError extends Error {
  override readonly name = "LanguageServiceError";
}

/** How the worker is started. */
export interface LanguageWorkerOptions extends EngineOptions {
  /** How long the worker may take for one answer before it is replaced, in ms. */
  readonly patience?: number;
}

/** A language service that runs in a process of its own, or in a thread where there is no snapshot to start from. */
export type LanguageWorker = LanguageService & {
  /** Fulfilled when the service is warm: the first cell then costs no more than later ones. */
  readonly ready: Promise<void>;
  /** Tells the process in which the service runs, now and when it is another one; undefined where it is a thread of this one. */
  watchProcess(listener: (pid: number | undefined) => void): void;
  /** Nobody waits for this cell any more: a worker that does not get to its end soon is replaced. */
  abandon(id: string): void;
  close(): Promise<void>;
};

/** Longer than any check of code that somebody wrote; types can be written whose check never ends. In ms. */
const PATIENCE = 60_000;

/** What a cell that was abandoned may still take, in ms: a new worker costs more than most cells. */
const ABANDONED_PATIENCE = 2_000;

/** How long after the start a snapshot is made for the next one, in ms. */
const SNAPSHOT_AFTER = 10_000;

/** Workers that end one after the other without an answer: then there is no next one. */
const FAILURES = 3;

/**
 * Starts the worker and returns at once; requests may be made before it is `ready`.
 * If the worker dies (out of memory, a bug in the compiler) or does not come to an end, the request that it was at is
 * rejected with a LanguageServiceError, a new worker compiles again the cells that later ones can still see, and waiting
 * requests are answered by it.
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
  /** Cells that a new worker has not compiled again yet. */
  #rebuilding: string[] = [];
  #engine: Engine;
  /** Whether the engine starts from the snapshot. */
  #fromSnapshot = hasSnapshot();
  #making: Making | undefined;
  #makingSoon: NodeJS.Timeout | undefined;
  /** Ends a worker that is silent for too long while it has something to do. */
  #watchdog: NodeJS.Timeout | undefined;
  #isReady = false;
  #failures = 0;
  #nextRequest = 1;
  #closed = false;
  #processListener: ((pid: number | undefined) => void) | undefined;
  readonly #whenReady: { resolve: () => void; reject: (error: Error) => void };

  constructor(options: LanguageWorkerOptions) {
    this.#options = options;
    const { promise, resolve, reject } = withResolvers();
    this.ready = promise;
    // Whoever does not wait for it learns of a failure from the requests.
    this.ready.catch(() => undefined);
    this.#whenReady = { resolve, reject };
    this.#engine = this.#start();
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

  watchProcess(listener: (pid: number | undefined) => void): void {
    this.#processListener = listener;
    listener(this.#engine.pid);
  }

  abandon(id: string): void {
    const first = this.#pending[0];
    const isWaiting = this.#pending.some((request) => request.method === "compile" && idOf(request) === id);
    if (!isWaiting) return;
    const engine = this.#engine;
    setTimeout(() => {
      const isStuck = this.#isReady && this.#rebuilding.length === 0 && this.#pending[0] === first;
      if (engine === this.#engine && isStuck) this.#restart(engine, "it was stopped");
      else this.abandon(id);
    }, ABANDONED_PATIENCE).unref();
  }

  async close(): Promise<void> {
    this.#close("The language service was closed.");
    await this.#engine.end();
  }

  #ask(method: keyof LanguageService, ...parameters: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new LanguageServiceError("The language service was closed."));
        return;
      }
      const request: Request = { request: this.#nextRequest++, method, parameters };
      this.#pending.push({ ...request, resolve, reject });
      this.#engine.post(request);
      if (!this.#watchdog) this.#watch();
    });
  }

  #start(): Engine {
    this.#isReady = false;
    const listener: EngineListener = {
      onReply: (reply) => this.#receive(engine, reply),
      onEnd: (reason) => this.#restart(engine, reason),
    };
    const { folder, typeErrors, memory } = this.#options;
    const options = { folder, ...(typeErrors && { typeErrors }), ...(memory && { memory }) };
    const engine: Engine = (this.#fromSnapshot ? startProcess : startThread)(options, listener);
    this.#processListener?.(engine.pid);
    return engine;
  }

  #receive(engine: Engine, reply: Reply): void {
    if (engine !== this.#engine) return;
    this.#watch();
    if (reply.kind === "ready") {
      this.#isReady = true;
      this.#whenReady.resolve();
      if (!this.#fromSnapshot) this.#makeSnapshotSoon();
      return;
    }
    this.#failures = 0;
    if (reply.request === REBUILDING) {
      this.#rebuilding.shift();
      return;
    }
    const index = this.#pending.findIndex(({ request }) => request === reply.request);
    const [pending] = index === -1 ? [] : this.#pending.splice(index, 1);
    this.#watch();
    if (reply.kind === "value") pending?.resolve(reply.value);
    else pending?.reject(new LanguageServiceError(reply.message));
  }

  /** The time that the worker has for its next word begins now, if it has anything to say. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
    if (this.#closed || (this.#pending.length === 0 && this.#rebuilding.length === 0)) return;
    const patience = this.#options.patience ?? PATIENCE;
    const engine = this.#engine;
    this.#watchdog = setTimeout(
      () => this.#restart(engine, `it came to no end within ${patience / 1000} s`),
      patience,
    );
    this.#watchdog.unref();
  }

  #restart(engine: Engine, reason: string): void {
    if (this.#closed || engine !== this.#engine) return;
    // What it was at is the likely cause: a cell of before, or else the first request.
    // A snapshot that is of no use is no failure of the service: a thread needs none.
    const isUseless = this.#fromSnapshot && !this.#isReady;
    if (isUseless) this.#fromSnapshot = false;
    const rebuilt = this.#isReady ? this.#rebuilding[0] : undefined;
    const failed = this.#isReady && rebuilt === undefined ? this.#pending.shift() : undefined;
    if (rebuilt === undefined && failed === undefined && !isUseless) this.#failures += 1;
    if (rebuilt !== undefined) this.#compiled.delete(rebuilt);
    failed?.reject(
      new LanguageServiceError(
        `TypeScript did not finish: ${reason}. It starts again, and still knows the cells that ran before.`,
      ),
    );
    if (this.#failures >= FAILURES) {
      this.#close(`The language service could not start: ${reason}`);
    } else {
      this.#engine = this.#start();
      this.#rebuilding = [...this.#compiled.keys()];
      for (const { request } of this.#compiled.values()) {
        const again: Request = { request: REBUILDING, method: "compile", parameters: [request] };
        this.#engine.post(again);
      }
      for (const { request, method, parameters } of this.#pending)
        this.#engine.post({ request, method, parameters } satisfies Request);
      this.#watch();
    }
    // It may be at something that does not end.
    void engine.end();
  }

  /** For the next start, when this one has long been over and the session lasts. */
  #makeSnapshotSoon(): void {
    if (!CAN_SNAPSHOT) return;
    clearTimeout(this.#makingSoon);
    this.#makingSoon = setTimeout(() => {
      if (this.#closed || this.#making !== undefined) return;
      this.#making = makeSnapshot();
    }, SNAPSHOT_AFTER);
    this.#makingSoon.unref();
  }

  #close(message: string): void {
    this.#closed = true;
    clearTimeout(this.#makingSoon);
    this.#making?.stop();
    clearTimeout(this.#watchdog);
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

/** The number of requests that nobody waits for: cells compiled again by a new worker. */
const REBUILDING = 0;

function idOf({ parameters }: Request): string | undefined {
  return (parameters[0] as CompileRequest | undefined)?.id;
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
