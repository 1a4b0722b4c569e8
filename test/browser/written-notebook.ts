import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../python.ts";

/** Writes a notebook of these cells of code, not run yet, to a path in the repository. */
export function writeNotebook(path: string, sources: readonly string[]): void {
  const cells = sources.map((source, index) => ({
    cell_type: "code",
    id: `cell-${index}`,
    metadata: {},
    execution_count: null,
    source,
    outputs: [],
  }));
  const kernelspec = { name: "typescript", display_name: "TypeScript", language: "typescript" };
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(
    join(ROOT, path),
    JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }),
  );
}
