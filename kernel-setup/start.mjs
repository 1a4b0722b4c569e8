import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { isMain } from "./is-main.mjs";
import { ROOT, setup } from "./setup.mjs";
import { runCommand, SetupError } from "./setup-error.mjs";
import { venvPython } from "./venv.mjs";

/** The process that started this one, as long as it lives. */
const PARENT = process.ppid;

const LAB = fileURLToPath(new URL("lab.py", import.meta.url));

/** What JupyterLab shows first. */
const FIRST_NOTEBOOK = "notebooks/00-start-here.ipynb";

/**
 * Sets up what is missing and runs JupyterLab until it ends.
 *
 * @param {readonly string[]} args what goes on to `jupyter lab`
 * @returns {Promise<number>} JupyterLab's exit code
 */
export async function start(args) {
  await checkPort(args);
  const venv = await setup();
  return runLab(venvPython(venv), labArguments(args));
}

/**
 * The arguments of `jupyter lab`: the user's, and ours where the user's say nothing else.
 *
 * @param {readonly string[]} args
 * @param {number | undefined} [user] the user's number; Jupyter refuses to run as root (0) unless told
 */
export function labArguments(args, user = process.getuid?.()) {
  /** @param {RegExp} option */
  const says = (option) => args.some((arg) => option.test(arg));
  const ours = [];
  if (!says(/root_dir|notebook-dir/)) ours.push(`--ServerApp.root_dir=${ROOT}`);
  if (!says(/default_url/) && !says(/\.ipynb$/))
    ours.push(`--LabApp.default_url=/lab/tree/${FIRST_NOTEBOOK}`);
  if (user === 0 && !says(/^--allow-root$/)) ours.push("--allow-root");
  return [...ours, ...args];
}

/**
 * A port that was asked for by number is meant: Jupyter would quietly take the next free one instead.
 *
 * @param {readonly string[]} args
 */
async function checkPort(args) {
  const port = askedPort(args);
  if (port === undefined || port === 0 || (await isFree(port))) return;
  throw new SetupError(
    `Port ${port} is in use`,
    `choose another (npm start -- --port ${port + 1}), or leave --port out and Jupyter takes a free one`,
  );
}

/** @param {readonly string[]} args @returns {number | undefined} */
function askedPort(args) {
  for (const [index, arg] of args.entries()) {
    const value = /^--(?:ServerApp\.|LabApp\.)?port(?:=(.*))?$/.exec(arg);
    if (!value) continue;
    const port = Number(value[1] ?? args[index + 1]);
    if (Number.isInteger(port) && port >= 0 && port < 65536) return port;
  }
  return undefined;
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", (error) => {
      resolve(/** @type {NodeJS.ErrnoException} */ (error).code !== "EADDRINUSE");
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** @param {string} python @param {readonly string[]} args @returns {Promise<number>} */
function runLab(python, args) {
  // A kernel of the same name that the user installed elsewhere must not take the place of this folder's.
  const env = { ...process.env, JUPYTER_PREFER_ENV_PATH: "1" };
  const child = spawn(python, [LAB, ...args], { stdio: "inherit", env });
  // Ctrl-C reaches Jupyter by itself, which asks whether it is meant; other signals are for us alone.
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) {
    process.on(signal, () => child.kill("SIGTERM")); // JupyterLab ends its kernels on this one only
  }
  const watch = endWithNpm(() => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearInterval(watch);
      resolve(code ?? (signal === null ? 1 : 128 + constants.signals[signal]));
    });
  });
}

/**
 * npm runs a script in a shell. Told to end, it ends the shell, which tells nobody: this process has another parent then.
 *
 * @param {() => void} end
 */
function endWithNpm(end) {
  if (process.env["npm_lifecycle_event"] === undefined) return undefined;
  const watch = setInterval(() => {
    if (process.ppid === PARENT) return;
    clearInterval(watch);
    end();
  }, 500);
  return watch;
}

if (isMain(import.meta.url)) {
  await runCommand(() => start(process.argv.slice(2)));
}
