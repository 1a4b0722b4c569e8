import { fileURLToPath } from "node:url";
import { isKnownSource, placeOf, type Place } from "./sources.ts";

/** One line of a stack trace. */
export interface Frame {
  /** Function and how it was called, for instance `async Model.train`; empty at the top of a cell or module. */
  readonly call: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where the user wrote it; none for what the user did not write. */
  readonly place: Place | undefined;
  /** `runtime` is the executor itself, which no user asks for. */
  readonly origin: "user" | "library" | "runtime";
}

const RUNTIME_FOLDER = new URL("..", import.meta.url).href;
const FRAME = /^\s*at (?:(.*?) \()?((?:\w+:\/\/|node:|\/|[A-Za-z]:\\|<)?[^()]*?):(\d+):(\d+)\)?$/;

/** Files of Node that call callbacks, and tell nothing. */
const PLUMBING: ReadonlySet<string> = new Set([
  "node:internal/process/task_queues",
  "node:internal/timers",
  "node:async_hooks",
]);

/** Frames of errors whose stack was asked for, before it became text. */
const captured = new WeakMap<object, readonly Frame[]>();

/** One line of a stack as V8 writes it; nothing for lines that name no place. */
function parseFrame(text: string): Frame | undefined {
  const match = FRAME.exec(text);
  if (!match) return undefined;
  const [, written = "", location = "", lineText = "", columnText = ""] = match;
  const isAsync = /^async /.test(location);
  const file = location.replace(/^async /, "");
  const line = Number(lineText);
  const column = Number(columnText);
  const call = `${isAsync ? "async " : ""}${written}`.trim();
  if (file.startsWith(RUNTIME_FOLDER) || PLUMBING.has(file))
    return { call, file, line, column, place: undefined, origin: "runtime" };
  const place = placeOf(file, line, column);
  // Code that the compiler added to a cell has no place in it.
  const origin = place ? "user" : isKnownSource(file) ? "runtime" : "library";
  return { call: call.replace(/^Object\.(<anonymous>)?/, ""), file, line, column, place, origin };
}

/** "Cell [3], line 2, column 7". */
export function placeText({ label, line, column }: Place): string {
  return `${label}, line ${line}, column ${column}`;
}

/** A frame as a line of a stack. */
export function frameText(frame: Frame): string {
  const location = frame.place
    ? placeText(frame.place)
    : `${fileText(frame.file)}:${frame.line}:${frame.column}`;
  if (frame.call === "" || frame.call === "async") return `    at ${`${frame.call} ${location}`.trim()}`;
  return `    at ${frame.call} (${location})`;
}

function fileText(file: string): string {
  return file.startsWith("file:") ? fileURLToPath(file) : file;
}

/** The frames of `error`, outermost last, without the executor's own. */
export function framesOf(error: object, stack: string): readonly Frame[] {
  const known = captured.get(error);
  if (known) return known;
  const frames = stack.split("\n").flatMap((line) => parseFrame(line) ?? []);
  return withoutRuntime(frames);
}

/** Stacks in the places of cells, wherever they are read: `error.stack`, `console.log(error)`, a library's log. */
export function installStackTraces(): void {
  Error.prepareStackTrace = (error, callSites) => {
    const header = headerOf(error);
    try {
      const all = callSites.map((site) => {
        const text = siteText(site);
        return { text, frame: parseFrame(text) };
      });
      const last = all.findLastIndex(({ frame }) => frame?.origin === "user");
      const shown = all.filter(
        ({ text, frame }, index) =>
          frame?.origin !== "runtime" && (last < 0 || index <= last || !isInternal(text, frame)),
      );
      captured.set(error, withoutRuntime(all.flatMap(({ frame }) => frame ?? [])));
      return [header, ...shown.map(({ text, frame }) => (frame?.place ? frameText(frame) : text))].join("\n");
    } catch {
      return [header, ...callSites.map(siteText)].join("\n");
    }
  };
}

function siteText(site: NodeJS.CallSite): string {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- V8's own text for it
  return `    at ${site.toString()}`;
}

function isInternal(text: string, frame: Frame | undefined): boolean {
  return frame ? frame.file.startsWith("node:") : /\(?(native|<anonymous>)\)?$/.test(text);
}

function headerOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

/** Below the last line that the user wrote there is only how the executor called it. */
function withoutRuntime(frames: readonly Frame[]): readonly Frame[] {
  const last = frames.findLastIndex(({ origin }) => origin === "user");
  return frames.filter(
    ({ origin, file }, index) =>
      origin !== "runtime" && (last < 0 ? !file.startsWith("node:internal/") : index <= last),
  );
}
