import { randomUUID } from "node:crypto";
import type { Cell } from "./cell.ts";
import { contexts } from "./context.ts";
import type { CommMessage, FromExecutor, RequestId, ToExecutor } from "./protocol.ts";

type Incoming = Extract<ToExecutor, { type: "comm-open" | "comm-message" | "comm-close" }>;

/** What travels over a comm besides its names. */
export interface CommContent {
  readonly data: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
}

type Handler = (content: Required<CommContent>) => void;

/** One end of a comm: a line between a value here and its counterpart in the front ends. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  send(content: CommContent): void;
  close(content?: CommContent): void;
  /** Called with each message, from then on. */
  onMessage(handler: Handler): void;
  /** Called when a front end has closed the comm. */
  onClose(handler: Handler): void;
}

interface Open {
  readonly comm: Comm;
  /** What its handlers print goes to the cell that made it. */
  readonly cell: Cell;
  onMessage: Handler | undefined;
  onClose: Handler | undefined;
}

export interface CommsParts {
  readonly post: (message: FromExecutor) => void;
  readonly latest: () => Cell;
  readonly failed: (error: unknown, cell: Cell) => void;
  /** Runs a handler so that an interrupt ends it. */
  readonly run: (cell: Cell, handler: () => void) => void;
}

/** All comms of the executor. */
export class Comms {
  readonly #parts: CommsParts;
  readonly #open = new Map<string, Open>();
  readonly #targets = new Map<
    string,
    { handler: (comm: Comm, content: Required<CommContent>) => void; cell: Cell }
  >();
  #handling: RequestId | undefined;

  constructor(parts: CommsParts) {
    this.#parts = parts;
  }

  /** Opens a comm to the front ends. */
  open(target: string, content: CommContent, id: string = randomUUID()): Comm {
    const comm = this.#add(target, id);
    this.#send("comm-open", { commId: id, targetName: target, ...filled(content) });
    return comm;
  }

  /** `handler` is called when a front end opens a comm to `target`. */
  register(target: string, handler: (comm: Comm, content: Required<CommContent>) => void): void {
    this.#targets.set(target, { handler, cell: this.#cell() });
  }

  /** Targets by comm, for `comm_info_request`. */
  info(target?: string): Record<string, string> {
    const comms: Record<string, string> = {};
    for (const [id, { comm }] of this.#open) {
      if (target === undefined || comm.target === target) comms[id] = comm.target;
    }
    return comms;
  }

  /** Handles what a front end sent, and says so: the front end holds back the next message until then. */
  receive({ type, request, comm }: Incoming): void {
    this.#handling = request;
    const { commId, data, metadata, buffers } = comm;
    const content = { data, metadata, buffers };
    const known = this.#open.get(commId);
    if (type === "comm-open") this.#opened(request, comm, content);
    else if (known) {
      if (type === "comm-close") this.#open.delete(commId);
      this.#call(known.cell, request, () =>
        (type === "comm-close" ? known.onClose : known.onMessage)?.(content),
      );
    }
    this.handled();
  }

  /** The message being handled, if any, is over; also when its handler was terminated. */
  handled(): void {
    if (this.#handling !== undefined) this.#parts.post({ type: "comm-handled", request: this.#handling });
    this.#handling = undefined;
  }

  #opened(
    request: RequestId,
    { commId, targetName = "" }: CommMessage,
    content: Required<CommContent>,
  ): void {
    const target = this.#targets.get(targetName);
    if (!target) {
      this.#parts.post({ type: "comm-close", request, comm: { commId, ...filled({ data: {} }) } });
      return;
    }
    this.#call(target.cell, request, () => target.handler(this.#add(targetName, commId), content));
  }

  #call(cell: Cell, parent: RequestId, handler: () => void): void {
    try {
      contexts.run({ cell, parent }, () => this.#parts.run(cell, handler));
    } catch (error) {
      this.#parts.failed(error, cell);
    }
  }

  #add(target: string, id: string): Comm {
    const comm: Comm = {
      id,
      target,
      send: (content) => {
        if (this.#open.has(id)) this.#send("comm-message", { commId: id, ...filled(content) });
      },
      close: (content = { data: {} }) => {
        if (this.#open.delete(id)) this.#send("comm-close", { commId: id, ...filled(content) });
      },
      onMessage: (handler) => (open.onMessage = handler),
      onClose: (handler) => (open.onClose = handler),
    };
    const open: Open = { comm, cell: this.#cell(), onMessage: undefined, onClose: undefined };
    this.#open.set(id, open);
    return comm;
  }

  #send(type: "comm-open" | "comm-message" | "comm-close", comm: CommMessage): void {
    const request = contexts.getStore()?.parent ?? this.#parts.latest().request;
    this.#parts.post({ type, request, comm });
  }

  #cell(): Cell {
    return contexts.getStore()?.cell ?? this.#parts.latest();
  }
}

function filled({ data, metadata = {}, buffers = [] }: CommContent): Required<CommContent> {
  return { data, metadata, buffers };
}
