import type { Debugger as Cdp, Runtime } from "node:inspector";
import type { LanguageService } from "../../language/protocol.ts";
import type { FromExecutor, ToSidecar } from "../../runtime/protocol.ts";
import type { JsonObject } from "../../wire/message.ts";
import type { CompiledCellRun } from "../cell-line.ts";
import { flagField, numberField, objectField, textField } from "../content.ts";
import { Breakpoints, type Breakpoint, type WantedBreakpoint } from "./breakpoints.ts";
import { CellPaths } from "./cell-paths.ts";
import { DapError, objectsField, requiredNumber, type DapScope } from "./dap.ts";
import { inScope, SCOPE, shown, watchingUncaught } from "./executor-handle.ts";
import { framesOf, isUsers, isWhole, stackFrame, type Frame } from "./frames.ts";
import { Inspector } from "./inspector.ts";
import { valueText } from "./remote-value.ts";
import { Scripts } from "./scripts.ts";
import { Variables } from "./variables.ts";

export interface DebuggerParts {
  readonly language: LanguageService;
  /** The notebook's folder. */
  readonly folder: string;
  readonly executor: {
    /** Settles when cells can run. */
    readonly ready: () => Promise<void>;
    readonly tellSidecar: (message: ToSidecar) => void;
  };
  /** Stops the running cell. */
  readonly interrupt: () => void;
  /** Tells all front ends: an event of the protocol. */
  readonly publish: (event: JsonObject) => void;
}

/** The one thread that runs cells. */
const THREAD = 1;

/** Steps of the inspector that one step of the user may take, within one line. */
const STEPS = 1000;

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

const FILTERS = [
  { filter: "all", label: "All Exceptions" },
  { filter: "uncaught", label: "Uncaught Exceptions" },
];

type Step = "Debugger.stepOver" | "Debugger.stepInto" | "Debugger.stepOut";

/** The user's step that is under way, and where the last of the inspector's steps began. */
interface Stepping {
  readonly method: Step;
  readonly from: Frame;
  readonly depth: number;
  steps: number;
}

/** The executor is stopped. */
interface Stop {
  readonly frames: readonly Frame[];
  readonly depth: number;
  readonly error: Runtime.RemoteObject | undefined;
}

interface Response {
  readonly body?: JsonObject;
}

/** What front ends read of a response even where it says that the request failed. */
const EMPTY: Readonly<Record<string, JsonObject>> = {
  stackTrace: { stackFrames: [], totalFrames: 0 },
  scopes: { scopes: [] },
  variables: { variables: [] },
  inspectVariables: { variables: [] },
  setBreakpoints: { breakpoints: [] },
  modules: { modules: [] },
  threads: { threads: [] },
  richInspectVariables: { data: {}, metadata: {} },
};

/**
 * The Debug Adapter Protocol, and Jupyter's additions to it, on Node's inspector. It runs in the host, and the inspector's
 * session in the executor's sidecar: so it answers while the cells' thread is stopped.
 */
export class Debugger {
  readonly #parts: DebuggerParts;
  readonly #paths = new CellPaths();
  readonly #inspector: Inspector;
  readonly #scripts: Scripts;
  readonly #breakpoints: Breakpoints;
  readonly #variables: Variables;
  readonly #requests: Readonly<Record<string, (content: JsonObject) => Promise<Response> | Response>>;
  /** From `initialize` to `disconnect`, as ipykernel has it: JupyterLab may ask between `initialize` and `attach`. */
  #isStarted = false;
  /** Set from `attach` to `disconnect`; settles when the executor of the moment is under the debugger. */
  #attached: Promise<void> | undefined;
  #filters: readonly string[] = [];
  #stop: Stop | undefined;
  #stepping: Stepping | undefined;
  #isPausing = false;
  #frameCount = 0;
  #sequence = 0;

