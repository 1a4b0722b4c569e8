import type { ChildProcess } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { frame, frameReader } from "../runtime/line.ts";
import { LINE_DESCRIPTOR, type FromExecutor, type ToExecutor, type ToSidecar } from "../runtime/protocol.ts";

export interface ExecutorEvents {
  readonly onMessage: (message: FromExecutor) => void;
  /** What native code and grandchildren wrote to descriptor 1 or 2. */
  readonly onNativeOutput: (name: "stdout" | "stderr", text: string) => void;
  /** The process has ended; what it had written has been handed over. */
  readonly onExit: (cause: string) => void;
}

/** The end of stderr that is kept to say why the process ended, in UTF-16 code units. */
const KEPT_STDERR = 4_000;

/** How long a process that was asked to end may take, in ms. */
const END_PATIENCE = 500;

/** Reads of a pipe after which it has nothing left that was in it before, though something still writes. */
const MOST_TURNS = 100;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** One executor: a child process with its line, its output pipes and its end. */
export class ExecutorProcess {
  readonly #child: ChildProcess;
  readonly #line: Duplex;
  readonly #events: ExecutorEvents;
  #chunks = 0;
  #nativeChunks = 0;
  /** Messages that wait for native output that was written before them. */
  #held: FromExecutor[] | undefined;
  #stderr = "";
  #causeOfDeath: string | undefined;
  #ended = false;

  constructor(child: ChildProcess, events: ExecutorEvents) {
    this.#child = child;
    this.#events = events;
    this.#line = child.stdio[LINE_DESCRIPTOR] as Duplex;
    this.#line.on(
      "data",
      frameReader((message) => this.#receive(message as FromExecutor)),
    );
    // A line that breaks tells nothing that the end of the process does not tell.
    this.#line.on("error", () => undefined);
    this.#line.on("data", () => this.#chunks++);
    if (child.stdout) this.#listen("stdout", child.stdout);
    if (child.stderr) this.#listen("stderr", child.stderr);
    child.on("error", (error) => void this.#end(`could not be started or reached: ${error.message}`));
    child.on("exit", (code, signal) => void this.#end(this.#cause(code, signal)));
    // It may have ended before anybody listened: the first one is started before the host is loaded.
    const { exitCode, signalCode } = child;
    if (exitCode !== null || signalCode !== null) void this.#end(this.#cause(exitCode, signalCode));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Grows with everything that the process says. */
  get chunksHeard(): number {
    return this.#chunks;
  }

  /** Sends to the main thread. */
  send(message: ToExecutor): void {
    // A process that has just ended: `onExit` says so.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Sends to the sidecar thread, which hears while the main thread spins. */
  tellSidecar(message: ToSidecar): void {
    if (this.#line.writable) this.#line.write(frame(message));
  }

  /** Whether what the process writes is read: off, it is held back. */
  setReading(isReading: boolean): void {
    if (isReading) this.#line.resume();
    else this.#line.pause();
  }

  /** Settles when what native code wrote before now has been handed over. */
  async nativeOutputSettled(): Promise<void> {
    let before: number;
    let turns = 0;
    do {
      before = this.#nativeChunks;
      await turn();
    } while (this.#nativeChunks !== before && ++turns < MOST_TURNS);
  }

  #receive(message: FromExecutor): void {
    if (this.#held) this.#held.push(message);
    else if (message.type === "native-output") void this.#hold();
    else if (message.type === "is-heard") this.tellSidecar({ type: "heard", number: message.number });
    else this.#events.onMessage(message);
  }

  /** Hands native output over before the messages that follow. */
  async #hold(): Promise<void> {
    this.#held = [];
    await this.nativeOutputSettled();
    const held = this.#held;
    this.#held = undefined;
    for (const message of held) this.#receive(message);
  }

  /** Ends the process and its children at once. `cause` is told to the user. */
  kill(cause: string): void {
    this.#causeOfDeath ??= cause;
    this.#signal("SIGKILL");
  }

  /** Ends the process: asks first, then forces. Settles when it has ended. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const exited = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.#signal("SIGTERM");
    const force = setTimeout(() => this.#signal("SIGKILL"), END_PATIENCE);
    await exited;
    clearTimeout(force);
    // What the cells started and left behind.
    this.#signal("SIGKILL");
  }

  #listen(name: "stdout" | "stderr", stream: Readable): void {
    const decoder = new StringDecoder("utf8");
    stream.on("data", (chunk: Buffer) => {
      this.#chunks++;
      this.#nativeChunks++;
      const text = decoder.write(chunk);
      if (name === "stderr") this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
      if (text !== "") this.#events.onNativeOutput(name, text);
    });
    stream.on("error", () => undefined);
  }

  /** Signals the process and what it started: it leads a process group where there are signals. */
  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (process.platform === "win32") this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // The group has ended.
    }
  }

  #cause(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#causeOfDeath !== undefined) return this.#causeOfDeath;
    if (/heap out of memory|Array buffer allocation failed|invalid table size/i.test(this.#stderr)) {
      return "it ran out of memory";
    }
    if (signal === "SIGKILL") return "it was killed by SIGKILL, which systems short of memory do";
    if (signal === "SIGABRT") return "it was aborted (SIGABRT)";
    if (signal) return `it was ended by ${signal}`;
    return `it exited with code ${code ?? "unknown"}`;
  }

  async #end(cause: string): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#line.resume();
    // All of the line, which nobody writes to any more.
    let before: number;
    do {
      before = this.#chunks - this.#nativeChunks;
      await turn();
    } while (this.#chunks - this.#nativeChunks !== before);
    await this.nativeOutputSettled();
    this.#signal("SIGKILL");
    this.#events.onExit(cause);
  }
}
