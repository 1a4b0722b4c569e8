import ts from "./typescript.cjs";
import { cellKey } from "./cell-specifier.ts";
import { programHost } from "./typescript-internals.ts";

/** A cell's declarations without its code. */
export interface CellDeclarations {
  readonly text: string;
  /** Modules that the declarations name. */
  readonly specifiers: readonly string[];
}

/**
 * What a checked cell declares, as TypeScript writes it to a `.d.ts` file; undefined where it cannot be written down
 * (a type that has no name outside its cell, or whose module cannot be named from the notebook): such a cell is
 * kept as its source, which is larger but exact.
 */
export function cellDeclarations(
  program: ts.Program,
  file: ts.SourceFile,
  isKnown: (specifier: string) => boolean,
): CellDeclarations | undefined {
  let text = "";
  const write: ts.WriteFileCallback = (_, content) => {
    text = content;
  };
  const { diagnostics } = programHost(program).emit(file, write, undefined, true, undefined, true);
  if (diagnostics.length > 0 || text === "") return undefined;
  const specifiers = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  const required = new Set([...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name));
  const named = [...new Set(specifiers)].map((name) => (required.has(name) ? `require:${name}` : name));
  if (named.some((specifier) => cellKey(specifier) === undefined && !isKnown(specifier))) return undefined;
  return { text, specifiers: named };
}
