import { dirname, join } from "node:path";
import { fileVersion } from "./file-version.ts";
import ts from "./typescript.cjs";

/** What cells are checked with, and what was wrong with the tsconfig.json that had a say in it. */
export interface CellOptions {
  readonly options: ts.CompilerOptions;
  readonly warnings: readonly string[];
  /** Whether there is the same tsconfig.json still, and it and what it extends say the same. */
  readonly isCurrent: () => boolean;
}

/** Options of a tsconfig.json that make sense for cells; the rest (outDir, composite, noUnusedLocals …) has no meaning there. */
const RESPECTED = [
  "allowUnreachableCode",
  "alwaysStrict",
  "baseUrl",
  "customConditions",
  "emitDecoratorMetadata",
  "exactOptionalPropertyTypes",
  "experimentalDecorators",
  "jsx",
  "jsxFactory",
  "jsxFragmentFactory",
  "jsxImportSource",
  "lib",
  "noFallthroughCasesInSwitch",
  "noImplicitAny",
  "noImplicitOverride",
  "noImplicitReturns",
  "noImplicitThis",
  "noPropertyAccessFromIndexSignature",
  "noUncheckedIndexedAccess",
  "paths",
  "pathsBasePath",
  "reactNamespace",
  "strict",
  "strictBindCallApply",
  "strictBuiltinIteratorReturn",
  "strictFunctionTypes",
  "strictNullChecks",
  "strictPropertyInitialization",
  "typeRoots",
  "types",
  "useDefineForClassFields",
  "useUnknownInCatchVariables",
] as const;

const DEFAULTS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ["node"],
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
  types: ["node"],
  jsx: ts.JsxEmit.React,
  allowImportingTsExtensions: true,
  allowJs: false,
  resolveJsonModule: true,
  skipLibCheck: true,
  skipDefaultLibCheck: true,
  noEmit: true,
  declaration: false,
  allowUnusedLabels: true,
  allowUnreachableCode: true,
};

/** The compiler options for cells of a notebook in `folder`: ours, and those of the nearest tsconfig.json above them. */
export function cellOptions(folder: string, packageFolder: string): CellOptions {
  const configFile = nearestConfig(folder, packageFolder);
  const versions = new Map<string, string>();
  const readFile = (path: string): string | undefined => {
    versions.set(path, fileVersion(path));
    return ts.sys.readFile(path);
  };
  const isCurrent = (): boolean =>
    nearestConfig(folder, packageFolder) === configFile &&
    [...versions].every(([path, version]) => fileVersion(path) === version);
  if (configFile === undefined) return { options: DEFAULTS, warnings: [], isCurrent };
  const warnings: string[] = [];
  const { config, error } = ts.readConfigFile(configFile, readFile) as {
    readonly config?: object;
    readonly error?: ts.Diagnostic;
  };
  if (error !== undefined) warnings.push(messageOf(error));
  const host: ts.ParseConfigHost = {
    useCaseSensitiveFileNames: ts.sys.useCaseSensitiveFileNames,
    fileExists: (path) => ts.sys.fileExists(path),
    readFile,
    // Cells are the only files; looking for others could walk a whole disk.
    readDirectory: () => [],
  };
  const parsed = ts.parseJsonConfigFileContent(
    config ?? {},
    host,
    dirname(configFile),
    undefined,
    configFile,
  );
  const NO_INPUTS = [18002, 18003];
  warnings.push(...parsed.errors.filter(({ code }) => !NO_INPUTS.includes(code)).map(messageOf));
  const respected: Record<string, unknown> = {};
  for (const name of RESPECTED) {
    const value = parsed.options[name];
    if (value !== undefined) respected[name] = value;
  }
  const options = { ...DEFAULTS, ...(respected as ts.CompilerOptions) };
  if (options.jsx === ts.JsxEmit.Preserve || options.jsx === ts.JsxEmit.ReactNative)
    options.jsx = ts.JsxEmit.ReactJSX;
  if (parsed.options.types !== undefined) options.types = [...new Set(["node", ...parsed.options.types])];
  return {
    options,
    warnings: warnings.map((warning) => `tsconfig.json: ${warning}`),
    isCurrent,
  };
}

/** The nearest tsconfig.json upwards, unless it is the one that builds this package. */
function nearestConfig(folder: string, packageFolder: string): string | undefined {
  const found = ts.findConfigFile(folder, (path) => ts.sys.fileExists(path));
  return found === join(packageFolder, "tsconfig.json") ? undefined : found;
}

function messageOf(diagnostic: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
}
