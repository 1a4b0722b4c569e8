import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isNetworkFailure } from "./network.mjs";
import { run } from "./run.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Whether `node_modules` has what the lock file says, development and optional packages aside.
 *
 * @param {string} root the repository
 */
export function hasNodePackages(root) {
  const wanted = packagesIn(join(root, "package-lock.json"));
  if (wanted === undefined) return true; // an installed package: npm put its dependencies where they belong
  const present = packagesIn(join(root, "node_modules", ".package-lock.json")) ?? {};
  return Object.entries(wanted).every(
    ([path, { version, dev, optional, devOptional }]) =>
      path === "" || dev || optional || devOptional || present[path]?.version === version,
  );
}

/**
 * Installs what the lock file says. No package's install script runs: none of ours needs one.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function installNodePackages(root, env = process.env) {
  // `npm start` tells which npm it is; elsewhere the one on the PATH is taken, which on Windows is a script.
  const npm = env["npm_execpath"];
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { code, output } =
    npm !== undefined && /\.c?js$/.test(npm)
      ? await run(process.execPath, [npm, ...args], { cwd: root, env })
      : await run("npm", args, { cwd: root, env, shell: process.platform === "win32" });
  if (code === 0) return;
  if (isNetworkFailure(output)) {
    throw new SetupError(
      "The node packages could not be downloaded: no connection to the npm registry",
      "check the network or the proxy (npm config list), then run the same command again",
    );
  }
  if (/EACCES|EROFS|EPERM/.test(output)) {
    throw new SetupError(
      `Cannot write to ${join(root, "node_modules")}`,
      "copy the project to a folder that you may write to, or change the folder's owner or permissions",
    );
  }
  throw new SetupError(`npm ci failed: ${lastError(output)}`, "run npm ci by hand and read what it says");
}

/**
 * @param {string} file a lock file
 * @returns {Record<string, { version?: string, dev?: boolean, optional?: boolean, devOptional?: boolean }> | undefined}
 */
function packagesIn(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : undefined;
}

/** @param {string} output */
function lastError(output) {
  const lines = output.split("\n").filter((line) => /^npm (error|ERR!)/.test(line));
  return (lines[0] ?? output.trim().split("\n").at(-1) ?? "").replace(/^npm (error|ERR!)\s*/, "");
}
