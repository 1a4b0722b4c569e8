/** A front end for tests: it speaks Jupyter's protocol over real sockets to a kernel process. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Dealer, Subscriber } from "zeromq";
import { parseConnection, type Connection } from "../../../kernel/wire/connection.ts";
import { fromFrames, toFrames } from "../../../kernel/wire/framing.ts";
import type { JsonObject, Message } from "../../../kernel/wire/message.ts";
import { Signer } from "../../../kernel/wire/signature.ts";

export type Channel = "shell" | "control" | "stdin" | "iopub";

/** A message with the channel on which it came. */
export interface Heard extends Message {
  readonly channel: Channel;
}

/** All that one request brought about. */
export interface Outcome {
  readonly reply: JsonObject;
  readonly replyMessage: Heard;
  /** Messages on iopub with the request as parent, up to and with `idle`. */
  readonly heard: readonly Heard[];
  /** Types of `heard`, `busy` and `idle` in place of `status`. */
  readonly types: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  /** `text/plain` of the execute_result. */
  readonly result: unknown;
}

const KERNEL = fileURLToPath(new URL("../../../dist/kernel/main.js", import.meta.url));
const SOCKET_COUNT = 5;
/** How often a socket is tried that the kernel has not opened yet, in ms. */
const RECONNECT = 10;

