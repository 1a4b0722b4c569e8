import { parentPort, workerData } from "node:worker_threads";
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
  });
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
  idle();
});

service.warmUp();
port.postMessage({ kind: "ready" } satisfies Reply);
idle();
