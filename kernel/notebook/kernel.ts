/** One output of a captured piece of code, as the kernel would have sent it. */
export interface CapturedOutput {
  readonly type: "stream" | "display" | "update-display" | "clear-output" | "late-error";
  readonly name?: "stdout" | "stderr";
  readonly text?: string;
  readonly wait?: boolean;
  readonly display?: {
    readonly data: Readonly<Record<string, unknown>>;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly transient?: { readonly display_id?: string };
  };
  readonly error?: { readonly ename: string; readonly evalue: string; readonly traceback: readonly string[] };
}

/** What travels over a comm. */
export interface CommContent {
  /** Anything that JSON can say. */
  readonly data: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
}

/** One end of a comm: a line between the kernel and the front ends (Jupyter messaging 5.5, "Custom Messages"). */
export interface Comm {
  readonly id: string;
  readonly target: string;
  send(content: CommContent): void;
  close(content?: CommContent): void;
  /** Called with each message of a front end; a later call replaces the handler. */
  onMessage(handler: (content: Required<CommContent>) => void): void;
  /** Called when a front end has closed the comm. */
  onClose(handler: (content: Required<CommContent>) => void): void;
}

/** What a kernel offers to the code of its cells. */
export interface Kernel {
  /** Shows a value, under an id where one is given; resolves when it is sent. */
  readonly display: (value: unknown, id?: string) => Promise<void>;
  /** Shows another value wherever that id was shown. */
  readonly update: (value: unknown, id: string) => Promise<void>;
  /** Shows a value beside the notebook, a string as it is; resolves when it is sent. */
  readonly page: (value: unknown) => Promise<void>;
  readonly clearOutput: (wait: boolean) => void;
  readonly ask: (text: string, isPassword: boolean) => Promise<string>;
  readonly askNow: (text: string, isPassword: boolean) => string;
  readonly openComm: (target: string, content: CommContent, id?: string) => Comm;
  readonly registerComm: (
    target: string,
    handler: (comm: Comm, content: Required<CommContent>) => void,
  ) => void;
  readonly capture: <T>(take: (output: CapturedOutput) => void, code: () => T) => T;
  /** A value by media types, as it would be shown; nothing for `undefined`. */
  readonly render: (value: unknown) => Promise<
    | {
        readonly data: Readonly<Record<string, unknown>>;
        readonly metadata?: Readonly<Record<string, unknown>>;
      }
    | undefined
  >;
}

const HANDLE = Symbol.for("matrix-composition.kernel");

/** The kernel that runs this code; nothing where a script runs it. */
export function runningKernel(): Kernel | undefined {
  return (globalThis as { [HANDLE]?: Kernel })[HANDLE];
}
