import { LineMap } from "./positions.ts";
import ts from "./typescript.cjs";

/**
 * A local module as JavaScript: types stripped, imports kept, with its source map. Throws a `SyntaxError` that says where
 * the first mistake is in the file, which it calls by its `label`.
 */
export function transpileModule(
  path: string,
  source: string,
  options: ts.CompilerOptions,
  label = path,
): { readonly code: string; readonly map: string } {
  const {
    outputText,
    sourceMapText,
    diagnostics = [],
  } = ts.transpileModule(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      ...(options.jsx === undefined ? {} : { jsx: options.jsx }),
      ...(options.jsxFactory === undefined ? {} : { jsxFactory: options.jsxFactory }),
      ...(options.jsxFragmentFactory === undefined ? {} : { jsxFragmentFactory: options.jsxFragmentFactory }),
      ...(options.jsxImportSource === undefined ? {} : { jsxImportSource: options.jsxImportSource }),
      ...(options.experimentalDecorators === undefined
        ? {}
        : { experimentalDecorators: options.experimentalDecorators }),
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      sourceMap: true,
      inlineSources: true,
    },
  });
  const mistakes = diagnostics.filter(({ category }) => category === ts.DiagnosticCategory.Error);
  const [first] = mistakes;
  if (first !== undefined) {
    const { line, column } = new LineMap(source).at(first.start ?? 0);
    const more = mistakes.length > 1 ? ` (and ${mistakes.length - 1} more)` : "";
    const message = ts.flattenDiagnosticMessageText(first.messageText, "\n");
    throw new SyntaxError(`${label}, line ${line + 1}, column ${column + 1}: ${message}${more}`);
  }
  const map = JSON.parse(sourceMapText ?? "{}") as Record<string, unknown>;
  const code = outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, "");
  return { code, map: JSON.stringify({ ...map, file: path, sourceRoot: undefined, sources: [path] }) };
}
