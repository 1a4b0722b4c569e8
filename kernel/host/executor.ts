import type { ChildProcess } from "node:child_process";
import type {
  CommMessage,
  ErrorReport,
  FromExecutor,
  RequestId,
  ToExecutor,
  ToSidecar,
} from "../runtime/protocol.ts";
import { executorDied } from "./errors.ts";
import { ExecutorProcess } from "./executor-process.ts";

type RunMessage = Extract<ToExecutor, { type: "run" }>;

/** What a front end does to a comm. */
export type CommKind = "comm-open" | "comm-message" | "comm-close";

/** How a cell ended. */
export interface RunResult {
  readonly status: "ok" | "error";
  readonly error?: ErrorReport;
  readonly expressions: Readonly<Record<string, unknown>>;
  /** The executor ended with it. */
  readonly died: boolean;
}

export interface ExecutorListener {
  /** What is not an answer: output, displays, comms, questions. */
  readonly onMessage: (message: FromExecutor) => void;
  readonly onNativeOutput: (name: "stdout" | "stderr", text: string) => void;
  /** The process has ended, with all values; another one is starting. `running`: the cell that it ran. */
  readonly onDeath: (error: ErrorReport, running: RequestId | undefined) => void;
}

export interface ExecutorOptions {
  /** Starts a child process that speaks kernel/runtime/protocol.ts. */
  readonly spawn: () => ChildProcess;
  /** How long an interrupted cell may take to stop before its process is replaced, in ms. */
  readonly patience: number;
}

/** Processes that ended before they were ready, one after the other: then the next is started with the next cell only. */
const FAILED_STARTS = 3;

/** So often may the patience begin anew while output of an interrupted cell is still coming in. */
const EXTENSIONS = 3;

/** The executor of the moment: starts a process, runs cells in it, and replaces it when it ends. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #listener: ExecutorListener;
  #process: ExecutorProcess | undefined;
  #isReady = false;
  #whenReady: (() => void)[] = [];
  #failedStarts = 0;
  #generation = 0;
  #running: { readonly request: RequestId; readonly settle: (result: RunResult) => void } | undefined;
  readonly #comms = new Map<RequestId, () => void>();
  #watchdog: NodeJS.Timeout | undefined;
  #isClosing = false;
  #isHeldBack = false;
  #companion: number | undefined;

  constructor(options: ExecutorOptions, listener: ExecutorListener) {
    this.#options = options;
    this.#listener = listener;
    this.#start();
  }

  /** Counts the processes: what was compiled for an earlier one does not fit. */
  get generation(): number {
    return this.#generation;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Settles when cells can run; where none starts any more, tries again. */
  ready(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    if (!this.#process) this.#start();
    return new Promise((resolve) => this.#whenReady.push(resolve));
  }

  /** Runs a cell that was compiled for this generation, in a process that is ready. */
  run(message: RunMessage): Promise<RunResult> {
    if (!this.#isReady) {
      const error = executorDied("it could not be started");
      return Promise.resolve({ status: "error", error, expressions: {}, died: true });
    }
    return new Promise((settle) => {
      this.#running = { request: message.request, settle };
      this.#process?.send(message);
    });
  }

  /** Hands a front end's comm message to the cells' process; settles when it was handled. */
  async comm(type: CommKind, request: RequestId, comm: CommMessage): Promise<void> {
    await this.ready();
    if (!this.#isReady) return;
    await new Promise<void>((resolve) => {
      this.#comms.set(request, resolve);
      this.#process?.send({ type, request, comm });
    });
  }

  /** A module that the cells' process asked for. */
  send(message: Extract<ToExecutor, { type: "transpiled" | "transpile-failed" }>): void {
    this.#process?.send(message);
  }

  /** What the cells' process hears while a cell spins, or is stopped by a debugger. */
  tellSidecar(message: ToSidecar): void {
    this.#process?.tellSidecar(message);
  }

  /** A process that the cells' process ends when this one is killed hard; again for each process that comes later. */
  accompany(pid: number | undefined): void {
    this.#companion = pid;
    this.#process?.tellSidecar({ type: "companion", pid });
  }

  /** Stops the running cell, or whatever spins; by force after the patience. */
  interrupt(): void {
    this.#process?.tellSidecar({
      type: "interrupt",
      ...(this.#running && { request: this.#running.request }),
    });
    if ((this.#running || this.#comms.size > 0) && !this.#watchdog) this.#watch(EXTENSIONS);
  }

  /** Kills a process that does not stop, unless its last words are still on their way here. */
  #watch(extensions: number): void {
    const { patience } = this.#options;
    const before = this.#process?.chunksHeard;
    this.#watchdog = setTimeout(() => {
      this.#watchdog = undefined;
      const isTalking = this.#isHeldBack || this.#process?.chunksHeard !== before;
      if (isTalking && extensions > 0) this.#watch(extensions - 1);
      else this.#process?.kill(`it did not stop within ${patience / 1000} s of the interrupt and was killed`);
    }, patience);
  }

  /** Holds output back while front ends are slow. */
  setReading(isReading: boolean): void {
    this.#isHeldBack = !isReading;
    this.#process?.setReading(isReading);
  }

  /** Ends the process and what it started. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#watchdog) clearTimeout(this.#watchdog);
    await this.#process?.close();
  }

  #start(): void {
    this.#generation++;
    this.#isReady = false;
    const executor: ExecutorProcess = new ExecutorProcess(this.#options.spawn(), {
      onMessage: (message) => {
        if (this.#process === executor) this.#receive(executor, message);
      },
      onNativeOutput: this.#listener.onNativeOutput,
      onExit: (cause) => {
        if (this.#process === executor) this.#died(cause);
      },
    });
    this.#process = executor;
    executor.tellSidecar({ type: "companion", pid: this.#companion });
  }

  #receive(executor: ExecutorProcess, message: FromExecutor): void {
    switch (message.type) {
      case "ready": {
        this.#isReady = true;
        this.#failedStarts = 0;
        const waiting = this.#whenReady;
        this.#whenReady = [];
        for (const resolve of waiting) resolve();
        break;
      }
      case "done":
        if (this.#running?.request === message.request) {
          const { settle } = this.#running;
          const { status, error, expressions } = message;
          void executor.nativeOutputSettled().then(() => {
            if (this.#running?.settle !== settle) return;
            this.#finish();
            settle({ status, ...(error && { error }), expressions, died: false });
          });
        }
        break;
      case "comm-handled":
        this.#comms.get(message.request)?.();
        this.#comms.delete(message.request);
        this.#calm();
        break;
      default:
        this.#listener.onMessage(message);
    }
  }

  #finish(): void {
    this.#running = undefined;
    this.#calm();
  }

  /** Calls the watchdog off when nothing is left that could hang. */
  #calm(): void {
    if (this.#running || this.#comms.size > 0) return;
    if (this.#watchdog) clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
  }

  #died(cause: string): void {
    this.#process = undefined;
    if (this.#isClosing) return;
    const wasReady = this.#isReady;
    this.#isReady = false;
    this.#failedStarts = wasReady ? 0 : this.#failedStarts + 1;
    const error = executorDied(cause);
    const running = this.#running;
    this.#finish();
    for (const handled of this.#comms.values()) handled();
    this.#comms.clear();
    this.#calm();
    if (this.#failedStarts < FAILED_STARTS) {
      this.#start();
    } else {
      this.#generation++;
      const waiting = this.#whenReady;
      this.#whenReady = [];
      for (const resolve of waiting) resolve();
    }
    this.#listener.onDeath(error, running?.request);
    running?.settle({ status: "error", error, expressions: {}, died: true });
  }
}
