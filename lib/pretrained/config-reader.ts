import { PretrainedError } from "./errors.ts";

/** Reads the fields of a `config.json` with the type that each must have. */
export interface ConfigReader {
  /** A whole number of at least 1. */
  count(field: string, otherwise?: number): number;
  number(field: string, otherwise?: number): number;
  flag(field: string, otherwise: boolean): boolean;
  numbers(field: string): readonly number[];
  word(field: string, otherwise?: string): string;
  /** A nested object; empty where it is missing or null. */
  nested(field: string): ConfigReader;
  has(field: string): boolean;
  /** A PretrainedError about `field`. */
  refuse(field: string, expected: string): PretrainedError;
}

/**
 * A reader of `config`, the parsed content of `where`.
 * Its methods throw PretrainedError for a missing or wrongly typed field, unless there is an `otherwise`; null counts as missing.
 */
export function configReader(config: unknown, where = "config.json"): ConfigReader {
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new PretrainedError(`${where} holds ${describe(config)}; expected an object`);
  const fields = config as Readonly<Record<string, unknown>>;
  const value = (field: string) => fields[field] ?? undefined;
  const refuse = (field: string, expected: string) =>
    new PretrainedError(`${where}: ${field} is ${describe(value(field))}; expected ${expected}`);
  const read = <T>(
    field: string,
    otherwise: T | undefined,
    expected: string,
    fits: (found: unknown) => found is T,
  ): T => {
    const found = value(field) ?? otherwise;
    if (fits(found)) return found;
    throw refuse(field, expected);
  };
  const isNumber = (found: unknown): found is number => typeof found === "number" && Number.isFinite(found);
  return {
    count: (field, otherwise) =>
      read(
        field,
        otherwise,
        "a whole number of at least 1",
        (found): found is number => isNumber(found) && Number.isInteger(found) && found >= 1,
      ),
    number: (field, otherwise) => read(field, otherwise, "a number", isNumber),
    flag: (field, otherwise) =>
      read(field, otherwise, "true or false", (found): found is boolean => typeof found === "boolean"),
    numbers: (field) =>
      read(
        field,
        undefined,
        "a list of numbers",
        (found): found is readonly number[] => Array.isArray(found) && found.every(isNumber),
      ),
    word: (field, otherwise) =>
      read(field, otherwise, "a string", (found): found is string => typeof found === "string"),
    nested: (field) => configReader(value(field) ?? {}, `${where}: ${field}`),
    has: (field) => value(field) !== undefined,
    refuse,
  };
}

function describe(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
