import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Endings that a specifier may leave out, in the order in which they are tried. */
const ENDINGS = [".ts", ".tsx", ".mts", ".js", ".mjs", ".jsx", ".cjs", ".json"];

/** TypeScript's habit of naming `x.ts` by the name of what it is compiled to. */
const SOURCES_OF: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".mjs": [".mts"],
  ".jsx": [".tsx"],
};

/** How a local file is loaded. */
export type FileKind = "typescript" | "module" | "commonjs" | "json" | "native";

/** Whether `specifier` names a file rather than a package. */
export function isLocal(specifier: string): boolean {
  return (
    /^\.{0,2}\//.test(specifier) ||
    specifier === "." ||
    specifier === ".." ||
    specifier.startsWith("file:") ||
    /^[A-Za-z]:[\\/]/.test(specifier)
  );
}

/**
 * The file that a local specifier names, seen from `folder`: as written, with an ending, as TypeScript's source of it, or
 * as the index of a folder. Throws as Node does where there is none.
 */
export function localFile(specifier: string, folder: string): string {
  const path = specifier.startsWith("file:")
    ? fileURLToPath(specifier.replace(/[?#].*$/, ""))
    : resolve(folder, specifier);
  const found = candidates(path).find(isFile);
  if (found !== undefined) return found;
  throw Object.assign(new Error(`Cannot find module '${specifier}' in ${folder}`), {
    code: "ERR_MODULE_NOT_FOUND",
  });
}

function candidates(path: string): string[] {
  const ending = /\.[mc]?jsx?$/.exec(path)?.[0] ?? "";
  const stem = path.slice(0, path.length - ending.length);
  return [
    path,
    ...(SOURCES_OF[ending] ?? []).map((source) => stem + source),
    ...ENDINGS.map((each) => path + each),
    ...ENDINGS.map((each) => join(path, `index${each}`)),
  ];
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** How to load the file at `path`; `text` is its content. Files of packages are left to Node. */
export function kindOf(path: string, text: string): FileKind {
  if (path.includes(`${sep}node_modules${sep}`)) return "native";
  if (/\.(ts|tsx|mts|jsx)$/.test(path)) return "typescript";
  if (path.endsWith(".json")) return "json";
  if (/\.(cjs|cts)$/.test(path)) return "commonjs";
  if (path.endsWith(".mjs")) return "module";
  if (!path.endsWith(".js")) return "native";
  const type = packageTypeOf(dirname(path));
  if (type !== undefined) return type === "module" ? "module" : "commonjs";
  return /^\s*(import|export)\b/m.test(text) ? "module" : "commonjs";
}

function packageTypeOf(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = join(at, "package.json");
    if (isFile(manifest)) {
      try {
        const { type } = JSON.parse(readFileSync(manifest, "utf8")) as { type?: unknown };
        return typeof type === "string" ? type : undefined;
      } catch {
        return undefined;
      }
    }
    if (at === dirname(at) || basename(at) === "node_modules") return undefined;
  }
}
