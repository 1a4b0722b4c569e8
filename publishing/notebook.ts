import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** The folder of the essays. */
export const NOTEBOOKS = join(ROOT, "notebooks");

/** Text as nbformat stores it: whole, or as lines that keep their ends. */
type MultilineText = string | readonly string[];

/** One output of a cell, with the fields of its kind (nbformat 4.5, `output_type`). */
export interface Output {
  readonly output_type: string;
  /** Of a stream: "stdout" or "stderr". */
  readonly name?: string;
  /** Of a stream. */
  readonly text?: MultilineText;
  /** Of a result or a display: what is shown, by MIME type. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly execution_count?: number | null;
  /** Of an error: its name, for instance "RangeError". */
  readonly ename?: string;
  /** Of an error: its message. */
  readonly evalue?: string;
}

/** One cell (nbformat 4.5). */
export interface Cell {
  readonly id: string;
  readonly cell_type: string;
  readonly source: MultilineText;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly outputs?: readonly Output[];
  readonly execution_count?: number | null;
  readonly attachments?: Readonly<Record<string, unknown>>;
}

/** A notebook (nbformat 4.5). */
export interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly nbformat: number;
  readonly nbformat_minor: number;
}

/** Text in one piece; empty where there is none. */
export function wholeText(text: unknown): string {
  if (Array.isArray(text)) return text.join("");
  return typeof text === "string" ? text : "";
}

/** @throws SyntaxError where the file is no JSON */
export function readNotebook(path: string): Notebook {
  return JSON.parse(readFileSync(path, "utf8")) as Notebook;
}

/** The file names of the essays, in reading order. */
export function notebookNames(folder = NOTEBOOKS): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort();
}

/** The tags that a cell carries (JupyterLab's property inspector, *Cell Tags*). */
export function tagsOf(cell: Cell): readonly string[] {
  const { tags } = cell.metadata;
  return Array.isArray(tags) ? tags.map(String) : [];
}
