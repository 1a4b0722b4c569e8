import type { CompileResult, LanguageService } from "../language/protocol.ts";
import type { RequestId } from "../runtime/protocol.ts";
import type { JsonObject } from "../wire/message.ts";
import type { CellRequest } from "./cell-request.ts";
import { typeScriptError, warningText } from "./diagnostics.ts";
import { kernelError, stoppedEarly } from "./errors.ts";
import type { Executor, RunResult } from "./executor.ts";
import type { History } from "./history.ts";
import type { Messenger, Request } from "./messenger.ts";
import type { Origins } from "./origins.ts";
import type { StreamOutput } from "./output.ts";
import type { Status } from "./status.ts";

/** What the line needs of the kernel. */
export interface CellLineParts {
  readonly language: LanguageService & { readonly abandon: (id: string) => void };
  readonly executor: Executor;
  readonly messenger: Messenger;
  readonly status: Status;
  readonly origins: Origins;
  readonly output: StreamOutput;
  readonly history: History;
  /** The next thing is that this cell runs; what to wait for before, if anything. */
  readonly beforeRun: (cell: CompiledCellRun) => Promise<void> | undefined;
  /** A cell's turn has come, and it has ended. */
  readonly onBegin: (request: Request) => void;
  readonly onEnd: (request: Request) => void;
}

/** A cell that is about to run. */
export interface CompiledCellRun {
  readonly request: RequestId;
  readonly number: number;
  /** As typed. */
  readonly source: string;
  /** The source map of what runs. */
  readonly map: string;
}

/** A cell with its user expressions, checked and compiled. */
interface Compilation {
  readonly result: CompileResult;
  readonly expressions: Readonly<Record<string, string>>;
  /** Expressions that do not compile: what the reply says of them. */
  readonly failed: Readonly<Record<string, unknown>>;
  /** The executor's that it was compiled for. */
  readonly generation: number;
}

interface WaitingCell {
  readonly kind: "cell";
  readonly request: Request;
  readonly cell: CellRequest;
  /** Its execution count. */
  readonly number: number;
  compilation?: Promise<Compilation>;
}

/** Something that waits for its turn among the cells, but is no cell. */
interface WaitingTask {
  readonly kind: "task";
  readonly run: () => Promise<void>;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isCounted(cell: CellRequest): boolean {
  return cell.storeHistory && cell.code.trim() !== "";
}

function failure(error: unknown): RunResult {
  return { status: "error", error: kernelError("running the cell", error), expressions: {}, died: false };
}

/**
 * Runs cells one after the other, in the order in which they came: checks, runs, reports; the next one is checked while the
 * present one runs. An error aborts exactly the cells that had come by then.
 */
export class CellLine {
  readonly #parts: CellLineParts;
  #waiting: (WaitingCell | WaitingTask)[] = [];
  #current: WaitingCell | undefined;
  #isWorking = false;
  /** Stops the current cell while it is not in the executor yet. */
  #stopEarly: (() => void) | undefined;
  /** The count of the last cell that came. */
  #lastNumber = 0;
  /** For the reply of the current cell. Source: Jupyter messaging 5.5, "Payloads". */
  #payload: JsonObject[] = [];

  constructor(parts: CellLineParts) {
    this.#parts = parts;
  }

  /** Whether cells or tasks wait for their turn. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Puts a cell at the end of the line. */
  add(request: Request, cell: CellRequest): void {
    if (isCounted(cell)) this.#lastNumber++;
    this.#waiting.push({ kind: "cell", request, cell, number: this.#lastNumber });
    this.#checkAhead();
    void this.#work();
  }

  /** Puts something else at the end of the line. */
  addTask(run: () => Promise<void>): void {
    this.#waiting.push({ kind: "task", run });
    void this.#work();
  }

  /** Adds to the reply of a cell that is running. */
  addPayload(request: RequestId, payload: JsonObject): void {
    if (this.#current?.request.id === request) this.#payload.push(payload);
  }

  /** The user pressed stop. */
  interrupt(): void {
    if (this.#stopEarly) this.#stopEarly();
    else this.#parts.executor.interrupt();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (let item = this.#waiting.shift(); item; item = this.#waiting.shift()) {
      if (item.kind === "task") {
        await item.run();
        continue;
      }
      this.#current = item;
      const aborted = await this.#execute(item);
      this.#current = undefined;
      this.#abort(aborted, item.number);
    }
    this.#isWorking = false;
  }

  /** Runs one cell from busy to idle; which cells are aborted because of it. */
  async #execute(item: WaitingCell): Promise<readonly WaitingCell[]> {
    const { request, cell, number } = item;
    const { messenger, status, origins, output, history } = this.#parts;
    const { header } = request.message;
    const started = new Date().toISOString();
    origins.add(request, { number, isSilent: cell.silent, isStored: isCounted(cell) });
    this.#parts.onBegin(request);
    this.#payload = [];
    status.busy(request, true);
    if (!cell.silent)
      messenger.publish("execute_input", { code: cell.code, execution_count: number }, header);
    if (isCounted(cell)) history.add(number, cell.code);
    const result = await this.#checkAndRun(item).catch(failure);
    output.finish(request.id);
    this.#parts.onEnd(request);
    const isStopping = result.died || (result.status === "error" && cell.stopOnError && !cell.silent);
    const aborted = isStopping ? await this.#takeWaiting(number) : [];
    const metadata = { started, status: result.status, dependencies_met: true, engine: messenger.session };
    const { error } = result;
    if (error && !cell.silent) messenger.publish("error", { ...error }, header);
    messenger.reply(
      request,
      {
        status: result.status,
        execution_count: number,
        user_expressions: result.expressions,
        payload: this.#payload,
        ...error,
      },
      { metadata },
    );
    status.idle(request);
    return aborted;
  }

