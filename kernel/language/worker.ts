import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
// Before whatever imports the compiler.
import { keepCompilerCode } from "./compiler-code.ts";
import type { Reply, Request } from "./messages.ts";
import { createLanguageService, type LanguageOptions } from "./service.ts";

const port = parentPort;
if (port === null)
  throw new Error("kernel/language/worker runs as a worker thread: call startLanguageWorker()");

const service = createLanguageService(workerData as LanguageOptions);

function answer({ method, parameters }: Request): unknown {
  // The client is typed by LanguageService, whose methods these are.
  const methods = service as unknown as Record<string, (...parameters: readonly unknown[]) => unknown>;
  return methods[method]?.(...parameters);
}

/** Milliseconds without a question after which longer work may begin: someone is reading, or away. */
const QUIET = 3000;

/** Work between requests, one step at a time, so that a request never waits long. */
let idling: NodeJS.Immediate | undefined;
let resting: NodeJS.Timeout | undefined;
function idle(): void {
  clearImmediate(idling);
  clearTimeout(resting);
  resting = setTimeout(() => service.rest(), QUIET);
  idling = setImmediate(() => {
    if (service.idle()) idle();
    else keepCompilerCode();
  });
}

/** How many cells are compiled between collections. */
const CELLS_PER_COLLECTION = 200;
let compiled = 0;

/**
 * Gives back what programs of the past held. V8 by itself lets a thread that is mostly idle keep several times what it needs, which in a
 * session of thousands of cells is hundreds of megabytes.
 */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

port.on("message", (request: Request) => {
  let reply: Reply;
  try {
    reply = { kind: "value", request: request.request, value: answer(request) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    reply = { kind: "error", request: request.request, message };
  }
  port.postMessage(reply);
  if (request.method === "compile" && ++compiled % CELLS_PER_COLLECTION === 0) setImmediate(collectGarbage);
  idle();
});

service.warmUp();
port.postMessage({ kind: "ready" } satisfies Reply);
idle();
