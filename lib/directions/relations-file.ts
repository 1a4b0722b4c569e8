import { RelationError, relation, type Relation } from "./relation.ts";
import type { ModelPlace } from "./place.ts";
import { SWEEP_DEFAULTS } from "./sweep.ts";
import { COLOURS, GRADED_OPPOSITES, INTENSITY, UNGRADED_RELATIONS } from "./word-sets.ts";

/** What a relations file asks for, everything filled in. Plain data, as it is kept beside a sweep's rows. */
export interface RelationsFile {
  readonly relations: readonly Relation[];
  readonly templates: readonly string[];
  readonly position: "word" | "end";
  readonly splitWords: "skip" | "last token";
  readonly parts: readonly ModelPlace["part"][];
  /** How many singular directions subspaces have. */
  readonly directions: number;
  readonly seed: number | string;
  readonly draws: number;
  readonly stopAfter: number;
  readonly level: number;
}

const PARTS: readonly ModelPlace["part"][] = [
  "embedding",
  "residual",
  "attention input",
  "query",
  "key",
  "OV",
  "result",
  "QK destination",
  "QK source",
  "OV source",
  "OV out",
  "q",
  "k",
  "v",
  "z",
];
const PAIR_KEYS = ["name", "pairs", "origin"];

/**
 * The experiment that the text of a relations file asks for; docs/directions.md documents its keys.
 * @throws RelationError saying what is wrong, where, and what would be right
 */
export function readRelationsFile(text: string, name = "the relations file"): RelationsFile {
  const wrong = (where: string, what: string) => new RelationError(`${name}: ${where} ${what}`);
  const file = objectOf(parsed(text, name), wrong, "the file");
  const keys = ["relations", ...Object.keys(DEFAULTS)];
  const stranger = Object.keys(file).find((key) => !keys.includes(key));
  if (stranger !== undefined)
    throw wrong(`"${stranger}"`, `is not known; there are ${keys.map((key) => `"${key}"`).join(", ")}`);
  const { relations } = file;
  if (!Array.isArray(relations) || relations.length === 0)
    throw wrong(
      '"relations"',
      'has to be a list such as [{ "name": "size", "pairs": [["small", "big"], …] }]',
    );
  const list = relations.map((each: unknown, index) => readRelation(each, `"relations"[${index}]`, wrong));
  const twice = list.find(({ name: of }, index) => list.findIndex((other) => other.name === of) !== index);
  if (twice) throw wrong('"relations"', `has two that are called "${twice.name}"; names have to differ`);

  const oneOf = <T>(key: string, allowed: readonly T[], given: unknown, otherwise: T): T => {
    if (given === undefined) return otherwise;
    if (allowed.includes(given as T)) return given as T;
    throw wrong(
      `"${key}"`,
      `is ${JSON.stringify(given)}; it has to be one of ${allowed.map((each) => JSON.stringify(each)).join(", ")}`,
    );
  };
  const whole = (key: "draws" | "stopAfter" | "directions"): number => {
    const given = file[key] ?? DEFAULTS[key];
    if (typeof given === "number" && Number.isInteger(given) && given >= 1) return given;
    throw wrong(`"${key}"`, `is ${JSON.stringify(given)}; it has to be a whole number from 1`);
  };
  const level = file["level"] ?? DEFAULTS.level;
  if (!(typeof level === "number" && level > 0 && level < 1))
    throw wrong('"level"', `is ${JSON.stringify(level)}; it has to be a number between 0 and 1`);
  const seed = file["seed"] ?? DEFAULTS.seed;
  if (!(typeof seed === "string" || (typeof seed === "number" && Number.isInteger(seed))))
    throw wrong('"seed"', `is ${JSON.stringify(seed)}; it has to be a whole number or a text`);
  const templates = file["templates"] ?? DEFAULTS.templates;
  if (
    !Array.isArray(templates) ||
    templates.length === 0 ||
    !templates.every((each) => typeof each === "string" && each.split("{word}").length === 2)
  )
    throw wrong(
      '"templates"',
      'has to be a list of texts with {word} once each, such as ["the {word} thing"]',
    );
  const parts: unknown = file["parts"] ?? DEFAULTS.parts;
  if (!Array.isArray(parts) || parts.length === 0)
    throw wrong('"parts"', `has to be a list of ${PARTS.map((each) => JSON.stringify(each)).join(", ")}`);
  return {
    relations: list,
    templates: templates as string[],
    position: oneOf("position", ["word", "end"] as const, file["position"], "word"),
    splitWords: oneOf("splitWords", ["skip", "last token"] as const, file["splitWords"], "skip"),
    parts: parts.map((part: unknown) => oneOf("parts", PARTS, part, "OV")),
    directions: whole("directions"),
    seed,
    draws: whole("draws"),
    stopAfter: whole("stopAfter"),
    level,
  };
}

const DEFAULTS = {
  templates: ["{word}"],
  position: "word",
  splitWords: "skip",
  parts: ["query", "key", "OV", "result"],
  directions: 4,
  seed: 1,
  ...SWEEP_DEFAULTS,
} as const;

/** A file to begin with: this project's own word lists. */
export function exampleRelationsFile(): string {
  const relations = [...GRADED_OPPOSITES, INTENSITY, ...UNGRADED_RELATIONS, COLOURS]
    .map(({ name, origin, pairs }) => `    ${JSON.stringify({ name, origin, pairs })}`)
    .join(",\n");
  return `{\n  "templates": ["the word {word}"],\n  "relations": [\n${relations}\n  ]\n}\n`;
}

type Wrong = (where: string, what: string) => RelationError;

function readRelation(given: unknown, where: string, wrong: Wrong): Relation {
  const value = objectOf(given, wrong, where);
  const stranger = Object.keys(value).find((key) => !PAIR_KEYS.includes(key));
  if (stranger !== undefined)
    throw wrong(`${where}."${stranger}"`, `is not known; there are ${PAIR_KEYS.join(", ")}`);
  const { name, pairs, origin } = value;
  if (typeof name !== "string" || name.trim() === "") throw wrong(`${where}."name"`, "has to be a text");
  if (
    !Array.isArray(pairs) ||
    !pairs.every(
      (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((word) => typeof word === "string"),
    )
  )
    throw wrong(
      `${where}."pairs" ("${name}")`,
      'has to be a list of two words each, such as [["small", "big"]]',
    );
  if (origin !== undefined && typeof origin !== "string")
    throw wrong(`${where}."origin"`, "has to be a text");
  try {
    return relation(name, pairs as [string, string][], origin);
  } catch (error) {
    throw error instanceof RelationError ? wrong(where, `: ${error.message}`) : error;
  }
}

function objectOf(given: unknown, wrong: Wrong, where: string): Readonly<Record<string, unknown>> {
  if (typeof given === "object" && given !== null && !Array.isArray(given))
    return given as Readonly<Record<string, unknown>>;
  throw wrong(where, "has to be an object in braces");
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RelationError(
      `${name} is not whole JSON (${error instanceof Error ? error.message : String(error)}); was it cut off?`,
      { cause: error },
    );
  }
}
