import type { ChildProcess } from "node:child_process";
import type { LanguageService } from "../language/protocol.ts";
import type { ErrorReport, FromExecutor, RequestId } from "../runtime/protocol.ts";
import type { Connection } from "../wire/connection.ts";
import { MessageError } from "../wire/errors.ts";
import { fromFrames } from "../wire/framing.ts";
import type { Header, Message } from "../wire/message.ts";
import { Signer } from "../wire/signature.ts";
import { KernelSockets, type RequestSocket } from "../wire/sockets.ts";
import { CellLine } from "./cell-line.ts";
import { cellRequest } from "./cell-request.ts";
import { Comms, incomingComm, type IncomingComm } from "./comms.ts";
import { BadRequest } from "./content.ts";
import { Debugger } from "./debugger/debugger.ts";
import { errorContent } from "./errors.ts";
import { Executor } from "./executor.ts";
import { handlers } from "./handlers/index.ts";
import type { HandlerParts } from "./handlers/handler.ts";
import { History } from "./history.ts";
import { Inputs } from "./inputs.ts";
import { Messenger, type Request } from "./messenger.ts";
import { Origins } from "./origins.ts";
import { StreamOutput } from "./output.ts";
import type { Settings } from "./settings.ts";
import { Status } from "./status.ts";

export interface KernelParts {
  readonly connection: Connection;
  readonly settings: Settings;
  readonly language: LanguageService & {
    readonly abandon: (id: string) => void;
    readonly watchProcess: (listener: (pid: number | undefined) => void) => void;
    readonly close: () => Promise<void>;
  };
  /** Starts an executor: a child process that speaks kernel/runtime/protocol.ts. */
  readonly spawn: () => ChildProcess;
  /** The kernel has shut down: nothing of it is left. */
  readonly onClosed: () => void;
}

/** Bytes waiting for slow front ends at which the cells are held back, and at which they may go on. */
const HOLD_BACK_AT = 4 * 1024 * 1024;
const GO_ON_AT = 1024 * 1024;

/** How often front ends that were slow are looked at again, in ms. */
const LOOK_AGAIN = 20;

/** The first requests wait this long at most for a front end to subscribe to iopub: else it misses its first `idle`. In ms. */
const SUBSCRIPTION_PATIENCE = 300;

/** The kernel: what front ends say goes in on sockets, and everything that they hear goes out here. */
export class Kernel {
  readonly #parts: KernelParts;
  readonly #sockets = new KernelSockets();
  readonly #signer: Signer;
  readonly #messenger: Messenger;
  readonly #status: Status;
  readonly #origins = new Origins();
  readonly #output: StreamOutput;
  readonly #history: History;
  readonly #comms: Comms;
  readonly #inputs: Inputs;
  readonly #executor: Executor;
  readonly #debugger: Debugger;
  /** The debugger's events are published as consequences of its last request. */
  #lastDebugRequest: Header | undefined;
  readonly #line: CellLine;
  readonly #handlerParts: HandlerParts;
  /** Requests whose cells or comm handlers are at work, for their questions to the front end. */
  readonly #active = new Map<RequestId, Request>();
  /** Comms whose opening waits behind cells. */
  readonly #unopened = new Set<string>();
  #count = 0;
  #early: (() => void)[] | undefined = [];
  #isHeldBack = false;
  #isClosing = false;

