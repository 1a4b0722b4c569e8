import ts from "./typescript.cjs";
import { parseCell } from "./parse-cell.ts";
import type { Completeness } from "./protocol.ts";

const UNTERMINATED_STRING = 1002;
const UNTERMINATED_REGULAR_EXPRESSION = 1161;
/** An opening tag without its closing one: reported at the opening tag, together with an error at the end. */
const JSX_NOT_CLOSED = [17008, 17014];

/**
 * Whether a line editor should run the text or wait for more: incomplete where the parser's first complaint is that
 * the text ended too early. A string or regular expression cannot go on in the next line, so an open one is invalid.
 */
export function completeness(source: string): Completeness {
  const { errors, file } = parseCell(source);
  if (errors.length === 0)
    return lacksBody(file) ? { status: "incomplete", indent: indentAfter(source) } : { status: "complete" };
  const [first] = errors.filter(({ code }) => !JSX_NOT_CLOSED.includes(code));
  if (first === undefined) return { status: "incomplete", indent: indentAfter(source) };
  const continued = /\\\r?\n?$/.test(source);
  if (first.code === UNTERMINATED_REGULAR_EXPRESSION) return { status: "invalid" };
  if (first.code === UNTERMINATED_STRING)
    return continued ? { status: "incomplete", indent: "" } : { status: "invalid" };
  const endsEarly = first.start >= endOfCode(file) || isUnfinishedObject(source);
  return endsEarly ? { status: "incomplete", indent: indentAfter(source) } : { status: "invalid" };
}

/** `function f()` reads as an overload, which nobody types into a line editor on purpose. */
function lacksBody(file: ts.SourceFile): boolean {
  const last = file.statements.at(-1);
  if (last === undefined || !ts.isFunctionDeclaration(last) || last.body !== undefined) return false;
  const isDeclared = last.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
  return !isDeclared && !last.getText(file).endsWith(";");
}

/** `{ a: 1, b:` is a broken block, and the beginning of an object. */
function isUnfinishedObject(source: string): boolean {
  if (!source.trimStart().startsWith("{")) return false;
  const { errors, file } = parseCell(`(${source}`);
  return errors[0] !== undefined && errors[0].start >= endOfCode(file);
}

/** Where the last token ends; comments and blanks after it don't count. */
function endOfCode(file: ts.SourceFile): number {
  return Math.min(file.endOfFileToken.pos, file.text.trimEnd().length);
}

/** The indent of the next line: as the last one, and a step more after an opening bracket or an arrow. */
function indentAfter(source: string): string {
  const lines = source.split(/\r?\n/);
  const last = lines.findLast((line) => line.trim() !== "") ?? "";
  const indent = /^[ \t]*/.exec(last)?.[0] ?? "";
  if (!/(?:[{([]|=>)\s*(?:\/\/.*)?$/.test(last)) return indent;
  const steps = lines.map((line) => /^[ \t]+/.exec(line)?.[0]).filter((step) => step !== undefined);
  const step = steps.some((each) => each.startsWith("\t"))
    ? "\t"
    : " ".repeat(
        Math.min(
          4,
          ...steps.map(({ length }) => length).filter((length) => length >= 2),
          steps.length === 0 ? 2 : 4,
        ),
      );
  return indent + step;
}
