import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";

/** A place in what a user wrote: one-based line and column. */
export interface Place {
  /** "Cell [3]", or the path of a module. */
  readonly label: string;
  readonly line: number;
  readonly column: number;
  /** The text that the line is in. */
  readonly text: string;
  readonly isCell: boolean;
}

interface Source {
  readonly label: string;
  readonly map: string;
  readonly text: string;
  readonly isCell: boolean;
  trace?: TraceMap;
}

const sources = new Map<string, Source>();

/** Remembers what a user wrote for the script that runs as `file`, so that its places can be told. */
export function registerSource(
  file: string,
  source: { readonly label: string; readonly map: string; readonly text: string; readonly isCell: boolean },
): void {
  sources.set(file, { ...source });
}

/** Where the user wrote what runs at `line` and `column` (one-based) of `file`; nothing for code that is not the user's. */
export function placeOf(file: string, line: number, column: number): Place | undefined {
  const source = sources.get(file);
  if (!source) return undefined;
  source.trace ??= new TraceMap(source.map);
  const original = originalPositionFor(source.trace, { line, column: Math.max(0, column - 1) });
  if (original.line === null) return undefined;
  return {
    label: source.label,
    line: original.line,
    column: original.column + 1,
    text: source.text,
    isCell: source.isCell,
  };
}

/** Whether `file` is a cell or a module of the user's. */
export function isKnownSource(file: string): boolean {
  return sources.has(file);
}
