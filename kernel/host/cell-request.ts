import type { JsonObject } from "../wire/message.ts";
import { BadRequest, flagField, objectField, textField } from "./content.ts";

/** The content of an `execute_request`, each field in its place. Source: Jupyter messaging 5.5, "Execute". */
export interface CellRequest {
  readonly code: string;
  readonly silent: boolean;
  readonly storeHistory: boolean;
  readonly userExpressions: Readonly<Record<string, string>>;
  readonly allowStdin: boolean;
  readonly stopOnError: boolean;
}

/** What a content asks for, with the specification's defaults. @throws BadRequest where a field is of the wrong kind */
export function cellRequest(content: JsonObject): CellRequest {
  const silent = flagField(content, "silent", false);
  const userExpressions: Record<string, string> = {};
  for (const [name, expression] of Object.entries(objectField(content, "user_expressions"))) {
    if (typeof expression !== "string") throw new BadRequest(`user_expressions: ${name} should be a string`);
    userExpressions[name] = expression;
  }
  return {
    code: textField(content, "code"),
    silent,
    storeHistory: !silent && flagField(content, "store_history", true),
    userExpressions,
    allowStdin: flagField(content, "allow_stdin", false),
    stopOnError: flagField(content, "stop_on_error", true),
  };
}
