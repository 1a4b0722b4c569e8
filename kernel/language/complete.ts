import { isBuiltin } from "node:module";
import ts from "./typescript.cjs";
import type { Draft } from "./draft.ts";
import type { Completion } from "./protocol.ts";

/** As many matches as a completer can show with profit. */
const MOST_MATCHES = 200;

/** With fewer letters, every export of every module would match. */
const LETTERS_FOR_AUTO_IMPORT = 3;

export const PREFERENCES: ts.UserPreferences = {
  includeCompletionsForModuleExports: true,
  includeCompletionsForImportStatements: false,
  includeCompletionsWithInsertText: true,
  importModuleSpecifierEnding: "minimal",
  allowIncompleteCompletions: false,
};

/**
 * What could stand at the cursor, best first. A match that would have to be imported carries its module as `source`;
 * its text is the name alone, since a completion in Jupyter can only replace the text at the cursor, and
 * `inspect` says what to import.
 */
export function complete(
  service: ts.LanguageService,
  draft: Draft,
  offset: number,
  kindOf: (name: string) => string | undefined,
): Completion {
  const word = wordAround(draft.source, offset);
  const typed = draft.source.slice(word.start, offset);
  const isMember = /\.\s*$/.test(draft.source.slice(0, word.start));
  const found = service.getCompletionsAtPosition(draft.fileName, draft.start + offset, {
    ...PREFERENCES,
    includeCompletionsForModuleExports: !isMember && typed.length >= LETTERS_FOR_AUTO_IMPORT,
  });
  if (found === undefined) return { start: offset, end: offset, matches: [] };
  // In a string, a path's last part is replaced, and it has letters that no identifier has.
  const spanned = found.entries.find(({ replacementSpan }) => replacementSpan !== undefined)?.replacementSpan;
  const isText = found.entries.some(
    ({ kind, name, insertText }) => TEXT_KINDS.has(kind) || (insertText === undefined && !isIdentifier(name)),
  );
  const span = isText ? (spanned ?? found.optionalReplacementSpan) : undefined;
  const start = span === undefined ? word.start : span.start - draft.start;
  const end = span === undefined ? word.end : start + span.length;
  const query = draft.source.slice(start, offset);
  const ranked = found.entries.flatMap((entry) => {
    const rank = matchRank(entry.name, query);
    return rank === undefined || isInternal(entry) ? [] : [{ entry, rank }];
  });
  ranked.sort(
    (one, other) =>
      one.rank - other.rank ||
      compare(one.entry.sortText, other.entry.sortText) ||
      compare(one.entry.name, other.entry.name),
  );
  const matches = new Map<string, Completion["matches"][number]>();
  for (const { entry } of ranked) {
    if (matches.size >= MOST_MATCHES) break;
    const text = isText || isIdentifier(entry.name) ? entry.name : undefined;
    if (text === undefined || matches.has(text)) continue;
    const kind = (entry.source === undefined ? kindOf(text) : undefined) ?? jupyterKind(entry.kind);
    matches.set(
      text,
      entry.source === undefined ? { text, kind } : { text, kind, source: moduleName(entry) },
    );
  }
  return { start, end, matches: [...matches.values()] };
}

/** Where to import a match from; Node's own modules by their `node:` names. */
export function moduleName({ source, data }: ts.CompletionEntry): string {
  const name = data?.moduleSpecifier ?? source ?? "";
  // Within this package TypeScript prefers paths to the package's own name.
  const own = /^(?:\.{1,2}\/)+dist\/(lib|kernel\/notebook)(?:\/index(?:\.js)?)?$/.exec(name)?.[1];
  if (own !== undefined) return own === "lib" ? "matrix-composition" : "matrix-composition/notebook";
  return isBuiltin(name) && !name.startsWith("node:") ? `node:${name}` : name;
}

/** The identifier that the cursor touches. */
export function wordAround(source: string, offset: number): { start: number; end: number } {
  const before = /[\p{ID_Continue}$]*$/u.exec(source.slice(0, offset))?.[0].length ?? 0;
  const after = /^[\p{ID_Continue}$]*/u.exec(source.slice(offset))?.[0].length ?? 0;
  return { start: offset - before, end: offset + after };
}

/** Names that keep cells, and what this package's files have among themselves. */
function isInternal(entry: ts.CompletionEntry): boolean {
  if (entry.source !== undefined) return /^(?:\.{1,2}\/)+dist\//.test(moduleName(entry));
  return entry.name.startsWith("cell:") || entry.name.startsWith("[");
}

/** 0 for what begins as typed, 1 in other letter cases, 2 for capitals or letters in order; undefined for no match. */
function matchRank(name: string, query: string): number | undefined {
  if (name.startsWith(query)) return 0;
  const lower = name.toLowerCase();
  const wanted = query.toLowerCase();
  if (lower.startsWith(wanted)) return 1;
  return query.length >= 2 && lower.includes(wanted) ? 2 : undefined;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function isIdentifier(name: string): boolean {
  return /^#?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(name);
}

const TEXT_KINDS = new Set<string>([
  ts.ScriptElementKind.string,
  ts.ScriptElementKind.directory,
  ts.ScriptElementKind.scriptElement,
  ts.ScriptElementKind.externalModuleName,
]);

/** TypeScript's kinds in the words that Jupyter's front ends have icons for. */
function jupyterKind(kind: ts.ScriptElementKind): string {
  return KINDS[kind] ?? "instance";
}

const KINDS: Partial<Record<string, string>> = {
  [ts.ScriptElementKind.keyword]: "keyword",
  [ts.ScriptElementKind.primitiveType]: "keyword",
  [ts.ScriptElementKind.functionElement]: "function",
  [ts.ScriptElementKind.localFunctionElement]: "function",
  [ts.ScriptElementKind.memberFunctionElement]: "function",
  [ts.ScriptElementKind.constructSignatureElement]: "function",
  [ts.ScriptElementKind.callSignatureElement]: "function",
  [ts.ScriptElementKind.classElement]: "class",
  [ts.ScriptElementKind.localClassElement]: "class",
  [ts.ScriptElementKind.interfaceElement]: "interface",
  [ts.ScriptElementKind.typeElement]: "type",
  [ts.ScriptElementKind.typeParameterElement]: "type",
  [ts.ScriptElementKind.enumElement]: "enum",
  [ts.ScriptElementKind.enumMemberElement]: "enum member",
  [ts.ScriptElementKind.moduleElement]: "module",
  [ts.ScriptElementKind.externalModuleName]: "module",
  [ts.ScriptElementKind.scriptElement]: "path",
  [ts.ScriptElementKind.directory]: "path",
  [ts.ScriptElementKind.memberVariableElement]: "property",
  [ts.ScriptElementKind.memberGetAccessorElement]: "property",
  [ts.ScriptElementKind.memberSetAccessorElement]: "property",
  [ts.ScriptElementKind.memberAccessorVariableElement]: "property",
  [ts.ScriptElementKind.parameterElement]: "param",
  [ts.ScriptElementKind.string]: "string",
  [ts.ScriptElementKind.label]: "label",
};
