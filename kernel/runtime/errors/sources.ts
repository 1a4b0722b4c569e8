import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";

/** A place in what a user wrote: one-based line and column. */
export interface Place {
  /** "Cell [3]", or the path of a module. */
  readonly label: string;
  readonly line: number;
  readonly column: number;
  /** The text that the line is in. */
  readonly text: string;
}

/** What a user wrote, and how the code that runs leads back to it. */
export interface Source {
  readonly label: string;
  readonly text: string;
  /** Source map, version 3, as JSON; none where the code runs as written. */
  readonly map?: string;
}

const sources = new Map<string, Source & { trace?: TraceMap }>();

/** Remembers what a user wrote for the script that runs as `file`, so that its places can be told. */
export function registerSource(file: string, source: Source): void {
  sources.set(file, { ...source });
}

/** Where the user wrote what runs at `line` and `column` (one-based) of `file`; nothing for code that is not the user's. */
export function placeOf(file: string, line: number, column: number): Place | undefined {
  const source = sources.get(file);
  if (!source) return undefined;
  const { label, text } = source;
  if (source.map === undefined) return { label, line, column, text };
  source.trace ??= new TraceMap(source.map);
  const original = originalPositionFor(source.trace, { line, column: Math.max(0, column - 1) });
  if (original.line === null) return undefined;
  return { label, line: original.line, column: original.column + 1, text };
}

/** Whether `file` is a cell or a module of the user's. */
export function isKnownSource(file: string): boolean {
  return sources.has(file);
}
