import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { asStep } from "./progress.mjs";

/**
 * Makes what lets the language service of a kernel start warm, where it is not there already; a kernel without it starts all the same,
 * and makes it for the next one when it has time.
 *
 * @param {string} root the folder of the package
 */
export async function prepareSnapshot(root) {
  const file = join(root, "dist", "kernel", "language", "snapshot", "snapshot.js");
  if (!existsSync(file)) return;
  /** @type {typeof import("../kernel/language/snapshot/snapshot.ts")} */
  const { hasCurrentSnapshot, makeSnapshot } = await import(pathToFileURL(file).href);
  if (hasCurrentSnapshot()) return;
  await asStep("Preparing the compiler (once, ten seconds)", () => makeSnapshot().done);
}
