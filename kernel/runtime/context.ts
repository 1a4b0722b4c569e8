import { AsyncLocalStorage } from "node:async_hooks";
import type { Cell } from "./cell.ts";
import type { FromExecutor, RequestId } from "./protocol.ts";

/** Messages that a front end shows as output of a cell. */
export type Output = Extract<
  FromExecutor,
  { type: "stream" | "display" | "update-display" | "clear-output" | "late-error" }
>;

/** On whose behalf code runs. */
export interface Context {
  /** Its output goes to this cell, its awaits and timers end with it. */
  readonly cell: Cell;
  /** The message being handled: the cell's own, or a comm message of a front end. */
  readonly parent: RequestId;
  /** Takes the output in the place of the cell: an output widget. */
  readonly capture?: (output: Output) => void;
}

/** The context of the code that is running, through timers, promises and callbacks. */
export const contexts = new AsyncLocalStorage<Context>();
