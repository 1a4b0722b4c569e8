import type { Debugger as Cdp, Runtime } from "node:inspector";
import type { JsonObject } from "../../wire/message.ts";
import { numberField } from "../content.ts";
import type { Breakpoint, Breakpoints } from "./breakpoints.ts";
import { DapError, THREAD } from "./dap.ts";
import type { Evaluation } from "./evaluation.ts";
import { framesOf, type Frame } from "./frames.ts";
import type { Inspector } from "./inspector.ts";
import { valueText } from "./remote-value.ts";
import type { Scripts } from "./scripts.ts";
import { furtherStep, type Step, type Stepping } from "./stepping.ts";
import type { Variables } from "./variables.ts";

/** The executor is stopped. */
interface Stop {
  readonly frames: readonly Frame[];
  readonly depth: number;
  readonly error: Runtime.RemoteObject | undefined;
}

export interface StopsParts {
  readonly inspector: Inspector;
  readonly scripts: Scripts;
  readonly breakpoints: Breakpoints;
  readonly variables: Variables;
  readonly evaluation: Evaluation;
  /** Tells front ends an event. */
  readonly tell: (event: string, body: JsonObject) => void;
}

/** Where the executor stops and goes on: breakpoints, steps, errors, pauses. */
export class Stops {
  readonly #inspector: Inspector;
  readonly #scripts: Scripts;
  readonly #breakpoints: Breakpoints;
  readonly #variables: Variables;
  readonly #evaluation: Evaluation;
  readonly #tell: (event: string, body: JsonObject) => void;
  #stop: Stop | undefined;
  #stepping: Stepping | undefined;
  #isPausing = false;
  #frameCount = 0;
  /** Whether front ends know that the executor is stopped. */
  #isTold = false;

  constructor({ inspector, scripts, breakpoints, variables, evaluation, tell }: StopsParts) {
    this.#inspector = inspector;
    this.#scripts = scripts;
    this.#breakpoints = breakpoints;
    this.#variables = variables;
    this.#evaluation = evaluation;
    this.#tell = tell;
  }

  /** The innermost frame, where the executor is stopped. */
  get top(): Frame | undefined {
    return this.#isTold ? this.#stop?.frames[0] : undefined;
  }

  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  /** The executor has stopped: shall the user hear of it, or does it go on? */
  async paused({ callFrames, reason, hitBreakpoints = [], data }: Cdp.PausedEventDataType): Promise<void> {
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

  /** Whether one of the breakpoints that were hit is to be told, rather than counted, or logged. */
  async #stopsFor(hits: readonly Breakpoint[], top: Frame): Promise<boolean> {
    let stops = false;
    for (const breakpoint of hits) {
      const { condition, logMessage } = breakpoint;
      if (condition !== undefined && !(await this.#isTrue(condition, top))) continue;
      if (++breakpoint.hitCount < (breakpoint.hits ?? 0)) continue;
      if (logMessage === undefined) stops = true;
      else
        this.#tell("output", {
          category: "console",
          output: `${await this.#evaluation.filledIn(logMessage, top)}\n`,
        });
    }
    return stops;
  }

  async #isTrue(condition: string, frame: Frame): Promise<boolean> {
    try {
      return (await this.#evaluation.valueOf(`!!(${condition}\n)`, frame, true)).value === true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#tell("output", { category: "stderr", output: `The condition ${condition} fails: ${reason}\n` });
      return true;
    }
  }

  /** The executor runs again. */
  resumed(): void {
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
  lost(error: unknown): void {
    this.#resume();
    // The executor ended, or was let go, in the middle of it.
    if (!(error instanceof DapError)) throw error;
  }

  stopped(): Stop {
    if (!this.#stop || !this.#isTold) throw new DapError("the kernel is not stopped");
    return this.#stop;
  }

  frame(content: JsonObject): Frame | undefined {
    const id = numberField(content, "frameId", undefined);
    if (id === undefined) return undefined;
    const frame = this.stopped().frames.find((each) => each.id === id);
    if (!frame) throw new DapError(`there is no frame with the id ${id} any more`);
    return frame;
  }

  async continue(): Promise<void> {
    this.stopped();
    this.#stepping = undefined;
    await this.#inspector.call("Debugger.resume", {});
  }

  async step(method: Step): Promise<void> {
    const { frames, depth } = this.stopped();
    const [from] = frames;
    if (from) this.#stepping = { method, from, depth, steps: 0 };
    await this.#inspector.call(method, {});
  }

  async pause(): Promise<void> {
    if (this.#stop) throw new DapError("the kernel is stopped already");
    this.#isPausing = true;
    await this.#inspector.call("Debugger.pause", {});
  }
}

/** What was thrown, in the inspector's `data` of a stop. */
function asError(data: object | undefined): Runtime.RemoteObject {
  return { type: "object", ...data };
}
