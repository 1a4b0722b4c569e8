import { join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import type { Namespace } from "./local.ts";

type Importer = (specifier: string, options?: unknown) => Promise<Namespace>;

/** This package: what a notebook gets for its name where no nearer package has it. */
const OWN_NAME = "matrix-composition";
const OWN_FOLDER = fileURLToPath(new URL("../../../../", import.meta.url));
const TSLAB = new URL("../../notebook/tslab.js", import.meta.url).href;

const importers = new Map<string, Importer>();

/**
 * Node's own `import()` as a file in `folder` would call it: packages (ESM-only ones, ones with top-level await, the one
 * that the folder belongs to) resolve from there. Two names are ours wherever the notebook is: this package's own, and
 * `tslab`, whose calls we have.
 */
export async function importPackage(
  specifier: string,
  folder: string,
  options?: unknown,
): Promise<Namespace> {
  if (specifier === "tslab") return importerFor(OWN_FOLDER)(TSLAB);
  try {
    return await importerFor(folder)(specifier, options);
  } catch (error) {
    if (!isMissing(error, specifier)) throw error;
    if (specifier === OWN_NAME || specifier.startsWith(`${OWN_NAME}/`))
      return importerFor(OWN_FOLDER)(specifier, options);
    if (error instanceof Error && /^Cannot find package/.test(error.message)) {
      error.message = `Cannot find package '${packageOf(specifier)}' from ${folder}. Is it installed there? npm install ${packageOf(specifier)}`;
    }
    throw error;
  }
}

/** A package that this one depends on, wherever the notebook is. */
export function importOwnPackage(specifier: string): Promise<Namespace> {
  return importerFor(OWN_FOLDER)(specifier);
}

function importerFor(folder: string): Importer {
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

/** Whether it is this package that was not found, and not one that it imports in turn. */
function isMissing(error: unknown, specifier: string): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === "ERR_MODULE_NOT_FOUND" &&
    error.message.includes(`'${packageOf(specifier)}'`)
  );
}

/** `@scope/name` of `@scope/name/deep/file`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
