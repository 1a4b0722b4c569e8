import type { Debugger as Cdp, Runtime } from "node:inspector";
import { DapError } from "./dap.ts";
import { inScope } from "./executor-handle.ts";
import type { Frame } from "./frames.ts";
import type { Inspector } from "./inspector.ts";
import { valueText } from "./remote-value.ts";
import type { Variables } from "./variables.ts";

/** Expressions that are not part of a cell: conditions, messages of breakpoints, what is typed into the debug console. */
export class Evaluation {
  readonly #inspector: Inspector;
  readonly #variables: Variables;

  constructor(inspector: Inspector, variables: Variables) {
    this.#inspector = inspector;
    this.#variables = variables;
  }

  /** The value of an expression in a frame, or among the variables of all cells. */
  async valueOf(
    expression: string,
    frame: Frame | undefined,
    byValue: boolean,
  ): Promise<Runtime.RemoteObject> {
    const options = { silent: true, generatePreview: true, returnByValue: byValue };
    const { own, outer } = frame ? scopeIds(frame) : { own: [], outer: [] };
    const hidden = await this.#variables.namesIn([...own, ...outer]);
    const code = inScope(expression, hidden);
    const { result, exceptionDetails } = frame
      ? await this.#inspector.call("Debugger.evaluateOnCallFrame", {
          ...options,
          callFrameId: frame.call.callFrameId,
          expression: code,
          objectGroup: "stop",
        })
      : await this.#inspector.call("Runtime.evaluate", {
          ...options,
          expression: code,
          objectGroup: "variables",
        });
    if (!exceptionDetails) return result;
    throw new DapError(thrownText(exceptionDetails));
  }

  /** The value of what was typed: as an expression, where it is one, since `{ a: 1 }` is an object. */
  async typed(text: string, frame: Frame | undefined): Promise<Runtime.RemoteObject> {
    return this.valueOf(`(${text}\n)`, frame, false).catch((error: unknown) => {
      if (error instanceof DapError && error.message.startsWith("SyntaxError"))
        return this.valueOf(text, frame, false);
      throw error;
    });
  }

  /** A message with the values of its `{expression}`s. */
  async filledIn(message: string, frame: Frame): Promise<string> {
    let text = "";
    for (const piece of message.split(/(\{[^{}]*\})/)) {
      if (!/^\{.+\}$/.test(piece)) text += piece;
      else {
        const value = await this.valueOf(`(${piece.slice(1, -1)}\n)`, frame, false).catch(String);
        text +=
          typeof value === "string"
            ? value
            : value.type === "string"
              ? String(value.value)
              : valueText(value);
      }
    }
    return text;
  }
}

/** The inspector's scopes of a frame's function, its blocks among them, and of the functions round it. */
export function scopeIds({ call: { scopeChain } }: Frame): { own: string[]; outer: string[] } {
  const end = scopeChain.findIndex(({ type }) => type === "local" || type === "module");
  const ids = (scopes: readonly Cdp.Scope[]): string[] =>
    scopes.flatMap(({ type, object }) =>
      type === "global" || type === "script" || object.objectId === undefined ? [] : [object.objectId],
    );
  return { own: ids(scopeChain.slice(0, end + 1)), outer: ids(scopeChain.slice(end + 1)) };
}

/** What an expression has thrown. */
export function thrownText({ exception, text }: Runtime.ExceptionDetails): string {
  if (!exception) return text;
  return exception.subtype === "error"
    ? ((exception.description ?? "").split("\n    at ")[0] ?? "")
    : valueText(exception);
}

/** A value as an argument of `callFunctionOn`. */
export function asArgument({
  objectId,
  unserializableValue,
  value,
}: Runtime.RemoteObject): Runtime.CallArgument {
  if (objectId !== undefined) return { objectId };
  return unserializableValue === undefined ? { value: value as unknown } : { unserializableValue };
}
