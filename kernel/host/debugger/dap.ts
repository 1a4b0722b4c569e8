/**
 * The part of the Debug Adapter Protocol that the kernel speaks, in the protocol's own names, and Jupyter's additions to it.
 * Sources: microsoft.github.io/debug-adapter-protocol; Jupyter messaging 5.5, "Debug request".
 */
import type { JsonObject } from "../../wire/message.ts";
import { BadRequest } from "../content.ts";

export interface DapSource {
  readonly name: string;
  readonly path: string;
  /** `deemphasize` for what the user did not write. */
  readonly presentationHint?: "normal" | "deemphasize";
}

export interface DapStackFrame {
  readonly id: number;
  readonly name: string;
  readonly source: DapSource;
  /** One-based. */
  readonly line: number;
  readonly column: number;
  readonly presentationHint?: "normal" | "subtle";
}

export interface DapVariable {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  /** Asks for what is inside; 0 where nothing is. */
  readonly variablesReference: number;
  readonly evaluateName?: string;
  readonly indexedVariables?: number;
}

export interface DapScope {
  readonly name: string;
  readonly presentationHint?: "locals";
  readonly variablesReference: number;
  readonly expensive: boolean;
}

export interface DapBreakpoint {
  readonly id: number;
  readonly verified: boolean;
  readonly line: number;
  readonly source: { readonly path: string };
  readonly message?: string;
}

/** What is told of a request that was answered. */
export interface DapResponse {
  readonly body?: JsonObject;
}

/** The one thread that runs cells. */
export const THREAD = 1;

/** Why a request cannot be answered, told to the front end as the response's `message`. */
export class DapError extends Error {
  override readonly name = "DapError";
}

/** The whole number in a field of a request's arguments. @throws BadRequest where it is something else, or missing */
export function requiredNumber(content: JsonObject, field: string): number {
  const value = content[field];
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  const shown = ((JSON.stringify(value) as string | undefined) ?? "missing").slice(0, 80);
  throw new BadRequest(`${field} should be a whole number, and is ${shown}`);
}

/** The list of objects in a field of a request's arguments; empty where the field is missing. @throws BadRequest */
export function objectsField(content: JsonObject, field: string): readonly JsonObject[] {
  const value = content[field] ?? [];
  if (Array.isArray(value) && value.every((each) => typeof each === "object" && each !== null))
    return value as readonly JsonObject[];
  throw new BadRequest(`${field} should be a list of objects, and is ${JSON.stringify(value).slice(0, 80)}`);
}
