import { differencesOfCell } from "./differences.ts";
import type { Cell, Notebook, Output } from "./notebook.ts";

/** What a widget leaves in an output. Without the running kernel it cannot be drawn: the picture beside it is. */
const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";

/** What of `language_info` a front end needs to read the cells; versions change without the notebook. */
const LANGUAGE_FIELDS = [
  "name",
  "file_extension",
  "mimetype",
  "pygments_lexer",
  "codemirror_mode",
  "nbconvert_exporter",
];

/** What an author gives a cell; the rest of its metadata is left by programs (times of execution, trust, editors). */
const CELL_FIELDS = ["tags", "jupyter", "collapsed", "editable", "deletable", "slideshow"];

/**
 * A notebook as it is committed: with its outputs, without what another run or another machine would change. Cells
 * are numbered in their order; the state of widgets goes, and so do times of execution and versions.
 *
 * @param previous what was committed before: outputs that still say the same (`differencesOfCell`) are taken from it,
 *   so that a file changes only where the notebook says something else
 */
export function tidied(notebook: Notebook, previous?: Notebook): Notebook {
  const before = new Map(previous?.cells.map((cell) => [cell.id, cell]));
  let count = 0;
  const cells = notebook.cells.map((cell) => {
    const metadata = picked(cell.metadata, CELL_FIELDS);
    if (cell.cell_type !== "code") return { ...cell, metadata };
    const known = before.get(cell.id);
    const kept = known && differencesOfCell(known, cell).length === 0 ? known.outputs : undefined;
    const number = cell.execution_count === null ? null : ++count;
    const outputs = (kept ?? cell.outputs ?? []).map((output) => tidiedOutput(output, number));
    return { ...cell, metadata, outputs, execution_count: number } satisfies Cell;
  });
  const { kernelspec, language_info: language } = notebook.metadata;
  const metadata = {
    kernelspec,
    language_info: picked(language as Record<string, unknown>, LANGUAGE_FIELDS),
  };
  return { ...notebook, cells, metadata };
}

function tidiedOutput(output: Output, number: number | null): Output {
  const numbered = output.output_type === "execute_result" ? { ...output, execution_count: number } : output;
  if (numbered.data === undefined) return numbered;
  const { [WIDGET_VIEW]: view, ...others } = numbered.data;
  const hasPicture = Object.keys(others).some((type) => type !== "text/plain");
  return view !== undefined && hasPicture ? { ...numbered, data: others } : numbered;
}

function picked(
  record: Readonly<Record<string, unknown>> | undefined,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([name]) => names.includes(name)));
}