  async #checkAndRun(item: WaitingCell): Promise<RunResult> {
    const { request, cell, number } = item;
    const { language, executor, output } = this.#parts;
    const stopped = new Promise<undefined>((resolve) => (this.#stopEarly = () => resolve(undefined)));
    let compilation: Compilation | undefined;
    try {
      compilation = await this.#checked(item, stopped);
    } finally {
      this.#stopEarly = undefined;
    }
    if (!compilation) {
      language.abandon(request.id);
      void language.discard(request.id).catch(() => undefined);
      return { status: "error", error: stoppedEarly(), expressions: {}, died: false };
    }
    const { result, expressions, failed } = compilation;
    if (!result.ok) {
      const error = typeScriptError(cell.code, number, result.errors);
      return { status: "error", error, expressions: {}, died: false };
    }
    if (result.warnings.length > 0) {
      output.write(request.id, "stderr", warningText(cell.code, number, result.warnings));
    }
    const { code, map } = result.cell;
    const { silent, allowStdin } = cell;
    const source = cell.code;
    const base = { type: "run", request: request.id, number } as const;
    const running = executor.run({ ...base, code, map, source, silent, allowStdin, expressions });
    this.#checkAhead();
    const ran = await running;
    return ran.status === "ok" ? { ...ran, expressions: { ...ran.expressions, ...failed } } : ran;
  }

  /** The cell, compiled for an executor that is ready; undefined where it was stopped before that. */
  async #checked(item: WaitingCell, stopped: Promise<undefined>): Promise<Compilation | undefined> {
    const { executor, language } = this.#parts;
    for (;;) {
      const isFresh = !item.compilation;
      item.compilation ??= this.#compile(item);
      const compilation = await Promise.race([stopped, item.compilation]);
      if (!compilation) return undefined;
      if (compilation.result.ok) {
        const ready = await Promise.race([stopped, executor.ready().then(() => true)]);
        if (!ready) return undefined;
        const { request, cell, number } = item;
        const { map } = compilation.result.cell;
        const waiting = this.#parts.beforeRun({ request: request.id, number, source: cell.code, map });
        if (waiting && !(await Promise.race([stopped, waiting.then(() => true)]))) return undefined;
        // Otherwise the executor was replaced meanwhile, and what earlier cells declared is gone.
        if (compilation.generation === executor.generation) return compilation;
      } else if (isFresh) {
        return compilation;
      }
      // Checked while an earlier cell ran, which may have written the module that this one imports: check again.
      delete item.compilation;
      await language.discard(item.request.id);
    }
  }

  /** Checks the next cell while the present one runs. */
  #checkAhead(): void {
    if (!this.#current || this.#stopEarly) return;
    const next = this.#waiting.find((item) => item.kind === "cell");
    if (!next || next.compilation) return;
    next.compilation = this.#compile(next);
    // Whether it failed is asked when its turn comes.
    next.compilation.catch(() => undefined);
  }

  async #compile({ request: { id }, cell, number }: WaitingCell): Promise<Compilation> {
    const { language, executor } = this.#parts;
    const { generation } = executor;
    const result = await language.compile({ id, number, source: cell.code });
    const expressions: Record<string, string> = {};
    const failed: Record<string, unknown> = {};
    if (!result.ok) return { result, expressions, failed, generation };
    for (const [name, source] of Object.entries(cell.userExpressions)) {
      const expressionId = `${id}:${name}`;
      const compiled = await language.compile({ id: expressionId, number, source });
      await language.discard(expressionId);
      if (compiled.ok) expressions[name] = compiled.cell.code;
      else failed[name] = { status: "error", ...typeScriptError(source, number, compiled.errors) };
    }
    return { result, expressions, failed, generation };
  }

  /**
   * Takes the cells that wait out of the line. Called before front ends hear of the error, so that none of these was sent
   * by someone who knew of it.
   */
  async #takeWaiting(lastNumber: number): Promise<readonly WaitingCell[]> {
    // What a front end sent together with the failed cell is in this process by the next turn of the event loop.
    await turn();
    const taken = this.#waiting.filter((item) => item.kind === "cell");
    this.#waiting = this.#waiting.filter((item) => item.kind === "task");
    this.#lastNumber = lastNumber;
    return taken;
  }

  /** Answers cells with `aborted`: they do not run. */
  #abort(cells: readonly WaitingCell[], lastNumber: number): void {
    const { language, messenger, status } = this.#parts;
    for (const { request, compilation } of cells) {
      if (compilation) {
        language.abandon(request.id);
        void language.discard(request.id).catch(() => undefined);
      }
      status.busy(request);
      messenger.reply(request, {
        status: "aborted",
        execution_count: lastNumber,
        user_expressions: {},
        payload: [],
      });
      status.idle(request);
    }
  }
}
