import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "./typescript.cjs";
import { CellLine, type CellRecord } from "./cell-line.ts";
import { cellKey } from "./cell-specifier.ts";
import { cellOptions, type CellOptions } from "./compiler-options.ts";
import { cellDeclarations } from "./declarations.ts";
import type { Augmentation } from "./parse-cell.ts";
import { fileVersion } from "./file-version.ts";
import { ambientModules, importableNames, type Importable } from "./importable.ts";
import { boundSourceFile, programHost } from "./typescript-internals.ts";

/** Our own package: where `@types/node` comes from if the notebook has none of its own. */
const PACKAGE_FOLDER = packageFolder();

/** The cells that one checker sees; then it is replaced, so that what it remembers stays bounded. */
const CELLS_PER_CHECKER = 200;

/** Marks what is asked for with `require`, which has resolution rules of its own. */
const REQUIRE = "require:";

/** Unfinished text, in a file of its own. */
interface DraftText {
  readonly text: string;
  readonly jsx: boolean;
}

/** A cell that extends globals or modules. */
interface AugmentingCell {
  readonly id: string;
  readonly key: number;
  readonly text: string;
  readonly specifiers: readonly string[];
  readonly declares: Augmentation;
}

/** What the checker says of two declarations that cannot both hold. */
const CONTRADICTIONS = new Set([2300, 2374, 2403, 2428, 2451, 2567, 2687, 2717]);

/** What cells may import, and the checker that knows it. */
interface ImportableNames {
  readonly names: ReadonlyMap<string, Importable>;
  readonly checker: ts.TypeChecker;
}

/** A program, and what has been checked with its checker. */
interface Generation {
  readonly program: ts.Program;
  readonly imports: ts.SourceFile;
  /** Modules that the program declares without a file of their own, such as `node:fs`. */
  readonly ambient: ReadonlySet<string>;
  cells: number;
  /** Once somebody has asked. */
  importable?: ImportableNames;
}

/**
 * The compiler's view of a notebook.
 *
 * A program and its checker live for many cells. A cell becomes a source file that the program does not list but
 * its checker reads all the same: types that were worked out for one cell are still there for the next, which costs
 * a millisecond or two instead of the 35–100 ms of a new program with a new checker (bench/kernel/language.ts). A new
 * generation begins when a cell imports what no cell has imported yet, when a local file has changed and after every
 * `CELLS_PER_CHECKER` cells.
 */
export class Project {
  readonly folder: string;
  readonly service: ts.LanguageService;
  readonly #line: CellLine;
  #config: CellOptions;
  readonly #importsFile: string;
  readonly #specifiers = new Set<string>();
  /** Cells that extend globals or modules: files of the program, for every later cell. */
  readonly #augmentations = new Map<string, AugmentingCell>();
  readonly #virtual = new Map<string, ts.SourceFile>();
  #importsVersion = 0;
  #draft: DraftText = { text: "export {};\n", jsx: false };
  #draftVersion = 0;
  #generation: Generation | undefined;
  #versions = new Map<string, string>();
  #resolutions: ts.ModuleResolutionCache;

