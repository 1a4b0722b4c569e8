import { posix } from "node:path";
import { type Cell, type Notebook, wholeText } from "../notebook.ts";
import { escapeHtml } from "./html.ts";
import { highlighted, markdownOf, type PageContext } from "./markdown.ts";
import { type Attachment, shownOutput } from "./outputs.ts";

/** A notebook as HTML. */
export interface NotebookPage {
  readonly html: string;
  /** The pictures of its outputs, in the folder that has the page's name. */
  readonly attachments: readonly Attachment[];
  /** Which drawing libraries it needs. */
  readonly libraries: readonly string[];
}

/** A notebook as HTML: its prose, its code in colours, and its outputs as they are saved. Nothing is run. */
export function notebookPage(notebook: Notebook, context: PageContext): NotebookPage {
  const markdown = markdownOf(context);
  const attachments: Attachment[] = [];
  const libraries = new Set<string>();
  const folder = posix.basename(context.page.target, ".html");
  const cells = notebook.cells.map((cell) => {
    const source = wholeText(cell.source);
    if (cell.cell_type === "markdown") return `<section class="prose">\n${markdown(source)}</section>`;
    if (cell.cell_type !== "code") return "";
    const outputs = (cell.outputs ?? []).map((output, index) => {
      const shown = shownOutput(output, folder, `${cell.id}-${index}`);
      attachments.push(...shown.attachments);
      if (shown.drawnBy !== undefined) libraries.add(shown.drawnBy);
      return shown.html;
    });
    return codeCell(cell, source, outputs);
  });
  return { html: cells.join("\n"), attachments, libraries: [...libraries].sort() };
}

function codeCell(cell: Cell, source: string, outputs: readonly string[]): string {
  if (source.trim() === "" && outputs.length === 0) return "";
  const code = highlighted(source, "typescript");
  const isHidden = (cell.metadata["jupyter"] as { source_hidden?: boolean } | undefined)?.source_hidden;
  const shown = isHidden === true ? `<details><summary>Code</summary>${code}</details>` : code;
  const label = cell.execution_count === null ? "" : ` aria-label="Cell ${cell.execution_count ?? ""}"`;
  return `<section class="cell" id="cell-${escapeHtml(cell.id)}"${label}>
${shown}${outputs.length > 0 ? `<div class="outputs">${outputs.join("\n")}</div>` : ""}
</section>`;
}
