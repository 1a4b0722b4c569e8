import { isUsers, type Frame } from "./frames.ts";

/** Steps of the inspector that one step of the user may take, within one line. */
const STEPS = 1000;

export type Step = "Debugger.stepOver" | "Debugger.stepInto" | "Debugger.stepOut";

/** The user's step that is under way, and where the last of the inspector's steps began. */
export interface Stepping {
  readonly method: Step;
  readonly from: Frame;
  readonly depth: number;
  steps: number;
}

/**
 * The inspector's next step within a step of the user's, who thinks in lines of what was written; nothing where the user has
 * arrived.
 */
export function furtherStep(
  stepping: Stepping,
  top: Frame | undefined,
  frames: readonly Frame[],
  depth: number,
): Step | undefined {
  if (++stepping.steps > STEPS) return undefined;
  // Out of the user's code altogether: the cell has ended, or awaits. In a library that a cell has called: back.
  if (!top) return frames.some(isUsers) ? "Debugger.stepOut" : undefined;
  if (!isUsers(top) && isUsers(stepping.from)) return frames.some(isUsers) ? "Debugger.stepOut" : undefined;
  const { from, method } = stepping;
  const before = from.call.location;
  const { lineNumber, columnNumber = 0, scriptId } = top.call.location;
  const isSameLine =
    scriptId === before.scriptId && top.place.line === from.place.line && depth === stepping.depth;
  const isForward =
    lineNumber > before.lineNumber ||
    (lineNumber === before.lineNumber && columnNumber > (before.columnNumber ?? 0));
  // Back in the line: a loop has come round.
  if (!isSameLine || !isForward) return undefined;
  return method === "Debugger.stepOut" ? "Debugger.stepOver" : method;
}
