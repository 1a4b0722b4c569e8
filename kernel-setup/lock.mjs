import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** How often a waiting process looks again, in milliseconds: short beside a build, long beside a file operation. */
const POLL_MS = 100;

/**
 * Runs an action while no other process does so under the same lock file. A lock whose process is gone is taken over.
 *
 * @template T
 * @param {string} file the lock file; it holds the id of the process that has the lock
 * @param {() => Promise<T>} action
 * @returns {Promise<T>} what the action returns
 */
export async function lockedWhile(file, action) {
  mkdirSync(dirname(file), { recursive: true });
  while (!hasTaken(file)) {
    if (isAbandoned(file)) rmSync(file, { force: true });
    else await delay(POLL_MS);
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function hasTaken(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
}

/** @param {string} file */
function isAbandoned(file) {
  let owner;
  try {
    owner = Number(readFileSync(file, "utf8"));
  } catch {
    return false; // released just now
  }
  if (!Number.isInteger(owner) || owner <= 0) return false; // being written just now
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}
