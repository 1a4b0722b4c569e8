import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** This package's folder, the one with its package.json: above this file in the sources as in dist/, and above the one file that dist/ joins all modules in. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const above = dirname(folder);
    if (above === folder)
      throw new Error(`No folder above ${fileURLToPath(import.meta.url)} has a package.json.`);
    folder = above;
  }
  return folder;
}
