import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * ARCHITECTURE.md's table: the folders that a folder's files may import, beside their own. What those may import,
 * they may import too. A name with a file stands for that file alone.
 */
const DIRECTIONS: Readonly<Record<string, readonly string[]>> = {
  "lib/display": [],
  "lib/tensor": ["lib/display"],
  "lib/backend": [],
  "lib/text": ["lib/tensor"],
  "lib/models": ["lib/tensor", "lib/text", "lib/backend"],
  "lib/package-folder.ts": [],
  "lib/training": ["lib/models", "lib/package-folder.ts"],
  "lib/pretrained": ["lib/models", "lib/text"],
  "lib/circuits": ["lib/models", "lib/tensor", "lib/views"],
  "lib/directions": ["lib/circuits", "lib/package-folder.ts"],
  "lib/views": ["lib/display", "lib/tensor"],
  "lib/command-line.ts": [],
  "lib/report-command.ts": ["lib/circuits", "lib/pretrained", "lib/command-line.ts"],
  "lib/directions-command.ts": ["lib/directions", "lib/pretrained", "lib/command-line.ts"],
  "lib/index.ts": [
    "lib/display",
    "lib/tensor",
    "lib/backend",
    "lib/text",
    "lib/models",
    "lib/training",
    "lib/pretrained",
    "lib/circuits",
    "lib/directions",
    "lib/views",
  ],
  "kernel/wire": [],
  "kernel/language": [],
  "kernel/runtime": ["kernel/language/protocol.ts"],
  "kernel/notebook": [],
  "kernel/host": [
    "kernel/wire",
    "kernel/language/protocol.ts",
    "kernel/language/client.ts",
    "kernel/runtime/protocol.ts",
    "kernel/runtime/line.ts",
  ],
  // It starts the first executor before anything else is loaded.
  "kernel/main.ts": ["kernel/host", "kernel/runtime/spawn.ts"],
  "kernel-setup": [],
  publishing: ["kernel-setup"],
};

describe("imports", () => {
  const files = ["lib", "kernel", "kernel-setup", "publishing"].flatMap(sourcesIn);

  it("go only where ARCHITECTURE.md lets them go", () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => !mayImport(file, target))
        .map((target) => `${file} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  it("know every folder of lib/ and kernel/", () => {
    const unknown = files.filter((file) => groupOf(file) === undefined);
    assert.deepEqual(unknown, []);
  });

  it("form no cycle", () => {
    assert.deepEqual(cyclesAmong(files), []);
  });

  it("never name the package itself from within", () => {
    const wrong = files.filter((file) =>
      specifiersOf(file).some((name) => /^matrix-composition(\/|$)/.test(name)),
    );
    assert.deepEqual(wrong, []);
  });

  it("name only packages that package.json lists", () => {
    const listed = listedPackages();
    // A script in lib/ that makes a source, and publishing/, stay in the repository, and where the package is installed there is nothing to build: they may use
    // development dependencies.
    const shipped = files.filter(
      (file) => !/^(lib|kernel)\/.*\.mjs$|^publishing\/|^kernel-setup\/build\.mjs$/.test(file),
    );
    const wrong = shipped.flatMap((file) =>
      specifiersOf(file)
        .filter((name) => !name.startsWith(".") && !name.startsWith("node:") && !listed.has(packageOf(name)))
        .map((name) => `${file} imports ${name}`),
    );
    assert.deepEqual(wrong, []);
  });
});

describe("imports of notebooks", () => {
  for (const notebook of notebooks()) {
    it(`of ${notebook} are the package's public entries, listed packages and Node's own modules`, () => {
      const { exports, name } = packageJson();
      const own = Object.keys(exports).map((entry) => name + entry.slice(1));
      const listed = listedPackages();
      const wrong = codeOf(notebook)
        .flatMap((source) =>
          ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName),
        )
        .filter((specifier) => {
          if (specifier.startsWith("node:") || own.includes(specifier)) return false;
          if (specifier.startsWith("./")) return !existsSync(join(ROOT, dirname(notebook), specifier));
          return packageOf(specifier) === name || !listed.has(packageOf(specifier));
        });
      assert.deepEqual(wrong, []);
    });
  }
});

/** The rule that a file falls under: its own, or its folder's. */
function groupOf(file: string): string | undefined {
  if (file in DIRECTIONS) return file;
  return Object.keys(DIRECTIONS).find((folder) => file.startsWith(`${folder}/`));
}

function mayImport(file: string, target: string): boolean {
  const group = groupOf(file);
  if (group === undefined) return true; // the test of unknown folders says so
  return target.startsWith(`${group}/`) || reachable(group).some((place) => isWithin(target, place));
}

function reachable(group: string): string[] {
  const direct = DIRECTIONS[group] ?? [];
  return [...direct, ...direct.flatMap(reachable)];
}

function isWithin(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => /\.(ts|tsx|mjs)$/.test(path));
}

function specifiersOf(file: string): string[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The files of ours that a file imports. */
function importsOf(file: string): string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => relative(ROOT, resolve(ROOT, dirname(file), specifier)).replaceAll("\\", "/"))
    .filter((target) => target !== "package.json");
}

/** One cycle for each file from which a depth-first walk comes back to a file that it is in the middle of. */
function cyclesAmong(files: readonly string[]): string[] {
  const finished = new Set<string>();
  const cycles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (path.includes(file) || finished.has(file) || !existsSync(join(ROOT, file))) return;
    for (const target of valueImportsOf(file)) walk(target, [...path, file]);
    finished.add(file);
  };
  for (const file of files) walk(file, []);
  return cycles;
}

/** Imports that exist at run time: two files may know each other's types. */
function valueImportsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const typeOnly = new Set<string>();
  for (const statement of source.statements) {
    const isType =
      (ts.isImportDeclaration(statement) &&
        statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) ||
      (ts.isExportDeclaration(statement) && statement.isTypeOnly);
    if (isType && statement.moduleSpecifier && ts.isStringLiteral(statement.moduleSpecifier)) {
      typeOnly.add(statement.moduleSpecifier.text);
    }
  }
  const types = new Set(
    [...typeOnly].map((specifier) =>
      relative(ROOT, resolve(ROOT, dirname(file), specifier)).replaceAll("\\", "/"),
    ),
  );
  return importsOf(file).filter((target) => !types.has(target) && /\.(ts|tsx|mjs)$/.test(target));
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

interface PackageJson {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

function packageJson(): PackageJson {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as PackageJson;
}

/** What an installed package can rely on: development dependencies are not among them. */
function listedPackages(): Set<string> {
  return new Set(Object.keys(packageJson().dependencies));
}

function notebooks(): string[] {
  const folder = join(ROOT, "notebooks");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .map((name) => `notebooks/${name}`);
}

function codeOf(notebook: string): string[] {
  const { cells } = JSON.parse(readFileSync(join(ROOT, notebook), "utf8")) as {
    cells: { cell_type: string; source: string | string[] }[];
  };
  return cells
    .filter(({ cell_type }) => cell_type === "code")
    .map(({ source }) => (typeof source === "string" ? source : source.join("")));
}
