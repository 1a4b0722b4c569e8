import ts from "./typescript.cjs";

/** A local module as JavaScript: types stripped, imports kept, with its source map. */
export function transpileModule(
  path: string,
  source: string,
  options: ts.CompilerOptions,
): { readonly code: string; readonly map: string } {
  const { outputText, sourceMapText } = ts.transpileModule(source, {
    fileName: path,
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
  const map = JSON.parse(sourceMapText ?? "{}") as Record<string, unknown>;
  const code = outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, "");
  return { code, map: JSON.stringify({ ...map, file: path, sourceRoot: undefined, sources: [path] }) };
}
