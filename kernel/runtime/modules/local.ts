import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, relative } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { registerSource } from "../errors/sources.ts";
import { isLocal, kindOf, localFile } from "./resolve.ts";

export type Namespace = Record<string, unknown>;

/** TypeScript as JavaScript, with the source map back. */
export interface Transpiled {
  readonly code: string;
  readonly map: string;
}

export interface LocalModulesParts {
  /** The notebook's folder: errors name files from there. */
  readonly folder: string;
  readonly transpile: (path: string) => Promise<Transpiled>;
  /** Imports what is not a local file, as a file of `folder` would. */
  readonly importPackage: (specifier: string, folder: string, options?: unknown) => Promise<Namespace>;
}

/** A local file that is loaded, or being loaded. */
interface Loaded {
  readonly path: string;
  readonly text: string;
  readonly module: vm.Module;
  /** Local files that it imports. */
  readonly dependencies: Set<string>;
  evaluation: Promise<void> | undefined;
}

/**
 * Modules beside the notebook: TypeScript, JavaScript and JSON. A file that has changed since, or that imports one that
 * has, is loaded anew by the next import; the others stay as they are.
 */
export class LocalModules {
  readonly #parts: LocalModulesParts;
  readonly #loaded = new Map<string, Promise<Loaded>>();
  readonly #settled = new Map<string, Loaded>();
  /** Loading is done one import at a time; running the modules is not. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: LocalModulesParts) {
    this.#parts = parts;
  }

  /** The module of the file at `path`, as it is on disk now. Throws what reading, compiling or running it throws. */
  async import(path: string): Promise<Namespace> {
    const linked = this.#queue.then(() => this.#link(path));
    this.#queue = linked.catch(() => undefined);
    const loaded = await linked;
    try {
      // A module whose importer is being run is run by it.
      if (loaded.module.status !== "evaluating") await (loaded.evaluation ??= loaded.module.evaluate());
    } catch (error) {
      // The next import tries again.
      this.#forget((each) => each.module.status !== "evaluated");
      throw error;
    }
    return loaded.module.namespace as Namespace;
  }

  /** An interrupt may have killed what was being loaded: the next import does not wait for it, and begins anew. */
  abandon(): void {
    this.#queue = Promise.resolve();
    this.#forget((each) => each.module.status !== "evaluated");
    for (const path of this.#loaded.keys()) if (!this.#settled.has(path)) this.#loaded.delete(path);
  }

  async #link(path: string): Promise<Loaded> {
    this.#forgetChanged();
    try {
      const loaded = await this.#load(path);
      if (loaded.module.status === "unlinked") {
        await loaded.module.link((specifier, importer) => this.#dependency(specifier, importer.identifier));
      }
      return loaded;
    } catch (error) {
      this.#loaded.clear();
      this.#forget((each) => each.module.status !== "evaluated");
      for (const each of this.#settled.values()) this.#loaded.set(each.path, Promise.resolve(each));
      throw error;
    }
  }

  /** Forgets the files that have changed, and those that import them. */
  #forgetChanged(): void {
    const stale = new Set<string>();
    for (const { path, text } of this.#settled.values()) if (textOf(path) !== text) stale.add(path);
    let count: number;
    do {
      count = stale.size;
      for (const { path, dependencies } of this.#settled.values()) {
        if ([...dependencies].some((each) => stale.has(each))) stale.add(path);
      }
    } while (stale.size > count);
    this.#forget(({ path }) => stale.has(path));
  }

  #forget(isForgotten: (loaded: Loaded) => boolean): void {
    for (const each of [...this.#settled.values()]) {
      if (!isForgotten(each)) continue;
      this.#settled.delete(each.path);
      this.#loaded.delete(each.path);
    }
  }

  #load(path: string): Promise<Loaded> {
    let loaded = this.#loaded.get(path);
    if (!loaded) {
      loaded = this.#read(path);
      this.#loaded.set(path, loaded);
    }
    return loaded;
  }

  async #read(path: string): Promise<Loaded> {
    const text = readFileSync(path, "utf8");
    const module = await this.#moduleOf(path, text);
    const loaded: Loaded = { path, text, module, dependencies: new Set(), evaluation: undefined };
    this.#settled.set(path, loaded);
    return loaded;
  }

