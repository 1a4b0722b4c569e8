import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./run.mjs";

/** The kernel's name in Jupyter: its folder under `share/jupyter/kernels`, and the name in a notebook's metadata. */
export const KERNEL_NAME = "typescript";

/** The oldest Node that the kernel runs on; package.json's `engines` says the same. */
export const OLDEST_NODE = /** @type {const} */ ([20, 19]);

const LOGOS = fileURLToPath(new URL("logos", import.meta.url));

/**
 * What Jupyter is told of the kernel.
 *
 * @param {string} root the package that holds `dist/`
 * @param {string} node the program that runs it
 */
export function kernelspec(root, node) {
  return {
    argv: [node, join(root, "dist", "kernel", "main.js"), "{connection_file}"],
    display_name: "TypeScript",
    language: "typescript",
    interrupt_mode: "message",
    metadata: { debugger: true },
  };
}

/**
 * Writes the kernelspec and its logos into a folder, and nothing where they are there already.
 *
 * @param {string} kernels a `share/jupyter/kernels` folder
 * @param {string} root
 * @param {string} node
 * @returns {string} the folder that holds the kernelspec
 */
export function writeKernelspec(kernels, root, node) {
  const folder = join(kernels, KERNEL_NAME);
  const file = join(folder, "kernel.json");
  const text = JSON.stringify(kernelspec(root, node), null, 2) + "\n";
  if (existsSync(file) && readFileSync(file, "utf8") === text) return folder;
  mkdirSync(folder, { recursive: true });
  cpSync(LOGOS, folder, { recursive: true });
  writeFileSync(file, text);
  return folder;
}

/**
 * Removes a kernelspec that this package wrote; leaves one of the same name that is somebody else's.
 *
 * @param {string} kernels a `share/jupyter/kernels` folder
 * @returns {"removed" | "absent" | "foreign"}
 */
export function removeKernelspec(kernels) {
  const folder = join(kernels, KERNEL_NAME);
  const file = join(folder, "kernel.json");
  if (!existsSync(file)) return "absent";
  if (!isOurs(file)) return "foreign";
  rmSync(folder, { recursive: true });
  return "removed";
}

/** @param {string} file a kernel.json */
function isOurs(file) {
  try {
    const { argv } = JSON.parse(readFileSync(file, "utf8"));
    return /[\\/]dist[\\/]kernel[\\/]main\.js$/.test(argv[1]);
  } catch {
    return false;
  }
}

/**
 * Where Jupyter looks for the kernels of one Python installation or virtual environment.
 *
 * @param {string} prefix
 */
export function kernelsUnder(prefix) {
  return join(prefix, "share", "jupyter", "kernels");
}

/**
 * Where Jupyter looks for the kernels of one user: what `jupyter --data-dir` says, or Jupyter's rule for the system.
 *
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function userKernels(env = process.env) {
  if (env["JUPYTER_DATA_DIR"]) return join(env["JUPYTER_DATA_DIR"], "kernels");
  const { code, output } = await run("jupyter", ["--data-dir"], { env, timeout: 20_000 });
  const told = output.trim().split("\n").at(-1);
  if (code === 0 && told) return join(told, "kernels");
  const home = env["HOME"] ?? homedir();
  switch (process.platform) {
    case "darwin":
      return join(home, "Library", "Jupyter", "kernels");
    case "win32":
      return join(env["APPDATA"] ?? join(home, "AppData", "Roaming"), "jupyter", "kernels");
    default:
      return join(env["XDG_DATA_HOME"] || join(home, ".local", "share"), "jupyter", "kernels");
  }
}

/**
 * A path to Node that still holds when Node moves to another version: the first entry of the PATH whose name has no
 * version in it. Version managers put Node into a folder of its version (nvm, Homebrew's Cellar) or of the present
 * shell (fnm); where there is nothing better, Jupyter gets plain `node` and looks for it when the kernel starts.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string>}
 */
export async function stableNode(env = process.env) {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const paths = (env["PATH"] ?? "").split(delimiter).filter(Boolean);
  for (const path of paths.map((folder) => join(folder, name))) {
    if (existsSync(path) && !isPassing(path) && (await isUsable(path))) return path;
  }
  return "node";
}

/** @param {string} path */
function isPassing(path) {
  return /\d+\.\d+|[\\/](v?\d+)[\\/]|node@\d+|multishells|node_modules|_npx/i.test(dirname(path));
}

/** @param {string} path */
async function isUsable(path) {
  if (realpathSync(path) === realpathSync(process.execPath)) return true;
  const { code, output } = await run(path, ["--version"], { timeout: 10_000 });
  return code === 0 && isNodeNewEnough(output.trim());
}

/** @param {string} version for instance "v20.19.0" */
export function isNodeNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}
