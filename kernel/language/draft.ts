import { importsOf, type CellLine } from "./cell-line.ts";
import { parseCell } from "./parse-cell.ts";
import type { Project } from "./project.ts";

/** Unfinished text as the language service sees it: after all names of earlier cells. */
export interface Draft {
  readonly fileName: string;
  readonly source: string;
  /** Where the text begins in the file. */
  readonly start: number;
}

/** Makes a text the one whose completions and explanations can be asked for. */
export function openDraft(source: string, line: CellLine, project: Project): Draft {
  const parsed = parseCell(source);
  const earlier = [...line.names()].filter(({ name }) => !parsed.declared.has(name));
  const prefix = `${parsed.pragmas}export {};\n${importsOf(earlier)}`;
  const fileName = project.setDraft({ text: prefix + source, jsx: parsed.jsx });
  return { fileName, source, start: prefix.length };
}
