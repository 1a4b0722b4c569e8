/**
 * What the host and the executor (the child process that runs cells) say to each other over the IPC channel,
 * with `serialization: "advanced"`, so binary buffers travel as they are. Types only: nothing here runs.
 */

/** The host's name for one request of a front end: everything that its cell causes is tagged with it. */
export type RequestId = string;

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
      /** Expressions, already compiled, by name: their values become `user_expressions` of the reply. */
      readonly expressions: Readonly<Record<string, string>>;
    }
  | {
      readonly type: "comm-open" | "comm-message" | "comm-close";
      readonly request: RequestId;
      readonly comm: CommMessage;
    }
  | { readonly type: "comm-info"; readonly request: RequestId; readonly targetName?: string }
  | { readonly type: "input-reply"; readonly request: RequestId; readonly value: string }
  /** A local TypeScript module, compiled by the language worker. */
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
  | { readonly type: "display"; readonly request: RequestId; readonly display: DisplayData }
  | { readonly type: "update-display"; readonly request: RequestId; readonly display: DisplayData }
  | { readonly type: "clear-output"; readonly request: RequestId; readonly wait: boolean }
  | { readonly type: "result"; readonly request: RequestId; readonly display: DisplayData }
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
  | { readonly type: "transpile"; readonly request: RequestId; readonly path: string }
  | {
      readonly type: "done";
      readonly request: RequestId;
      readonly status: "ok" | "error";
      readonly error?: ErrorReport;
      readonly expressions: Readonly<Record<string, unknown>>;
    };

/**
 * Interrupts do not use the IPC channel (the main thread may spin): the host writes one byte to file descriptor 3 of
 * the executor, which its sidecar thread reads. See HOW-IT-WORKS.md.
 */
export const INTERRUPT_DESCRIPTOR = 3;
