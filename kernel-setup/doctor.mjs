import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMain } from "./is-main.mjs";
import { KERNEL_NAME, kernelspec, kernelsUnder, stableNode } from "./kernelspec.mjs";
import { hasNodePackages } from "./node-packages.mjs";
import { findPython } from "./python.mjs";
import { run } from "./run.mjs";
import { checkNode, ROOT } from "./setup.mjs";
import { runCommand, SetupError } from "./setup-error.mjs";
import { hasVenv, venvPython } from "./venv.mjs";

const SET_UP = "npm run setup";

/**
 * What is checked, in the order in which one needs the other; each gives what it found, or throws what to do.
 *
 * @typedef {readonly (readonly [string, (root: string) => Promise<string>])[]} Checks
 */

/** @type {Checks} a clone of the repository, with its own JupyterLab */
const CHECKS_OF_CLONE = [
  ["Node", checkNodeVersion],
  ["node packages", checkNodePackages],
  ["built kernel", checkBuild],
  ["TensorFlow.js", checkBackend],
  ["Python", checkPython],
  ["virtual environment", checkVenv],
  ["JupyterLab", checkLab],
  ["kernelspec", checkKernelspec],
  ["a cell in the kernel", (root) => checkRoundTrip(venvPython(join(root, ".venv")))],
];

/** @type {Checks} an installed package, registered with a Jupyter of the user's */
const CHECKS_OF_PACKAGE = [
  ["Node", checkNodeVersion],
  ["built kernel", checkBuild],
  ["TensorFlow.js", checkBackend],
  ["Jupyter", checkJupyter],
  ["a cell in the kernel", async () => checkRoundTrip((await findPython()).command)],
];

/**
 * Checks everything that `npm start` relies on and prints a line for each; says of each failure what to do.
 *
 * @param {string} [root]
 * @returns {Promise<number>} 0, or 1 where something is wrong
 */
export async function doctor(root = ROOT) {
  const checks = existsSync(join(root, "package-lock.json")) ? CHECKS_OF_CLONE : CHECKS_OF_PACKAGE;
  let failures = 0;
  for (const [name, check] of checks) {
    try {
      console.log(`ok    ${name}: ${await check(root)}`);
    } catch (error) {
      failures++;
      const text =
        error instanceof SetupError ? `${error.problem}\n      do: ${error.remedy}` : String(error);
      console.log(`FAIL  ${name}: ${text}`);
    }
  }
  console.log(
    failures === 0
      ? "All is well."
      : `${failures} of ${checks.length} checks failed; mend the first one first.`,
  );
  return failures === 0 ? 0 : 1;
}

async function checkNodeVersion() {
  checkNode();
  return `${process.version}, kernels start ${await stableNode()}`;
}

/** @param {string} root */
async function checkNodePackages(root) {
  if (!hasNodePackages(root)) throw new SetupError("they are not those of the lock file", "npm ci");
  return "as the lock file says";
}

/** @param {string} root */
async function checkBuild(root) {
  const main = join(root, "dist", "kernel", "main.js");
  if (!existsSync(main)) throw new SetupError(`${main} is missing`, "npm run build");
  return main;
}

/**
 * Starts TensorFlow.js in a process of its own, as a notebook's first cell with a model does.
 * @param {string} root
 */
async function checkBackend(root) {
  const library = pathToFileURL(join(root, "dist", "lib", "backend", "index.js")).href;
  const program = `
    const { startBackend } = await import(${JSON.stringify(library)});
    const { backend, why, kernels, vectorBits, threads, passedOver } = await startBackend();
    const isOlder = process.arch === "x64" && Number(process.versions.node.split(".")[0]) < 24;
    const bits = \`\${vectorBits} bits\${vectorBits === 128 && isOlder ? " (256 from Node 24 on)" : ""}\`;
    const how = kernels === "none" ? "" : \` with our \${kernels} kernels; large products: vectors of \${bits}, threads: \${threads}\`;
    const others = passedOver.map((other) => \` Not \${other.backend}: \${other.why}\`).join("");
    console.log(\`\${backend}\${how}. \${why}\${others}\`);`;
  const args = ["--input-type=module", "-e", program];
  const { code, output } = await run(process.execPath, args, { timeout: 60_000 });
  if (code !== 0) throw new SetupError(`it does not start: ${output.trim()}`, "npm ci");
  return output.trim();
}

async function checkPython() {
  const { command, args, version } = await findPython();
  return `${version} (${[command, ...args].join(" ")})`;
}

/** @param {string} root */
async function checkVenv(root) {
  const venv = join(root, ".venv");
  if (!existsSync(venvPython(venv))) throw new SetupError(`${venv} is not there or has no Python`, SET_UP);
  if (!hasVenv(venv)) throw new SetupError(`${venv} lacks some of the pinned packages, or was moved`, SET_UP);
  return venv;
}

/** @param {string} root */
async function checkLab(root) {
  const { code, output } = await run(venvPython(join(root, ".venv")), ["-m", "jupyterlab", "--version"], {
    timeout: 60_000,
  });
  if (code !== 0) throw new SetupError("it does not start", `delete .venv, then ${SET_UP}`);
  return output.trim().split("\n").at(-1) ?? "";
}

/** @param {string} root */
async function checkKernelspec(root) {
  const file = join(kernelsUnder(join(root, ".venv")), KERNEL_NAME, "kernel.json");
  if (!existsSync(file)) throw new SetupError(`${file} is missing`, SET_UP);
  const wanted = JSON.stringify(kernelspec(root, await stableNode()));
  if (JSON.stringify(JSON.parse(readFileSync(file, "utf8"))) !== wanted) {
    throw new SetupError("it names another folder or another Node", SET_UP);
  }
  return file;
}

async function checkJupyter() {
  const { command, args } = await findPython();
  const { code, output } = await run(command, [...args, "-m", "jupyter", "kernelspec", "list", "--json"], {
    timeout: 60_000,
  });
  if (code !== 0) {
    throw new SetupError(
      `${command} has no Jupyter`,
      `${command} -m pip install jupyterlab, or activate its environment`,
    );
  }
  const start = output.indexOf("{");
  const place = JSON.parse(output.slice(start)).kernelspecs[KERNEL_NAME]?.resource_dir;
  if (place === undefined) {
    throw new SetupError("it has no kernel typescript", "npx matrix-composition kernel install --user");
  }
  return place;
}

/** @param {string} python one that has jupyter_client */
async function checkRoundTrip(python) {
  const script = fileURLToPath(new URL("round-trip.py", import.meta.url));
  const { code, output } = await run(python, [script], {
    timeout: 120_000,
    env: { ...process.env, JUPYTER_PREFER_ENV_PATH: "1" },
  });
  const said = output.trim().split("\n").at(-1) ?? "";
  if (code !== 0) {
    throw new SetupError(
      `it answers: ${said || "nothing"}`,
      "mend the failures above first; if there are none, node dist/kernel/main.js shows why the kernel does not start",
    );
  }
  return said;
}

if (isMain(import.meta.url)) {
  await runCommand(() => doctor());
}
