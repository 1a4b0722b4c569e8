import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * What Node needs to be told for the executor:
 * - `vm.SourceTextModule`, with which local modules are loaded and reloaded;
 * - `import.meta.resolve` from another place than the executor's own file;
 * - memory that stays flat over thousands of cells: the space for young values grows to 16 MB by steps that look like a
 *   leak; fixed at 4 MB it costs at most a fifth of the time of code that makes nothing but small objects; and the runner collects
 *   what many small cells leave, which V8 would let lie until there is much more of it;
 * - no warnings for what is experimental there and for the user's own debugger-less run.
 */
const NODE_ARGUMENTS = [
  "--experimental-vm-modules",
  "--experimental-import-meta-resolve",
  "--min-semi-space-size=4",
  "--max-semi-space-size=4",
  "--expose-gc",
  "--disable-warning=ExperimentalWarning",
];

/**
 * Starts an executor in `folder`, the notebook's: its first message is `ready`.
 * Descriptors 1 and 2 are pipes for what native code and grandchildren write; 3 is the line; 4 the IPC channel.
 *
 * @example
 * const child = spawnExecutor(process.cwd());
 * child.stdio[LINE_DESCRIPTOR].on("data", frameReader(receive));
 */
export function spawnExecutor(folder: string, environment: NodeJS.ProcessEnv = process.env): ChildProcess {
  return fork(fileURLToPath(new URL("./executor.js", import.meta.url)), [], {
    cwd: folder,
    env: environment,
    execArgv: NODE_ARGUMENTS,
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "pipe", "ipc"],
    // A process group of its own, so that interrupting the group spares the host and its terminal.
    detached: process.platform !== "win32",
  });
}
