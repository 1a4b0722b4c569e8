import { parentPort, workerData } from "node:worker_threads";
// Before whatever imports the compiler.
import { keepCompilerCode } from "./compiler-code.ts";
import { serve } from "./serve.ts";
import { createLanguageService, type LanguageOptions } from "./service.ts";

const port = parentPort;
if (port === null)
  throw new Error("kernel/language/worker runs as a worker thread: call startLanguageWorker()");

serve(
  createLanguageService(workerData as LanguageOptions),
  { onMessage: (listener) => port.on("message", listener), post: (reply) => port.postMessage(reply) },
  keepCompilerCode,
);
