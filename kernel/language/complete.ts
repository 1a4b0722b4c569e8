import ts from "./typescript.cjs";
import type { Draft } from "./draft.ts";
import { importableKind, type Importable } from "./importable.ts";
import type { Completion } from "./protocol.ts";

/** As many matches as a completer can show with profit. */
const MOST_MATCHES = 200;

/** With fewer letters, every export of every module would match. */
const LETTERS_FOR_AUTO_IMPORT = 3;

/** They come from the list of what is importable, which is there already. */
const PREFERENCES: ts.UserPreferences = {
  includeCompletionsForModuleExports: false,
  includeCompletionsForImportStatements: false,
  includeCompletionsWithInsertText: true,
  importModuleSpecifierEnding: "minimal",
};

/** TypeScript's rank of what would have to be imported, after all that is in scope. */
const IMPORTED = "16";

/** A type that is offered wherever types may stand, and nowhere else. */
const ONLY_A_TYPE = "Partial";

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
  importable: () => { readonly names: ReadonlyMap<string, Importable>; readonly checker: ts.TypeChecker },
): Completion {
  const word = wordAround(draft.source, offset);
  const typed = draft.source.slice(word.start, offset);
  const found = service.getCompletionsAtPosition(draft.fileName, draft.start + offset, PREFERENCES);
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
  const candidates: Candidate[] = found.entries
    .filter((entry) => !isInternal(entry) && (isText || isIdentifier(entry.name)))
    .map(({ name, kind, sortText }) => ({
      text: name,
      sortText,
      kind: () => kindOf(name) ?? jupyterKind(kind),
    }));
  if (typed.length >= LETTERS_FOR_AUTO_IMPORT) candidates.push(...imported(query, found, importable));
  const ranked = candidates.flatMap((candidate) => {
    const rank = matchRank(candidate.text, query);
    return rank === undefined ? [] : [{ candidate, rank }];
  });
  ranked.sort(
    (one, other) =>
      one.rank - other.rank ||
      compare(one.candidate.sortText, other.candidate.sortText) ||
      compare(one.candidate.text, other.candidate.text),
  );
  const matches = new Map<string, Completion["matches"][number]>();
  for (const { candidate } of ranked) {
    if (matches.size >= MOST_MATCHES) break;
    const { text, source } = candidate;
    if (!matches.has(text))
      matches.set(text, { text, kind: candidate.kind(), ...(source !== undefined && { source }) });
  }
  return { start, end, matches: [...matches.values()] };
}

interface Candidate {
  readonly text: string;
  readonly sortText: string;
  readonly kind: () => string;
  readonly source?: string;
}

/** Names that are not in scope and that modules export. */
function imported(
  query: string,
  { entries, isGlobalCompletion }: ts.CompletionInfo,
  importable: () => { readonly names: ReadonlyMap<string, Importable>; readonly checker: ts.TypeChecker },
): Candidate[] {
  const inScope = new Set(entries.map(({ name }) => name));
  const wantsType = inScope.has(ONLY_A_TYPE);
  if (!isGlobalCompletion && !wantsType) return [];
  const { names, checker } = importable();
  return [...names.values()].flatMap((each) => {
    if (inScope.has(each.name) || matchRank(each.name, query) === undefined) return [];
    const { kind, isType, isValue } = importableKind(each, checker);
    if (wantsType ? !isType : !isValue) return [];
    return [{ text: each.name, sortText: IMPORTED, kind: () => kind, source: each.module }];
  });
}

/** The identifier that the cursor touches. */
export function wordAround(source: string, offset: number): { start: number; end: number } {
  const before = /[\p{ID_Continue}$]*$/u.exec(source.slice(0, offset))?.[0].length ?? 0;
  const after = /^[\p{ID_Continue}$]*/u.exec(source.slice(offset))?.[0].length ?? 0;
  return { start: offset - before, end: offset + after };
}

/** Names that keep cells. */
function isInternal(entry: ts.CompletionEntry): boolean {
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
