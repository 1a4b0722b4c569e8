import type { JsonObject } from "../wire/message.ts";

/** A request's content does not fit its type: the message names the field and what it should hold. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}

function wrong(field: string, wanted: string, value: unknown): BadRequest {
  const shown = (JSON.stringify(value) as string | undefined) ?? "missing";
  return new BadRequest(`${field} should be ${wanted}, and is ${shown.slice(0, 80)}`);
}

/** The string in a field; `otherwise` where the field is missing. @throws BadRequest */
export function textField(content: JsonObject, field: string, otherwise?: string): string {
  const value = content[field] ?? otherwise;
  if (typeof value === "string") return value;
  throw wrong(field, "a string", value);
}

/** The yes or no in a field; `otherwise` where the field is missing. @throws BadRequest */
export function flagField(content: JsonObject, field: string, otherwise: boolean): boolean {
  const value = content[field] ?? otherwise;
  if (typeof value === "boolean") return value;
  throw wrong(field, "true or false", value);
}

/** The whole number in a field; `otherwise` where the field is missing. @throws BadRequest */
export function numberField<T extends number | undefined>(
  content: JsonObject,
  field: string,
  otherwise: T,
): number | T {
  const value = content[field] ?? otherwise;
  if (value === otherwise) return otherwise;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw wrong(field, "a whole number", value);
}

/** The object in a field; empty where the field is missing. @throws BadRequest */
export function objectField(content: JsonObject, field: string): JsonObject {
  const value = content[field] ?? {};
  if (typeof value === "object" && !Array.isArray(value)) return value as JsonObject;
  throw wrong(field, "an object", value);
}
