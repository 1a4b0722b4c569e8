/** A place in a cell as its user typed it: zero-based line and column, `offset` in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** What the checker has to say of a cell. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** TypeScript's number, for instance 2322. */
  readonly code: number;
  readonly message: string;
  readonly start: Position;
  readonly end: Position;
}

/** A cell as the executor runs it. */
export interface CompiledCell {
  /**
   * JavaScript: one expression whose value is `async (cell: CellRuntime) => void`, sloppy-mode-free.
   * It uses the runtime only through its parameter.
   */
  readonly code: string;
  /** Source map, version 3, as JSON, from `code` to the cell's own lines and columns; its one source is the cell. */
  readonly map: string;
  /** Names that the cell declares, in order. */
  readonly declares: readonly string[];
}

export type CompileResult =
  | { readonly ok: true; readonly cell: CompiledCell; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly errors: readonly Diagnostic[] };

export interface Completion {
  /** The text between these offsets (UTF-16) is replaced by the chosen match. */
  readonly start: number;
  readonly end: number;
  readonly matches: readonly {
    readonly text: string;
    /** Kind in Jupyter's words: "function", "class", "keyword", "module", "property", "instance" … */
    readonly kind: string;
    /** Where it would be imported from, for auto-imports. */
    readonly source?: string;
  }[];
}

export interface Inspection {
  /** Signature, without markup. */
  readonly signature: string;
  /** JSDoc as Markdown; empty where there is none. */
  readonly documentation: string;
  readonly start: number;
  readonly end: number;
}

export type Completeness =
  { readonly status: "complete" | "invalid" } | { readonly status: "incomplete"; readonly indent: string };

/**
 * What the host asks of the language worker. Cells form a line: a cell sees the declarations of all cells
 * compiled before it and not discarded.
 */
export interface LanguageService {
  /** Check and emit. `id` is the host's name for the cell; `number` its execution count, for messages. */
  compile(request: {
    readonly id: string;
    readonly number: number;
    readonly source: string;
  }): Promise<CompileResult>;
  /** The cell never ran (aborted, or compiled ahead in vain): later cells don't see its declarations. */
  discard(id: string): Promise<void>;
  /** `offset` in UTF-16 code units. */
  complete(source: string, offset: number): Promise<Completion>;
  inspect(source: string, offset: number): Promise<Inspection | undefined>;
  isComplete(source: string): Promise<Completeness>;
  /** A local TypeScript or JSX module for the executor: types stripped, ESM kept, with its source map. */
  transpile(path: string): Promise<{ readonly code: string; readonly map: string }>;
  /** Forget all cells (the executor was replaced). */
  reset(): Promise<void>;
}

/** What compiled code finds in its one parameter; the executor provides it. */
export interface CellRuntime {
  /**
   * The variables of all cells: a top-level `const x = 1` is emitted as `cell.scope.x = 1`, and a use of `x`
   * in this or a later cell as `cell.scope.x`. So functions see the newest value, as in Python's notebooks.
   */
  readonly scope: Record<string, unknown>;
  /** Static imports and `import()` alike; resolves from the notebook's folder; `.ts` modules, changed ones reloaded. */
  readonly import: (specifier: string, options?: unknown) => Promise<Record<string, unknown>>;
  /** Every `await x` in a cell is emitted as `await cell.await(x)`: rejects with KeyboardInterrupt once the cell was interrupted. */
  readonly await: (value: unknown) => Promise<unknown>;
  /** `import.meta`: url, filename, dirname, resolve. */
  readonly meta: ImportMeta;
  /** Called with the value of the last statement, if that is an expression. */
  readonly result: (value: unknown) => void;
}