  constructor(parts: DebuggerParts) {
    this.#parts = parts;
    this.#inspector = new Inspector((message) => parts.executor.tellSidecar(message), {
      "Debugger.scriptParsed": (script) => this.#scripts.add(script),
      "Debugger.breakpointResolved": (event) => void this.#resolved(event),
      "Debugger.paused": (event) => void this.#paused(event).catch((error: unknown) => this.#lost(error)),
      "Debugger.resumed": () => this.#resumed(),
    });
    this.#scripts = new Scripts(this.#inspector, this.#paths, parts.folder);
    const mapOf = async (path: string): Promise<string> => (await parts.language.transpile(path)).map;
    this.#breakpoints = new Breakpoints(this.#inspector, this.#scripts, mapOf);
    this.#variables = new Variables(this.#inspector);
    this.#requests = {
      debugInfo: () => ({ body: this.#info() }),
      initialize: (content) => this.#initialize(content),
      attach: () => this.#attach(),
      configurationDone: () => ({}),
      disconnect: (content) => this.#disconnect(content),
      terminate: () => this.#terminate(),
      dumpCell: (content) => ({ body: { sourcePath: this.#paths.add(textField(content, "code")) } }),
      source: (content) => this.#source(content),
      setBreakpoints: (content) => this.#setBreakpoints(content),
      setExceptionBreakpoints: (content) => this.#setExceptionBreakpoints(content),
      threads: () => ({ body: { threads: [{ id: THREAD, name: "cells" }] } }),
      stackTrace: (content) => this.#stackTrace(content),
      scopes: (content) => this.#scopes(content),
      variables: (content) => this.#inside(content),
      evaluate: (content) => this.#evaluate(content),
      exceptionInfo: () => this.#exceptionInfo(),
      continue: () => this.#continue(),
      next: () => this.#step("Debugger.stepOver"),
      stepIn: () => this.#step("Debugger.stepInto"),
      stepOut: () => this.#step("Debugger.stepOut"),
      pause: () => this.#pause(),
      modules: (content) => this.#modules(content),
      inspectVariables: () => this.#inspectVariables(),
      richInspectVariables: (content) => this.#richInspectVariables(content),
      copyToGlobals: (content) => this.#copyToGlobals(content),
    };
  }

  /** Answers a request of the protocol: the response, which says what is wrong where it fails. */
  async answer(request: JsonObject): Promise<JsonObject> {
    const { command, seq } = request;
    const name = typeof command === "string" ? command : "";
    const response = {
      type: "response",
      seq: ++this.#sequence,
      request_seq: typeof seq === "number" ? seq : 0,
      command: name,
    };
    try {
      const handler = Object.hasOwn(this.#requests, name) ? this.#requests[name] : undefined;
      if (!handler)
        throw new DapError(`this kernel's debugger does not know the request "${name.slice(0, 80)}"`);
      const { body = {} } = await handler(objectField(request, "arguments"));
      return { ...response, success: true, body };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { ...response, success: false, message, body: EMPTY[name] ?? {} };
    }
  }

  /** Before a cell runs: sets its breakpoints. Nothing to wait for while no debugger is attached. */
  prepare(cell: CompiledCellRun): Promise<void> | undefined {
    const attached = this.#attached;
    return attached && this.#prepare(attached, cell);
  }

  /** Takes what the executor says of the inspector. */
  receive(
    message: Extract<FromExecutor, { type: "inspector-result" | "inspector-error" | "inspector-event" }>,
  ): void {
    this.#inspector.receive(message);
  }

  /** The executor has ended, with all values; another one is starting. */
  executorDied(): void {
    this.#inspector.abandon("the process that ran the cells has ended");
    this.#resumed();
    this.#scripts.clear();
    this.#variables.clear();
    if (!this.#attached) return;
    this.#attached = this.#open();
    this.#attached.catch(() => undefined);
  }

  async #prepare(attached: Promise<void>, cell: CompiledCellRun): Promise<void> {
    try {
      await attached;
      this.#scripts.announce(cell);
      // An interrupt of an earlier cell may have switched them off.
      await this.#inspector.call("Debugger.setSkipAllPauses", { skip: false });
      await this.#breakpoints.prepare(this.#paths.add(cell.source), cell);
    } catch (error) {
      // Detached meanwhile, or the executor is gone: the cell's own end says so.
      if (!(error instanceof DapError)) throw error;
    }
  }

  #tell(event: string, body: JsonObject = {}): void {
    this.#parts.publish({ type: "event", seq: ++this.#sequence, event, body });
  }

  #info(): JsonObject {
    return {
      isStarted: this.#isStarted,
      ...this.#paths.parameters,
      breakpoints: this.#breakpoints.all,
      stoppedThreads: this.#stop ? [THREAD] : [],
      richRendering: true,
      copyToGlobals: true,
      exceptionPaths: [],
    };
  }

  #initialize(content: JsonObject): Response {
    this.#isStarted = true;
    this.#variables.hasTypes = content["clientID"] !== "jupyterlab";
    return {
      body: {
        supportsConfigurationDoneRequest: true,
        supportsConditionalBreakpoints: true,
        supportsHitConditionalBreakpoints: true,
        supportsLogPoints: true,
        supportsEvaluateForHovers: true,
        supportsExceptionInfoRequest: true,
        supportsModulesRequest: true,
        supportsTerminateRequest: true,
        supportTerminateDebuggee: true,
        supportsDelayedStackTraceLoading: true,
        exceptionBreakpointFilters: FILTERS,
      },
    };
  }

  async #attach(): Promise<Response> {
    this.#attached ??= this.#open();
    try {
      await this.#attached;
    } catch (error) {
      this.#attached = undefined;
      throw error;
    }
    this.#tell("initialized");
    this.#tell("thread", { reason: "started", threadId: THREAD });
    return {};
  }

  /** Puts the executor of the moment under the debugger. */
  async #open(): Promise<void> {
    await this.#parts.executor.ready();
    this.#inspector.open();
    await this.#inspector.call("Debugger.enable", {});
    await this.#watchExceptions();
    await this.#breakpoints.setAgain();
  }

  /** The inspector's session, opened for a front end that asks before it attaches. */
  async #ready(): Promise<void> {
    await this.#attached;
    if (this.#inspector.isOpen) return;
    await this.#parts.executor.ready();
    this.#inspector.open();
  }

  #disconnect(content: JsonObject): Response {
    if (flagField(content, "terminateDebuggee", false)) this.#parts.interrupt();
    this.#isStarted = false;
    this.#attached = undefined;
    if (this.#inspector.isOpen) {
      void this.#watchUncaught(false).catch(() => undefined);
      this.#inspector.close();
    }
    this.#resumed();
    this.#scripts.clear();
    this.#variables.clear();
    this.#breakpoints.clear();
    this.#filters = [];
    return {};
  }

  #terminate(): Response {
    this.#parts.interrupt();
    this.#tell("terminated");
    return {};
  }

  async #source(content: JsonObject): Promise<Response> {
    const path = textField(objectField(content, "source"), "path");
    const text = await this.#scripts.textOf(path);
    if (text === undefined) throw new DapError(`no cell and no file that was loaded has the path ${path}`);
    return {
      body: { content: text, mimeType: path.endsWith("js") ? "text/javascript" : "application/typescript" },
    };
  }

  async #setBreakpoints(content: JsonObject): Promise<Response> {
    const path = textField(objectField(content, "source"), "path");
    const wanted = objectsField(content, "breakpoints").map(wantedBreakpoint);
    if (!this.#attached) throw new DapError("the debugger is not attached");
    await this.#attached;
    return { body: { breakpoints: await this.#breakpoints.set(path, wanted) } };
  }

  async #setExceptionBreakpoints(content: JsonObject): Promise<Response> {
    const { filters = [] } = content;
    const known = FILTERS.map(({ filter }) => filter);
    if (!Array.isArray(filters) || !filters.every((filter) => known.includes(String(filter))))
      throw new DapError(`filters should be some of ${known.join(", ")}`);
    this.#filters = filters.map(String);
    if (this.#attached) {
      await this.#attached;
      await this.#watchExceptions();
    }
    return { body: { breakpoints: this.#filters.map(() => ({ verified: true })) } };
  }

  async #watchExceptions(): Promise<void> {
    const state = this.#filters.includes("all")
      ? "all"
      : this.#filters.includes("uncaught")
        ? "uncaught"
        : "none";
    await this.#inspector.call("Debugger.setPauseOnExceptions", { state });
    await this.#watchUncaught(state === "uncaught");
    // V8 does not stop for an error that code in a black box throws.
    const patterns = Scripts.blackbox(state === "none");
    await this.#inspector.call("Debugger.setBlackboxPatterns", { patterns });
  }

  async #resolved(event: Cdp.BreakpointResolvedEventDataType): Promise<void> {
    const breakpoint = await this.#breakpoints.resolved(event).catch(() => undefined);
    if (breakpoint) this.#tell("breakpoint", { reason: "changed", breakpoint });
  }

  async #watchUncaught(isWatched: boolean): Promise<void> {
    await this.#inspector.call("Runtime.evaluate", { expression: watchingUncaught(isWatched), silent: true });
  }

  /** The executor has stopped: shall the user hear of it, or does it go on? */
  async #paused({ callFrames, reason, hitBreakpoints = [], data }: Cdp.PausedEventDataType): Promise<void> {
    const frames = await framesOf(callFrames, this.#scripts, () => ++this.#frameCount);
    const stepping = this.#stepping;
    const [top] = frames;
    const isException = reason === "exception" || reason === "promiseRejection";
    const hits = hitBreakpoints.flatMap((placement) => this.#breakpoints.at(placement) ?? []);
    const isTop = top?.call === callFrames[0];
    if (hits.length === 0 && !isException && stepping) {
      const further = furtherStep(stepping, isTop ? top : undefined, frames, callFrames.length);
      if (further) {
        await this.#inspector.call(further, {});
        return;
      }
    }
    // Nobody's code, or an error that the kernel's own code throws and catches.
    if (!top || (isException && !isTop)) {
      this.#resume();
      return;
    }
    this.#stop = { frames, depth: callFrames.length, error: isException ? asError(data) : undefined };
    if (hits.length > 0 && !(await this.#stopsFor(hits, top))) {
      this.#resume();
      return;
    }
    const why = isException
      ? "exception"
      : hits.length > 0
        ? "breakpoint"
        : stepping
          ? "step"
          : this.#isPausing
            ? "pause"
            : "breakpoint";
    this.#stepping = undefined;
    this.#isPausing = false;
    this.#tell("stopped", {
      reason: why,
      threadId: THREAD,
      allThreadsStopped: true,
      ...(this.#stop.error && { text: valueText(this.#stop.error) }),
      ...(hits.length > 0 && { hitBreakpointIds: hits.map(({ id }) => id) }),
    });
    this.#isTold = true;
  }

  /** Whether front ends know that the executor is stopped. */
  #isTold = false;

  /** Whether one of the breakpoints that were hit is to be told, rather than counted, or logged. */
  async #stopsFor(hits: readonly Breakpoint[], top: Frame): Promise<boolean> {
    let stops = false;
    for (const breakpoint of hits) {
      const { condition, logMessage } = breakpoint;
      if (condition !== undefined && !(await this.#isTrue(condition, top))) continue;
      if (++breakpoint.hitCount < (breakpoint.hits ?? 0)) continue;
      if (logMessage === undefined) stops = true;
      else
        this.#tell("output", { category: "console", output: `${await this.#filledIn(logMessage, top)}\n` });
    }
    return stops;
  }

  async #isTrue(condition: string, frame: Frame): Promise<boolean> {
    try {
      return (await this.#valueOf(`!!(${condition}\n)`, frame, true)).value === true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#tell("output", { category: "stderr", output: `The condition ${condition} fails: ${reason}\n` });
      return true;
    }
  }

  async #filledIn(message: string, frame: Frame): Promise<string> {
    let text = "";
    for (const piece of message.split(/(\{[^{}]*\})/)) {
      if (!/^\{.+\}$/.test(piece)) text += piece;
      else {
        const value = await this.#valueOf(`(${piece.slice(1, -1)}\n)`, frame, false).catch(String);
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

  /** The executor runs again. */
  #resumed(): void {
    this.#stop = undefined;
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#variables.clear();
    this.#tell("continued", { threadId: THREAD, allThreadsContinued: true });
  }

  /** Goes on after a stop that no user hears of. */
  #resume(): void {
    this.#stop = undefined;
    this.#stepping = undefined;
    void this.#inspector.call("Debugger.resume", {}).catch(() => undefined);
  }

  /** A stop that cannot be told: the cell goes on, rather than hang. */
  #lost(error: unknown): void {
    this.#resume();
    // The executor ended, or was let go, in the middle of it.
    if (!(error instanceof DapError)) throw error;
  }

  #stopped(): Stop {
    if (!this.#stop || !this.#isTold) throw new DapError("the kernel is not stopped");
    return this.#stop;
  }

  #frame(content: JsonObject): Frame | undefined {
    const id = numberField(content, "frameId", undefined);
    if (id === undefined) return undefined;
    const frame = this.#stopped().frames.find((each) => each.id === id);
    if (!frame) throw new DapError(`there is no frame with the id ${id} any more`);
    return frame;
  }

  async #continue(): Promise<Response> {
    this.#stopped();
    this.#stepping = undefined;
    await this.#inspector.call("Debugger.resume", {});
    return { body: { allThreadsContinued: true } };
  }

  async #step(method: Step): Promise<Response> {
    const { frames, depth } = this.#stopped();
    const [from] = frames;
    if (from) this.#stepping = { method, from, depth, steps: 0 };
    await this.#inspector.call(method, {});
    return {};
  }

  async #pause(): Promise<Response> {
    if (!this.#attached) throw new DapError("the debugger is not attached");
    await this.#attached;
    if (this.#stop) throw new DapError("the kernel is stopped already");
    this.#isPausing = true;
    await this.#inspector.call("Debugger.pause", {});
    return {};
  }

  #stackTrace(content: JsonObject): Response {
    const { frames } = this.#stopped();
    const start = numberField(content, "startFrame", 0);
    const levels = numberField(content, "levels", 0);
    const shownFrames = frames.slice(start, levels > 0 ? start + levels : undefined);
    return { body: { stackFrames: shownFrames.map(stackFrame), totalFrames: frames.length } };
  }

  async #scopes(content: JsonObject): Promise<Response> {
    requiredNumber(content, "frameId");
    const frame = this.#frame(content);
    const { variables: globals, names } = await this.#variables.ofCells("stop");
    const globalScope = scopeOf("Globals", this.#variables.list(globals));
    if (!frame) return { body: { scopes: [globalScope] } };
    const { own, outer } = scopeIds(frame);
    const locals = await this.#variables.ofScopes(own);
    const closure = await this.#variables.ofScopes(outer);
    // What a cell declares is among the variables of all cells.
    for (const variables of isWhole(frame) ? [locals, closure] : [closure])
      for (const name of variables.keys()) if (names.has(name)) variables.delete(name);
    const { this: receiver } = frame.call;
    const ownReceiver =
      receiver.type === "undefined" ? [] : [this.#variables.variable("this", receiver, "this")];
    const local = [...ownReceiver, ...locals.values()];
    const scopes = [
      ...(local.length > 0 || !isWhole(frame) ? [scopeOf("Locals", this.#variables.list(local))] : []),
      ...(closure.size > 0 ? [scopeOf("Closure", this.#variables.list([...closure.values()]))] : []),
      globalScope,
    ];
    return { body: { scopes } };
  }

  async #inside(content: JsonObject): Promise<Response> {
    const reference = requiredNumber(content, "variablesReference");
    const all = await this.#variables.inside(reference);
    const start = numberField(content, "start", 0);
    const count = numberField(content, "count", 0);
    return { body: { variables: count > 0 ? all.slice(start, start + count) : all } };
  }

  async #evaluate(content: JsonObject): Promise<Response> {
    const expression = textField(content, "expression");
    await this.#ready();
    const frame = this.#frame(content);
    // As an expression, where it is one: `{ a: 1 }` is an object.
    const value = await this.#valueOf(`(${expression}\n)`, frame, false).catch((error: unknown) => {
      if (error instanceof DapError && error.message.startsWith("SyntaxError"))
        return this.#valueOf(expression, frame, false);
      throw error;
    });
    const { value: result, ...variable } = this.#variables.variable("", value, expression);
    return { body: { ...variable, result } };
  }

  /** The value of an expression in a frame, or among the variables of all cells. */
  async #valueOf(
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
    const { exception, text } = exceptionDetails;
    throw new DapError(exception ? thrownText(exception) : text);
  }

  #exceptionInfo(): Response {
    const { error } = this.#stopped();
    if (!error) throw new DapError("the kernel is not stopped at an error");
    return {
      body: {
        exceptionId: error.className ?? error.type,
        description: valueText(error),
        breakMode: "always",
        details: { stackTrace: error.description },
      },
    };
  }

  async #modules(content: JsonObject): Promise<Response> {
    const files = this.#scripts.files();
    const known = await this.#scripts.known(files);
    const start = numberField(content, "startModule", 0);
    const count = numberField(content, "moduleCount", 0);
    const modules = known.map(({ path, label, kind }) => ({
      ...{ id: path, name: label, path },
      isUserCode: kind === "module",
    }));
    modules.sort((one, other) => Number(other.isUserCode) - Number(one.isUserCode));
    const part = count > 0 ? modules.slice(start, start + count) : modules.slice(start);
    return { body: { modules: part, totalModules: modules.length } };
  }

  async #inspectVariables(): Promise<Response> {
    await this.#ready();
    await this.#inspector.call("Runtime.releaseObjectGroup", { objectGroup: "variables" });
    const { variables } = await this.#variables.ofCells("variables");
    return { body: { variables } };
  }

  async #richInspectVariables(content: JsonObject): Promise<Response> {
    const name = textField(content, "variableName");
    if (!IDENTIFIER.test(name)) throw new DapError(`"${name.slice(0, 80)}" is not the name of a variable`);
    await this.#ready();
    const bundle = await this.#valueOf(shown(name), this.#frame(content), true);
    const { data = {}, metadata = {} } = bundle.value as { data?: JsonObject; metadata?: JsonObject };
    return { body: { data, metadata } };
  }

  /** A variable of a frame becomes one of all cells; of a type that the checker does not know. */
  async #copyToGlobals(content: JsonObject): Promise<Response> {
    const from = textField(content, "srcVariableName");
    const to = textField(content, "dstVariableName");
    requiredNumber(content, "srcFrameId");
    for (const name of [from, to])
      if (!IDENTIFIER.test(name)) throw new DapError(`"${name.slice(0, 80)}" is not the name of a variable`);
    const frame = this.#frame({ frameId: content["srcFrameId"] });
    const id = `debugger-${to}`;
    const declared = await this.#parts.language.compile({ id, number: 0, source: `let ${to}: any;` });
    if (!declared.ok) throw new DapError(declared.errors[0]?.message ?? `"${to}" cannot be declared`);
    try {
      await this.#valueOf(`${SCOPE}[${JSON.stringify(to)}] = ${from}`, frame, false);
    } catch (error) {
      await this.#parts.language.discard(id);
      throw error;
    }
    return {};
  }
}

