import { homedir } from "node:os";
import { join } from "node:path";

/** What a user may set through environment variables. */
export interface Settings {
  /** `stop`: a type error keeps a cell from running; `warn`: it is shown, and the cell runs; `off`: it is not looked for. MATRIX_COMPOSITION_TYPE_ERRORS. */
  readonly typeErrors: "stop" | "warn" | "off";
  /** How much stdout and stderr of one cell a front end gets, in UTF-16 code units. MATRIX_COMPOSITION_OUTPUT_LIMIT. */
  readonly outputLimit: number;
  /** Where the history of all sessions is kept; undefined: in memory only. MATRIX_COMPOSITION_HISTORY, `off` for none. */
  readonly historyFolder: string | undefined;
  /** How long an interrupted cell may take to stop before its process is replaced, in ms. */
  readonly interruptPatience: number;
  /** How long the check of one cell may take before the compiler is started again, in ms. MATRIX_COMPOSITION_CHECK_PATIENCE. */
  readonly checkPatience: number;
  /** A folder above the notebook's is not asked for; the kernel runs where Jupyter starts it. */
  readonly folder: string;
}

/** Checking a cell takes milliseconds; the first import of a large package, on a slow and busy machine, half a minute. */
const CHECK_PATIENCE = 60_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Two million characters: about 25,000 full lines, which JupyterLab still draws at once. */
const OUTPUT_LIMIT = 2_000_000;

/** What the specification of interrupts allows before force: KERNEL.md, section 3.5, step 5. */
const INTERRUPT_PATIENCE = 5_000;

/** Jupyter's data folder of the user. Source: jupyter_core, "Data files". */
export function jupyterDataFolder(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment["JUPYTER_DATA_DIR"]) return environment["JUPYTER_DATA_DIR"];
  if (platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (platform === "win32") return join(environment["APPDATA"] ?? homedir(), "jupyter");
  return join(environment["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "jupyter");
}

/** The settings that an environment holds, with the default for each that is missing or makes no sense. */
export function readSettings(environment: Environment = process.env): Settings {
  const typeErrors = environment["MATRIX_COMPOSITION_TYPE_ERRORS"];
  const limit = Number(environment["MATRIX_COMPOSITION_OUTPUT_LIMIT"]);
  const history = environment["MATRIX_COMPOSITION_HISTORY"];
  const patience = Number(environment["MATRIX_COMPOSITION_INTERRUPT_PATIENCE"]);
  const checkPatience = Number(environment["MATRIX_COMPOSITION_CHECK_PATIENCE"]);
  return {
    typeErrors: typeErrors === "warn" || typeErrors === "off" ? typeErrors : "stop",
    outputLimit: limit > 0 ? limit : OUTPUT_LIMIT,
    historyFolder:
      history === "off"
        ? undefined
        : history !== undefined && history !== ""
          ? history
          : join(jupyterDataFolder(environment), "matrix-composition", "history"),
    interruptPatience: patience > 0 ? patience : INTERRUPT_PATIENCE,
    checkPatience: checkPatience > 0 ? checkPatience : CHECK_PATIENCE,
    folder: process.cwd(),
  };
}
