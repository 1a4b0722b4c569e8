import { dirname, join } from "node:path";
import vm from "node:vm";

type Namespace = Record<string, unknown>;
type Importer = (specifier: string, options?: unknown) => Promise<Namespace>;

const importers = new Map<string, Importer>();

/**
 * Node's own `import()` as a file in `folder` would call it: packages (ESM-only ones, ones with top-level await, the one
 * that the folder belongs to) resolve from there.
 */
export function importFrom(folder: string): Importer {
  let importer = importers.get(folder);
  if (!importer) {
    const script = new vm.Script("(specifier, options) => import(specifier, options)", {
      filename: join(folder, "cell.js"),
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    importer = script.runInThisContext() as Importer;
    importers.set(folder, importer);
  }
  return importer;
}

/** The same for the folder of a file. */
export function importFromFile(path: string): Importer {
  return importFrom(dirname(path));
}