/** Free ports, as many as a kernel has sockets. */
async function freePorts(): Promise<number[]> {
  const servers = Array.from({ length: SOCKET_COUNT }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly transport?: "tcp" | "ipc";
  readonly key?: string;
  readonly signatureScheme?: string;
  /** Start it as a child of another process, which stands for Jupyter; `child` is that process. */
  readonly throughParent?: boolean;
  /** The notebook's folder; without it, a fresh empty one. */
  readonly folder?: string;
  /** Another kernel's command, given the connection file. */
  readonly command?: (file: string) => readonly string[];
}

/** A kernel process in a folder of its own. */
export class KernelProcess {
  readonly connection: Connection;
  readonly child: ChildProcess;
  readonly folder: string;
  readonly #temporary: string;
  readonly exited: Promise<number | null>;
  stderr = "";
  readonly #frontEnds: FrontEnd[] = [];

  private constructor(child: ChildProcess, connection: Connection, folder: string, temporary: string) {
    this.child = child;
    this.connection = connection;
    this.folder = folder;
    this.#temporary = temporary;
    child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  static async start(options: StartOptions = {}): Promise<KernelProcess> {
    const temporary = mkdtempSync(join(tmpdir(), "kernel-test-"));
    const [shell_port, control_port, stdin_port, iopub_port, hb_port] = await freePorts();
    const fields = {
      transport: options.transport ?? "tcp",
      ip: options.transport === "ipc" ? join(temporary, "kernel") : "127.0.0.1",
      key: options.key ?? randomUUID(),
      signature_scheme: options.signatureScheme ?? "hmac-sha256",
      ...{ shell_port, control_port, stdin_port, iopub_port, hb_port },
    };
    const file = join(temporary, "connection.json");
    writeFileSync(file, JSON.stringify(fields));
    const folder = options.folder ?? temporary;
    const [program = process.execPath, ...args] = options.command?.(file) ?? [process.execPath, KERNEL, file];
    const parent = `require("child_process").spawn(process.execPath, ${JSON.stringify(args)}, { stdio: "inherit" })`;
    const child = spawn(program, options.throughParent ? ["-e", parent] : args, {
      cwd: folder,
      env: {
        ...process.env,
        MATRIX_COMPOSITION_HISTORY: "off",
        NODE_OPTIONS: "",
        JPY_PARENT_PID: "1",
        ...options.environment,
      },
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    return new KernelProcess(child, parseConnection(JSON.stringify(fields)), folder, temporary);
  }

  /** A kernel and a front end that has heard its first answer. */
  static async ready(options: StartOptions = {}): Promise<{ kernel: KernelProcess; frontEnd: FrontEnd }> {
    const kernel = await KernelProcess.start(options);
    const frontEnd = kernel.frontEnd();
    await frontEnd.ask("shell", "kernel_info_request");
    return { kernel, frontEnd };
  }

  /** One more front end. */
  frontEnd(): FrontEnd {
    const frontEnd = new FrontEnd(this.connection);
    this.#frontEnds.push(frontEnd);
    return frontEnd;
  }

  /** Ends the kernel by force, if it still runs, and forgets its folder. */
  async end(): Promise<void> {
    for (const frontEnd of this.#frontEnds) frontEnd.close();
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGTERM");
    await this.exited;
    rmSync(this.#temporary, { recursive: true, force: true });
  }
}

interface Waiter {
  readonly fits: (message: Heard) => boolean;
  readonly resolve: (message: Heard) => void;
}

/** One front end: its sockets, all that it has heard, and promises of what it will hear. */
export class FrontEnd {
  readonly session = randomUUID();
  readonly heard: Heard[] = [];
  readonly #signer: Signer;
  readonly #sockets: { readonly shell: Dealer; readonly control: Dealer; readonly stdin: Dealer };
  readonly #iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0, reconnectInterval: RECONNECT });
  readonly #heartbeat = new Dealer({ linger: 0 });
  #waiters: Waiter[] = [];
  #count = 0;
  /** Answers the questions of cells; without it they stay open. */
  onInput: ((prompt: string, password: boolean) => string) | undefined;

  constructor(connection: Connection) {
    const { addresses } = connection;
    this.#signer = new Signer(connection.key, connection.hash);
    const dealer = (): Dealer =>
      new Dealer({
        routingId: this.session,
        linger: 0,
        receiveHighWaterMark: 0,
        reconnectInterval: RECONNECT,
      });
    this.#sockets = { shell: dealer(), control: dealer(), stdin: dealer() };
    this.#iopub.subscribe();
    this.#iopub.connect(addresses.iopub);
    this.#heartbeat.connect(addresses.heartbeat);
    for (const name of ["shell", "control", "stdin"] as const) {
      this.#sockets[name].connect(addresses[name]);
      void this.#listen(name, this.#sockets[name]);
    }
    void this.#listen("iopub", this.#iopub);
  }

  close(): void {
    for (const socket of [...Object.values(this.#sockets), this.#iopub, this.#heartbeat]) socket.close();
  }

  /** Sends any frames, right or wrong. */
  async sendFrames(channel: "shell" | "control" | "stdin", frames: Uint8Array[]): Promise<void> {
    await this.#sockets[channel].send(frames);
  }

  /** The frames of a good message. */
  frames(
    type: string,
    content: JsonObject,
    extras: Partial<Message> = {},
  ): { id: string; frames: Uint8Array[] } {
    const id = `${this.session}-${this.#count++}`;
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.session,
      username: "tester",
      date: new Date().toISOString(),
      version: "5.5",
    };
    const message = { identities: [], header, parent: {}, metadata: {}, content, buffers: [], ...extras };
    return { id, frames: toFrames(message, this.#signer) };
  }

  /** Sends a good message; its `msg_id`. */
  async send(
    channel: "shell" | "control" | "stdin",
    type: string,
    content: JsonObject = {},
    extras: Partial<Message> = {},
  ): Promise<string> {
    const { id, frames } = this.frames(type, content, extras);
    await this.#sockets[channel].send(frames);
    return id;
  }

  /** The first message that fits, heard before or to come. */
  next(fits: (message: Heard) => boolean, from = 0): Promise<Heard> {
    const already = this.heard.slice(from).find(fits);
    if (already) return Promise.resolve(already);
    return new Promise((resolve) => this.#waiters.push({ fits, resolve }));
  }

  /** The first message on iopub of a type with the parent `id`. */
  published(type: string, id: string): Promise<Heard> {
    return this.next(({ channel, header, parent }) => {
      return channel === "iopub" && header.msg_type === type && parent["msg_id"] === id;
    });
  }

  /** What a request that was sent brought about, when it is over. */
  async outcome(id: string): Promise<Outcome> {
    const isOwn = ({ parent }: Heard): boolean => parent["msg_id"] === id;
    const [replyMessage] = await Promise.all([
      this.next(
        (message) => (message.channel === "shell" || message.channel === "control") && isOwn(message),
      ),
      this.next(
        (message) =>
          message.channel === "iopub" && isOwn(message) && message.content["execution_state"] === "idle",
      ),
    ]);
    const heard = this.heard.filter((message) => message.channel === "iopub" && isOwn(message));
    const stream = (name: string): string =>
      heard
        .filter(({ header, content }) => header.msg_type === "stream" && content["name"] === name)
        .map(({ content }) => String(content["text"]))
        .join("");
    const result = heard.find(({ header }) => header.msg_type === "execute_result");
    const data = result?.content["data"] as JsonObject | undefined;
    return {
      reply: replyMessage.content,
      replyMessage,
      heard,
      types: heard.map(({ header, content }) =>
        header.msg_type === "status" ? String(content["execution_state"]) : header.msg_type,
      ),
      stdout: stream("stdout"),
      stderr: stream("stderr"),
      result: data?.["text/plain"],
    };
  }

  /** Sends a request and waits until it is over. */
  async ask(
    channel: "shell" | "control",
    type: string,
    content: JsonObject = {},
    extras: Partial<Message> = {},
  ): Promise<Outcome> {
    return this.outcome(await this.send(channel, type, content, extras));
  }

  /** Sends a cell; its `msg_id`. */
  startCell(code: string, options: JsonObject = {}): Promise<string> {
    return this.send("shell", "execute_request", {
      code,
      ...{
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: this.onInput !== undefined,
      },
      ...{ stop_on_error: true },
      ...options,
    });
  }

  /** Settles when the kernel has all that was sent on shell so far. */
  async delivered(): Promise<void> {
    await this.ask("shell", "kernel_info_request");
  }

  /** Runs a cell to its end. */
  async run(code: string, options: JsonObject = {}): Promise<Outcome> {
    return this.outcome(await this.startCell(code, options));
  }

  /** Runs a cell that prints and does not end, and interrupts it once it has printed. */
  async interrupted(code: string): Promise<Outcome> {
    const id = await this.startCell(code);
    await this.published("stream", id);
    await this.ask("control", "interrupt_request");
    return this.outcome(id);
  }

  /** Sends one heartbeat; settles when it is back. */
  async heartbeat(): Promise<string> {
    await this.#heartbeat.send("ping");
    const [answer] = await this.#heartbeat.receive();
    return String(answer);
  }

  async #listen(channel: Channel, socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket) {
      const heard = { ...fromFrames(frames, this.#signer), channel };
      this.heard.push(heard);
      if (heard.header.msg_type === "input_request" && this.onInput) {
        const value = this.onInput(String(heard.content["prompt"]), heard.content["password"] === true);
        await this.send("stdin", "input_reply", { value }, { parent: { ...heard.header } });
      }
      const fitting = this.#waiters.filter(({ fits }) => fits(heard));
      this.#waiters = this.#waiters.filter((waiter) => !fitting.includes(waiter));
      for (const { resolve } of fitting) resolve(heard);
    }
  }
}