  async #moduleOf(path: string, text: string): Promise<vm.Module> {
    const kind = kindOf(path, text);
    const label = relative(this.#parts.folder, path);
    if (kind === "json") return synthetic(path, { default: named(label, () => JSON.parse(text) as unknown) });
    if (kind === "commonjs") return synthetic(path, commonJs(path));
    if (kind === "native") {
      return synthetic(path, await this.#parts.importPackage(pathToFileURL(path).href, dirname(path)));
    }
    let code = text;
    if (kind === "typescript") {
      const transpiled = await this.#parts.transpile(path);
      code = transpiled.code;
      registerSource(path, { label, text, map: transpiled.map });
    } else {
      registerSource(path, { label, text });
    }
    const options: vm.SourceTextModuleOptions = {
      identifier: path,
      initializeImportMeta: (meta) => {
        meta.url = pathToFileURL(path).href;
        meta.filename = path;
        meta.dirname = dirname(path);
        meta.resolve = (specifier: string) => this.resolve(specifier, dirname(path));
      },
      importModuleDynamically: ((specifier: string) => this.importFrom(specifier, dirname(path))) as never,
    };
    return named(label, () => new vm.SourceTextModule(code, options));
  }

  async #dependency(specifier: string, importer: string): Promise<vm.Module> {
    if (!isLocal(specifier))
      return synthetic(specifier, await this.#parts.importPackage(specifier, dirname(importer)));
    const label = relative(this.#parts.folder, importer);
    const path = named(`imported by ${label}`, () => localFile(specifier, dirname(importer)));
    this.#settled.get(importer)?.dependencies.add(path);
    return (await this.#load(path)).module;
  }

  /** What `import(specifier)` gives to code in `folder`. */
  async importFrom(written: unknown, folder: string, options?: unknown): Promise<Namespace> {
    const specifier = String(written);
    if (!isLocal(specifier)) return this.#parts.importPackage(specifier, folder, options);
    const path = localFile(specifier, folder);
    if (kindOf(path, "") !== "native") return this.import(path);
    return this.#parts.importPackage(pathToFileURL(path).href, folder, options);
  }

  /** What `import.meta.resolve(specifier)` gives to code in `folder`. */
  resolve(specifier: string, folder: string): string {
    if (isLocal(specifier)) return new URL(specifier, pathToFileURL(`${folder}/`)).href;
    return import.meta.resolve(specifier, pathToFileURL(`${folder}/cell.js`).href);
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

const synthetics = new WeakMap<Namespace, vm.Module>();

/** What `code` gives; the message of its error begins with the name of the file that it is about. */
function named<T>(file: string, code: () => T): T {
  try {
    return code();
  } catch (error) {
    if (error instanceof Error) error.message = `${file}: ${error.message}`;
    throw error;
  }
}

/** A module whose exports are those of `namespace`. */
function synthetic(identifier: string, namespace: Namespace): vm.Module {
  let module = synthetics.get(namespace);
  if (!module) {
    const names = Object.keys(namespace);
    module = new vm.SyntheticModule(
      names,
      function (this: vm.SyntheticModule) {
        for (const name of names) this.setExport(name, namespace[name]);
      },
      { identifier },
    );
    synthetics.set(namespace, module);
  }
  return module;
}

/** The exports of a CommonJS file, run anew. */
function commonJs(path: string): Namespace {
  const require = createRequire(path);
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- how Node's cache of modules is told to forget
  delete require.cache[path];
  const exported: unknown = require(path);
  const named = typeof exported === "object" && exported !== null ? exported : {};
  return { ...named, default: exported };
}
