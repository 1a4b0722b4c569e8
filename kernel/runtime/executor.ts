/** The process that runs cells: what `spawnExecutor` starts. */
import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { keepThroughCallbacks } from "./callbacks.ts";
import { Comms } from "./comms.ts";
import { contexts, type Output } from "./context.ts";
import { installDescriptors } from "./descriptors.ts";
import { installDebugHandle } from "./debug/handle.ts";
import { installStackTraces } from "./errors/frames.ts";
import { reportOf } from "./errors/report.ts";
import { newFlags } from "./flags.ts";
import { installHandle } from "./handle.ts";
import { Input } from "./input.ts";
import { makeInterruptible } from "./interruptible.ts";
import { Interrupts, offerUninterrupted } from "./interrupts.ts";
import { isKeyboardInterrupt, KeyboardInterrupt } from "./keyboard-interrupt.ts";
import { LocalModules, type Transpiled } from "./modules/local.ts";
import { importPackage } from "./modules/packages.ts";
import { Outbox } from "./outbox.ts";
import type { FromExecutor, RequestId, ToExecutor } from "./protocol.ts";
import { Runner } from "./runner.ts";
import type { SidecarData } from "./sidecar.ts";
import { installStreams } from "./streams.ts";
import { RING_BYTES, TextRing } from "./text-ring.ts";
import { installTimers } from "./timers.ts";
import type { Cell } from "./cell.ts";

const flags = newFlags();
const texts = new SharedArrayBuffer(RING_BYTES);
const outgoing = new MessageChannel();
const interruptions = new MessageChannel();
const answers = new MessageChannel();
const sidecarData: SidecarData = {
  flags,
  outgoing: outgoing.port2,
  texts,
  interrupts: interruptions.port2,
  answers: answers.port2,
};
const sidecar = new Worker(new URL("./sidecar.js", import.meta.url), {
  workerData: sidecarData,
  transferList: [outgoing.port2, interruptions.port2, answers.port2],
  execArgv: [],
});
sidecar.unref();
// Without it nothing can be said or heard any more.
sidecar.on("error", (error) => {
  writeSync(2, `the executor's sidecar failed: ${error.stack ?? error.message}\n`);
  process.kill(process.pid, "SIGKILL");
});

const outbox = new Outbox(outgoing.port1, flags, new TextRing(texts, flags));
const post = (message: FromExecutor): void => outbox.post(message);
process.on("exit", () => {
  outbox.flush();
  // Node waits for a debugger to let go of it.
  interruptions.port1.postMessage("exiting");
});
const abort = process.abort.bind(process);
process.abort = (): never => {
  outbox.flush();
  return abort();
};

/** The cell whose timer callback is running. */
let inCallback: Cell | undefined;

/** The code that an interrupt is for, the cell of `request` if one was running, is dead. */
function endInterrupted(request?: RequestId): void {
  if (!runner.end(request) && inCallback) {
    inCallback.stop();
    post({ type: "late-error", request: inCallback.request, error: reportOf(new KeyboardInterrupt()) });
  }
  inCallback = undefined;
  comms.handled();
}

const interrupts = new Interrupts(flags, interruptions.port1, {
  interrupt: (finished, request) => {
    // The event loop turns, so a callback that has not ended was terminated.
    if (inCallback && !runner.isActive) endInterrupted();
    runner.interrupt(finished, request);
  },
  end: endInterrupted,
});
const folder = process.cwd();
const modules = new LocalModules({ folder, transpile, importPackage });
const runner = new Runner({
  folder,
  post,
  modules,
  interrupts: () => interrupts,
});

const comms = new Comms({
  post,
  latest: () => runner.latest,
  failed: lateError,
  run: (cell, handler) => {
    inCallback = cell;
    handler();
    inCallback = undefined;
  },
});

/** Output of the code that is running, to its cell or to what captures it. */
function emit(output: Output): void {
  const capture = contexts.getStore()?.capture;
  if (capture) capture(output);
  else post(output);
}

/** Reports an error that nothing in the cell will catch, to the cell that caused it. */
function lateError(error: unknown, cell = contexts.getStore()?.cell ?? runner.latest): void {
  if (isKeyboardInterrupt(error) && cell.isInterrupted) return;
  emit({ type: "late-error", request: cell.request, error: reportOf(error) });
}

installHandle({
  emit,
  post,
  comms,
  input: new Input(post, answers.port1, flags),
  latest: () => runner.latest,
});
installDebugHandle(runner);
offerUninterrupted(interrupts);
// Node's own kind of cells, CommonJS modules, have it; so have tslab's.
globalThis.require = createRequire(join(folder, "cell.cjs"));
keepThroughCallbacks();
makeInterruptible();
installTimers({ failed: lateError, running: (cell) => (inCallback = cell) });
installStackTraces();
installStreams((name, text) => {
  const context = contexts.getStore();
  const { request } = context?.cell ?? runner.latest;
  if (context?.capture) context.capture({ type: "stream", request, name, text });
  else outbox.write(request, name, text);
});
const streams = {
  stdout: process.stdout.write.bind(process.stdout),
  stderr: process.stderr.write.bind(process.stderr),
};
installDescriptors({
  write: (name, data, encoding) => void streams[name](data, encoding),
  flush: () => outbox.flushToHost(runner.latest.request),
  settle: () => post({ type: "native-output", request: runner.latest.request }),
});
process.on("uncaughtException", (error: unknown) => {
  const context = typeof error === "object" && error !== null ? contexts.of(error) : undefined;
  contexts.run(context ?? contexts.getStore(), () => lateError(error));
});
process.on("unhandledRejection", (reason, promise) => {
  if (runner.rejected(promise, reason)) return;
  const context = contexts.of(promise);
  contexts.run(context, () => lateError(reason, context?.cell));
});

/** Questions to the language worker that have no answer yet. */
const transpiling = new Map<
  string,
  { resolve: (value: Transpiled) => void; reject: (error: Error) => void }
>();

function transpile(path: string): Promise<Transpiled> {
  return new Promise((resolve, reject) => {
    const request = randomUUID();
    transpiling.set(request, { resolve, reject });
    post({ type: "transpile", request, path });
  });
}

process.on("message", (message: ToExecutor) => {
  switch (message.type) {
    case "run":
      runner.run(message);
      break;
    case "comm-open":
    case "comm-message":
    case "comm-close":
      comms.receive(message);
      break;
    case "comm-info":
      post({ type: "comm-info", request: message.request, comms: comms.info(message.targetName) });
      break;
    case "transpiled":
      transpiling.get(message.request)?.resolve(message);
      transpiling.delete(message.request);
      break;
    case "transpile-failed":
      transpiling.get(message.request)?.reject(new SyntaxError(message.message));
      transpiling.delete(message.request);
      break;
  }
});
post({ type: "ready", nodeVersion: process.version, pid: process.pid });
