import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function ended(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly uid?: number;
    readonly gid?: number;
  } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, ...options, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

/** A program of one of the virtual environments that test/run.mjs has made: `.venv`, or `.venv-test` with the test tools. */
export function programOf(venv: ".venv" | ".venv-test", program: string): string {
  const isWindows = process.platform === "win32";
  return join(ROOT, venv, isWindows ? "Scripts" : "bin", isWindows ? `${program}.exe` : program);
}

/** What makes Jupyter take the kernel of the virtual environment, whatever the user has registered. */
export const JUPYTER_ENVIRONMENT: NodeJS.ProcessEnv = { ...process.env, JUPYTER_PREFER_ENV_PATH: "1" };
