import type { Debugger } from "node:inspector";
import type { DapStackFrame } from "./dap.ts";
import type { Original } from "./mapping.ts";
import type { KnownScript, Scripts } from "./scripts.ts";

/** A call that has not returned, at a place that the user may look at. */
export interface Frame {
  readonly id: number;
  readonly call: Debugger.CallFrame;
  readonly script: KnownScript;
  readonly place: Original;
}

/** Whether the user wrote it. */
export function isUsers({ script: { kind } }: Frame): boolean {
  return kind === "cell" || kind === "module";
}

/**
 * The calls of cells, of modules beside them and of libraries, the innermost first: without Node's and the kernel's own, and
 * without what called the outermost of the user's.
 */
export async function framesOf(
  calls: readonly Debugger.CallFrame[],
  scripts: Scripts,
  newId: () => number,
): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (const call of calls) {
    const script = scripts.get(call.location.scriptId);
    const [known] = script && script.kind !== "runtime" ? await scripts.known([script]) : [];
    const place = known && scripts.placeOf(call.location);
    if (place) frames.push({ id: newId(), call, script: known, place });
  }
  const outermost = frames.findLastIndex(isUsers);
  return outermost < 0 ? frames : frames.slice(0, outermost + 1);
}

/** A frame as the front end shows it. */
export function stackFrame(frame: Frame): DapStackFrame {
  const { id, call, script, place } = frame;
  const isOwn = isUsers(frame);
  return {
    id,
    name: call.functionName === "" ? `(${isWhole(frame) ? script.label : "function"})` : call.functionName,
    source: {
      name: script.label,
      path: script.path,
      presentationHint: isOwn ? "normal" : "deemphasize",
    },
    ...place,
    presentationHint: isOwn ? "normal" : "subtle",
  };
}

/** Whether the frame is the cell itself, or a module's top level, rather than a function in it. */
export function isWhole({ call, script }: Frame): boolean {
  if (script.kind !== "cell") return call.scopeChain[0]?.type === "module";
  // The compiler's own function round the cell: nobody wrote where it begins.
  const start = call.functionLocation;
  return (
    start !== undefined &&
    !script.mapping?.original({ line: start.lineNumber, column: start.columnNumber ?? 0 })
  );
}
