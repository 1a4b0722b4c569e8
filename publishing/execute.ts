import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { run } from "../kernel-setup/run.mjs";
import { venvPython } from "../kernel-setup/venv.mjs";
import { type Notebook, readNotebook, ROOT } from "./notebook.ts";

const SCRIPT = fileURLToPath(new URL("execute.py", import.meta.url));

/** Jupyter takes the kernel of the virtual environment, whatever the user has registered. */
const ENVIRONMENT = { ...process.env, JUPYTER_PREFER_ENV_PATH: "1" };

/** The exit code of the script where a cell failed; what else fails in Python is 1. */
const CELL_FAILED = 3;

/** A run of a notebook. */
export interface Execution {
  /** The notebook with the outputs of this run, as far as it came. */
  readonly notebook: Notebook;
  /** The error that ended it, `undefined` where all cells ran. */
  readonly error: string | undefined;
  /** How long it took, with the start of the kernel. */
  readonly seconds: number;
}

/**
 * Runs a notebook from top to bottom in a fresh kernel, with Jupyter's own client (nbclient), in `folder` or else in its
 * own. `.venv` and the kernel have to be there (`setup` of kernel-setup/).
 *
 * @throws Error where the client itself does not come to its end
 */
export async function executed(path: string, folder?: string): Promise<Execution> {
  const place = mkdtempSync(join(tmpdir(), "notebook-"));
  const target = join(place, "executed.ipynb");
  const started = performance.now();
  try {
    const { code, output } = await python([SCRIPT, path, target, ...(folder === undefined ? [] : [folder])]);
    const said = stripVTControlCharacters(output);
    if (code !== 0 && code !== CELL_FAILED) throw new Error(`${path} could not be run: ${said}`);
    return {
      notebook: readNotebook(target),
      error: code === 0 ? undefined : said,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Lays a notebook's file out as Jupyter does, so that saving it there changes nothing. */
export async function formatAsJupyter(path: string): Promise<void> {
  const { code, output } = await python([SCRIPT, "--format", path]);
  if (code !== 0) throw new Error(`${path} is no notebook: ${output}`);
}

function python(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return run(venvPython(join(ROOT, ".venv")), args, { env: ENVIRONMENT });
}
