import type { Debugger } from "node:inspector";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { cellFile } from "../../runtime/protocol.ts";
import type { CompiledCellRun } from "../cell-line.ts";
import type { DapBreakpoint } from "./dap.ts";
import type { Inspector } from "./inspector.ts";
import { Mapping } from "./mapping.ts";
import { literally, type Scripts } from "./scripts.ts";

/** What a front end asks for at one line. */
export interface WantedBreakpoint {
  readonly line: number;
  /** Stops only where this expression is true. */
  readonly condition: string | undefined;
  /** Stops only the n-th time and later. */
  readonly hits: number | undefined;
  /** Does not stop, but says this, with `{expression}`s filled in. */
  readonly logMessage: string | undefined;
}

/** One breakpoint, in all the scripts that the same text has become. */
export interface Breakpoint extends WantedBreakpoint {
  readonly id: number;
  readonly path: string;
  /** Where it came to lie in the script that was told last. */
  actualLine: number;
  message: string | undefined;
  hitCount: number;
  /** The inspector's names for it. */
  readonly placed: string[];
}

/** A cell that is run again and again is a new script each time: the breakpoint stays in this many. */
const RUNS = 20;

/** The breakpoints of the front end, in cells that have run, in cells that will run, and in files. */
export class Breakpoints {
  readonly #inspector: Inspector;
  readonly #scripts: Scripts;
  readonly #mapOf: (path: string) => Promise<string>;
  #byPath = new Map<string, readonly Breakpoint[]>();
  readonly #byPlacement = new Map<string, Breakpoint>();
  #count = 0;
  #turn: Promise<void> = Promise.resolve();

  /** @param mapOf the source map of a TypeScript file that has not been loaded */
  constructor(inspector: Inspector, scripts: Scripts, mapOf: (path: string) => Promise<string>) {
    this.#inspector = inspector;
    this.#scripts = scripts;
    this.#mapOf = mapOf;
  }

  /** The breakpoints by path, as `debugInfo` tells them. */
  get all(): { readonly source: string; readonly breakpoints: readonly DapBreakpoint[] }[] {
    return [...this.#byPath]
      .filter(([, breakpoints]) => breakpoints.length > 0)
      .map(([source, breakpoints]) => ({ source, breakpoints: breakpoints.map(told) }));
  }

  /** The breakpoint that the inspector knows by this name. */
  at(placement: string): Breakpoint | undefined {
    return this.#byPlacement.get(placement);
  }

  /** Sets the breakpoints of a cell or file, in the place of those that it had. */
  set(path: string, wanted: readonly WantedBreakpoint[]): Promise<readonly DapBreakpoint[]> {
    return this.#inTurn(() => this.#set(path, wanted));
  }

  async #set(path: string, wanted: readonly WantedBreakpoint[]): Promise<readonly DapBreakpoint[]> {
    await this.#remove(this.#byPath.get(path) ?? []);
    const breakpoints = wanted.map((each): Breakpoint => {
      const state = { actualLine: each.line, message: undefined, hitCount: 0, placed: [] };
      return { ...each, id: ++this.#count, path, ...state };
    });
    this.#byPath.set(path, breakpoints);
    if (breakpoints.length > 0 && this.#inspector.isOpen) await this.#placeIn(path, breakpoints);
    return breakpoints.map(told);
  }

  /** The inspector has found a place for it in a script that was just loaded: the breakpoint, if its line is another now. */
  async resolved({
    breakpointId,
    location,
  }: Debugger.BreakpointResolvedEventDataType): Promise<DapBreakpoint | undefined> {
    const breakpoint = this.#byPlacement.get(breakpointId);
    const script = this.#scripts.get(location.scriptId);
    if (!breakpoint || !script) return undefined;
    await this.#scripts.known([script]);
    const place = this.#scripts.placeOf(location);
    if (!place || place.line === breakpoint.actualLine) return undefined;
    breakpoint.actualLine = place.line;
    return told(breakpoint);
  }

  /** Sets all of them in an executor that has none. */
  setAgain(): Promise<void> {
    return this.#inTurn(() => this.#setAgain());
  }

  async #setAgain(): Promise<void> {
    this.#byPlacement.clear();
    for (const [path, breakpoints] of this.#byPath) {
      for (const { placed } of breakpoints) placed.length = 0;
      await this.#placeIn(path, breakpoints);
    }
  }

  /** Sets those of a cell before it runs. */
  prepare(path: string, cell: CompiledCellRun): Promise<void> {
    return this.#inTurn(() => this.#prepare(path, cell));
  }

  async #prepare(path: string, { request, number, map }: CompiledCellRun): Promise<void> {
    const breakpoints = this.#byPath.get(path) ?? [];
    if (breakpoints.length === 0) return;
    const mapping = new Mapping(map);
    for (const breakpoint of breakpoints) {
      const old = breakpoint.placed.splice(0, breakpoint.placed.length - RUNS);
      await this.#forget(old);
      await this.#place(breakpoint, ofCell(cellFile(number, request)), mapping);
    }
  }

