import { spawn } from "node:child_process";

/**
 * Runs a program to its end and gives what it printed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{
 *   cwd?: string,
 *   env?: NodeJS.ProcessEnv,
 *   timeout?: number,
 *   shell?: boolean,
 *   onLine?: (line: string) => void,
 * }} [options] `timeout` in milliseconds; `onLine` hears each line as it is printed
 * @returns {Promise<{ code: number | null, output: string }>} the exit code, `null` where the program could not be
 *   started or was ended by a signal; stdout and stderr as one text
 */
export function run(command, args, { onLine, timeout, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    // Not spawn's own `timeout`: where the program is missing, its timer goes on and keeps this process alive.
    const timer = timeout === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), timeout);
    let output = "";
    let rest = "";
    /** @param {Buffer} chunk */
    const hear = (chunk) => {
      output += String(chunk);
      const lines = (rest + String(chunk)).split(/\r?\n/);
      rest = lines.pop() ?? "";
      if (onLine) lines.forEach(onLine);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: null, output: output + error.message });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}
