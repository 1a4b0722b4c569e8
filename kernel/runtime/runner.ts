import { join } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { Cell } from "./cell.ts";
import { contexts, type Context } from "./context.ts";
import { reportOf } from "./errors/report.ts";
import { registerSource } from "./errors/sources.ts";
import type { Interrupts } from "./interrupts.ts";
import { KeyboardInterrupt } from "./keyboard-interrupt.ts";
import {
  cellFile,
  type ErrorReport,
  type FromExecutor,
  type RequestId,
  type ToExecutor,
} from "./protocol.ts";
import type { LocalModules } from "./modules/local.ts";
import { newScope } from "./scope.ts";
import { nativeTimers } from "./timers.ts";
import { render } from "./values/render.ts";

type RunRequest = Extract<ToExecutor, { type: "run" }>;

/** What compiled code finds in its one parameter (`CellRuntime` of kernel/language). */
interface CellRuntime {
  readonly scope: Record<string, unknown>;
  readonly import: (specifier: string, options?: unknown) => Promise<Record<string, unknown>>;
  readonly await: (value: unknown) => Promise<unknown>;
  readonly meta: ImportMeta;
  readonly result: (value: unknown) => void;
}

type CompiledFunction = (runtime: CellRuntime) => Promise<void>;

/** Milliseconds that an interrupted cell has for `finally` blocks that await. */
const GRACE = 150;

/** After so many cells garbage is collected, if there is little to look through: the heap in bytes up to which it takes 10 ms. */
const CELLS_PER_COLLECTION = 200;
const SMALL_HEAP = 64 << 20;

/** What the runner needs of the rest of the executor. */
export interface RunnerParts {
  readonly folder: string;
  readonly post: (message: FromExecutor) => void;
  readonly modules: LocalModules;
  readonly interrupts: () => Interrupts;
}

/** Runs cells, one after the other, and reports how each ended. */
export class Runner {
  readonly scope = newScope();
  readonly #parts: RunnerParts;
  /** The cell that is running, with what ends it. */
  #active:
    | { readonly cell: Cell; readonly done: (error?: ErrorReport) => void; readonly ended: Promise<void> }
    | undefined;
  /** A cell that was interrupted, and reported as ended, before its code arrived. */
  #stoppedBeforeStart: RequestId | undefined;
  #latest = new Cell("", 0, false);
  #ended = 0;
  /** A debugger wants to stop where cells throw what nobody catches. */
  watchesUncaught = false;
  /** What to do where a cell's promise is rejected that has no handler. */
  readonly #unhandled = new WeakMap<Promise<unknown>, (error: unknown) => void>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** The cell that is running, or else the last one: whose output it is if nothing better is known. */
  get latest(): Cell {
    return this.#latest;
  }

  /** Whether a cell is running. */
  get isActive(): boolean {
    return this.#active !== undefined;
  }

