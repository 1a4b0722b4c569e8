import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isMain } from "./is-main.mjs";
import { lockedWhile } from "./lock.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONFIGURATION = ["package.json", "tsconfig.json", "tsconfig.build.json"];
const FOLDERS = ["lib", "kernel"];
/** The library in one file, in `dist/`; its source map is beside it. */
const BUNDLE = join("lib", "bundle.js");

/**
 * Compiles `lib/` and `kernel/` to `dist/`, copies the data files that lie beside the sources, and joins the library's modules in one file.
 *
 * Does nothing where nothing changed since the last build that had no error, and nothing where the sources are
 * not there (an installed package brings its `dist/`). JavaScript is emitted in spite of type errors, so that
 * work in one folder does not stop the others; the result says whether there were any.
 *
 * @param {{ root?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<"unchanged" | "built" | "built with errors">}
 */
export async function build({ root = ROOT, log = console.log } = {}) {
  if (!existsSync(join(root, "tsconfig.build.json"))) return "unchanged";
  const output = join(root, "dist");
  const stamp = join(output, ".built");
  if (isCurrent(root, stamp)) return "unchanged";
  return lockedWhile(join(root, "node_modules", ".cache", "build.lock"), async () => {
    const before = fingerprint(root);
    if (isCurrent(root, stamp)) return "unchanged";
    rmSync(stamp, { force: true });
    removeOrphans(root, output);
    const hasErrors = await compile(root, log);
    copyData(root, output);
    await bundle(output);
    if (hasErrors) return "built with errors";
    writeFileSync(stamp, before);
    return "built";
  });
}

/** @param {string} root @param {string} stamp */
function isCurrent(root, stamp) {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint(root);
}

/**
 * Changes when a source is added, removed, or written.
 *
 * @param {string} root
 */
function fingerprint(root) {
  const hash = createHash("sha256");
  const files = [...CONFIGURATION.map((name) => join(root, name)), ...sources(root)];
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(root, file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** @param {string} root @returns {string[]} */
function sources(root) {
  return FOLDERS.flatMap((folder) => filesUnder(join(root, folder)));
}

/** @param {string} folder @returns {string[]} */
function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** @param {string} root @param {(line: string) => void} log @returns {Promise<boolean>} whether there were errors */
function compile(root, log) {
  // By its path: node_modules/.bin/tsc belongs to the fork of TypeScript that tslab brings.
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(compiler)) {
    throw new Error("TypeScript is not installed. Remedy: npm ci");
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (chunk) => (text += String(chunk)));
    child.on("error", reject);
    child.on("close", (code) => {
      if (text.trim() !== "") log(text.trimEnd());
      resolve(code !== 0);
    });
  });
}

/**
 * Removes what an earlier build made from sources that are gone.
 *
 * @param {string} root @param {string} output
 */
function removeOrphans(root, output) {
  for (const folder of FOLDERS) {
    for (const file of filesUnder(join(output, folder))) {
      const source = join(root, relative(output, file));
      // Programs go on importing the bundle of before while a new one is made.
      if (file.startsWith(join(output, BUNDLE))) continue;
      const stem = source.replace(/(\.d\.ts|\.js)(\.map)?$/, "");
      if (![source, `${stem}.ts`, `${stem}.tsx`].some((path) => existsSync(path))) rmSync(file);
    }
  }
}

/**
 * Copies what is neither TypeScript, nor a script that makes a source, nor prose: word lists, JSON, WebAssembly.
 *
 * @param {string} root @param {string} output
 */
function copyData(root, output) {
  for (const file of sources(root)) {
    if (/\.(ts|tsx|mjs|md)$/.test(file)) continue;
    const target = join(output, relative(root, file));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
}

/**
 * Joins the modules of the library in `dist/lib/bundle.js`, which Node loads in a third of the time: its 300 files would each be looked for, read and compiled. What the
 * package gives to `import` is that one.
 *
 * @param {string} output
 */
async function bundle(output) {
  const esbuild = await import("esbuild");
  await esbuild.build({
    entryPoints: [join(output, "lib", "index.js")],
    outfile: join(output, BUNDLE),
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    // Errors and functions are shown by their names.
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    logLevel: "error",
  });
}

if (isMain(import.meta.url)) {
  try {
    process.exitCode = (await build()) === "built with errors" ? 1 : 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
