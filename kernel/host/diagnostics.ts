import type { Diagnostic } from "../language/protocol.ts";
import type { ErrorReport } from "../runtime/protocol.ts";

/** More than this many errors of one cell are counted, not shown. */
const SHOWN = 10;

/** Lines of the cell that are shown before a marked one. */
const LINES_BEFORE = 1;

/** Longer lines are cut round the marked place, in UTF-16 code units. */
const LINE_WIDTH = 160;

const RED = "\u001b[31m";
const YELLOW = "\u001b[33m";
const BOLD = "\u001b[1m";
const DIM = "\u001b[2m";
const RESET = "\u001b[0m";

/** Where a diagnostic starts, in words, counted from one: `Cell [3], line 2, column 7`. */
function place(number: number, diagnostic: Diagnostic): string {
  return `Cell [${number}], line ${diagnostic.start.line + 1}, column ${diagnostic.start.column + 1}`;
}

/** The lines of the cell round a diagnostic, its place underlined. */
export function codeFrame(source: string, { start, end, severity }: Diagnostic): string {
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/);
  const first = Math.max(0, start.line - LINES_BEFORE);
  const width = String(start.line + 1).length;
  const colour = severity === "error" ? RED : YELLOW;
  const framed: string[] = [];
  for (let line = first; line <= start.line; line++) {
    const text = lines[line] ?? "";
    const cut = line === start.line && start.column > LINE_WIDTH - 40 ? start.column - 40 : 0;
    const shown = text.slice(cut, cut + LINE_WIDTH).replaceAll("\t", " ");
    const marked = line === start.line;
    const gutter = `${marked ? `${colour}>${RESET}` : " "} ${String(line + 1).padStart(width)} | `;
    framed.push(marked ? gutter + shown : `${DIM}${gutter}${shown}${RESET}`);
    if (!marked) continue;
    const last = end.line > start.line ? text.length : end.column;
    const length = Math.max(1, Math.min(last, cut + shown.length) - start.column);
    // Tabs count as one column, so does the underline.
    framed.push(
      `  ${" ".repeat(width)} | ${" ".repeat(start.column - cut)}${colour}${"~".repeat(length)}${RESET}`,
    );
  }
  return framed.join("\n");
}

function paragraph(source: string, number: number, diagnostic: Diagnostic): string {
  const isError = diagnostic.severity === "error";
  const title = isError ? `${RED}error${RESET}` : `${YELLOW}warning${RESET}`;
  const code = diagnostic.code > 0 ? ` TS${diagnostic.code}` : "";
  return [
    `${BOLD}${place(number, diagnostic)}${RESET} - ${title}${code}: ${diagnostic.message}`,
    codeFrame(source, diagnostic),
  ].join("\n");
}

/**
 * The type and syntax errors of a cell as Jupyter's `error`: ename `TypeScriptError`, the first message as evalue, and
 * each error with its place, the line and an underline as traceback.
 */
export function typeScriptError(
  source: string,
  number: number,
  diagnostics: readonly Diagnostic[],
): ErrorReport {
  const [first] = diagnostics;
  const more = diagnostics.length - 1;
  const evalue = first
    ? `${place(number, first)}: ${first.message}${more > 0 ? ` (and ${more} more)` : ""}`
    : "the cell does not compile";
  const paragraphs = diagnostics.slice(0, SHOWN).map((diagnostic) => paragraph(source, number, diagnostic));
  const hidden = diagnostics.length - paragraphs.length;
  if (hidden > 0) paragraphs.push(`… and ${hidden} more errors`);
  const title = `${RED}TypeScriptError${RESET}: ${diagnostics.length === 1 ? "1 error" : `${diagnostics.length} errors`}, the cell did not run`;
  return {
    ename: "TypeScriptError",
    evalue,
    traceback: [title, ...paragraphs.flatMap((text) => ["", text])],
  };
}

/** The warnings of a cell that runs all the same, as text for stderr. */
export function warningText(source: string, number: number, diagnostics: readonly Diagnostic[]): string {
  const paragraphs = diagnostics.slice(0, SHOWN).map((diagnostic) => paragraph(source, number, diagnostic));
  const hidden = diagnostics.length - paragraphs.length;
  if (hidden > 0) paragraphs.push(`… and ${hidden} more warnings`);
  return paragraphs.map((text) => `${text}\n`).join("\n");
}
