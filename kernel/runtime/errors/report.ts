import { types } from "node:util";
import { isKeyboardInterrupt } from "../keyboard-interrupt.ts";
import type { ErrorReport } from "../protocol.ts";
import { textOf } from "../values/text.ts";
import { codeFrame } from "./code-frame.ts";
import { bold, dim, red } from "./colours.ts";
import { framesOf, frameText, placeText, type Frame } from "./frames.ts";

/** Errors within errors that are followed. */
const DEPTH_LIMIT = 6;

/** Errors of an AggregateError that are shown. */
const AGGREGATE_LIMIT = 5;

/** Frames shown at each end of a long stack. */
const FRAME_LIMIT = 20;

/** Characters of a message. */
const MESSAGE_LIMIT = 10_000;

/** Own properties that have a place of their own in the report, or say nothing new. */
const TOLD = new Set(["name", "message", "stack", "cause", "errors", "stackTraceLimit"]);

/** What a cell threw, in the words and places of its user. Whatever the value does when looked at, this returns. */
export function reportOf(thrown: unknown): ErrorReport {
  if (isKeyboardInterrupt(thrown)) {
    const { name, message } = thrown;
    return { ename: name, evalue: message, traceback: [`${red(bold(name))}: ${message}`] };
  }
  if (!isError(thrown)) {
    const value = textOf(thrown);
    return { ename: "Uncaught", evalue: value, traceback: [`${red(bold("Uncaught"))} ${value}`] };
  }
  return { ename: nameOf(thrown), evalue: messageOf(thrown), traceback: linesOf(thrown, 0, new Set()) };
}

function linesOf(thrown: unknown, depth: number, seen: Set<unknown>): string[] {
  if (!isError(thrown)) return [textOf(thrown)];
  if (seen.has(thrown)) return [dim("(the same error as above)")];
  seen.add(thrown);
  const message = messageOf(thrown);
  const lines = [`${red(bold(nameOf(thrown)))}${message === "" ? "" : `: ${message}`}`];
  lines.push(...stackLines(framesOf(thrown, textProperty(thrown, "stack"))));
  const extra = extraProperties(thrown);
  if (extra !== undefined) lines.push(dim(extra));
  if (depth >= DEPTH_LIMIT) return lines;
  const errors = safely(() => (thrown as { errors?: unknown }).errors);
  if (Array.isArray(errors)) {
    for (const [index, error] of errors.slice(0, AGGREGATE_LIMIT).entries()) {
      lines.push("", bold(`Error ${index + 1} of ${errors.length}:`), ...linesOf(error, depth + 1, seen));
    }
    if (errors.length > AGGREGATE_LIMIT) lines.push("", `… ${errors.length - AGGREGATE_LIMIT} more errors`);
  }
  const cause = safely(() => thrown.cause);
  if (cause !== undefined) lines.push("", bold("Caused by:"), ...linesOf(cause, depth + 1, seen));
  return lines;
}

function stackLines(frames: readonly Frame[]): string[] {
  const place = frames.find((frame) => frame.place)?.place;
  const lines = place ? [placeText(place), ...codeFrame(place)] : [];
  const texts = frames.map((frame) => (frame.origin === "user" ? frameText(frame) : dim(frameText(frame))));
  // The code frame has said it all where there is nothing else to tell.
  if (texts.length === 1 && place && frames[0]?.call === "") return lines;
  if (texts.length <= 2 * FRAME_LIMIT) return [...lines, ...texts];
  const left = texts.length - 2 * FRAME_LIMIT;
  return [...lines, ...texts.slice(0, FRAME_LIMIT), dim(`    … ${left} more`), ...texts.slice(-FRAME_LIMIT)];
}

/** What Node and libraries add to errors: `code`, `path`, `status` … */
function extraProperties(error: Error): string | undefined {
  const names = safely(() => Object.keys(error).filter((name) => !TOLD.has(name))) ?? [];
  if (names.length === 0) return undefined;
  const extra: Record<string, unknown> = {};
  for (const name of names.slice(0, 20))
    extra[name] = safely(() => (error as unknown as Record<string, unknown>)[name]);
  return textOf(extra);
}

function isError(value: unknown): value is Error {
  if (types.isNativeError(value)) return true;
  return safely(() => value instanceof Error || isErrorLike(value)) ?? false;
}

/** Errors of other realms and DOMException's relatives. */
function isErrorLike(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "stack" in value &&
    typeof value.stack === "string" &&
    "message" in value &&
    typeof value.message === "string"
  );
}

function nameOf(error: Error): string {
  const written = safely(() => error.name as unknown);
  const name = typeof written === "string" ? written : "";
  const constructorName = safely(() => error.constructor.name) ?? "";
  // `class MyError extends Error {}` without a name of its own is still a MyError.
  if ((name === "" || name === "Error") && constructorName !== "" && constructorName !== "Object")
    return constructorName;
  return name === "" ? "Error" : name;
}

function messageOf(error: Error): string {
  const message = textProperty(error, "message");
  return message.length <= MESSAGE_LIMIT ? message : `${message.slice(0, MESSAGE_LIMIT)}…`;
}

function textProperty(error: Error, name: "message" | "stack"): string {
  const value = safely(() => error[name] as unknown);
  if (value === undefined) return "";
  return typeof value === "string" ? value : textOf(value);
}

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
