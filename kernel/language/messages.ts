import type { LanguageService } from "./protocol.ts";

/** A question to the worker. */
export interface Request {
  readonly request: number;
  readonly method: keyof LanguageService;
  readonly parameters: readonly unknown[];
}

/** What the worker says: that it is warm, or an answer. */
export type Reply =
  | { readonly kind: "ready" }
  | { readonly kind: "value"; readonly request: number; readonly value: unknown }
  | { readonly kind: "error"; readonly request: number; readonly message: string };
