import { Router, XPublisher } from "zeromq";
import type { Connection } from "./connection.ts";
import { SendQueue } from "./send-queue.ts";

/** The sockets on which requests arrive. */
export type RequestSocket = "shell" | "control" | "stdin";

export interface SocketEvents {
  /** Frames of one message, routing frames first. */
  readonly onFrames: (socket: RequestSocket, frames: Uint8Array[]) => void;
  /** A front end has subscribed to iopub. */
  readonly onSubscribe: (topic: Uint8Array) => void;
}

/** Messages that libzmq keeps for one subscriber before the queue in front of it holds the kernel back. */
const SUBSCRIBER_MESSAGES = 2_000;

/** How long the last messages may take to leave after closing, in ms. */
const LINGER = 1_000;

/** The first frame of a subscription starts with this byte, the topic follows. */
const SUBSCRIBE = 1;

/**
 * The five sockets of a kernel, bound. shell, control and stdin are ROUTER; iopub is XPUB, so that subscriptions are
 * seen (`iopub_welcome`); heartbeat sends back what it gets.
 */
export class KernelSockets {
  readonly #shell = new Router({ linger: LINGER, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  readonly #control = new Router({ linger: LINGER, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  readonly #stdin = new Router({ linger: LINGER, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  readonly #heartbeat = new Router({ linger: 0, sendHighWaterMark: 0 });
  readonly #iopub = new XPublisher({
    linger: LINGER,
    sendHighWaterMark: SUBSCRIBER_MESSAGES,
    noDrop: true,
    verbosity: "allSubs",
  });
  readonly #queues: Readonly<Record<RequestSocket | "iopub", SendQueue>>;
  readonly #heartbeats: SendQueue;

  constructor() {
    this.#queues = {
      shell: new SendQueue(this.#shell),
      control: new SendQueue(this.#control),
      stdin: new SendQueue(this.#stdin),
      iopub: new SendQueue(this.#iopub, { onStuck: () => this.#dropForStuckSubscribers() }),
    };
    this.#heartbeats = new SendQueue(this.#heartbeat);
  }

  /** Bytes that wait for slow readers of iopub. */
  get iopubWaiting(): number {
    return this.#queues.iopub.waiting;
  }

  /** Binds all sockets, then hands every message to `events`. */
  async open(connection: Connection, events: SocketEvents): Promise<void> {
    const { addresses } = connection;
    await Promise.all([
      this.#heartbeat.bind(addresses.heartbeat),
      this.#iopub.bind(addresses.iopub),
      this.#stdin.bind(addresses.stdin),
      this.#control.bind(addresses.control),
      this.#shell.bind(addresses.shell),
    ]);
    void receive(this.#heartbeat, (frames) => this.#heartbeats.push(frames));
    void receive(this.#iopub, ([subscription]) => {
      if (subscription?.[0] === SUBSCRIBE) events.onSubscribe(subscription.subarray(1));
    });
    for (const name of ["control", "shell", "stdin"] as const) {
      const socket = { control: this.#control, shell: this.#shell, stdin: this.#stdin }[name];
      void receive(socket, (frames) => events.onFrames(name, frames));
    }
  }

  /** Sends frames on a socket after those that wait for it. */
  send(socket: RequestSocket | "iopub", frames: Uint8Array[]): void {
    this.#queues[socket].push(frames);
  }

  /** Settles when all messages were handed to libzmq. */
  async flush(): Promise<void> {
    await Promise.all(Object.values(this.#queues).map((queue) => queue.empty()));
  }

  /** Closes all sockets; what libzmq has not sent yet may take a second more. */
  close(): void {
    for (const queue of [...Object.values(this.#queues), this.#heartbeats]) queue.close();
    for (const socket of [this.#shell, this.#control, this.#stdin, this.#heartbeat, this.#iopub])
      socket.close();
  }

  /**
   * Lets libzmq drop messages for subscribers that take nothing, so that the others get theirs. It stays so: one that was
   * stuck for seconds would hold everyone back again and again.
   */
  #dropForStuckSubscribers(): void {
    this.#iopub.noDrop = false;
  }
}

async function receive(socket: Router | XPublisher, handle: (frames: Uint8Array[]) => void): Promise<void> {
  const isClosed = (): boolean => socket.closed;
  while (!isClosed()) {
    let frames: Uint8Array[];
    try {
      frames = await socket.receive();
    } catch (error) {
      if (isClosed()) return;
      // Out of memory for one message, or a peer that broke off: the next one may be good.
      process.stderr.write(
        `kernel: receiving failed: ${error instanceof Error ? error.message : String(error)}\n`,
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
      continue;
    }
    handle(frames);
  }
}
