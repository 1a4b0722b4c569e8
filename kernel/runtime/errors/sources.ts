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

/** So many sources are kept as they are; when there are twice as many, the older half is packed. */
const RECENT = 100;

/** Sources of long ago, for the functions of theirs that live on. */
interface Packed {
  /** Their files, each between line ends: what a `Map` of them would need is more than all else. */
  readonly files: string;
  /** Deflated `[file, source][]`. Together, since cells of one session resemble each other. */
  readonly bytes: Uint8Array;
}

const recent = new Map<string, Source & { trace?: TraceMap }>();
const packed: Packed[] = [];

/** Remembers what a user wrote for the script that runs as `file`, so that its places can be told. */
export function registerSource(file: string, source: Source): void {
  recent.delete(file);
  recent.set(file, { ...source });
  if (recent.size >= 2 * RECENT) pack([...recent].slice(0, RECENT));
}

function pack(entries: readonly (readonly [string, Source])[]): void {
  const plain = entries.map(([file, { label, text, map }]) => [file, { label, text, map }]);
  // Joined and read back: V8 keeps what was put together of pieces as these pieces.
  const files = Buffer.from(`\n${entries.map(([file]) => file).join("\n")}\n`).toString();
  packed.push({ files, bytes: deflateRawSync(JSON.stringify(plain)) });
  for (const [file] of entries) recent.delete(file);
}

function unpack(file: string): Source | undefined {
  const batch = packed.findLast(({ files }) => files.includes(`\n${file}\n`));
  if (!batch) return undefined;
  const entries = JSON.parse(inflateRawSync(batch.bytes).toString()) as [string, Source][];
  return entries.find(([name]) => name === file)?.[1];
}

/** What the user wrote for the script that runs as `file`; nothing for code that is not the user's. */
export function sourceOf(file: string): (Source & { trace?: TraceMap }) | undefined {
  return recent.get(file) ?? unpack(file);
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
  return recent.has(file) || packed.some(({ files }) => files.includes(`\n${file}\n`));
}
