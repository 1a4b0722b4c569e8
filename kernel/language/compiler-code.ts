/**
 * Loads the compiler, before anything else asks for it, with the machine code that V8 made of it at an earlier start:
 * TypeScript is nine megabytes of JavaScript, and compiling what the first cell needs of it is a fifth of a start. The
 * code is kept beside the packages, or in the user's cache folder where these are not the user's own; where it is missing, does not fit or cannot be read, V8 compiles as always.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire, Module } from "node:module";
import { dirname, join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";
import { cacheFolder } from "./cache-folder.ts";

// TypeScript has functions of tens of thousands of lines. To optimise one takes 130 MB for a moment, of which the system
// gets little back, and makes nothing quicker. V8 keeps code apart by its flags: so this comes first.
setFlagsFromString("--max-optimized-bytecode-size=20000");

type Wrapper = (
  exports: unknown,
  require: NodeJS.Require,
  module: NodeJS.Module,
  file: string,
  folder: string,
) => void;

const require = createRequire(import.meta.url);
const compiler = require.resolve("typescript");
const kept = codeFile();

/** Code that is worth keeping: there was none that fitted. */
let fresh = require.cache[compiler] ? undefined : load();

function load(): Script | undefined {
  const source = readFileSync(compiler, "utf8");
  const cachedData = readKept();
  const script = new Script(Module.wrap(source), { filename: compiler, ...(cachedData && { cachedData }) });
  const module = new Module(compiler);
  module.filename = compiler;
  require.cache[compiler] = module;
  (script.runInThisContext() as Wrapper)(
    module.exports,
    createRequire(compiler),
    module,
    compiler,
    dirname(compiler),
  );
  module.loaded = true;
  return cachedData && script.cachedDataRejected === false ? undefined : script;
}

/** Keeps the code of what has run by now for later starts, where there was none. */
export function keepCompilerCode(): void {
  const script = fresh;
  fresh = undefined;
  if (!script) return;
  try {
    // It is run as it is: nobody else may write there.
    mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
    const unfinished = `${kept}.${process.pid}`;
    writeFileSync(unfinished, script.createCachedData(), { mode: 0o600 });
    renameSync(unfinished, kept);
  } catch {
    // Without a place to keep it the next start is as slow as this one.
  }
}

function readKept(): Buffer | undefined {
  try {
    return readFileSync(kept);
  } catch {
    return undefined;
  }
}

/** One file for each version of the compiler and of Node; V8 itself checks the rest. */
function codeFile(): string {
  const { size, mtimeMs } = statSync(compiler);
  const key = createHash("sha256").update(
    [compiler, size, mtimeMs, process.version, process.arch].join("\n"),
  );
  return join(cacheFolder(compiler), `compiler-${key.digest("hex").slice(0, 16)}`);
}
