/**
 * The few things of the compiler that its public types leave out. TypeScript 6.0 is the last line written in
 * JavaScript, so these no longer move; `test/kernel/language/typescript-internals.test.ts` says when they do.
 */
import ts from "./typescript.cjs";

interface ParsedFile {
  readonly parseDiagnostics: readonly ts.DiagnosticWithLocation[];
  path: string;
  resolvedPath: string;
  originalFileName: string;
  imports: readonly ts.StringLiteralLike[];
  moduleAugmentations: readonly ts.Node[];
  ambientModuleNames: readonly string[];
  version: string;
}

interface Resolution {
  readonly resolvedModule: ts.ResolvedModuleFull | undefined;
}

/** What a checker asks of its program; `resolvedModule` says where an import of a file leads. */
export interface ProgramHost {
  getResolvedModule: (file: ts.SourceFile, name: string, mode: ts.ResolutionMode) => Resolution | undefined;
  getSourceFile: (fileName: string) => ts.SourceFile | undefined;
  getSourceFileByPath: (path: string) => ts.SourceFile | undefined;
  emit: (
    file: ts.SourceFile,
    write: ts.WriteFileCallback,
    cancellation: undefined,
    declarationsOnly: boolean,
    transformers: ts.CustomTransformers | undefined,
    force: boolean,
  ) => ts.EmitResult;
}

/** The parser's own findings, which `ts.createSourceFile` keeps with the tree. */
export function parseDiagnostics(file: ts.SourceFile): readonly ts.DiagnosticWithLocation[] {
  return (file as unknown as ParsedFile).parseDiagnostics;
}

/** Parses a cell's text as a module, whatever it has in it: `await (x)` then is an `await`, not a call. */
export function parseAsModule(fileName: string, text: string, kind: ts.ScriptKind): ts.SourceFile {
  const options: ts.CreateSourceFileOptions = {
    languageVersion: ts.ScriptTarget.ESNext,
    jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
    setExternalModuleIndicator: (file) => {
      (file as { externalModuleIndicator?: boolean }).externalModuleIndicator = true;
    },
  };
  return ts.createSourceFile(fileName, text, options, true, kind);
}

/** The names of a bound module's top level, `var`s of nested blocks among them. */
export function moduleSymbols(file: ts.SourceFile): ReadonlyMap<string, ts.Symbol> {
  return (
    (file as unknown as { readonly locals?: ReadonlyMap<string, ts.Symbol> }).locals ??
    new Map<string, ts.Symbol>()
  );
}

/** A program seen as what its checker asks of it. */
export function programHost(program: ts.Program): ProgramHost {
  return program as unknown as ProgramHost;
}

/** Parses and binds a file that no program lists, so that a program's checker can check it. */
export function boundSourceFile(
  fileName: string,
  text: string,
  options: ts.CompilerOptions,
  kind: ts.ScriptKind,
): ts.SourceFile {
  const file = ts.createSourceFile(
    fileName,
    text,
    {
      languageVersion: options.target ?? ts.ScriptTarget.ESNext,
      jsDocParsingMode: ts.JSDocParsingMode.ParseForTypeErrors,
    },
    false,
    kind,
  );
  const fields = file as unknown as ParsedFile;
  fields.path = fileName;
  fields.resolvedPath = fileName;
  fields.originalFileName = fileName;
  fields.imports = [];
  fields.moduleAugmentations = [];
  fields.ambientModuleNames = [];
  fields.version = "1";
  (
    ts as unknown as { bindSourceFile(file: ts.SourceFile, options: ts.CompilerOptions): void }
  ).bindSourceFile(file, options);
  return file;
}
