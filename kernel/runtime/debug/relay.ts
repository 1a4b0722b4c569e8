import { Session } from "node:inspector";
import type { FromExecutor, ToSidecar } from "../protocol.ts";

/** What the host says to the inspector. */
export type ToInspector = Extract<
  ToSidecar,
  { type: "inspector-open" | "inspector-call" | "inspector-close" }
>;

/** What the inspector says to the host. */
export type FromInspector = Extract<
  FromExecutor,
  { type: "inspector-result" | "inspector-error" | "inspector-event" }
>;

interface Notification {
  readonly method: string;
  readonly params?: object;
}

interface ParsedScript {
  readonly scriptId: string;
  readonly url: string;
}

/**
 * The debugger's session with Node's inspector, held by the sidecar thread: it answers while the main thread is stopped at a
 * breakpoint, and nothing of it is there while no debugger is attached. The host knows what to ask and what the answers
 * mean; this only passes them on.
 */
export class InspectorRelay {
  readonly #send: (message: FromInspector) => void;
  #session: Session | undefined;
  #isPaused = false;

  constructor(send: (message: FromInspector) => void) {
    this.#send = send;
  }

  /** Whether the main thread is stopped, at a breakpoint for instance. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Does what the host says. */
  hear(message: ToInspector): void {
    if (message.type === "inspector-open") this.#open();
    else if (message.type === "inspector-close") this.close();
    else this.#call(message.id, message.method, message.params);
  }

  /** Before an interrupt strikes: whatever it throws must not stop the main thread again. The host allows it with the next cell. */
  skipPauses(): void {
    this.#session?.post("Debugger.setSkipAllPauses", { skip: true });
  }

  /** Lets a stopped main thread go on, into what an interrupt has in store for it. */
  resume(): void {
    if (this.#isPaused) this.#session?.post("Debugger.resume");
  }

  /** Ends the session; a stopped main thread goes on. Node does not exit before. */
  close(): void {
    this.#session?.disconnect();
    this.#session = undefined;
    this.#isPaused = false;
  }

  #open(): void {
    if (this.#session) return;
    const session = new Session();
    session.connectToMainThread();
    session.on("inspectorNotification", (notification) => this.#notice(notification));
    this.#session = session;
  }

  #call(id: number, method: string, params: object): void {
    const session = this.#session;
    if (!session) {
      this.#send({ type: "inspector-error", id, message: "the inspector is not open" });
      return;
    }
    session.post(method, params, (error: Error | null, result?: object) => {
      if (error) this.#send({ type: "inspector-error", id, message: error.message });
      else this.#send({ type: "inspector-result", id, result: result ?? {} });
    });
  }

  #notice({ method, params = {} }: Notification): void {
    if (method === "Debugger.paused") this.#isPaused = true;
    if (method === "Debugger.resumed") this.#isPaused = false;
    if (method === "Debugger.scriptParsed") {
      // Node has about a thousand of them: no more than what is asked for.
      const { scriptId, url } = params as ParsedScript;
      if (url !== "") this.#send({ type: "inspector-event", method, params: { scriptId, url } });
    } else if (method.startsWith("Debugger.") && method !== "Debugger.scriptFailedToParse") {
      this.#send({ type: "inspector-event", method, params });
    }
  }
}
