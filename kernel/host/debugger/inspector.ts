import type { Debugger, Runtime } from "node:inspector";
import type { FromExecutor, ToSidecar } from "../../runtime/protocol.ts";
import { DapError } from "./dap.ts";

/** The methods of the Chrome DevTools Protocol that are used: parameters and result. */
interface Methods {
  readonly "Debugger.enable": [object, object];
  readonly "Debugger.setBreakpointByUrl": [
    Debugger.SetBreakpointByUrlParameterType,
    Debugger.SetBreakpointByUrlReturnType,
  ];
  readonly "Debugger.removeBreakpoint": [Debugger.RemoveBreakpointParameterType, object];
  readonly "Debugger.setPauseOnExceptions": [Debugger.SetPauseOnExceptionsParameterType, object];
  readonly "Debugger.setBlackboxPatterns": [Debugger.SetBlackboxPatternsParameterType, object];
  readonly "Debugger.setSkipAllPauses": [Debugger.SetSkipAllPausesParameterType, object];
  readonly "Debugger.evaluateOnCallFrame": [
    Debugger.EvaluateOnCallFrameParameterType,
    Debugger.EvaluateOnCallFrameReturnType,
  ];
  readonly "Debugger.getScriptSource": [
    Debugger.GetScriptSourceParameterType,
    Debugger.GetScriptSourceReturnType,
  ];
  readonly "Debugger.resume": [object, object];
  readonly "Debugger.stepOver": [object, object];
  readonly "Debugger.stepInto": [object, object];
  readonly "Debugger.stepOut": [object, object];
  readonly "Debugger.pause": [object, object];
  readonly "Runtime.evaluate": [Runtime.EvaluateParameterType, Runtime.EvaluateReturnType];
  readonly "Runtime.getProperties": [Runtime.GetPropertiesParameterType, Runtime.GetPropertiesReturnType];
  readonly "Runtime.callFunctionOn": [Runtime.CallFunctionOnParameterType, Runtime.CallFunctionOnReturnType];
  readonly "Runtime.releaseObjectGroup": [Runtime.ReleaseObjectGroupParameterType, object];
}

/** What the inspector tells unasked. */
interface Events {
  readonly "Debugger.paused": Debugger.PausedEventDataType;
  readonly "Debugger.resumed": object;
  readonly "Debugger.breakpointResolved": Debugger.BreakpointResolvedEventDataType;
  readonly "Debugger.scriptParsed": { readonly scriptId: string; readonly url: string };
}

export type InspectorEvents = { readonly [Method in keyof Events]: (params: Events[Method]) => void };

interface Pending {
  readonly resolve: (result: object) => void;
  readonly reject: (error: Error) => void;
}

/** Node's inspector on the main thread of the executor, by way of its sidecar. */
export class Inspector {
  readonly #tell: (message: ToSidecar) => void;
  readonly #events: InspectorEvents;
  readonly #pending = new Map<number, Pending>();
  #count = 0;
  #isOpen = false;

  constructor(tell: (message: ToSidecar) => void, events: InspectorEvents) {
    this.#tell = tell;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(): void {
    this.#isOpen = true;
    this.#tell({ type: "inspector-open" });
  }

  /** Lets go of the executor, which goes on if it was stopped. */
  close(): void {
    this.#tell({ type: "inspector-close" });
    this.abandon("the debugger was detached");
  }

  /** The executor is gone, or was let go: nothing more comes of what was asked. */
  abandon(reason: string): void {
    this.#isOpen = false;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new DapError(reason));
  }

  /** Asks; also while the executor is stopped, or spins. @throws DapError with the inspector's own words */
  call<Method extends keyof Methods>(
    method: Method,
    params: Methods[Method][0],
  ): Promise<Methods[Method][1]> {
    if (!this.#isOpen) return Promise.reject(new DapError("the debugger is not attached"));
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#tell({ type: "inspector-call", id, method, params });
    });
  }

  /** Takes what the executor says of the inspector. */
  receive(
    message: Extract<FromExecutor, { type: "inspector-result" | "inspector-error" | "inspector-event" }>,
  ): void {
    if (message.type === "inspector-event") {
      // Said before it was let go.
      if (!this.#isOpen) return;
      const listeners = this.#events as unknown as Record<string, ((params: object) => void) | undefined>;
      listeners[message.method]?.(message.params);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === "inspector-result") pending?.resolve(message.result);
    else pending?.reject(new DapError(message.message));
  }
}
