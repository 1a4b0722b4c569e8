import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker, type WorkerOptions } from "node:worker_threads";
import type { Reply, Request } from "./messages.ts";
import type { LanguageOptions } from "./service.ts";
import { startFromSnapshot } from "./snapshot/snapshot.ts";

/** What an engine is started with. */
export interface EngineOptions extends LanguageOptions {
  /** MiB of heap that it may use; Node's own limit if not given. */
  readonly memory?: number;
}

/** Where a language service runs: a thread, or a process of its own. */
export interface Engine {
  /** Of a process of its own. */
  readonly pid?: number | undefined;
  post(request: Request): void;
  /** Ends it, whatever it is at. */
  end(): Promise<void>;
}

/** Who hears what an engine says. */
export interface EngineListener {
  onReply(reply: Reply): void;
  /** It has ended, or failed and is about to; may be called twice. */
  onEnd(reason: string): void;
}

/** A thread, which loads the compiler and reads all declarations first. */
export function startThread({ memory, ...options }: EngineOptions, listener: EngineListener): Engine {
  const worker = newWorker({
    workerData: options,
    // Deeply nested code costs the checker a deep stack.
    resourceLimits: {
      stackSizeMb: 32,
      // Without it, space for young values grows for hours to twice this.
      maxYoungGenerationSizeMb: 24,
      ...(memory === undefined ? {} : { maxOldGenerationSizeMb: memory }),
    },
  });
  worker.on("message", (reply: Reply) => listener.onReply(reply));
  worker.on("error", (error: Error) => listener.onEnd(error.message));
  worker.on("exit", () => listener.onEnd("it ended"));
  return {
    post: (request) => worker.postMessage(request),
    end: async () => {
      await worker.terminate();
    },
  };
}

/** A process that starts from the snapshot, where all that is done. */
export function startProcess({ memory, ...options }: EngineOptions, listener: EngineListener): Engine {
  const child = startFromSnapshot(memory);
  const ended = new Promise<void>((resolve) => {
    child.on("error", (error) => {
      listener.onEnd(error.message);
      if (child.pid === undefined) resolve();
    });
    child.on("exit", () => {
      listener.onEnd("it ended");
      resolve();
    });
  });
  child.on("message", (reply) => listener.onReply(reply as Reply));
  const send = (message: object): void => {
    // What it is not told when it has ended, its end tells.
    if (child.connected) child.send(message, () => undefined);
  };
  send(options);
  return {
    pid: child.pid,
    post: send,
    end: () => {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

/** In the repository the worker is TypeScript, which Node 20 runs with tsx; tsx doesn't reach into workers by itself. */
function newWorker(options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL("./worker.js", import.meta.url), options);
  const worker = JSON.stringify(new URL("./worker.ts", import.meta.url).href);
  const manifest = createRequire(import.meta.url).resolve("tsx/package.json");
  const tsx = JSON.stringify(new URL("./dist/esm/api/index.mjs", pathToFileURL(manifest)).href);
  const start = `import(${tsx}).then(({ register }) => { register(); return import(${worker}); });`;
  return new Worker(start, { ...options, eval: true });
}
