import type { JsonObject } from "../../../kernel/wire/message.ts";
import type { FrontEnd, Heard } from "./front-end.ts";

/** A front end's debugger, as JupyterLab speaks: the Debug Adapter Protocol over control and iopub. */
export class DebugClient {
  readonly frontEnd: FrontEnd;
  #sequence = 0;

  constructor(frontEnd: FrontEnd) {
    this.frontEnd = frontEnd;
  }

  /** The whole response. */
  async request(command: string, content: unknown = {}): Promise<JsonObject> {
    const request = { type: "request", seq: ++this.#sequence, command, arguments: content };
    return (await this.frontEnd.ask("control", "debug_request", request)).reply;
  }

  /** The body of a response that has to be a success. */
  async ask(command: string, content: unknown = {}): Promise<JsonObject> {
    const { success, message, body } = await this.request(command, content);
    if (success !== true) throw new Error(`${command}: ${String(message)}`);
    return body as JsonObject;
  }

  /** What a request that has to fail says. */
  async refusal(command: string, content: unknown = {}): Promise<string> {
    const { success, message } = await this.request(command, content);
    if (success !== false) throw new Error(`${command} succeeded`);
    return String(message);
  }

  /** The body of the next event of this name that comes after the first `from` messages. */
  async event(name: string, from: number): Promise<JsonObject> {
    const isEvent = ({ header, content }: Heard): boolean =>
      header.msg_type === "debug_event" && content["event"] === name;
    return (await this.frontEnd.next(isEvent, from)).content["body"] as JsonObject;
  }

  /** How many messages were heard: what comes after now. */
  get now(): number {
    return this.frontEnd.heard.length;
  }

  /** As JupyterLab begins. */
  async attach(): Promise<void> {
    await this.ask("initialize", { clientID: "test", adapterID: "typescript", linesStartAt1: true });
    await this.ask("attach");
    await this.ask("configurationDone");
  }

  /** Sets breakpoints in a cell that may not have run yet; its path. */
  async breakAt(code: string, ...lines: readonly number[]): Promise<string> {
    const path = String((await this.ask("dumpCell", { code }))["sourcePath"]);
    await this.ask("setBreakpoints", {
      source: { path },
      breakpoints: lines.map((line) => ({ line })),
      sourceModified: false,
    });
    return path;
  }

  /** Runs a cell up to its first stop. */
  async runToStop(code: string): Promise<{ readonly id: string; readonly stop: JsonObject }> {
    const from = this.now;
    const id = await this.frontEnd.startCell(code);
    const failed = this.frontEnd.published("error", id).then(({ content }): never => {
      throw new Error(`the cell did not stop, but failed: ${String(content["evalue"])}`);
    });
    return { id, stop: await Promise.race([this.event("stopped", from), failed]) };
  }

  /** `continue`, `next`, `stepIn`, `stepOut`, up to the next stop. */
  async go(command: string): Promise<JsonObject> {
    const from = this.now;
    await this.ask(command, { threadId: 1 });
    return this.event("stopped", from);
  }

  async frames(): Promise<readonly JsonObject[]> {
    return (await this.ask("stackTrace", { threadId: 1 }))["stackFrames"] as JsonObject[];
  }

  /** "name label:line" of each frame, the innermost first. */
  async stack(): Promise<string[]> {
    return (await this.frames()).map(
      ({ name, source, line }) => `${String(name)} ${String((source as JsonObject)["name"])}:${String(line)}`,
    );
  }

  /** The variables of one of a frame's scopes, by name. */
  async scope(name: string, frame = 0): Promise<Record<string, JsonObject>> {
    const frames = await this.frames();
    const { scopes } = await this.ask("scopes", { frameId: frames[frame]?.["id"] });
    const scope = (scopes as JsonObject[]).find((each) => each["name"] === name);
    if (!scope) throw new Error(`no scope ${name}`);
    return this.inside(scope["variablesReference"]);
  }

  /** What is inside a variable, by name. */
  async inside(reference: unknown): Promise<Record<string, JsonObject>> {
    const { variables } = await this.ask("variables", { variablesReference: reference });
    return Object.fromEntries((variables as JsonObject[]).map((each) => [String(each["name"]), each]));
  }
}

/** Their values, by name. */
export function valuesOf(variables: Readonly<Record<string, JsonObject>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).map(([name, each]) => [name, each["value"]]));
}