function scopeOf(name: string, variablesReference: number): DapScope {
  return {
    name,
    ...(name === "Locals" && { presentationHint: "locals" }),
    variablesReference,
    expensive: false,
  };
}

/** The inspector's scopes of a frame's function, its blocks among them, and of the functions round it. */
function scopeIds({ call: { scopeChain } }: Frame): { own: string[]; outer: string[] } {
  const end = scopeChain.findIndex(({ type }) => type === "local" || type === "module");
  const ids = (scopes: readonly Cdp.Scope[]): string[] =>
    scopes.flatMap(({ type, object }) =>
      type === "global" || type === "script" || object.objectId === undefined ? [] : [object.objectId],
    );
  return { own: ids(scopeChain.slice(0, end + 1)), outer: ids(scopeChain.slice(end + 1)) };
}

/**
 * The inspector's next step within a step of the user's, who thinks in lines of what was written; nothing where the user has
 * arrived.
 */
function furtherStep(
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

function wantedBreakpoint(content: JsonObject): WantedBreakpoint {
  const line = requiredNumber(content, "line");
  if (line < 1) throw new DapError(`lines are counted from 1: there is no line ${line}`);
  const condition = textField(content, "condition", "").trim();
  const hits = textField(content, "hitCondition", "").trim();
  const logMessage = textField(content, "logMessage", "");
  if (!/^\d*$/.test(hits))
    throw new DapError(`hitCondition should be a number, and is "${hits.slice(0, 80)}"`);
  return {
    line,
    condition: condition === "" ? undefined : condition,
    hits: hits === "" ? undefined : Number(hits),
    logMessage: logMessage === "" ? undefined : logMessage,
  };
}

/** What was thrown, in the inspector's `data` of a stop. */
function asError(data: object | undefined): Runtime.RemoteObject {
  return { type: "object", ...data };
}

function thrownText(exception: Runtime.RemoteObject): string {
  return exception.subtype === "error"
    ? ((exception.description ?? "").split("\n    at ")[0] ?? "")
    : valueText(exception);
}
