import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, type Ended, ROOT } from "../python.ts";

/** A folder whose name has what paths may have: spaces, letters beyond ASCII, an apostrophe. */
export function emptyFolder(): string {
  return join(mkdtempSync(join(tmpdir(), "matrix-composition-")), "mes modèles d'été 行列");
}

export function remove(folder: string): void {
  rmSync(join(folder, ".."), { recursive: true, force: true });
}

/**
 * The smallest project that `npm start` takes for set up but for its Python: our scripts and a kernel that is there
 * already, as in an installed package.
 */
export function makeProject(): string {
  const folder = emptyFolder();
  mkdirSync(join(folder, "dist", "kernel"), { recursive: true });
  cpSync(join(ROOT, "kernel-setup"), join(folder, "kernel-setup"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
  writeFileSync(join(folder, "dist", "kernel", "main.js"), "");
  return folder;
}

/**
 * A folder for the PATH with a `python3` that says it has this version, makes "virtual environments" with itself in
 * them, "installs" and "runs JupyterLab" by writing down its arguments in `calls`.
 */
export function fakePython(
  folder: string,
  { version = "3.12.1", missing = "" }: { version?: string; missing?: string } = {},
): string {
  const programs = join(folder, "programs");
  mkdirSync(programs, { recursive: true });
  const script = `#!/bin/sh
printf '%s\\n' "$*" >> ${quoted(join(folder, "calls"))}
case "$*" in
  *sys.version_info*) echo "${[version, missing].filter(Boolean).join(" ")}" ;;
  "-m venv "*) for folder; do :; done; /bin/mkdir -p "$folder/bin"; /bin/cp "$0" "$folder/bin/python" ;;
  "-m pip "*) echo "Collecting one"; exit \${PIP_EXIT:-0} ;;
  "-m jupyterlab --version") echo 4.6.0 ;;
  *"/lab.py "*) echo "prefers its own: $JUPYTER_PREFER_ENV_PATH"; eval "\${LAB:-exit 0}" ;;
esac
`;
  writeFileSync(join(programs, "python3"), script, { mode: 0o755 });
  return programs;
}

/** What the fake Python was called with, one call a line. */
export function calls(folder: string): string[] {
  return readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

/** A folder for the PATH that has nothing but Node. */
export function onlyNode(folder: string): string {
  const programs = join(folder, "only-node");
  mkdirSync(programs, { recursive: true });
  symlinkSync(process.execPath, join(programs, "node"));
  return programs;
}

/** An environment in which no package index and no proxy can be reached. */
export const OFFLINE: NodeJS.ProcessEnv = {
  PIP_INDEX_URL: "http://127.0.0.1:9/simple",
  PIP_RETRIES: "0",
  PIP_NO_CACHE_DIR: "1",
  npm_config_registry: "http://127.0.0.1:9/",
  npm_config_fetch_retries: "0",
};

/** Runs one of the project's scripts as npm would. */
export function script(
  project: string,
  name: string,
  args: readonly string[] = [],
  options: { env?: NodeJS.ProcessEnv; uid?: number; gid?: number } = {},
): Promise<Ended> {
  const env = { HOME: join(project, ".."), ...options.env };
  return ended(process.execPath, [join(project, "kernel-setup", `${name}.mjs`), ...args], {
    cwd: project,
    ...options,
    env,
  });
}
