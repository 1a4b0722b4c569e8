import type { ErrorReport } from "../runtime/protocol.ts";
import type { JsonObject } from "../wire/message.ts";

const RED = "\u001b[31m";
const RESET = "\u001b[0m";

function report(ename: string, evalue: string): ErrorReport {
  return { ename, evalue, traceback: [`${RED}${ename}${RESET}: ${evalue}`] };
}

/** Tells that the process of the cells has ended, and why. */
export function executorDied(cause: string): ErrorReport {
  return report(
    "ExecutorDied",
    `the process that runs the cells ended: ${cause}. All variables are gone; the next cell starts afresh.`,
  );
}

/** A cell was stopped before any of it ran. */
export function stoppedEarly(): ErrorReport {
  return report("KeyboardInterrupt", "the cell was stopped before it ran");
}

/** Something of the kernel itself failed, not the cell. */
export function kernelError(part: string, error: unknown): ErrorReport {
  return report("KernelError", `${part}: ${error instanceof Error ? error.message : String(error)}`);
}

/** The content of a reply that says what went wrong with the request. */
export function errorContent(error: unknown): JsonObject {
  const name = error instanceof Error ? error.name : "Error";
  const message = error instanceof Error ? error.message : String(error);
  return { status: "error", ename: name, evalue: message, traceback: [`${name}: ${message}`] };
}
