import ts from "./typescript.cjs";
import type { CellLine } from "./cell-line.ts";
import type { ParsedCell } from "./parse-cell.ts";
import { LineMap } from "./positions.ts";
import type { Diagnostic } from "./protocol.ts";
import { lineHint, nameHint } from "./python-habits.ts";

/** What the checker says that is no fault of a cell. */
const IGNORED = new Set([
  7016, // a package without types: its exports are `any`
  7026, // JSX with no JSX.IntrinsicElements: elements are `any`
  2875, // … nor a typed jsx-runtime
  7027, // unreachable code
]);

const CANNOT_FIND_NAME = [2304, 2552, 2503];
const WRONG_COUNT = 2554;
const CANNOT_FIND_MODULE = [2307, 2792, 2882, 7016];

/** The parser's errors in a cell. */
export function cellSyntaxErrors(source: string, parsed: ParsedCell): Diagnostic[] {
  const lines = new LineMap(source);
  const errors = parsed.errors.map((error) => located(error, error.start, error.length, parsed, lines));
  const [first, ...others] = errors;
  const hint = first && lineHint(source.split("\n")[first.start.line] ?? "");
  return first === undefined || hint === undefined
    ? errors
    : [{ ...first, message: `${first.message} ${hint}` }, ...others];
}

/** The checker's errors in a cell, at their places in the cell. */
export function cellDiagnostics(request: {
  readonly program: ts.Program;
  readonly file: ts.SourceFile;
  readonly source: string;
  /** Where the cell begins in the file. */
  readonly cellStart: number;
  readonly parsed: ParsedCell;
  readonly line: CellLine;
}): Diagnostic[] {
  const { program, file, source, cellStart, parsed, line } = request;
  const lines = new LineMap(source);
  return program
    .getSemanticDiagnostics(file)
    .filter(({ start, code, category }) => {
      if (category !== ts.DiagnosticCategory.Error || IGNORED.has(code) || start === undefined) return false;
      return start >= cellStart && start <= cellStart + parsed.text.length;
    })
    .map((error) => {
      const start = (error.start ?? cellStart) - cellStart;
      const diagnostic = located(error, start, error.length ?? 0, parsed, lines);
      return { ...diagnostic, message: inCellsWords(diagnostic, parsed, start, line) };
    });
}

function located(
  error: ts.Diagnostic,
  start: number,
  length: number,
  { wrappedAt }: ParsedCell,
  lines: LineMap,
): Diagnostic {
  const shifted = (offset: number): number =>
    wrappedAt !== undefined && offset > wrappedAt ? offset - 1 : offset;
  return {
    severity: "error",
    code: error.code,
    message: ts.flattenDiagnosticMessageText(error.messageText, "\n"),
    start: lines.at(shifted(start)),
    end: lines.at(shifted(start + length)),
  };
}

/** Says what a user of cells can do about it. */
function inCellsWords(
  { code, message }: Diagnostic,
  parsed: ParsedCell,
  start: number,
  line: CellLine,
): string {
  const text = message.replace(
    /import\("[^"]*\[?cell[-:](\d+)\]?[^"]*"\)\.([\w$.]+)/g,
    (_, key: string, name: string) => {
      const record = line.record(Number(key));
      return record === undefined ? name : `${name} (cell [${record.number}])`;
    },
  );
  const name = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(parsed.text.slice(start))?.[0] ?? "";
  if (code === 2632) {
    const binding = line.get(name);
    if (binding !== undefined)
      return `Cannot assign to '${name}' because cell [${binding.cell.number}] declares it as something that cannot be assigned. Declare it again here, or declare it with let there.`;
  }
  const isUnknown = CANNOT_FIND_NAME.includes(code);
  const called = code === WRONG_COUNT ? calledAt(parsed.text, start) : undefined;
  const isOwn = called !== undefined && (line.get(called) !== undefined || parsed.declared.has(called));
  const habit = isUnknown
    ? (commandHint(parsed.text, start) ?? nameHint(name))
    : called === undefined || isOwn
      ? undefined
      : nameHint(called);
  if (habit !== undefined) return `${text} ${habit}`;
  if (isUnknown && !text.includes("Did you mean")) {
    const near = nearest(name, line);
    if (near !== undefined) return `${text} Did you mean '${near.name}' of cell [${near.cell.number}]?`;
  }
  if (CANNOT_FIND_MODULE.includes(code)) {
    const specifier = /'([^']+)'/.exec(text)?.[1] ?? "";
    const install = installHint(specifier);
    if (install !== undefined) return `Cannot find module '${specifier}'. ${install}`;
  }
  return text;
}

/** A name that is none on a line that is a command for IPython. */
function commandHint(text: string, start: number): string | undefined {
  const begin = text.lastIndexOf("\n", start - 1) + 1;
  return text.slice(begin, start).trim() === "!"
    ? lineHint(text.slice(begin).split("\n")[0] ?? "")
    : undefined;
}

/** The function whose arguments begin at a place. */
function calledAt(text: string, start: number): string | undefined {
  return /([\p{ID_Start}$_][\p{ID_Continue}$]*)\(\s*$/u.exec(text.slice(0, start))?.[1];
}

function installHint(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("/"))
    return "The path is looked up from the notebook's folder.";
  if (specifier.startsWith("node:") || /^[a-z]+:/.test(specifier)) return undefined;
  const [scope, name] = specifier.split("/");
  const installed = scope?.startsWith("@") === true ? `${scope}/${name ?? ""}` : (scope ?? "");
  return `Install it with: npm install ${installed}`;
}

/** The earlier name that differs least, if that is little. */
function nearest(name: string, line: CellLine): { name: string; cell: { number: number } } | undefined {
  const limit = Math.floor(name.length * 0.34);
  let best: { name: string; cell: { number: number } } | undefined;
  let least = limit + 1;
  for (const binding of line.names()) {
    if (Math.abs(binding.name.length - name.length) >= least) continue;
    const distance = editDistance(binding.name.toLowerCase(), name.toLowerCase());
    if (distance < least) {
      least = distance;
      best = binding;
    }
  }
  return best;
}

/** Levenshtein's distance, in UTF-16 code units. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let index = 0; index < one.length; index += 1) {
    const next = [index + 1];
    for (let column = 0; column < other.length; column += 1) {
      const substituted = (row[column] ?? 0) + (one[index] === other[column] ? 0 : 1);
      next.push(Math.min(substituted, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
