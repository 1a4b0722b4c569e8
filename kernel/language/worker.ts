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

/** Work between requests, one step at a time, so that a request never waits long. */
let idling: NodeJS.Immediate | undefined;
function idle(): void {
  clearImmediate(idling);
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