  /** One change after the other: none sees a breakpoint of another that the inspector has not named yet. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#turn.then(change);
    this.#turn = changed.then(
      () => undefined,
      () => undefined,
    );
    return changed;
  }

  /** Forgets all, where the inspector has forgotten them. */
  clear(): void {
    this.#byPath = new Map();
    this.#byPlacement.clear();
  }

  async #placeIn(path: string, breakpoints: readonly Breakpoint[]): Promise<void> {
    const isCell = this.#scripts.isCell(path);
    const scripts = await this.#scripts.at(path);
    const announced = isCell ? this.#scripts.announcedAt(path) : [];
    const names = new Set(announced.map(({ name }) => name));
    const places = [
      ...scripts
        .filter(({ file }) => !names.has(basename(file)))
        .map(({ url, mapping }) => ({ urlRegex: `^${literally(url)}$`, mapping })),
      ...announced.map(({ name, mapping }) => ({ urlRegex: ofCell(name), mapping })),
    ];
    for (const { urlRegex, mapping } of places.slice(-RUNS))
      for (const breakpoint of breakpoints) await this.#place(breakpoint, urlRegex, mapping);
    // The script of a cell that has not run has no name yet: `prepare`.
    if (places.length > 0 || isCell) return;
    const url = `^${literally(pathToFileURL(path).href)}(\\?.*)?$`;
    const mapping = /\.[mc]?tsx?$/.test(path) ? new Mapping(await this.#mapOf(path)) : undefined;
    for (const breakpoint of breakpoints) await this.#place(breakpoint, url, mapping);
  }

  async #place(breakpoint: Breakpoint, urlRegex: string, mapping: Mapping | undefined): Promise<void> {
    const at = mapping ? mapping.generated(breakpoint.line) : { line: breakpoint.line - 1, column: 0 };
    breakpoint.message = at ? undefined : "there is no code on this line or below";
    if (!at) return;
    const { line, column } = at;
    const same = [...this.#byPlacement].find(([id]) => id.endsWith(`:${line}:${column}:${urlRegex}`));
    if (same) {
      // Another line's breakpoint has come to lie in the same place, and the inspector sets none twice.
      breakpoint.actualLine = same[1].actualLine;
      return;
    }
    const place = { urlRegex, lineNumber: line, columnNumber: column };
    const { breakpointId, locations } = await this.#inspector.call("Debugger.setBreakpointByUrl", place);
    breakpoint.placed.push(breakpointId);
    this.#byPlacement.set(breakpointId, breakpoint);
    const [location] = locations;
    const actual = location ? this.#scripts.placeOf(location) : mapping?.original(at);
    if (actual) breakpoint.actualLine = actual.line;
  }

  async #remove(breakpoints: readonly Breakpoint[]): Promise<void> {
    for (const { placed } of breakpoints) await this.#forget(placed.splice(0));
  }

  async #forget(placed: readonly string[]): Promise<void> {
    for (const breakpointId of placed) {
      this.#byPlacement.delete(breakpointId);
      if (this.#inspector.isOpen) await this.#inspector.call("Debugger.removeBreakpoint", { breakpointId });
    }
  }
}

/** As a regular expression, the URL of the script of a cell that runs under this name. */
function ofCell(name: string): string {
  return `/${inUrl(name)}$`;
}

/** A file's name in a URL: versions of Node escape more or fewer of its characters. */
function inUrl(name: string): string {
  return name.replace(/[^\w]/g, (character) => {
    const escaped = `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
    return `(${literally(character)}|${escaped})`;
  });
}

function told({ id, actualLine, path, message }: Breakpoint): DapBreakpoint {
  const verified = message === undefined;
  return { id, verified, line: actualLine, source: { path }, ...(message !== undefined && { message }) };
}
