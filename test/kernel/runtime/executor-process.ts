import { once } from "node:events";
import type { ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { frame, frameReader } from "../../../dist/kernel/runtime/line.js";
import { spawnExecutor } from "../../../dist/kernel/runtime/spawn.js";
import type { CommMessage, FromExecutor, ToExecutor } from "../../../kernel/runtime/protocol.ts";

type Done = Extract<FromExecutor, { type: "done" }>;
export type MessageOf<T extends FromExecutor["type"]> = Extract<FromExecutor, { type: T }>;

/** How a cell of a test ended, and what it showed by then. */
export interface Outcome {
  readonly request: string;
  readonly done: Done;
  readonly messages: readonly FromExecutor[];
  readonly stdout: string;
  readonly stderr: string;
  /** The text/plain of the result. */
  readonly text: string | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;
}

/** A source map in which each place of the compiled code is the same place of the cell. */
function identityMap(code: string): string {
  // Per line one segment a column: generated +1, source 0, original column +1.
  const lines = code.split("\n").map((line, index) => {
    const first = index === 0 ? "AAAA" : "AACA";
    return [first, ...Array.from({ length: line.length }, () => "CAAC")].join(",");
  });
  return JSON.stringify({
    version: 3,
    sources: ["cell"],
    names: [],
    mappings: backToColumnZero(lines, code),
  });
}

/** Original columns are relative over lines: the first segment of each line goes back by the length of the line before. */
function backToColumnZero(lines: readonly string[], code: string): string {
  const lengths = code.split("\n").map((line) => line.length);
  return lines
    .map((line, index) =>
      index === 0 ? line : line.replace(/^AACA/, `AAC${vlq(-(lengths[index - 1] ?? 0))}`),
    )
    .join(";");
}

function vlq(value: number): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += digits.charAt(rest > 0 ? digit | 32 : digit);
  } while (rest > 0);
  return text;
}

/** An executor with a host as small as a test needs: it runs cells of plain JavaScript over `cell`. */
export class ExecutorProcess {
  readonly messages: FromExecutor[] = [];
  readonly child: ChildProcess;
  readonly exited: Promise<number | string | null>;
  /** Until all that it wrote has been read, too: its end may be known before. */
  readonly closed: Promise<unknown>;
  transpile: (path: string) => { code: string; map: string } = (path) => {
    throw new Error(`no compiler for ${path}`);
  };
  answer: (message: MessageOf<"input-request">) => string | undefined = () => undefined;
  /** What came over the descriptors 1 and 2. */
  native = "";
  #count = 0;
  readonly #line: Duplex;
  readonly #listeners = new Set<(message: FromExecutor) => void>();

  private constructor(folder: string) {
    this.child = spawnExecutor(folder);
    this.#line = this.child.stdio[3] as Duplex;
    this.#line.on("error", () => undefined);
    this.#line.on(
      "data",
      frameReader((message) => this.#receive(message as FromExecutor)),
    );
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.native += chunk.toString()));
    }
    this.exited = new Promise((resolve) =>
      this.child.once("exit", (code, signal) => resolve(code ?? signal)),
    );
    this.closed = once(this.child, "close");
  }

  static async start(folder = process.cwd()): Promise<ExecutorProcess> {
    const executor = new ExecutorProcess(folder);
    await executor.next((message) => message.type === "ready");
    return executor;
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  send(message: ToExecutor): void {
    this.child.send(message);
  }

  /** Interrupts the latest cell. */
  interrupt(): void {
    this.#line.write(frame({ type: "interrupt", request: `request-${this.#count}` }));
  }

  /** Interrupts the next cell, whose code has not been sent. */
  interruptNext(): void {
    this.#line.write(frame({ type: "interrupt", request: `request-${this.#count + 1}` }));
  }

  reply(request: string, value: string): void {
    this.#line.write(frame({ type: "input-reply", request, value }));
  }

  sendComm(type: "comm-open" | "comm-message" | "comm-close", request: string, comm: CommMessage): void {
    this.send({ type, request, comm });
  }

  /** The next message that `matches`; rejects when the process ends first. */
  next<T extends FromExecutor = FromExecutor>(matches: (message: FromExecutor) => boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      const listener = (message: FromExecutor) => {
        if (!matches(message)) return;
        this.#listeners.delete(listener);
        resolve(message as T);
      };
      this.#listeners.add(listener);
      void this.exited.then((code) => reject(new Error(`the executor ended (${code}): ${this.native}`)));
    });
  }

  /** Runs the body of a cell, a function of `cell`; resolves when it is done. */
  run(
    source: string,
    options: { interruptAfter?: number; allowStdin?: boolean; silent?: boolean } = {},
  ): Promise<Outcome> {
    return this.start(source, options).outcome;
  }

  /** Starts a cell. */
  start(
    source: string,
    {
      interruptAfter,
      allowStdin = true,
      silent = false,
      expressions = {},
    }: {
      interruptAfter?: number;
      allowStdin?: boolean;
      silent?: boolean;
      expressions?: Record<string, string>;
    } = {},
  ): { request: string; outcome: Promise<Outcome> } {
    const number = ++this.#count;
    const request = `request-${number}`;
    const code = `async (cell) => {\n${source}\n}`;
    const map = identityMap(source);
    const from = this.messages.length;
    const outcome = this.next<Done>((message) => message.type === "done" && message.request === request).then(
      (done) => {
        const messages = this.messages
          .slice(from)
          .filter((message) => "request" in message && message.request === request);
        const result = messages.find((message) => message.type === "result")?.display.data;
        const text = result?.["text/plain"];
        return {
          request,
          done,
          messages,
          stdout: textOfStream(messages, "stdout"),
          stderr: textOfStream(messages, "stderr"),
          text: typeof text === "string" ? text : undefined,
          data: result,
        };
      },
    );
    this.send({
      type: "run",
      request,
      number,
      code,
      map: shiftedByOneLine(map),
      source,
      silent,
      allowStdin,
      expressions: Object.fromEntries(
        Object.entries(expressions).map(([name, body]) => [name, `async (cell) => { ${body} }`]),
      ),
    });
    if (interruptAfter !== undefined) void sleep(interruptAfter).then(() => this.interrupt());
    return { request, outcome };
  }

  #receive(message: FromExecutor): void {
    this.messages.push(message);
    if (message.type === "transpile") {
      try {
        this.send({ type: "transpiled", request: message.request, ...this.transpile(message.path) });
      } catch (error) {
        this.send({ type: "transpile-failed", request: message.request, message: String(error) });
      }
    }
    if (message.type === "is-heard") this.#line.write(frame({ type: "heard", number: message.number }));
    if (message.type === "input-request") {
      const answer = this.answer(message);
      if (answer !== undefined) this.reply(message.request, answer);
    }
    for (const listener of [...this.#listeners]) listener(message);
  }
}

/** The compiled code has one line, the head of the function, before the cell's first. */
function shiftedByOneLine(map: string): string {
  const parsed = JSON.parse(map) as { mappings: string };
  return JSON.stringify({ ...parsed, mappings: `;${parsed.mappings}` });
}

function textOfStream(messages: readonly FromExecutor[], name: "stdout" | "stderr"): string {
  return messages
    .map((message) => (message.type === "stream" && message.name === name ? message.text : ""))
    .join("");
}
