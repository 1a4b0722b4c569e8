import type { Debugger as Cdp } from "node:inspector";
import type { LanguageService } from "../../language/protocol.ts";
import type { FromExecutor, ToSidecar } from "../../runtime/protocol.ts";
import type { JsonObject } from "../../wire/message.ts";
import type { CompiledCellRun } from "../cell-line.ts";
import { flagField, numberField, objectField, textField } from "../content.ts";
import { Breakpoints, type WantedBreakpoint } from "./breakpoints.ts";
import { CellPaths } from "./cell-paths.ts";
import { DapError, objectsField, requiredNumber, THREAD, type DapResponse } from "./dap.ts";
import { Evaluation } from "./evaluation.ts";
import { watchingUncaught } from "./executor-handle.ts";
import { stackFrame } from "./frames.ts";
import { Inspector } from "./inspector.ts";
import { valueText } from "./remote-value.ts";
import { Scripts } from "./scripts.ts";
import type { Step } from "./stepping.ts";
import { Stops } from "./stops.ts";
import { ValueRequests } from "./value-requests.ts";
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

const FILTERS = [
  { filter: "all", label: "All Exceptions" },
  { filter: "uncaught", label: "Uncaught Exceptions" },
];

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
  readonly #stops: Stops;
  readonly #requests: Readonly<Record<string, (content: JsonObject) => Promise<DapResponse> | DapResponse>>;
  /** From `initialize` to `disconnect`, as ipykernel has it: JupyterLab may ask between `initialize` and `attach`. */
  #isStarted = false;
  /** Set from `attach` to `disconnect`; settles when the executor of the moment is under the debugger. */
  #attached: Promise<void> | undefined;
  #filters: readonly string[] = [];
  #sequence = 0;

  constructor(parts: DebuggerParts) {
    this.#parts = parts;
    this.#inspector = new Inspector((message) => parts.executor.tellSidecar(message), {
      "Debugger.scriptParsed": (script) => this.#scripts.add(script),
      "Debugger.breakpointResolved": (event) => void this.#resolved(event),
      "Debugger.paused": (event) =>
        void this.#stops.paused(event).catch((error: unknown) => this.#stops.lost(error)),
      "Debugger.resumed": () => this.#stops.resumed(),
    });
    this.#scripts = new Scripts(this.#inspector, this.#paths, parts.folder);
    const mapOf = async (path: string): Promise<string> => (await parts.language.transpile(path)).map;
    this.#breakpoints = new Breakpoints(this.#inspector, this.#scripts, mapOf);
    this.#variables = new Variables(this.#inspector);
    const [inspector, scripts, breakpoints, variables] = [
      this.#inspector,
      this.#scripts,
      this.#breakpoints,
      this.#variables,
    ];
    const evaluation = new Evaluation(inspector, variables);
    const tell = (event: string, body: JsonObject): void => this.#tell(event, body);
    const stops = new Stops({ inspector, scripts, breakpoints, variables, evaluation, tell });
    this.#stops = stops;
    const { language } = parts;
    const ready = (): Promise<void> => this.#ready();
    const values = new ValueRequests({ inspector, variables, evaluation, stops, language, ready });
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
      scopes: (content) => values.scopes(content),
      variables: (content) => values.inside(content),
      setVariable: (content) => values.setVariable(content),
      setExpression: (content) => values.setExpression(content),
      evaluate: (content) => values.evaluate(content),
      exceptionInfo: () => this.#exceptionInfo(),
      continue: () => this.#continue(),
      next: () => this.#step("Debugger.stepOver"),
      stepIn: () => this.#step("Debugger.stepInto"),
      stepOut: () => this.#step("Debugger.stepOut"),
      pause: () => this.#pause(),
      modules: (content) => this.#modules(content),
      inspectVariables: () => values.inspectVariables(),
      richInspectVariables: (content) => values.richInspectVariables(content),
      copyToGlobals: (content) => values.copyToGlobals(content),
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
    this.#stops.resumed();
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
      stoppedThreads: this.#stops.isStopped ? [THREAD] : [],
      richRendering: true,
      copyToGlobals: true,
      exceptionPaths: [],
    };
  }

  #initialize(content: JsonObject): DapResponse {
    this.#isStarted = true;
    this.#variables.hasTypes = content["clientID"] !== "jupyterlab";
    return {
      body: {
        supportsConfigurationDoneRequest: true,
        supportsConditionalBreakpoints: true,
        supportsHitConditionalBreakpoints: true,
        supportsLogPoints: true,
        supportsEvaluateForHovers: true,
        supportsSetVariable: true,
        supportsSetExpression: true,
        supportsExceptionInfoRequest: true,
        supportsModulesRequest: true,
        supportsTerminateRequest: true,
        supportTerminateDebuggee: true,
        supportsDelayedStackTraceLoading: true,
        exceptionBreakpointFilters: FILTERS,
      },
    };
  }

  async #attach(): Promise<DapResponse> {
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

  #disconnect(content: JsonObject): DapResponse {
    if (flagField(content, "terminateDebuggee", false)) this.#parts.interrupt();
    this.#isStarted = false;
    this.#attached = undefined;
    if (this.#inspector.isOpen) {
      void this.#watchUncaught(false).catch(() => undefined);
      this.#inspector.close();
    }
    this.#stops.resumed();
    this.#scripts.clear();
    this.#variables.clear();
    this.#breakpoints.clear();
    this.#filters = [];
    return {};
  }

  #terminate(): DapResponse {
    this.#parts.interrupt();
    this.#tell("terminated");
    return {};
  }

  async #source(content: JsonObject): Promise<DapResponse> {
    const path = textField(objectField(content, "source"), "path");
    const text = await this.#scripts.textOf(path);
    if (text === undefined) throw new DapError(`no cell and no file that was loaded has the path ${path}`);
    return {
      body: { content: text, mimeType: path.endsWith("js") ? "text/javascript" : "application/typescript" },
    };
  }

  async #setBreakpoints(content: JsonObject): Promise<DapResponse> {
    const path = textField(objectField(content, "source"), "path");
    const wanted = objectsField(content, "breakpoints").map(wantedBreakpoint);
    if (!this.#attached) throw new DapError("the debugger is not attached");
    await this.#attached;
    return { body: { breakpoints: await this.#breakpoints.set(path, wanted) } };
  }

  async #setExceptionBreakpoints(content: JsonObject): Promise<DapResponse> {
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

  async #continue(): Promise<DapResponse> {
    await this.#stops.continue();
    return { body: { allThreadsContinued: true } };
  }

  async #step(method: Step): Promise<DapResponse> {
    await this.#stops.step(method);
    return {};
  }

  async #pause(): Promise<DapResponse> {
    if (!this.#attached) throw new DapError("the debugger is not attached");
    await this.#attached;
    await this.#stops.pause();
    return {};
  }

  #stackTrace(content: JsonObject): DapResponse {
    const { frames } = this.#stops.stopped();
    const start = numberField(content, "startFrame", 0);
    const levels = numberField(content, "levels", 0);
    const shownFrames = frames.slice(start, levels > 0 ? start + levels : undefined);
    return { body: { stackFrames: shownFrames.map(stackFrame), totalFrames: frames.length } };
  }

  #exceptionInfo(): DapResponse {
    const { error } = this.#stops.stopped();
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

  async #modules(content: JsonObject): Promise<DapResponse> {
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
