/**
 * The executor's second thread. It owns the line to the host: it writes what the main thread posts, and hears
 * interrupts and answers while the main thread spins, waits or computes. See KERNEL.md 3.5 for the order of an interrupt.
 */
import { Session } from "node:inspector";
import { Socket } from "node:net";
import { workerData, type MessagePort } from "node:worker_threads";
import { InspectorRelay } from "./debug/relay.ts";
import { FLAG } from "./flags.ts";
import { frame, frameReader } from "./line.ts";
import type { Posted } from "./outbox.ts";
import { PostedMessages } from "./posted.ts";
import { LINE_DESCRIPTOR, type RequestId, type ToSidecar } from "./protocol.ts";
import { TextRing } from "./text-ring.ts";

/** What the sidecar is started with. */
export interface SidecarData {
  readonly flags: Int32Array<SharedArrayBuffer>;
  /** From the main thread: messages for the host. */
  readonly outgoing: MessagePort;
  /** What user code prints: the memory of a `TextRing`. */
  readonly texts: SharedArrayBuffer;
  /** To the main thread: interrupts. From it: that the process is about to exit. */
  readonly interrupts: MessagePort;
  /** To the main thread: answers to `input-request`. */
  readonly answers: MessagePort;
}

/** What the sidecar tells the main thread of interrupt number `interrupt`. */
export interface InterruptNews {
  readonly interrupt: number;
  readonly terminated: boolean;
  /** The cell that is meant, where the host named one. */
  readonly request?: RequestId | undefined;
}

/** Milliseconds without a word of the main thread, after which its JavaScript is terminated, again and again. */
const TERMINATE_AFTER = 60;

/** Milliseconds that what must not be ended half way can take, though it should take microseconds. */
const UNINTERRUPTED_AT_MOST = 200;

/** Milliseconds that a cell has for its `finally` blocks once its interrupt was heard. */
const FINISH_WITHIN = 400;

const { flags, outgoing, texts, interrupts, answers } = workerData as SidecarData;
const hasSignals = process.platform !== "win32";

const line = new Socket({ fd: LINE_DESCRIPTOR, readable: true, writable: true });
line.on(
  "data",
  frameReader((message) => hear(message as ToSidecar)),
);
// The host is gone, hard perhaps: nobody is left to hear this process, whatever its main thread is doing.
line.on("close", endProcess);
line.on("error", endProcess);

/** The debugger's hold on the main thread, where one is attached. */
const inspector = new InspectorRelay((message) => {
  // What the cell printed before it stopped comes first.
  sendPosted();
  line.write(frame(message));
});
interrupts.on("message", () => inspector.close());

const posted = new PostedMessages(outgoing, flags, new TextRing(texts, flags));

/** Milliseconds that text waits for more: a reader sees no difference, and many lines become one message. */
const TEXT_DELAY = 2;

let later: NodeJS.Timeout | undefined;
let soon: NodeJS.Immediate | undefined;

// Only collected here: the port's event would go on for as long as the main thread posts, and nobody would read the line,
// on which an interrupt may be waiting.
outgoing.on("message", (each: Posted) => {
  posted.add(each);
  if (each.message) soon ??= setImmediate(sendPosted);
  else later ??= setTimeout(sendPosted, TEXT_DELAY);
});

function sendPosted(): void {
  clearTimeout(later);
  clearImmediate(soon);
  later = soon = undefined;
  const { messages, bytes } = posted.take();
  line.cork();
  for (const message of messages) line.write(frame(message));
  line.write(new Uint8Array(0), () => {
    Atomics.sub(flags, FLAG.outstanding, bytes);
    Atomics.notify(flags, FLAG.outstanding);
  });
  line.uncork();
}

function hear(message: ToSidecar): void {
  switch (message.type) {
    case "interrupt":
      interrupt(message.request);
      break;
    case "input-reply":
      answers.postMessage(message);
      Atomics.add(flags, FLAG.answers, 1);
      Atomics.notify(flags, FLAG.answers);
      break;
    case "companion":
      companion = message.pid;
      break;
    case "heard":
      Atomics.store(flags, FLAG.hostHeard, message.number);
      Atomics.notify(flags, FLAG.hostHeard);
      break;
    default:
      inspector.hear(message);
  }
}

/** Ends whatever JavaScript the main thread runs; on an idle thread V8 answers only once some JavaScript runs next. */
function terminate(number: number, request: RequestId | undefined): void {
  // The main thread does not report the cell as ended before this has struck, lest it strikes the next cell.
  Atomics.store(flags, FLAG.signalling, 1);
  if (Atomics.load(flags, FLAG.finished) < number) {
    Atomics.wait(flags, FLAG.uninterrupted, 1, UNINTERRUPTED_AT_MOST);
    const session = new Session();
    session.connectToMainThread();
    session.post("Runtime.terminateExecution", () => {
      release();
      // Node does not exit while a session is connected.
      session.disconnect();
      interrupts.postMessage({ interrupt: number, terminated: true, request } satisfies InterruptNews);
    });
  } else {
    release();
  }
}

/** Nothing is about to strike the main thread. */
function release(): void {
  Atomics.store(flags, FLAG.signalling, 0);
  Atomics.notify(flags, FLAG.signalling);
}

let watch: NodeJS.Timeout | undefined;

function interrupt(request: RequestId | undefined): void {
  Atomics.store(flags, FLAG.signalling, 1);
  const number = Atomics.add(flags, FLAG.requested, 1) + 1;
  interrupts.postMessage({ interrupt: number, terminated: false, request } satisfies InterruptNews);
  signalGroup();
  inspector.skipPauses();
  if (Atomics.load(flags, FLAG.synchronous) === 1 || inspector.isPaused) terminate(number, request);
  else release();
  // Not before its end was asked for: a stopped cell does not run on.
  inspector.resume();
  clearInterval(watch);
  const start = performance.now();
  watch = setInterval(() => {
    if (Atomics.load(flags, FLAG.finished) >= number) {
      clearInterval(watch);
    } else if (Atomics.load(flags, FLAG.heard) < number || performance.now() - start > FINISH_WITHIN) {
      // A command may have been started since.
      signalGroup();
      terminate(number, request);
    }
  }, TERMINATE_AFTER);
}

/** What else is to end with the host. */
let companion: number | undefined;

/** The host is gone: ends what it leaves behind, this process and those that its cells started. */
function endProcess(): void {
  if (companion !== undefined) {
    try {
      process.kill(companion, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
  if (hasSignals) {
    try {
      process.kill(-process.pid, "SIGKILL");
    } catch {
      // Not the leader of a group.
    }
  }
  process.kill(process.pid, "SIGKILL");
}

/**
 * SIGINT for the process group, so that commands that the cell waits for stop too. This process only hears it: Node's
 * own way to end code by SIGINT, `breakOnSigint` of vm, has moments in which the signal ends the process.
 */
function signalGroup(): void {
  if (!hasSignals || Atomics.load(flags, FLAG.active) === 0) return;
  try {
    process.kill(-process.pid, "SIGINT");
  } catch {
    // Not the leader of a group: the group is somebody else's.
  }
}
