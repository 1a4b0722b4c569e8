/**
 * Run by `node --build-snapshot`: loads the compiler and the language service, lets it read the declarations that
 * every notebook needs, and says what a process does that is started from the snapshot. Such a script has no modules
 * but Node's own: ours, which are ESM, are turned into CommonJS by the compiler that was just loaded.
 */
/* global __dirname, __filename */
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join } = require("node:path");
const { pathToFileURL } = require("node:url");
const { startupSnapshot } = require("node:v8");

/** @typedef {{ exports: any }} Loaded */

const compiler = createRequire(__filename).resolve("typescript");
const ts = evaluate(readFileSync(compiler, "utf8"), compiler, require);

/** @type {Map<string, Loaded>} */
const loaded = new Map();

/** @param {string} file @returns {any} */
function load(file) {
  // `import ts from "./typescript.cjs"` means all of it.
  if (file.endsWith("typescript.cjs")) return { __esModule: true, default: ts };
  const known = loaded.get(file);
  if (known) return known.exports;
  /** @type {Loaded} */
  const module = { exports: {} };
  loaded.set(file, module);
  const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ESNext,
      esModuleInterop: true,
    },
  });
  /** @param {string} name */
  const find = (name) => (name.startsWith(".") ? load(join(dirname(file), name)) : require(name));
  evaluate(outputText.replaceAll("import.meta", "importMeta"), file, find, module);
  return module.exports;
}

/**
 * @param {string} code @param {string} file @param {(name: string) => unknown} find @param {Loaded} [module]
 * @returns {any}
 */
function evaluate(code, file, find, module = { exports: {} }) {
  const names = ["exports", "require", "module", "__filename", "__dirname", "importMeta"];
  new Function(...names, `${code}\n//# sourceURL=${file}`)(
    module.exports,
    find,
    module,
    file,
    dirname(file),
    { url: pathToFileURL(file).href },
  );
  return module.exports;
}

const { prepare, main } = load(join(__dirname, "process.js"));
prepare([compiler, ...loaded.keys()]);
startupSnapshot.setDeserializeMainFunction(main);
