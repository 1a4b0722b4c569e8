import type { ErrorReport } from "../protocol.ts";

export function reportOf(error: unknown): ErrorReport {
  const e = error as Error;
  return { ename: e.name, evalue: e.message, traceback: [e.stack ?? ""] };
}