  constructor(parts: KernelParts) {
    const { settings, language } = parts;
    this.#parts = parts;
    this.#signer = new Signer(parts.connection.key, parts.connection.hash);
    this.#output = new StreamOutput(settings.outputLimit, (request, name, text) => {
      this.#messenger.publishNow("stream", { name, text }, this.#origins.header(request));
      this.#holdBack();
    });
    this.#messenger = new Messenger(this.#sockets, this.#signer, () => this.#output.flush());
    this.#status = new Status(this.#messenger);
    this.#history = new History(settings.historyFolder);
    this.#comms = new Comms(this.#messenger);
    this.#inputs = new Inputs(this.#messenger);
    this.#executor = new Executor(
      { spawn: parts.spawn, patience: settings.interruptPatience },
      {
        onMessage: (message) => this.#fromExecutor(message),
        onNativeOutput: (name, text) => this.#write(this.#origins.latest, name, text),
        onDeath: (error, running) => this.#executorDied(error, running),
      },
    );
    language.watchProcess((pid) => this.#executor.accompany(pid));
    this.#debugger = new Debugger({
      language,
      folder: settings.folder,
      executor: {
        ready: () => this.#executor.ready(),
        tellSidecar: (message) => this.#executor.tellSidecar(message),
      },
      interrupt: () => this.interrupt(),
      publish: (event) => this.#messenger.publish("debug_event", event, this.#lastDebugRequest),
    });
    this.#line = new CellLine({
      language,
      executor: this.#executor,
      messenger: this.#messenger,
      status: this.#status,
      origins: this.#origins,
      output: this.#output,
      history: this.#history,
      beforeRun: (cell) => this.#debugger.prepare(cell),
      onBegin: (request) => void this.#active.set(request.id, request),
      onEnd: (request) => this.#forget(request.id),
    });
    this.#handlerParts = {
      language,
      comms: this.#comms,
      history: this.#history,
      interrupt: () => this.interrupt(),
      shutDown: () => setImmediate(() => void this.close()),
      debug: (request, header) => {
        this.#lastDebugRequest = header;
        return this.#debugger.answer(request);
      },
      processes: () => [process.pid, this.#executor.pid ?? 0],
    };
  }

  /** Binds the sockets and begins to answer. */
  async open(): Promise<void> {
    await this.#sockets.open(this.#parts.connection, {
      onFrames: (socket, frames) => this.#receive(socket, frames),
      onSubscribe: (topic) => {
        this.#messenger.welcome(topic);
        this.#answerEarly();
      },
    });
    setTimeout(() => this.#answerEarly(), SUBSCRIPTION_PATIENCE).unref();
  }

  /** Stops the running cell. */
  interrupt(): void {
    this.#line.interrupt();
  }

  /** Ends the executor and the language service, sends what is left, closes the sockets. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    await Promise.all([this.#executor.close(), this.#parts.language.close().catch(() => undefined)]);
    this.#output.flush();
    const patience = new Promise((resolve) => setTimeout(resolve, 1_000).unref());
    await Promise.race([this.#sockets.flush(), patience]);
    this.#sockets.close();
    this.#parts.onClosed();
  }

  #receive(socket: RequestSocket, frames: Uint8Array[]): void {
    let message: Message;
    try {
      message = fromFrames(frames, this.#signer);
    } catch (error) {
      // Nobody is told: the sender is not known to be one of the session.
      if (!(error instanceof MessageError)) throw error;
      process.stderr.write(`kernel: a message on ${socket} was dropped: ${error.message}\n`);
      return;
    }
    if (socket === "stdin") {
      const answer = message.header.msg_type === "input_reply" ? this.#inputs.answer(message) : undefined;
      if (answer) this.#executor.tellSidecar({ type: "input-reply", ...answer });
      return;
    }
    const request: Request = { id: `r${++this.#count}`, socket, message };
    if (this.#early && socket === "shell") this.#early.push(() => this.#handle(request));
    else this.#handle(request);
  }

  /** Says `starting`, and answers what came before the first subscription to iopub, in order. */
  #answerEarly(): void {
    if (!this.#early) return;
    const early = this.#early;
    this.#early = undefined;
    this.#status.starting();
    for (const handle of early) handle();
  }

  #handle(request: Request): void {
    try {
      if (request.message.header.msg_type === "execute_request") {
        this.#line.add(request, cellRequest(request.message.content));
        return;
      }
      const incoming = incomingComm(request);
      if (incoming) this.#handleComm(request, incoming);
      else void this.#answer(request);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#status.busy(request);
      if (request.message.header.msg_type.endsWith("_request"))
        this.#messenger.reply(request, errorContent(error));
      this.#status.idle(request);
    }
  }

  async #answer(request: Request): Promise<void> {
    const type = request.message.header.msg_type;
    this.#status.busy(request);
    const handler = handlers.get(type);
    try {
      if (handler) {
        const content = await handler(request, this.#handlerParts);
        this.#messenger.reply(request, content);
        if (type === "shutdown_request") {
          this.#messenger.publish("shutdown_reply", content, request.message.header);
        }
      } else if (type.endsWith("_request")) {
        throw new BadRequest(`this kernel does not know the message type "${type.slice(0, 80)}"`);
      }
    } catch (error) {
      this.#messenger.reply(request, errorContent(error));
    }
    this.#status.idle(request);
  }

  /**
   * Comm messages are handled while a cell awaits. Only the opening of a comm waits behind cells that have not begun, since
   * they may name its target, and what is said in it waits with it.
   */
  #handleComm(request: Request, incoming: IncomingComm): void {
    const { kind, comm } = incoming;
    if ((kind === "comm-open" && this.#line.hasWaiting) || this.#unopened.has(comm.commId)) {
      this.#unopened.add(comm.commId);
      this.#line.addTask(() => {
        this.#unopened.delete(comm.commId);
        return this.#passComm(request, incoming);
      });
    } else {
      void this.#passComm(request, incoming);
    }
  }

  async #passComm(request: Request, incoming: IncomingComm): Promise<void> {
    const { kind, comm } = incoming;
    this.#origins.add(request);
    this.#status.busy(request);
    if (kind === "comm-open" || this.#comms.has(comm.commId)) {
      this.#active.set(request.id, request);
      this.#comms.noteIncoming(incoming);
      await this.#executor.comm(kind, request.id, comm);
      this.#forget(request.id);
    }
    this.#status.idle(request);
  }

  #forget(id: RequestId): void {
    this.#active.delete(id);
    this.#inputs.forget(id);
  }

  #write(request: RequestId, name: "stdout" | "stderr", text: string): void {
    if (!this.#origins.isSilent(request)) this.#output.write(request, name, text);
  }

  #fromExecutor(message: FromExecutor): void {
    if (message.type === "transpile") {
      void this.#transpile(message.request, message.path);
      return;
    }
    if (
      message.type === "inspector-result" ||
      message.type === "inspector-error" ||
      message.type === "inspector-event"
    ) {
      this.#debugger.receive(message);
      return;
    }
    if (!("request" in message)) return;
    const { request } = message;
    const header = this.#origins.header(request);
    const isSilent = this.#origins.isSilent(request);
    switch (message.type) {
      case "stream":
        this.#write(request, message.name, message.text);
        break;
      case "display":
        if (!isSilent) this.#messenger.publish("display_data", { transient: {}, ...message.display }, header);
        break;
      case "update-display":
        if (!isSilent)
          this.#messenger.publish("update_display_data", { transient: {}, ...message.display }, header);
        break;
      case "clear-output":
        if (!isSilent) this.#messenger.publish("clear_output", { wait: message.wait }, header);
        break;
      case "result": {
        const number = this.#origins.number(request);
        const { data, metadata } = message.display;
        const text = data["text/plain"];
        if (isSilent) break;
        if (typeof text === "string" && this.#origins.isStored(request))
          this.#history.addOutput(number, text);
        this.#messenger.publish("execute_result", { execution_count: number, data, metadata }, header);
        break;
      }
      case "page":
        this.#line.addPayload(request, { source: "page", data: message.data, start: 0 });
        break;
      case "late-error":
        if (!isSilent) this.#messenger.publish("error", { ...message.error }, header);
        break;
      case "input-request": {
        const asking = this.#active.get(request);
        if (asking) this.#inputs.ask(asking, message.prompt, message.password);
        break;
      }
      case "comm-open":
      case "comm-message":
      case "comm-close":
        this.#comms.publish(message, header);
        break;
    }
    this.#holdBack();
  }

  async #transpile(request: string, path: string): Promise<void> {
    try {
      this.#executor.send({ type: "transpiled", request, ...(await this.#parts.language.transpile(path)) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#executor.send({ type: "transpile-failed", request, message: reason });
    }
  }

  #executorDied(error: ErrorReport, running: RequestId | undefined): void {
    // Before the next cell is compiled: all that earlier cells declared is gone.
    void this.#parts.language.reset().catch(() => undefined);
    const parent = this.#origins.header(running ?? this.#origins.latest);
    this.#output.flush();
    // The error of a running cell is told with its end.
    if (running === undefined && parent) this.#messenger.publish("error", { ...error }, parent);
    this.#comms.closeAll(parent);
    this.#debugger.executorDied();
    this.#holdBack();
  }

  /** Lets the cells wait while front ends are slow. */
  #holdBack(): void {
    if (this.#isHeldBack || this.#sockets.iopubWaiting < HOLD_BACK_AT) return;
    this.#isHeldBack = true;
    this.#executor.setReading(false);
    const timer = setInterval(() => {
      if (this.#sockets.iopubWaiting > GO_ON_AT) return;
      clearInterval(timer);
      this.#isHeldBack = false;
      this.#executor.setReading(true);
    }, LOOK_AGAIN);
  }
}