  constructor(folder: string, line: CellLine) {
    this.folder = folder.replaceAll("\\", "/");
    this.#config = cellOptions(this.folder, PACKAGE_FOLDER);
    this.#line = line;
    this.#importsFile = `${this.folder}/[imports].ts`;
    this.#resolutions = this.#newResolutions();
    this.service = ts.createLanguageService(this.#host(), registry);
  }

  /** What cells are checked with. */
  get options(): ts.CompilerOptions {
    return this.#config.options;
  }

  /** What is wrong with tsconfig.json. */
  get warnings(): readonly string[] {
    return this.#config.warnings;
  }

  /** The program whose checker checks cells that name these modules. */
  programFor(specifiers: readonly string[], augmentation?: AugmentingCell): ts.Program {
    const wanted = specifiers.filter(
      (specifier) => cellKey(specifier) === undefined && !this.#isKnown(specifier),
    );
    if (!this.#config.isCurrent()) {
      this.#config = cellOptions(this.folder, PACKAGE_FOLDER);
      this.forget();
    }
    if (augmentation !== undefined) this.#augment(augmentation);
    if (
      this.#generation === undefined ||
      wanted.length > 0 ||
      this.#generation.cells >= CELLS_PER_CHECKER ||
      this.#localFilesChanged()
    )
      this.renew(wanted);
    return this.#current().program;
  }

  /** Takes back what a cell added to globals or modules. */
  dropAugmentation(id: string): void {
    for (const [path, augmentation] of this.#augmentations)
      if (augmentation.id === id) {
        this.#augmentations.delete(path);
        this.forget();
      }
  }

  /** A cell run again, changed, replaces what it said before; it contradicts itself otherwise. */
  #augment(added: AugmentingCell): void {
    for (const [path, { declares }] of this.#augmentations)
      if (declares.text === added.declares.text) this.#augmentations.delete(path);
    const path = `${this.folder}/[augmentation-${added.key}].ts`;
    this.#augmentations.set(path, added);
    this.renew(added.specifiers.filter((specifier) => cellKey(specifier) === undefined));
    const { program } = this.#current();
    const file = program.getSourceFile(path);
    if (!program.getSemanticDiagnostics(file).some(({ code }) => CONTRADICTIONS.has(code))) return;
    for (const [earlier, { declares }] of this.#augmentations)
      if (earlier !== path && declares.names.some((name) => added.declares.names.includes(name)))
        this.#augmentations.delete(earlier);
    this.forget();
  }

  /** Starts the next generation: a program with all modules named so far, and a checker that knows no cell yet. */
  renew(specifiers: readonly string[] = []): void {
    const augmented = [...this.#augmentations.values()].flatMap((augmentation) => augmentation.specifiers);
    this.#line.sweep(augmented);
    while (this.condenseNext());
    // Declarations refer to fewer cells than code does.
    this.#line.sweep(augmented);
    // Modules that no kept cell names any more would only make the program larger.
    this.#specifiers.clear();
    for (const record of this.#line.records()) {
      record.file = undefined;
      if (record.condensed !== undefined && record.condensed !== "no") {
        record.text = record.condensed.text;
        record.specifiers = record.condensed.specifiers;
        record.isDeclaration = true;
      }
      record.condensed = undefined;
      for (const specifier of record.specifiers)
        if (cellKey(specifier) === undefined) this.#specifiers.add(specifier);
    }
    for (const specifier of [...this.#prefetched, ...specifiers]) this.#specifiers.add(specifier);
    this.#importsVersion += 1;
    this.#resolutions = this.#newResolutions();
    this.#versions = new Map();
    this.#virtual.clear();
    this.setDraft({ text: "export {};\n", jsx: false });
    const program = this.service.getProgram();
    const imports = program?.getSourceFile(this.#importsFile);
    if (program === undefined || imports === undefined)
      throw new Error("The TypeScript service made no program");
    this.#adopt(program, imports);
    // Asked for now rather than by the first cell: a checker binds all files and merges all globals when it is made.
    const ambient = new Set(
      program
        .getTypeChecker()
        .getAmbientModules()
        .map(({ name }) => name.slice(1, -1)),
    );
    this.#generation = { program, imports, ambient, cells: 0 };
  }

  /**
   * Turns one cell's code into its declarations, to be read instead of it by the next generation's checker; false
   * when all have been. Memory and the depth of inference then depend on the names that are left, not on the cells
   * that there have been.
   */
  condenseNext(): boolean {
    const generation = this.#generation;
    if (generation === undefined) return false;
    for (const record of this.#line.records()) {
      if (record.isDeclaration || record.condensed !== undefined || record.file === undefined) continue;
      try {
        record.condensed =
          cellDeclarations(generation.program, record.file, (name) => this.#isKnown(name)) ?? "no";
      } catch {
        record.condensed = "no";
      }
      return true;
    }
    return false;
  }

  /** Modules kept in the program though no cell has named them yet. */
  #prefetched: readonly string[] = [];

  /**
   * Reads this package's own declarations: notebooks begin by importing it, and completion then offers what it
   * exports before they do. It takes about half a second, so it is for a time when nobody is waiting.
   */
  prefetch(): void {
    if (this.#prefetched.length > 0) return;
    this.#prefetched = OWN_MODULES.filter((name) => {
      const found = this.#resolveModule(
        name,
        this.#importsFile,
        this.options,
        undefined,
        ts.ModuleKind.ESNext,
      );
      return found.resolvedModule !== undefined;
    });
    if (this.#prefetched.some((name) => !this.#isKnown(name))) this.renew();
  }

  /** What cells may import of the modules that they or earlier ones have named, of this package and of Node. */
  importable(): ImportableNames {
    const generation = this.#current();
    if (generation.importable) return generation.importable;
    const { program } = generation;
    const checker = program.getTypeChecker();
    const named = [...this.#specifiers].flatMap((name) => {
      if (name.startsWith(REQUIRE)) return [];
      const file = program.getSourceFile(this.resolve(name)?.resolvedFileName ?? "");
      const symbol = file && checker.getSymbolAtLocation(file);
      return symbol ? [{ name, symbol }] : [];
    });
    const names = importableNames(checker, [...named, ...ambientModules(checker)]);
    return (generation.importable = { names, checker });
  }

  /** Starts the next generation while nobody waits for it; false when it is not yet time. */
  renewEarly(): boolean {
    if ((this.#generation?.cells ?? 0) < CELLS_PER_CHECKER * 0.75) return false;
    this.renew();
    return true;
  }

  /** Adds a cell's text to the present generation. */
  addCell(record: CellRecord): ts.SourceFile {
    this.#current().cells += 1;
    const file = boundSourceFile(this.cellFile(record), record.text, this.options, scriptKind(record.jsx));
    this.#virtual.set(file.fileName, file);
    record.file = file;
    return file;
  }

  /** The name of a cell's file, beside the notebook, so that `./x` means what it means there. */
  cellFile({ key, jsx, isDeclaration }: CellRecord): string {
    return `${this.folder}/[cell-${key}]${isDeclaration ? ".d.ts" : jsx ? ".tsx" : ".ts"}`;
  }

  /** Where a module that a cell names is found, if the present program has it. */
  resolve(specifier: string): ts.ResolvedModuleFull | undefined {
    const generation = this.#generation;
    if (generation === undefined) return undefined;
    const find = programHost(generation.program).getResolvedModule;
    return specifier.startsWith(REQUIRE)
      ? find(generation.imports, specifier.slice(REQUIRE.length), ts.ModuleKind.CommonJS)?.resolvedModule
      : find(generation.imports, specifier, ts.ModuleKind.ESNext)?.resolvedModule;
  }

  /** A specifier as the executor shall ask for it: what only tsconfig's `paths` can find becomes its file. */
  runtimeSpecifier(specifier: string): string {
    if (this.options.paths === undefined || /^(?:\.|\/|[a-z]+:)/.test(specifier)) return specifier;
    const found = this.resolve(specifier);
    const isLocal =
      found !== undefined &&
      !found.resolvedFileName.includes("/node_modules/") &&
      !/\.d\.[cm]?ts$/.test(found.resolvedFileName);
    return isLocal ? found.resolvedFileName : specifier;
  }

  /** Forgets what global declarations cells have made. */
  forgetAugmentations(): void {
    if (this.#augmentations.size === 0) return;
    this.#augmentations.clear();
    this.forget();
  }

  /** The next question is answered by a fresh checker. */
  forget(): void {
    this.#generation = undefined;
  }

  setDraft(draft: DraftText): string {
    if (draft.text !== this.#draft.text || draft.jsx !== this.#draft.jsx) {
      this.#draft = draft;
      this.#draftVersion += 1;
    }
    return this.draftFile;
  }

  get draftFile(): string {
    return `${this.folder}/[draft].${this.#draft.jsx ? "tsx" : "ts"}`;
  }

  #current(): Generation {
    if (this.#generation === undefined) this.renew();
    if (this.#generation === undefined) throw new Error("The TypeScript service made no program");
    return this.#generation;
  }

  #isKnown(specifier: string): boolean {
    return (this.#generation?.ambient.has(specifier) ?? false) || this.resolve(specifier) !== undefined;
  }

  /** Lets the program's checker see cells, and lets cells see what the program imports. */
  #adopt(program: ts.Program, imports: ts.SourceFile): void {
    const host = programHost(program);
    const getResolvedModule = host.getResolvedModule.bind(program);
    const getSourceFile = host.getSourceFile.bind(program);
    host.getResolvedModule = (file, name, mode) => {
      if (!this.#virtual.has(file.fileName)) return getResolvedModule(file, name, mode);
      const record = this.#cellNamed(name);
      if (record === undefined) return getResolvedModule(imports, name, mode);
      if (record.file === undefined) {
        record.file = boundSourceFile(
          this.cellFile(record),
          record.text,
          this.options,
          scriptKind(record.jsx),
        );
        this.#virtual.set(record.file.fileName, record.file);
      }
      return { resolvedModule: this.#resolvedCell(record) };
    };
    host.getSourceFile = (fileName) => this.#virtual.get(fileName) ?? getSourceFile(fileName);
  }

  #cellNamed(specifier: string): CellRecord | undefined {
    const key = cellKey(specifier);
    return key === undefined ? undefined : this.#line.record(key);
  }

  #resolvedCell(record: CellRecord): ts.ResolvedModuleFull {
    const resolvedFileName = this.cellFile(record);
    const extension = record.isDeclaration
      ? ts.Extension.Dts
      : record.jsx
        ? ts.Extension.Tsx
        : ts.Extension.Ts;
    return { resolvedFileName, extension, isExternalLibraryImport: false };
  }

  #importsText(): string {
    const lines = [...this.#specifiers].map((specifier, index) =>
      specifier.startsWith(REQUIRE)
        ? `import required${index} = require(${JSON.stringify(specifier.slice(REQUIRE.length))});\n`
        : `import ${JSON.stringify(specifier)};\n`,
    );
    return `${lines.join("")}export {};\n`;
  }

  #host(): ts.LanguageServiceHost {
    const text = (path: string): string | undefined => {
      if (path === this.#importsFile) return this.#importsText();
      if (path === this.draftFile) return this.#draft.text;
      const augmentation = this.#augmentations.get(path);
      if (augmentation !== undefined) return augmentation.text;
      return this.#cellNamed(path)?.text;
    };
    const version = (path: string): string => {
      if (path === this.#importsFile) return `${this.#importsVersion}`;
      if (path === this.draftFile) return `${this.#draftVersion}`;
      if (path.includes("/[cell-")) return "1";
      let known = this.#versions.get(path);
      if (known === undefined) {
        known = isStable(path) ? "1" : fileVersion(path);
        this.#versions.set(path, known);
      }
      return known;
    };
    return {
      getCompilationSettings: () => this.options,
      getScriptFileNames: () => [this.#importsFile, this.draftFile, ...this.#augmentations.keys()],
      getScriptVersion: version,
      getScriptSnapshot: (path) => {
        const content = text(path) ?? ts.sys.readFile(path);
        return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
      },
      getCurrentDirectory: () => this.folder,
      getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
      fileExists: (path) => text(path) !== undefined || ts.sys.fileExists(path),
      readFile: (path, encoding) => text(path) ?? ts.sys.readFile(path, encoding),
      directoryExists: (path) => ts.sys.directoryExists(path),
      getDirectories: (path) => ts.sys.getDirectories(path),
      readDirectory: (path, ...rest) => ts.sys.readDirectory(path, ...rest),
      realpath: (path) => ts.sys.realpath?.(path) ?? path,
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
      resolveModuleNameLiterals: (literals, containingFile, redirect, options, containingSourceFile) =>
        literals.map((literal) => {
          const record = this.#cellNamed(literal.text);
          if (record !== undefined) return { resolvedModule: this.#resolvedCell(record) };
          const mode = ts.getModeForUsageLocation(containingSourceFile, literal, options);
          return this.#resolveModule(literal.text, containingFile, options, redirect, mode);
        }),
      resolveTypeReferenceDirectiveReferences: (references, containingFile, redirect, options) =>
        references.map((reference) => {
          const name = typeof reference === "string" ? reference : reference.fileName;
          const found = ts.resolveTypeReferenceDirective(name, containingFile, options, ts.sys, redirect);
          if (found.resolvedTypeReferenceDirective !== undefined) return found;
          return ts.resolveTypeReferenceDirective(name, join(PACKAGE_FOLDER, "types.ts"), options, ts.sys);
        }),
    };
  }

  #resolveModule(
    name: string,
    containingFile: string,
    options: ts.CompilerOptions,
    redirect: ts.ResolvedProjectReference | undefined,
    mode: ts.ResolutionMode,
  ): ts.ResolvedModuleWithFailedLookupLocations {
    const cache = this.#resolutions;
    const found = ts.resolveModuleName(name, containingFile, options, ts.sys, cache, redirect, mode);
    if (found.resolvedModule !== undefined || !isOurs(name)) return found;
    if (name === "tslab") return { resolvedModule: TSLAB };
    // Registered for a Jupyter elsewhere, the kernel still offers its own library.
    return ts.resolveModuleName(
      name,
      join(PACKAGE_FOLDER, "cell.ts"),
      options,
      ts.sys,
      undefined,
      redirect,
      mode,
    );
  }

  #newResolutions(): ts.ModuleResolutionCache {
    return ts.createModuleResolutionCache(this.folder, (name) => name, this.options);
  }

  #localFilesChanged(): boolean {
    for (const [path, version] of this.#versions)
      if (!isStable(path) && fileVersion(path) !== version) return true;
    return false;
  }
}

/** The public entries of this package; kernel/ itself never imports the library. */
const OWN_MODULES = ["matrix-composition", "matrix-composition/notebook"];

/** What `readDeclarations` has read: as long as somebody has a document, the registry keeps it. */
const readers: Project[] = [];

/**
 * Reads and binds the declarations that every notebook needs (the compiler's libraries, Node's, our own), for the
 * projects that are made later; the files that were read.
 */
export function readDeclarations(): readonly string[] {
  const project = new Project(PACKAGE_FOLDER, new CellLine());
  project.renew();
  project.prefetch();
  readers.push(project);
  const files = project.service.getProgram()?.getSourceFiles() ?? [];
  return files.map(({ fileName }) => fileName).filter((name) => ts.sys.fileExists(name));
}

/** Whether that was done in this process. */
export function areDeclarationsRead(): boolean {
  return readers.length > 0;
}

/** Source files are shared by the projects of a process: the libraries are parsed once. */
const registry = ts.createDocumentRegistry(ts.sys.useCaseSensitiveFileNames);

function scriptKind(jsx: boolean): ts.ScriptKind {
  return jsx ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
}

/** Packages and the compiler's own libraries don't change under a session; local files do. */
function isStable(path: string): boolean {
  return path.includes("/node_modules/") || path.includes("/[");
}

function isOurs(specifier: string): boolean {
  return /^(?:matrix-composition(?:\/|$)|tslab$)/.test(specifier);
}

/** What `import … from "tslab"` finds where tslab is not installed: its calls, which the executor has. */
const TSLAB: ts.ResolvedModuleFull = import.meta.url.endsWith(".ts")
  ? { resolvedFileName: besideUs("../notebook/tslab.ts"), extension: ts.Extension.Ts }
  : { resolvedFileName: besideUs("../notebook/tslab.d.ts"), extension: ts.Extension.Dts };

function besideUs(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url)).replaceAll("\\", "/");
}

function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!ts.sys.fileExists(join(folder, "package.json")) && dirname(folder) !== folder)
    folder = dirname(folder);
  return folder;
}
