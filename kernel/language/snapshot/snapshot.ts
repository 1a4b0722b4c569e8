/**
 * A snapshot of a process in which the compiler is loaded and the declarations that every notebook needs are read and
 * bound. A language service that starts from it is warm after a third of the processor time. It is one
 * file of some 70 MB for each installed compiler and version of Node, beside the packages or in the user's cache
 * folder. Where there is none, where it is older than what it was made of or where Node does not take it, the service
 * runs in a thread that reads everything itself.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../cache-folder.ts";
import { CHECK } from "./check.ts";

/** Deeply nested code costs the checker a deep stack; in KiB, of the 8 MiB that the system gives. V8 keeps snapshots apart by it. */
const FLAGS = ["--stack-size=7000"];

/** Options that are meant for other programs would not fit the snapshot. */
const ENVIRONMENT = { ...process.env, NODE_OPTIONS: "" };

const compiler = createRequire(import.meta.url).resolve("typescript");
const file = join(
  cacheFolder(compiler),
  `language-${createHash("sha256")
    .update([compiler, import.meta.url, process.version, process.arch].join("\n"))
    .digest("hex")
    .slice(0, 16)}`,
);

/** Only what is built can be put into a snapshot; on Windows the system gives no deep stack. */
export const CAN_SNAPSHOT = import.meta.url.endsWith(".js") && process.platform !== "win32";

/** Whether there is a snapshot to start from; whether it can be used is seen by starting. */
export function hasSnapshot(): boolean {
  return CAN_SNAPSHOT && existsSync(file);
}

/**
 * Starts a language service from the snapshot. It ends by itself, before it says that it is ready, where the snapshot
 * is of no use.
 *
 * @param memory MiB of heap that it may use
 */
export function startFromSnapshot(memory?: number): ChildProcess {
  const limit = memory === undefined ? [] : [`--max-old-space-size=${memory}`];
  return spawn(process.execPath, [...FLAGS, ...limit, "--snapshot-blob", file, "language"], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
    env: ENVIRONMENT,
  });
}

/** Whether there is nothing to make: the snapshot can be used, or there can be none here. */
export function hasCurrentSnapshot(): boolean {
  if (!CAN_SNAPSHOT) return true;
  const start = [...FLAGS, "--snapshot-blob", file, CHECK];
  return (
    existsSync(file) && spawnSync(process.execPath, start, { stdio: "ignore", env: ENVIRONMENT }).status === 0
  );
}

/** A snapshot in the making. */
export interface Making {
  /** Whether there is a snapshot now. */
  readonly done: Promise<boolean>;
  stop(): void;
}

/** Makes the snapshot anew: ten seconds of one core, in a process that gives way to all others. */
export function makeSnapshot(): Making {
  const unfinished = `${file}.${process.pid}`;
  const builder = fileURLToPath(new URL("./build.cjs", import.meta.url));
  try {
    // It is run as it is: nobody else may write there.
    mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  } catch {
    return { done: Promise.resolve(false), stop: () => undefined };
  }
  const child = spawn(
    process.execPath,
    [...FLAGS, "--snapshot-blob", unfinished, "--build-snapshot", builder],
    { stdio: "ignore", env: ENVIRONMENT },
  );
  if (child.pid !== undefined) lowerPriority(child.pid);
  const done = new Promise<boolean>((resolve) => {
    child.on("error", () => resolve(false));
    child.on("exit", (code) => resolve(code === 0 && moved(unfinished)));
  });
  const stop = (): void => {
    child.kill("SIGKILL");
    rmSync(unfinished, { force: true });
  };
  return { done, stop };
}

function moved(unfinished: string): boolean {
  try {
    renameSync(unfinished, file);
    return true;
  } catch {
    rmSync(unfinished, { force: true });
    return false;
  }
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended, or the system does not allow it.
  }
}
