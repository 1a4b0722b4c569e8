/**
 * What the host and the executor (the child process that runs cells) say to each other.
 *
 * - `ToExecutor`: host → executor over the IPC channel, with `serialization: "advanced"`.
 * - `FromExecutor` and `ToSidecar`: over the line, a duplex pipe that the executor's sidecar thread owns (see
 *   `LINE_DESCRIPTOR`); frames by `frame` and `frameReader` of `line.ts`. Through the thread, output arrives in order and live
 *   while the main thread spins, is held back when the host is slow, and answers reach a main thread that waits.
 *
 * The host forks with `stdio: ["ignore", "pipe", "pipe", "pipe", "ipc"]` and, where signals exist, `detached: true`: the
 * executor then leads a process group of its own, so that an interrupt also reaches the processes that a cell started.
 */

/** The host's name for one request of a front end: everything that its cell causes is tagged with it. */
export type RequestId = string;

/** The name under which a cell's code runs, in the notebook's folder: scripts, stacks and breakpoints know it by that. */
export function cellFile(number: number, request: RequestId): string {
  return `Cell [${number}]~${request}`;
}

/** Values by media type, as Jupyter's `data` fields hold them. */
export type MimeData = Readonly<Record<string, unknown>>;

export interface DisplayData {
  readonly data: MimeData;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly transient?: { readonly display_id?: string };
}

export interface ErrorReport {
  readonly ename: string;
  readonly evalue: string;
  /** Lines for the front end, ANSI colours allowed, in the cell's own coordinates. */
  readonly traceback: readonly string[];
}

export interface CommMessage {
  readonly commId: string;
  readonly targetName?: string;
  readonly targetModule?: string;
  readonly data: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

export type ToExecutor =
  | {
      readonly type: "run";
      readonly request: RequestId;
      readonly number: number;
      readonly code: string;
      readonly map: string;
      /** The cell as typed, for code frames in tracebacks. */
      readonly source: string;
      readonly silent: boolean;
      readonly allowStdin: boolean;
      /** Expressions by name, compiled as cells are (`CompiledCell.code`): their results become `user_expressions` of the reply. */
      readonly expressions: Readonly<Record<string, string>>;
    }
  | {
      readonly type: "comm-open" | "comm-message" | "comm-close";
      readonly request: RequestId;
      readonly comm: CommMessage;
    }
  | { readonly type: "comm-info"; readonly request: RequestId; readonly targetName?: string }
  /** A local TypeScript module, compiled by the language worker; `request` as in the executor's `transpile`. */
  | { readonly type: "transpiled"; readonly request: RequestId; readonly code: string; readonly map: string }
  | { readonly type: "transpile-failed"; readonly request: RequestId; readonly message: string };

export type FromExecutor =
  | { readonly type: "ready"; readonly nodeVersion: string; readonly pid: number }
  | {
      readonly type: "stream";
      readonly request: RequestId;
      readonly name: "stdout" | "stderr";
      readonly text: string;
    }
  /** To be sent back over the line, by `heard`: the host has taken all that came before. */
  | { readonly type: "is-heard"; readonly request: RequestId; readonly number: number }
  /** What native code and child processes wrote to the descriptors 1 and 2 by now comes before all that follows. */
  | { readonly type: "native-output"; readonly request: RequestId }
  | { readonly type: "display"; readonly request: RequestId; readonly display: DisplayData }
  | { readonly type: "update-display"; readonly request: RequestId; readonly display: DisplayData }
  | { readonly type: "clear-output"; readonly request: RequestId; readonly wait: boolean }
  | { readonly type: "result"; readonly request: RequestId; readonly display: DisplayData }
  /**
   * Something to read beside the notebook (`page(value)` of kernel/notebook): the host puts it into the reply of its cell,
   * `payload: [{ source: "page", data, start: 0 }]`. `data` has text/plain at least.
   */
  | { readonly type: "page"; readonly request: RequestId; readonly data: MimeData }
  /** An uncaught error of late code (a timer, a promise) of the cell `request`; the cell itself may have ended long ago. */
  | { readonly type: "late-error"; readonly request: RequestId; readonly error: ErrorReport }
  | {
      readonly type: "input-request";
      readonly request: RequestId;
      readonly prompt: string;
      readonly password: boolean;
    }
  | {
      readonly type: "comm-open" | "comm-message" | "comm-close";
      readonly request: RequestId;
      readonly comm: CommMessage;
    }
  | {
      readonly type: "comm-info";
      readonly request: RequestId;
      readonly comms: Readonly<Record<string, string>>;
    }
  /** A comm message of a front end was handled: the host may say `idle`. */
  | { readonly type: "comm-handled"; readonly request: RequestId }
  /** `request` is the executor's own name for this question. */
  | { readonly type: "transpile"; readonly request: string; readonly path: string }
  | {
      readonly type: "done";
      readonly request: RequestId;
      readonly status: "ok" | "error";
      readonly error?: ErrorReport;
      readonly expressions: Readonly<Record<string, unknown>>;
    }
  /** Answers to `inspector-call`, by its `id`, and what the inspector tells unasked. */
  | { readonly type: "inspector-result"; readonly id: number; readonly result: object }
  | { readonly type: "inspector-error"; readonly id: number; readonly message: string }
  | { readonly type: "inspector-event"; readonly method: string; readonly params: object };

/** What the host says to the sidecar thread, which hears it while the main thread spins or waits. */
export type ToSidecar =
  /** `request` is the cell that is meant, which may be on its way to the main thread still. */
  | { readonly type: "interrupt"; readonly request?: RequestId }
  | { readonly type: "heard"; readonly number: number }
  /** Another process of the host that is to end with it, even if that is killed hard and it is too busy to notice. */
  | { readonly type: "companion"; readonly pid: number | undefined }
  /** The answer to the oldest open `input-request` of that request. */
  | { readonly type: "input-reply"; readonly request: RequestId; readonly value: string }
  /**
   * A debugger attaches, asks and detaches. `method` and `params` are those of the Chrome DevTools Protocol, which Node's
   * inspector speaks; the sidecar passes them on.
   */
  | { readonly type: "inspector-open" }
  | { readonly type: "inspector-close" }
  | {
      readonly type: "inspector-call";
      readonly id: number;
      readonly method: string;
      readonly params: object;
    };

/** `child.stdio[3]`: the host writes `ToSidecar` frames and reads `FromExecutor` frames. */
export const LINE_DESCRIPTOR = 3;
