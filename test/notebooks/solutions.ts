import { type Cell, type Notebook, wholeText } from "../../publishing/notebook.ts";

/** An exercise of a notebook: what the reader changes, what tells him whether he is right, what the fold under it says. */
export interface Exercise {
  /** The id of the cell with the check. */
  readonly id: string;
  readonly check: string;
  /** The solution's code. */
  readonly solution: string;
}

/** The exercises of a notebook: a cell to change, a cell that checks, and a solution folded away, one after the other. */
export function exercisesOf({ cells }: Notebook): Exercise[] {
  return cells.flatMap((cell, index) => {
    const [, solution] = /<summary>Solution<\/summary>.*?```ts\n(.*?)```/s.exec(wholeText(cell.source)) ?? [];
    const check = cells[index - 1];
    if (cell.cell_type !== "markdown" || solution === undefined || check?.cell_type !== "code") return [];
    return [{ id: check.id, check: wholeText(check.source), solution }];
  });
}

/** A notebook that, when everything in it has run, also runs every solution and its check again. */
export function withSolutions(notebook: Notebook): Notebook {
  const code = (id: string, source: string): Cell => ({
    id,
    source,
    cell_type: "code",
    metadata: {},
    execution_count: null,
    outputs: [],
  });
  const added = exercisesOf(notebook).flatMap(({ id, solution, check }) => [
    code(`${id}-solution`, solution),
    code(`${id}-again`, check),
  ]);
  return { ...notebook, cells: [...notebook.cells, ...added] };
}

/** What a cell has as its result, as text. */
export function resultOf({ cells }: Notebook, id: string): string {
  const outputs = cells.find((cell) => cell.id === id)?.outputs ?? [];
  return outputs.map(({ data }) => wholeText(data?.["text/plain"])).join("");
}
