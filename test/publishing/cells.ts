import type { Cell, Notebook, Output } from "../../publishing/notebook.ts";

/** A cell of code with these outputs. */
export function codeCell(outputs: readonly Output[], parts: Partial<Cell> = {}): Cell {
  return { id: "a", cell_type: "code", source: "1", metadata: {}, execution_count: 1, outputs, ...parts };
}

/** What the last line of a cell gives, in each of its types. */
export function result(data: Readonly<Record<string, unknown>>): Output {
  return { output_type: "execute_result", execution_count: 1, metadata: {}, data };
}

/** A notebook of our kernel. */
export function notebook(cells: readonly Cell[], metadata: Readonly<Record<string, unknown>> = {}): Notebook {
  return { cells, metadata, nbformat: 4, nbformat_minor: 5 };
}

/** A PNG's beginning, as far as its size, in base64. */
export function pngOf(width: number, height: number): string {
  const bytes = Buffer.alloc(48);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString("base64");
}