  run(request: RunRequest): void {
    if (this.#stoppedBeforeStart === request.request) return;
    const cell = new Cell(request.request, request.number, request.allowStdin);
    const context: Context = { cell, parent: request.request };
    let settle: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (settle = resolve));
    let expressions: Record<string, unknown> = {};
    let isDone = false;
    const done = (error?: ErrorReport): void => {
      if (isDone) return;
      const status = error ? "error" : "ok";
      // First of all: a late interrupt may terminate what follows, and the host would wait for ever. It takes one end only.
      this.#parts.post({
        type: "done",
        request: request.request,
        status,
        ...(error && { error }),
        expressions,
      });
      isDone = true;
      if (this.#active?.cell === cell) {
        this.#active = undefined;
        this.#parts.interrupts().setActive(false);
      }
      settle();
      if (++this.#ended % CELLS_PER_COLLECTION === 0 && process.memoryUsage().heapUsed < SMALL_HEAP) gc?.();
    };
    const active = { cell, done, ended };
    // Together, with no call between them at which a late interrupt could terminate this.
    this.#latest = cell;
    this.#active = active;
    this.#parts.interrupts().setActive(true);
    contexts.run(context, () => {
      const failed = (error: unknown): void => this.#failed(cell, error, done);
      this.#start(
        cell,
        request.code,
        request.map,
        request.source,
        (promise) => {
          const ended = promise
            .then(async (results) => {
              await cell.displays.settled();
              if (results.length > 0) await this.#showResult(cell, results.at(-1));
              expressions = await this.#expressions(cell, request.expressions);
            })
            .then(() => {
              // A command that the interrupt stopped may have been the cell's last act.
              if (this.#parts.interrupts().isPending) throw new KeyboardInterrupt();
              done();
            });
          // A handler is what a debugger takes for a `catch`: without one the executor hears of the error as unhandled.
          if (this.watchesUncaught) this.#unhandled.set(ended, failed);
          else ended.catch(failed);
        },
        failed,
      );
    });
  }

  /** Whether it is the promise of a cell: its error has been told, then. */
  rejected(promise: Promise<unknown>, error: unknown): boolean {
    const failed = this.#unhandled.get(promise);
    failed?.(error);
    return failed !== undefined;
  }

  /** The user pressed stop and the event loop is alive. */
  interrupt(finished: () => void, request?: RequestId): void {
    const active = this.#active;
    if (this.#endBeforeStart(request) || !active) {
      finished();
      return;
    }
    active.cell.interrupt();
    const force = nativeTimers.setTimeout(() => {
      if (this.#active === active) this.end();
    }, GRACE);
    void active.ended.then(() => {
      nativeTimers.clearTimeout(force);
      finished();
    });
  }

  /** The code of the running cell, which was `request`'s, is dead, or does not come to an end. Whether there was a cell. */
  end(request?: RequestId): boolean {
    if (this.#endBeforeStart(request)) return true;
    if (!this.#active) return false;
    const { cell, done } = this.#active;
    this.#stop(cell);
    done(reportOf(new KeyboardInterrupt()));
    return true;
  }

  /**
   * Reports a cell as ended whose code has not arrived, and never will if the interrupt terminated the code that read it:
   * on a busy machine the process may get no time between the two.
   */
  #endBeforeStart(request: RequestId | undefined): boolean {
    if (request === undefined || request === this.#latest.request) return false;
    this.#stoppedBeforeStart = request;
    const error = reportOf(new KeyboardInterrupt());
    this.#parts.post({ type: "done", request, status: "error", error, expressions: {} });
    return true;
  }

  #stop(cell: Cell): void {
    cell.stop();
    this.#parts.modules.abandon();
  }

  #failed(cell: Cell, error: unknown, done: (error: ErrorReport) => void): void {
    // A command that was stopped, or a promise that was rejected by the interrupt, may say so in other words.
    const interrupts = this.#parts.interrupts();
    const { requested } = interrupts;
    const isStopped = cell.isInterrupted || interrupts.isPending;
    if (isStopped) this.#stop(cell);
    done(reportOf(isStopped ? new KeyboardInterrupt() : error));
    if (isStopped) interrupts.finish(requested);
  }

  /** Runs compiled code; `started` gets the promise of its results. */
  #start(
    cell: Cell,
    code: string,
    map: string,
    text: string,
    started: (results: Promise<unknown[]>) => void,
    failed: (error: unknown) => void,
  ): void {
    const file = join(this.#parts.folder, cellFile(cell.number, cell.request));
    registerSource(file, { label: `Cell [${cell.number}]`, map, text });
    let compiled: CompiledFunction;
    try {
      // Not `vm.Script`, of which V8 keeps 1 KB for ever.
      const evaluate = vm.compileFunction(`${PREFIX}${code}\n)`, ["__dirname", "__filename"], {
        filename: file,
        columnOffset: -PREFIX.length,
      }) as (folder: string, file: string) => CompiledFunction;
      compiled = evaluate(this.#parts.folder, join(this.#parts.folder, "cell.ts"));
    } catch (error) {
      failed(error);
      return;
    }
    const results: unknown[] = [];
    const runtime = this.#runtime(cell, (value) => results.push(value));
    // An async function: it throws nothing. Under a `catch` a debugger would take its errors for caught.
    const promise = this.#parts.interrupts().runSynchronously(() => compiled(runtime));
    started(promise.then(() => results));
  }

  #runtime(own: Cell, result: (value: unknown) => void): CellRuntime {
    const { folder, modules } = this.#parts;
    const url = pathToFileURL(join(folder, "cell.ts"));
    return {
      scope: this.scope,
      import: (specifier, options) => modules.importFrom(specifier, folder, options),
      // A function of an earlier cell, called by a later one, is interrupted with the later one.
      await: (value) => (contexts.getStore()?.cell ?? own).await(value),
      meta: {
        url: url.href,
        filename: join(folder, "cell.ts"),
        dirname: folder,
        resolve: (specifier: string) => modules.resolve(specifier, folder),
      },
      result,
    };
  }

  async #showResult(cell: Cell, value: unknown): Promise<void> {
    const bundle = await render(value);
    if (!bundle) return;
    this.#parts.post({
      type: "result",
      request: cell.request,
      display: { data: bundle.data, metadata: bundle.metadata ?? {} },
    });
  }

  async #expressions(
    cell: Cell,
    expressions: Readonly<Record<string, string>>,
  ): Promise<Record<string, unknown>> {
    const values: Record<string, unknown> = {};
    for (const [name, code] of Object.entries(expressions)) values[name] = await this.#expression(cell, code);
    return values;
  }

  /** One of the request's `user_expressions`, in the form of the reply. */
  async #expression(cell: Cell, code: string): Promise<unknown> {
    try {
      const results = await new Promise<unknown[]>((resolve, reject) => {
        this.#start(cell, code, EMPTY_MAP, code, (promise) => void promise.then(resolve, reject), reject);
      });
      const bundle = await render(results.at(-1));
      const data = bundle?.data ?? { "text/plain": "undefined" };
      return { status: "ok", data, metadata: bundle?.metadata ?? {} };
    } catch (error) {
      return { status: "error", ...reportOf(error) };
    }
  }
}

/** In front of compiled code, on its first line. */
const PREFIX = "return (";

const EMPTY_MAP = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });
