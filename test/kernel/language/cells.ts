import { pathToFileURL } from "node:url";
import { join } from "node:path";
import vm from "node:vm";
import type { CellRuntime, CompileResult, Diagnostic } from "../../../kernel/language/protocol.ts";
import {
  createLanguageService,
  type LanguageOptions,
  type SynchronousLanguageService,
} from "../../../kernel/language/service.ts";

/** A notebook without Jupyter: cells are compiled by the real service and run by the smallest runtime. */
export class Cells {
  readonly service: SynchronousLanguageService;
  readonly folder: string;
  scope: Record<string, unknown> = {};
  /** Values that went through `cell.await`. */
  awaited: unknown[] = [];
  /** Specifiers and options that cells imported with. */
  imported: unknown[][] = [];
  #number = 0;

  constructor(options: LanguageOptions) {
    this.folder = options.folder;
    this.service = createLanguageService(options);
  }

  /** As after a restart, with the compiler still warm. */
  reset(): void {
    this.service.reset();
    this.scope = {};
    this.awaited = [];
    this.imported = [];
    this.#number = 0;
  }

  compile(source: string): CompileResult {
    this.#number += 1;
    return this.service.compile({ id: `cell-${this.#number}`, number: this.#number, source });
  }

  /** Errors as `code message`, empty when there are none. */
  errors(source: string): string[] {
    const result = this.compile(source);
    return result.ok ? [] : result.errors.map(({ code, message }) => `${code} ${message}`);
  }

  /** The emitted JavaScript. */
  code(source: string): string {
    const result = this.compile(source);
    if (!result.ok) throw new CellErrors(result.errors);
    return result.cell.code;
  }

  /** Runs cells one after the other; the value is that of the last. */
  async run(...sources: string[]): Promise<unknown> {
    let value: unknown;
    for (const source of sources) value = await this.#runOne(source);
    return value;
  }

  /** Runs one cell; `shown` tells a cell without a value from one whose value is undefined. */
  async show(source: string): Promise<unknown[]> {
    const shown: unknown[] = [];
    await this.#execute(this.code(source), shown);
    return shown;
  }

  async #runOne(source: string): Promise<unknown> {
    const shown = await this.show(source);
    return shown[0];
  }

  async #execute(code: string, shown: unknown[]): Promise<void> {
    const { folder } = this;
    const cell: CellRuntime = {
      scope: this.scope,
      import: (specifier, options) => {
        this.imported.push(options === undefined ? [specifier] : [specifier, options]);
        const address = /^\.{0,2}\//.test(specifier)
          ? pathToFileURL(join(folder, specifier)).href
          : specifier;
        return import(address, options as ImportCallOptions) as Promise<Record<string, unknown>>;
      },
      await: (value) => {
        this.awaited.push(value);
        return Promise.resolve(value);
      },
      meta: { url: pathToFileURL(join(folder, "notebook.ipynb")).href } as ImportMeta,
      result: (value) => shown.push(value),
    };
    const run = vm.runInThisContext(code, { filename: "cell.js" }) as (cell: CellRuntime) => Promise<void>;
    await run(cell);
  }
}

class CellErrors extends Error {
  override readonly name = "CellErrors";
  readonly errors: readonly Diagnostic[];

  constructor(errors: readonly Diagnostic[]) {
    super(errors.map(({ code, message }) => `${code} ${message}`).join("\n"));
    this.errors = errors;
  }
}
