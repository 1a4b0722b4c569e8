import { run } from "./run.mjs";
import { SetupError } from "./setup-error.mjs";

/** The oldest Python that the pinned packages run on (requirements.txt is resolved from this version up). */
export const OLDEST_PYTHON = /** @type {const} */ ([3, 10]);

/** Prints the version and whether the parts that a virtual environment needs are there. */
const QUESTION =
  "import sys, importlib.util as u; " +
  "print('%d.%d.%d' % sys.version_info[:3], *(n for n in ('venv', 'ensurepip') if u.find_spec(n) is None))";

/**
 * @typedef {object} Python
 * @property {string} command the program
 * @property {readonly string[]} args what goes before a script's own arguments
 * @property {string} version for instance "3.11.7"
 * @property {readonly string[]} missing which of the modules "venv" and "ensurepip" it lacks
 */

/**
 * Finds a Python that can make a virtual environment: the one named by the variable `PYTHON`, or the first on the
 * PATH that is new enough and has its modules.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Python>}
 * @throws {SetupError} where there is none; says which of the reasons it is
 */
export async function findPython(env = process.env) {
  const found = [];
  for (const [command, ...args] of candidates(env)) {
    const python = await ask(command, args, env);
    if (python === undefined) continue;
    if (isNewEnough(python.version) && python.missing.length === 0) return python;
    found.push(python);
  }
  const incomplete = found.find(({ version }) => isNewEnough(version));
  if (incomplete) throw moduleMissing(incomplete);
  const oldest = OLDEST_PYTHON.join(".");
  if (found[0]) {
    throw new SetupError(
      `Python ${found[0].version} (${found[0].command}) is too old: JupyterLab needs ${oldest} or newer`,
      `${installAdvice()}; or name another with PYTHON=/path/to/python3 npm start`,
    );
  }
  throw new SetupError(
    env["PYTHON"] ? `PYTHON=${env["PYTHON"]} is not a Python that starts` : "No Python was found",
    `${installAdvice()} (${oldest} or newer)`,
  );
}

/** @param {Python} python */
export function moduleMissing({ version, missing }) {
  const [major, minor] = version.split(".");
  const names = missing.join(" and ") || "venv";
  return new SetupError(
    `Python ${version} has no ${names} module, so it cannot make a virtual environment`,
    process.platform === "linux"
      ? `sudo apt install python3-venv (Debian, Ubuntu; or python${major}.${minor}-venv), or your system's package of that module`
      : installAdvice(),
  );
}

/** @param {NodeJS.ProcessEnv} env @returns {[string, ...string[]][]} */
function candidates(env) {
  if (env["PYTHON"]) return [[env["PYTHON"]]];
  if (process.platform === "win32") return [["py", "-3"], ["python"], ["python3"]];
  return [
    ["python3"],
    ["python"],
    ["python3.14"],
    ["python3.13"],
    ["python3.12"],
    ["python3.11"],
    ["python3.10"],
  ];
}

/** @param {string} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} env */
async function ask(command, args, env) {
  const { code, output } = await run(command, [...args, "-c", QUESTION], { env, timeout: 20_000 });
  const match = /^(\d+\.\d+\.\d+)((?: \w+)*)$/m.exec(output);
  if (code !== 0 || !match?.[1]) return undefined;
  return { command, args, version: match[1], missing: (match[2] ?? "").trim().split(" ").filter(Boolean) };
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]);
}

function installAdvice() {
  switch (process.platform) {
    case "darwin":
      return "install Python 3 (brew install python, or the installer from python.org)";
    case "win32":
      return "install Python 3 (winget install Python.Python.3.13, or the installer from python.org)";
    default:
      return "install Python 3 (sudo apt install python3 python3-venv, or your system's package)";
  }
}
