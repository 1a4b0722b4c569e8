import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "./build.mjs";
import { isMain } from "./is-main.mjs";
import { kernelsUnder, removeKernelspec, stableNode, userKernels, writeKernelspec } from "./kernelspec.mjs";
import { checkNode, ROOT } from "./setup.mjs";
import { runCommand, SetupError } from "./setup-error.mjs";
import { prepareSnapshot } from "./snapshot.mjs";

/**
 * Registers the kernel with a Jupyter that is there already.
 *
 * @param {readonly string[]} args `--user`, or `--prefix DIR`: a Python installation or virtual environment
 * @param {string} [root] the package to register
 */
export async function install(args, root = ROOT) {
  const place = await kernelsFrom(args, "install");
  checkNode();
  await build({ root, log: (line) => console.error(line) });
  if (!existsSync(join(root, "dist", "kernel", "main.js"))) {
    throw new SetupError(`The kernel is not built in ${root}`, "npm run build, and read what it says");
  }
  await prepareSnapshot(root);
  if (/[\\/]_npx[\\/]/.test(root)) {
    console.error(
      "The package lies in npx's cache, which npm may empty: for a lasting kernel, npm install -g matrix-composition first.",
    );
  }
  console.log(`Kernel "TypeScript" is registered in ${writeKernelspec(place, root, await stableNode())}`);
}

/**
 * Removes what `install` or `npm start` registered.
 *
 * @param {readonly string[]} args as for `install`
 */
export async function uninstall(args) {
  const place = await kernelsFrom(args, "uninstall");
  switch (removeKernelspec(place)) {
    case "removed":
      console.log(`Kernel "TypeScript" is removed from ${place}`);
      break;
    case "absent":
      console.log(`No kernel "TypeScript" in ${place}: nothing to remove`);
      break;
    case "foreign":
      throw new SetupError(
        `The kernel "typescript" in ${place} is another package's`,
        "jupyter kernelspec uninstall typescript, if you want it gone",
      );
  }
}

/**
 * @param {readonly string[]} args @param {"install" | "uninstall"} command
 * @returns {Promise<string>} a `share/jupyter/kernels` folder
 */
async function kernelsFrom(args, command) {
  const [option, value, ...rest] = args.flatMap((arg) =>
    arg.startsWith("--prefix=") ? ["--prefix", arg.slice(9)] : arg,
  );
  if (option === "--user" && value === undefined) return userKernels();
  if (option === "--prefix" && value && rest.length === 0) return kernelsUnder(resolve(value));
  throw new SetupError(
    option === undefined ? "Where is not said" : `Not understood: ${args.join(" ")}`,
    `npx matrix-composition kernel ${command} --user (for all your Jupyters) or --prefix DIR (for one Python or virtual environment)`,
  );
}

if (isMain(import.meta.url)) {
  await runCommand(() => install(process.argv.slice(2)));
}
