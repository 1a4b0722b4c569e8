import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { CellLine, importsOf, type Binding, type CellRecord } from "./cell-line.ts";
import { cellNames } from "./cell-names.ts";
import { cellDiagnostics, cellSyntaxErrors } from "./diagnostics.ts";
import { emitCell } from "./emit-cell.ts";
import { complete } from "./complete.ts";
import { completeness } from "./completeness.ts";
import { openDraft, type Draft } from "./draft.ts";
import type { Importable } from "./importable.ts";
import { inspect } from "./inspect.ts";
import { parseCell, type ParsedCell } from "./parse-cell.ts";
import { LineMap } from "./positions.ts";
import { areDeclarationsRead, Project } from "./project.ts";
import type { CompileResult, Completeness, Completion, Diagnostic, Inspection } from "./protocol.ts";
import { transpileModule } from "./transpile-module.ts";

/** What the host may choose. */
export interface LanguageOptions {
  /** The notebook's folder: modules are found from here, and the nearest tsconfig.json above it has a say. */
  readonly folder: string;
  /** What a type error does: end the cell (the default), be shown while the cell runs, or nothing at all. */
  readonly typeErrors?: "stop" | "warn" | "off";
}

/** The language service without its thread: every answer is there when the call returns. */
export interface SynchronousLanguageService {
  compile(request: { readonly id: string; readonly number: number; readonly source: string }): CompileResult;
  discard(id: string): void;
  complete(source: string, offset: number): Completion;
  inspect(source: string, offset: number): Inspection | undefined;
  isComplete(source: string): Completeness;
  transpile(path: string): { readonly code: string; readonly map: string };
  reset(): void;
  /** How many cells are kept because something may still refer to them. */
  readonly kept: number;
  /** Does what the first cell would otherwise wait for. */
  warmUp(): void;
  /** One step of work that makes later answers quicker; false when there is none left. */
  idle(): boolean;
  /** The same, of steps that take as long as a cell's check. */
  prepare(): boolean;
  /** Longer work, for when nobody has asked for anything for a while. */
  rest(): void;
}

/** A language service for the cells of one notebook. */
export function createLanguageService(options: LanguageOptions): SynchronousLanguageService {
  return new Service(options);
}

class Service implements SynchronousLanguageService {
  readonly #line = new CellLine();
  readonly #project: Project;
  readonly #typeErrors: "stop" | "warn" | "off";
  #nextKey = 1;
  /** What was wrong with tsconfig.json, when that was last said. */
  #configWarned: readonly string[] = [];
  /** Done once, after the start. */
  readonly #preparations = [() => void this.complete("Mat", 3), () => void this.inspect("Math.max(1)", 6)];

  constructor({ folder, typeErrors }: LanguageOptions) {
    this.#project = new Project(folder, this.#line);
    this.#typeErrors = typeErrors ?? "stop";
  }

  compile(request: { id: string; number: number; source: string }): CompileResult {
    try {
      return this.#compile(request);
    } catch {
      // The compiler itself failed; a fresh checker may do better, and a cell never ends the service.
      this.#project.forget();
    }
    try {
      return this.#compile(request);
    } catch (error) {
      this.#project.forget();
      const start = { line: 0, column: 0, offset: 0 };
      const message = `TypeScript could not compile this cell: ${error instanceof Error ? error.message : String(error)}`;
      return { ok: false, errors: [{ severity: "error", code: 0, message, start, end: start }] };
    }
  }

