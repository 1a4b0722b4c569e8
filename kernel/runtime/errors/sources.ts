import { deflateRawSync, inflateRawSync } from "node:zlib";
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

/** Sources that are kept as they are; older ones are kept packed, for the functions of long sessions. */
const RECENT = 100;

const recent = new Map<string, Source & { trace?: TraceMap }>();
/** Deflated, a byte a character: the smallest that V8 keeps. */
const packed = new Map<string, string>();

/** Remembers what a user wrote for the script that runs as `file`, so that its places can be told. */
export function registerSource(file: string, source: Source): void {
  packed.delete(file);
  recent.delete(file);
  recent.set(file, { ...source });
  if (recent.size <= RECENT) return;
  const [oldest] = recent;
  if (!oldest) return;
  const [oldFile, { label, text, map }] = oldest;
  recent.delete(oldFile);
  packed.set(oldFile, deflateRawSync(JSON.stringify({ label, text, map })).toString("latin1"));
}

function sourceOf(file: string): (Source & { trace?: TraceMap }) | undefined {
  const known = recent.get(file);
  if (known) return known;
  const bytes = packed.get(file);
  if (bytes === undefined) return undefined;
  return JSON.parse(inflateRawSync(Buffer.from(bytes, "latin1")).toString()) as Source;
}

/** Where the user wrote what runs at `line` and `column` (one-based) of `file`; nothing for code that is not the user's. */
export function placeOf(file: string, line: number, column: number): Place | undefined {
  const source = sourceOf(file);
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
  return recent.has(file) || packed.has(file);
}
