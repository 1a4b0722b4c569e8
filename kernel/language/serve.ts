import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Reply, Request } from "./messages.ts";
import type { SynchronousLanguageService } from "./service.ts";

/** Where requests come from and answers go: a thread's port, or a process's channel. */
export interface Port {
  onMessage(listener: (request: Request) => void): void;
  post(reply: Reply): void;
}

/** Milliseconds without a question after which longer work may begin: someone is reading, or away. */
const QUIET = 3000;

/** Milliseconds without a question after which work may begin that takes as long as a cell: no cell follows at once. */
const PAUSE = 200;

/** How many cells are compiled between collections. */
const CELLS_PER_COLLECTION = 200;

/**
 * Answers what is asked, in order, once the service is warm, and works ahead between requests.
 *
 * @param onIdle called when there is nothing left to do ahead
 */
export function serve(service: SynchronousLanguageService, port: Port, onIdle: () => void): void {
  let compiled = 0;
  /** Work between requests, one step at a time, so that a request never waits long. */
  let idling: NodeJS.Immediate | undefined;
  let pausing: NodeJS.Timeout | undefined;
  let resting: NodeJS.Timeout | undefined;
  const prepare = (): void => {
    if (service.prepare()) pausing = setTimeout(prepare, 0);
  };
  const idle = (): void => {
    clearImmediate(idling);
    clearTimeout(pausing);
    clearTimeout(resting);
    pausing = setTimeout(prepare, PAUSE);
    resting = setTimeout(() => service.rest(), QUIET);
    idling = setImmediate(() => {
      if (service.idle()) idle();
      else onIdle();
    });
  };
  service.warmUp();
  port.onMessage((request) => {
    port.post(answer(service, request));
    if (request.method === "compile" && ++compiled % CELLS_PER_COLLECTION === 0) setImmediate(collectGarbage);
    idle();
  });
  port.post({ kind: "ready" });
  idle();
}

function answer(service: SynchronousLanguageService, { request, method, parameters }: Request): Reply {
  // The client is typed by LanguageService, whose methods these are.
  const methods = service as unknown as Record<string, (...parameters: readonly unknown[]) => unknown>;
  try {
    return { kind: "value", request, value: methods[method]?.(...parameters) };
  } catch (error) {
    return { kind: "error", request, message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Gives back what programs of the past held. V8 by itself lets a thread that is mostly idle keep several times what it needs, which in a
 * session of thousands of cells is hundreds of megabytes.
 */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
