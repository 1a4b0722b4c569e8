import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { isMain } from "./is-main.mjs";
import { isNodeNewEnough, kernelsUnder, OLDEST_NODE, stableNode, writeKernelspec } from "./kernelspec.mjs";
import { hasNodePackages, installNodePackages } from "./node-packages.mjs";
import { asStep } from "./progress.mjs";
import { runCommand, SetupError } from "./setup-error.mjs";
import { prepareSnapshot } from "./snapshot.mjs";
import { ensureVenv } from "./venv.mjs";

/** The repository, or the folder of the installed package. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/**
 * Makes everything that JupyterLab with our kernel needs, inside this folder only: node packages, `dist/`, `.venv`
 * with JupyterLab, and the kernelspec in it. What is there already is left as it is, without a network.
 *
 * @param {string} [root]
 * @returns {Promise<string>} the folder of the virtual environment
 */
export async function setup(root = ROOT) {
  checkNode();
  if (!hasNodePackages(root)) {
    await asStep("Installing the node packages (once)", () => installNodePackages(root));
  }
  await prepareDist(root);
  const venv = join(root, ".venv");
  await ensureVenv(venv);
  writeKernelspec(kernelsUnder(venv), root, await stableNode());
  return venv;
}

/**
 * @param {string} [version]
 * @throws {SetupError} where Node is too old
 */
export function checkNode(version = process.version) {
  if (isNodeNewEnough(version)) return;
  throw new SetupError(
    `Node ${version} is too old: ${OLDEST_NODE.join(".")} or newer is needed`,
    "install the present long-term version from nodejs.org or with your version manager (nvm install --lts)",
  );
}

/** @param {string} root */
async function prepareDist(root) {
  const outcome = await build({ root, log: (line) => console.error(line) });
  const kernel = join(root, "dist", "kernel", "main.js");
  if (!existsSync(kernel)) {
    throw new SetupError(
      `The kernel is not built: ${kernel} is missing`,
      "npm run build, and read what it says",
    );
  }
  if (outcome === "built with errors") {
    console.error("The sources have the type errors above; what was compiled is used all the same.");
  }
  await prepareSnapshot(root);
}

if (isMain(import.meta.url)) {
  await runCommand(async () => {
    await setup();
    console.error("Ready. npm start opens JupyterLab.");
  });
}
