import type { LanguageService } from "../../language/protocol.ts";
import type { JsonObject } from "../../wire/message.ts";
import { numberField, textField } from "../content.ts";
import { DapError, requiredNumber, type DapResponse, type DapScope, type DapVariable } from "./dap.ts";
import { asArgument, scopeIds, thrownText, type Evaluation } from "./evaluation.ts";
import { SCOPE, shown } from "./executor-handle.ts";
import { isWhole, type Frame } from "./frames.ts";
import type { Inspector } from "./inspector.ts";
import type { Stops } from "./stops.ts";
import type { Variables } from "./variables.ts";

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

export interface ValueRequestsParts {
  readonly inspector: Inspector;
  readonly variables: Variables;
  readonly evaluation: Evaluation;
  readonly stops: Stops;
  readonly language: LanguageService;
  /** Settles when the inspector can be asked, attached or not. */
  readonly ready: () => Promise<void>;
}

/** Requests for values: of a stop's frames, and of all cells. */
export class ValueRequests {
  readonly #inspector: Inspector;
  readonly #variables: Variables;
  readonly #evaluation: Evaluation;
  readonly #stops: Stops;
  readonly #language: LanguageService;
  readonly #ready: () => Promise<void>;
  /** Frames whose variables an expression may have changed. */
  readonly #changed = new WeakSet<Frame>();

  constructor({ inspector, variables, evaluation, stops, language, ready }: ValueRequestsParts) {
    this.#inspector = inspector;
    this.#variables = variables;
    this.#evaluation = evaluation;
    this.#stops = stops;
    this.#language = language;
    this.#ready = ready;
  }

  async scopes(content: JsonObject): Promise<DapResponse> {
    requiredNumber(content, "frameId");
    const frame = this.#stops.frame(content);
    const { variables: globals, names } = await this.#variables.ofCells("stop");
    const globalScope = scopeOf("Globals", this.#variables.list(globals, { kind: "cells" }));
    if (!frame) return { body: { scopes: [globalScope] } };
    const { own, outer } = scopeIds(frame);
    const locals = await this.#variables.ofScopes(own);
    const closure = await this.#variables.ofScopes(outer);
    if (this.#changed.has(frame)) for (const each of [locals, closure]) await this.#renew(each, frame);
    // What a cell declares is among the variables of all cells.
    for (const variables of isWhole(frame) ? [locals, closure] : [closure])
      for (const name of variables.keys()) if (names.has(name)) variables.delete(name);
    const { this: receiver } = frame.call;
    const ownReceiver =
      receiver.type === "undefined" ? [] : [this.#variables.variable("this", receiver, "this")];
    const holder = { kind: "frame", frameId: frame.id } as const;
    const local = [...ownReceiver, ...locals.values()];
    const scopes = [
      ...(local.length > 0 || !isWhole(frame)
        ? [scopeOf("Locals", this.#variables.list(local, holder))]
        : []),
      ...(closure.size > 0 ? [scopeOf("Closure", this.#variables.list([...closure.values()], holder))] : []),
      globalScope,
    ];
    return { body: { scopes } };
  }

  /** The inspector's scopes keep the values that they had when the executor stopped. */
  async #renew(variables: Map<string, DapVariable>, frame: Frame): Promise<void> {
    for (const name of variables.keys()) {
      const value = await this.#evaluation.valueOf(name, frame, false).catch(() => undefined);
      if (value) variables.set(name, this.#variables.variable(name, value, name));
    }
  }

  async inside(content: JsonObject): Promise<DapResponse> {
    const reference = requiredNumber(content, "variablesReference");
    const all = await this.#variables.inside(reference);
    const start = numberField(content, "start", 0);
    const count = numberField(content, "count", 0);
    return { body: { variables: count > 0 ? all.slice(start, start + count) : all } };
  }

  async evaluate(content: JsonObject): Promise<DapResponse> {
    const expression = textField(content, "expression");
    await this.#ready();
    const frame = this.#stops.frame(content);
    const value = await this.#evaluation.typed(expression, frame);
    if (frame) this.#changed.add(frame);
    const { value: result, ...variable } = this.#variables.variable("", value, expression);
    return { body: { ...variable, result } };
  }

  /** Assigns the value of an expression to a variable or a property. Types are not checked: cells go on to see the declared ones. */
  async setVariable(content: JsonObject): Promise<DapResponse> {
    const name = textField(content, "name");
    const text = textField(content, "value");
    const target = this.#variables.assignable(requiredNumber(content, "variablesReference"), name);
    if (target.kind === "cells")
      return this.#assigned(name, `${SCOPE}[${JSON.stringify(name)}]`, text, undefined);
    if (target.kind === "frame") return this.#assigned(name, name, text, this.#stops.frame(target));
    const value = await this.#evaluation.typed(text, this.#stops.top);
    const { result, exceptionDetails } = await this.#inspector.call("Runtime.callFunctionOn", {
      objectId: target.objectId,
      functionDeclaration: 'function (name, value) { "use strict"; this[name] = value; return this[name]; }',
      arguments: [{ value: name }, asArgument(value)],
      silent: true,
      generatePreview: true,
    });
    if (exceptionDetails) throw new DapError(thrownText(exceptionDetails));
    return { body: { ...this.#variables.variable(name, result) } };
  }

  /** The same for what an expression names: `model.rate`. */
  async setExpression(content: JsonObject): Promise<DapResponse> {
    const expression = textField(content, "expression");
    await this.#ready();
    return this.#assigned(expression, expression, textField(content, "value"), this.#stops.frame(content));
  }

  async #assigned(
    name: string,
    target: string,
    text: string,
    frame: Frame | undefined,
  ): Promise<DapResponse> {
    const value = await this.#evaluation.valueOf(`${target} = (${text}\n)`, frame, false);
    if (frame) this.#changed.add(frame);
    return { body: { ...this.#variables.variable(name, value, name) } };
  }

  async inspectVariables(): Promise<DapResponse> {
    await this.#ready();
    await this.#inspector.call("Runtime.releaseObjectGroup", { objectGroup: "variables" });
    const { variables } = await this.#variables.ofCells("variables");
    return { body: { variables } };
  }

  async richInspectVariables(content: JsonObject): Promise<DapResponse> {
    const name = textField(content, "variableName");
    if (!IDENTIFIER.test(name)) throw new DapError(`"${name.slice(0, 80)}" is not the name of a variable`);
    await this.#ready();
    const bundle = await this.#evaluation.valueOf(shown(name), this.#stops.frame(content), true);
    const { data = {}, metadata = {} } = bundle.value as { data?: JsonObject; metadata?: JsonObject };
    return { body: { data, metadata } };
  }

  /** A variable of a frame becomes one of all cells; of a type that the checker does not know. */
  async copyToGlobals(content: JsonObject): Promise<DapResponse> {
    const from = textField(content, "srcVariableName");
    const to = textField(content, "dstVariableName");
    requiredNumber(content, "srcFrameId");
    for (const name of [from, to])
      if (!IDENTIFIER.test(name)) throw new DapError(`"${name.slice(0, 80)}" is not the name of a variable`);
    const frame = this.#stops.frame({ frameId: content["srcFrameId"] });
    const id = `debugger-${to}`;
    const declared = await this.#language.compile({ id, number: 0, source: `let ${to}: any;` });
    if (!declared.ok) throw new DapError(declared.errors[0]?.message ?? `"${to}" cannot be declared`);
    try {
      await this.#evaluation.valueOf(`${SCOPE}[${JSON.stringify(to)}] = ${from}`, frame, false);
    } catch (error) {
      await this.#language.discard(id);
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
