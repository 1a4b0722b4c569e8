import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { lockedWhile } from "./lock.mjs";
import { isNetworkFailure } from "./network.mjs";
import { asStep } from "./progress.mjs";
import { findPython, moduleMissing } from "./python.mjs";
import { run } from "./run.mjs";
import { SetupError } from "./setup-error.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

/**
 * Files beside the packages: their path in the virtual environment, and what they say.
 *
 * @type {Readonly<Record<string, unknown>>}
 */
const FILES = {
  // Nothing is fetched from the network by opening JupyterLab.
  "share/jupyter/lab/settings/overrides.json": {
    "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
  },
  // JupyterLab runs the yarn.js that it brings, which is CommonJS. Without a package.json of its own, Node would take
  // it for what the project's package.json says: an ES module.
  "package.json": { private: true, type: "commonjs" },
};

/**
 * The Python program of a virtual environment.
 *
 * @param {string} venv its folder
 */
export function venvPython(venv) {
  return process.platform === "win32" ? join(venv, "Scripts", "python.exe") : join(venv, "bin", "python");
}

/**
 * Whether a virtual environment has the pinned packages. It reads two files: no program is started.
 *
 * @param {string} venv
 * @param {string} [requirements] the file of pinned packages
 */
export function hasVenv(venv, requirements = join(HERE, "requirements.txt")) {
  const stamp = stampFile(venv);
  return (
    existsSync(venvPython(venv)) &&
    existsSync(stamp) &&
    readFileSync(stamp, "utf8") === stampOf(venv, requirements)
  );
}

/**
 * Makes a virtual environment with exactly the pinned packages, where it is not there yet. One that was broken off
 * half-way, or that was moved, is made anew.
 *
 * @param {string} venv
 * @param {{ requirements?: string, title?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export async function ensureVenv(
  venv,
  {
    requirements = join(HERE, "requirements.txt"),
    title = "Installing JupyterLab into .venv (once, about a minute)",
    env = process.env,
  } = {},
) {
  if (hasVenv(venv, requirements)) return;
  accessSync(dirname(venv), constants.W_OK); // says so before anything is downloaded
  const python = await findPython(env);
  await lockedWhile(`${venv}-lock`, async () => {
    if (hasVenv(venv, requirements)) return;
    rmSync(stampFile(venv), { force: true });
    await asStep(title, async (update) => {
      await createVenv(python, venv, env);
      await installPackages(venv, requirements, env, update);
    });
    writeFiles(venv);
    writeFileSync(stampFile(venv), stampOf(venv, requirements));
  });
}

/** @param {import("./python.mjs").Python} python @param {string} venv @param {NodeJS.ProcessEnv} env */
async function createVenv(python, venv, env) {
  const { code, output } = await run(python.command, [...python.args, "-m", "venv", "--clear", venv], {
    env,
  });
  if (code === 0) return;
  if (/ensurepip|No module named venv|python3?[\d.]*-venv/.test(output)) throw moduleMissing(python);
  throw new SetupError(
    `Python ${python.version} could not make ${venv}: ${lastLine(output)}`,
    `run ${python.command} -m venv ${venv} by hand and read what it says`,
  );
}

/**
 * @param {string} venv @param {string} requirements @param {NodeJS.ProcessEnv} env
 * @param {(text: string) => void} update
 */
async function installPackages(venv, requirements, env, update) {
  const listed = readFileSync(requirements, "utf8").match(/^[a-z0-9].*==/gim)?.length ?? 0;
  let count = 0;
  const args = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
  // Every package is listed with its hashes: nothing is left to resolve, and nothing else gets in.
  const { code, output } = await run(
    venvPython(venv),
    [...args, "--no-deps", "--require-hashes", "--no-warn-script-location", "-r", requirements],
    {
      env: { ...env, PYTHONUTF8: "1" },
      onLine: (line) => {
        if (line.startsWith("Collecting ")) update(`${++count} of at most ${listed} packages`);
        if (line.startsWith("Installing collected")) update("unpacking");
      },
    },
  );
  if (code === 0) return;
  // Told not to try again, pip says only that it found nothing; what is pinned was there when it was pinned.
  if (isNetworkFailure(output) || /No matching distribution found/.test(output)) {
    throw new SetupError(
      "The Python packages could not be downloaded: no connection to the Python package index",
      "check the network or the proxy (pip config list), then run the same command again",
    );
  }
  throw new SetupError(`pip failed: ${lastLine(output)}`, "delete .venv and run the same command again");
}

/** @param {string} venv */
function writeFiles(venv) {
  for (const [path, content] of Object.entries(FILES)) {
    const file = join(venv, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(content, null, 2) + "\n");
  }
}

/** @param {string} venv */
function stampFile(venv) {
  return join(venv, ".matrix-composition");
}

/**
 * Changes with the pinned packages, the files beside them, and the folder's place: scripts in a virtual environment name it.
 *
 * @param {string} venv @param {string} requirements
 */
function stampOf(venv, requirements) {
  const hash = createHash("sha256")
    .update(readFileSync(requirements))
    .update(JSON.stringify(FILES))
    .update(venv);
  return hash.digest("hex") + "\n";
}

/** @param {string} output */
function lastLine(output) {
  const lines = output.trim().split("\n");
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? "").trim();
}
