import type { Debugger } from "node:inspector";
import { basename, dirname, isAbsolute, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { cellFile } from "../../runtime/protocol.ts";
import type { CompiledCellRun } from "../cell-line.ts";
import type { CellPaths } from "./cell-paths.ts";
import { sourcesOf } from "./executor-handle.ts";
import type { Inspector } from "./inspector.ts";
import { Mapping, type Original } from "./mapping.ts";

/** What the user wrote for a script. */
interface Written {
  readonly label: string;
  readonly text: string;
  readonly map?: string;
}

/** Something that runs in the executor. */
export interface Script {
  readonly id: string;
  /** As the inspector knows it: files by their URL. */
  readonly url: string;
  /** The file, or what stands for one. */
  readonly file: string;
  /** `runtime` is Node and the kernel itself: no debugger's user asks for it. */
  readonly kind: "cell" | "module" | "library" | "runtime";
}

/** A script with what its user wrote. */
export interface KnownScript extends Script {
  readonly path: string;
  /** "Cell [3]", or the file as seen from the notebook's folder. */
  readonly label: string;
  /** Nothing where the code runs as written, and is to be asked for. */
  readonly text: string | undefined;
  readonly mapping: Mapping | undefined;
}

/** This package, which is on disk once as sources and once compiled. */
const OWN_FOLDER = fileURLToPath(new URL("../../../", import.meta.url));
const RUNTIME_FOLDER = fileURLToPath(new URL("../../", import.meta.url));
const CELL = /Cell \[\d+\]~r\d+$/;

/** A text as a regular expression that fits it alone. */
export function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The scripts that the inspector has told of, and what their user wrote. */
export class Scripts {
  readonly #inspector: Inspector;
  readonly #paths: CellPaths;
  readonly #folder: string;
  readonly #byId = new Map<string, Script>();
  readonly #cellFiles = new Set<string>();
  readonly #known = new Map<string, KnownScript>();
  /** Of cells that were announced, by the name under which they run. */
  readonly #announced = new Map<string, Written & { readonly path: string; readonly map: string }>();

  constructor(inspector: Inspector, paths: CellPaths, folder: string) {
    this.#inspector = inspector;
    this.#paths = paths;
    this.#folder = folder;
  }

  /** URLs of Node and of the kernel, in which nobody wants to stop; of libraries too, but where errors shall be seen. */
  static blackbox(withLibraries: boolean): string[] {
    const own = withLibraries ? OWN_FOLDER : RUNTIME_FOLDER;
    const folders = [own, pathToFileURL(own).href].map(literally);
    return ["^node:", ...folders, ...(withLibraries ? [String.raw`[\\/]node_modules[\\/]`] : [])];
  }

  add({ scriptId: id, url }: { readonly scriptId: string; readonly url: string }): void {
    const file = fileOf(url);
    this.#byId.set(id, { id, url, file, kind: this.#kindOf(file) });
  }

  /**
   * The names under which the cell of this path was told to run, the latest last. The inspector speaks on a line of its own:
   * what it says of a script may come after the cell has ended.
   */
  announcedAt(path: string): { readonly name: string; readonly mapping: Mapping }[] {
    return [...this.#announced]
      .filter(([, announced]) => announced.path === path)
      .map(([name, { map }]) => ({ name, mapping: new Mapping(map) }));
  }

  /** A cell will run under this name. */
  announce({ request, number, source, map }: CompiledCellRun): void {
    const written = { label: `Cell [${number}]`, text: source, map, path: this.#paths.add(source) };
    this.#announced.set(cellFile(number, request), written);
  }

  clear(): void {
    this.#byId.clear();
    this.#cellFiles.clear();
    this.#known.clear();
    this.#announced.clear();
  }

  get(id: string): Script | undefined {
    return this.#byId.get(id);
  }

  /** What the user has written or may want to read, one for each file. */
  files(): Script[] {
    const files = new Map<string, Script>();
    for (const script of this.#byId.values())
      if (script.kind === "module" || script.kind === "library") files.set(script.file, script);
    return [...files.values()];
  }

  /** Whether the path is that of a cell's text. */
  isCell(path: string): boolean {
    return this.#paths.has(path);
  }

  /** The scripts that came from `path`, of a cell or a file. */
  async at(path: string): Promise<KnownScript[]> {
    const isCell = this.#paths.has(path);
    const candidates = [...this.#byId.values()].filter(({ kind, file }) =>
      isCell ? kind === "cell" : kind !== "cell" && file === path,
    );
    return (await this.known(candidates)).filter((script) => script.path === path);
  }

  /** The same scripts with what their user wrote. */
  async known(scripts: readonly Script[]): Promise<KnownScript[]> {
    const unknown = scripts.filter(({ id, kind }) => !this.#known.has(id) && kind !== "runtime");
    const written = await this.#written(unknown);
    for (const script of unknown) {
      const { file } = script;
      const found = written[file];
      // A script of a cell that nobody remembers: one of Jupyter's user expressions, or Node's own.
      if (script.kind === "cell" && !found) continue;
      this.#known.set(script.id, {
        ...script,
        path: script.kind === "cell" && found ? this.#paths.add(found.text) : file,
        label: found?.label ?? labelOf(file, this.#folder),
        text: found?.text,
        mapping: found?.map === undefined ? undefined : new Mapping(found.map),
      });
    }
    return scripts.flatMap(({ id }) => this.#known.get(id) ?? []);
  }

  /** Where the user wrote what runs at a location, if that is known already. */
  placeOf({ scriptId, lineNumber, columnNumber = 0 }: Debugger.Location): Original | undefined {
    const script = this.#known.get(scriptId);
    if (!script) return undefined;
    if (!script.mapping) return { line: lineNumber + 1, column: columnNumber + 1 };
    return script.mapping.original({ line: lineNumber, column: columnNumber });
  }

  /** The text of a file or cell; nothing where the path is none of a script's. */
  async textOf(path: string): Promise<string | undefined> {
    const cell = this.#paths.textOf(path);
    if (cell !== undefined) return cell;
    const [script] = await this.at(path);
    if (!script) return undefined;
    if (script.text !== undefined) return script.text;
    return (await this.#inspector.call("Debugger.getScriptSource", { scriptId: script.id })).scriptSource;
  }

  #kindOf(file: string): Script["kind"] {
    if (CELL.test(file)) {
      // Jupyter's user expressions run under the name of their cell, after it.
      if (this.#cellFiles.has(file)) return "runtime";
      this.#cellFiles.add(file);
      return "cell";
    }
    if (!isAbsolute(file) || file.startsWith(RUNTIME_FOLDER)) return "runtime";
    const isOwn = file.startsWith(this.#folder + sep) && !file.startsWith(OWN_FOLDER);
    return isOwn && !/[\\/]node_modules[\\/]/.test(file) ? "module" : "library";
  }

  async #written(scripts: readonly Script[]): Promise<Readonly<Record<string, Written>>> {
    const written: Record<string, Written> = {};
    const asked: string[] = [];
    for (const { file, kind } of scripts) {
      const announced = this.#announced.get(basename(file));
      if (announced) written[file] = announced;
      else if (kind === "cell" || kind === "module") asked.push(file);
    }
    if (asked.length === 0) return written;
    const { result } = await this.#inspector.call("Runtime.evaluate", {
      expression: sourcesOf(asked),
      returnByValue: true,
      silent: true,
    });
    return { ...written, ...(result.value as Readonly<Record<string, Written>> | undefined) };
  }
}

function fileOf(url: string): string {
  if (!url.startsWith("file:")) return url;
  try {
    return fileURLToPath(url.replace(/[?#].*$/, ""));
  } catch {
    return url;
  }
}

/** A package's file by the package's name, another one as seen from the notebook's folder. */
function labelOf(path: string, folder: string): string {
  const inPackage = path.split(/[\\/]node_modules[\\/]/).at(-1) ?? path;
  if (inPackage !== path) return inPackage;
  if (path.startsWith(OWN_FOLDER)) return `matrix-composition/${relative(dirname(OWN_FOLDER), path)}`;
  return relative(folder, path);
}