  #compile({ id, number, source }: { id: string; number: number; source: string }): CompileResult {
    const parsed = parseCell(source);
    if (parsed.errors.length > 0) return { ok: false, errors: cellSyntaxErrors(source, parsed) };
    const earlier = this.#earlierNames(parsed);
    const cell = checkedText(parsed, earlier);
    const key = this.#nextKey++;
    const record: CellRecord = {
      id,
      key,
      number,
      jsx: parsed.jsx,
      text: cell.text,
      isDeclaration: false,
      specifiers: [...parsed.specifiers, ...new Set(earlier.map((binding) => `cell:${binding.cell.key}`))],
      bindings: new Map(),
      shadowed: new Map(),
      file: undefined,
      condensed: undefined,
    };
    const augmentation =
      parsed.augments === undefined
        ? undefined
        : { id, key, text: cell.text, specifiers: record.specifiers, declares: parsed.augments };
    const program = this.#project.programFor(parsed.specifiers, augmentation);
    const file = this.#project.addCell(record);
    const found =
      this.#typeErrors === "off"
        ? []
        : cellDiagnostics({ program, file, source, cellStart: cell.start, parsed, line: this.#line });
    if (this.#typeErrors === "stop" && found.length > 0) {
      this.#project.dropAugmentation(id);
      return { ok: false, errors: found };
    }
    const names = cellNames(file, cell.start, parsed, earlier, program.getTypeChecker());
    const emitted = emitCell({
      text: parsed.text,
      jsx: parsed.jsx,
      names,
      inserted: parsed.wrappedAt === undefined ? undefined : new LineMap(parsed.text).at(parsed.wrappedAt),
      options: this.#project.options,
      specifier: (specifier) => this.#project.runtimeSpecifier(specifier),
    });
    for (const { name, mutable } of parsed.declared.values()) {
      const kind = names.kinds.get(name) ?? "instance";
      record.bindings.set(name, { name, cell: record, mutable, kind, inScope: names.values.has(name) });
    }
    if (record.bindings.size > 0) this.#line.append(record);
    const warnings = [
      ...this.#configWarnings(),
      ...found.map((each) => ({ ...each, severity: "warning" as const })),
    ];
    return { ok: true, cell: { ...emitted, declares: [...parsed.declared.keys()] }, warnings };
  }

  get kept(): number {
    return this.#line.size;
  }

  discard(id: string): void {
    this.#line.remove(id);
    this.#project.dropAugmentation(id);
  }

  complete(source: string, offset: number): Completion {
    const draft = openDraft(source, this.#line, this.#project);
    const kindOf = (name: string): string | undefined => this.#line.get(name)?.kind;
    return complete(this.#project.service, draft, offset, kindOf, () => this.#project.importable());
  }

  inspect(source: string, offset: number): Inspection | undefined {
    const open = (text: string): Draft => openDraft(text, this.#line, this.#project);
    const importable = (name: string): Importable | undefined => this.#project.importable().names.get(name);
    return inspect(this.#project.service, open(source), offset, importable, open);
  }

  isComplete(source: string): Completeness {
    return completeness(source);
  }

  transpile(path: string): { code: string; map: string } {
    const { folder, options } = this.#project;
    return transpileModule(path, readFileSync(path, "utf8"), options, relative(folder, path));
  }

  reset(): void {
    this.#line.clear();
    this.#project.forgetAugmentations();
  }

  warmUp(): void {
    // Where they were read before, in the snapshot, they cost next to nothing.
    if (areDeclarationsRead()) this.#project.prefetch();
    // Not by #compile: a trivial cell that joins nothing, but makes the checker resolve what every cell needs.
    this.compile({ id: "", number: 0, source: "await [1].map((x) => `${x}`); console.log({});" });
  }

  rest(): void {
    this.#project.prefetch();
  }

  prepare(): boolean {
    const task = this.#preparations.shift();
    task?.();
    return task !== undefined;
  }

  idle(): boolean {
    return this.#project.condenseNext() || this.#project.renewEarly();
  }

  #earlierNames(parsed: ParsedCell): Binding[] {
    const { jsxFactory, jsxFragmentFactory, reactNamespace } = this.#project.options;
    const factories = parsed.jsx ? [jsxFactory, jsxFragmentFactory, reactNamespace] : [];
    const roots = factories.flatMap((factory) => factory?.split(".").slice(0, 1) ?? []);
    return [...new Set([...parsed.used, ...roots])].flatMap((name) => {
      const binding = parsed.declared.has(name) ? undefined : this.#line.get(name);
      return binding === undefined ? [] : [binding];
    });
  }

  /** What is wrong with tsconfig.json is said once, with the first cell that is checked with it. */
  #configWarnings(): Diagnostic[] {
    const { warnings } = this.#project;
    if (this.#configWarned === warnings) return [];
    this.#configWarned = warnings;
    const start = { line: 0, column: 0, offset: 0 };
    return warnings.map((message) => ({
      severity: "warning",
      code: 5000,
      message,
      start,
      end: start,
    }));
  }
}

/** What the checker reads: the earlier names that the cell uses, the cell, and its own names as exports. */
function checkedText(parsed: ParsedCell, earlier: readonly Binding[]): { text: string; start: number } {
  const prefix = `${parsed.pragmas}${importsOf(earlier)}`;
  const names = [...parsed.declared.keys()];
  return { text: `${prefix}${parsed.text}\nexport { ${names.join(", ")} };\n`, start: prefix.length };
}
