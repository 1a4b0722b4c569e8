import { eachMapping, originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";

/** Where code runs, as the inspector counts: zero-based. */
export interface Generated {
  readonly line: number;
  readonly column: number;
}

/** Where the user wrote it: one-based. */
export interface Original {
  readonly line: number;
  readonly column: number;
}

/** From the lines of what a user wrote to the places of what runs, and back. */
export class Mapping {
  readonly #map: TraceMap;
  /** For each line that was written and has code, the first place of what it became. */
  #lines: Map<number, Generated> | undefined;

  /** @param map a source map, version 3, as JSON */
  constructor(map: string) {
    this.#map = new TraceMap(map);
  }

  /** Where the user wrote what runs here; nothing for what the compiler added. */
  original({ line, column }: Generated): Original | undefined {
    const { line: written, column: offset } = originalPositionFor(this.#map, { line: line + 1, column });
    return written === null ? undefined : { line: written, column: offset + 1 };
  }

  /** Where the code of a line begins, or that of the next line that has any. */
  generated(line: number): Generated | undefined {
    this.#lines ??= this.#firstPlaces();
    const next = this.#lines.has(line)
      ? line
      : [...this.#lines.keys()].reduce((best, each) => (each > line && each < best ? each : best), Infinity);
    return this.#lines.get(next);
  }

  #firstPlaces(): Map<number, Generated> {
    const lines = new Map<number, Generated>();
    eachMapping(this.#map, ({ generatedLine, generatedColumn, originalLine }) => {
      if (originalLine === null || lines.has(originalLine)) return;
      lines.set(originalLine, { line: generatedLine - 1, column: generatedColumn });
    });
    return lines;
  }
}
