/**
 * Compiles the kernels in source/ (AssemblyScript) to kernels.wasm.ts, twice: with plain SIMD, and with relaxed SIMD (fused
 * multiply–add), which Node 22 has; and wide.as by itself. Run after a change: `node lib/backend/kernels/compile.mjs`; `--check` only compares.
 */
import { readFileSync, writeFileSync } from "node:fs";

// By a name that TypeScript does not follow: AssemblyScript's declarations change global types (`Array.prototype.at`) for the whole project.
const compiler = "assemblyscript/asc";
/** @type {{ main(options: readonly string[], host: { readFile: (name: string) => string | null, writeFile: (name: string, contents: string | Uint8Array) => void, listFiles: () => string[] }): Promise<{ error: Error | null, stderr: { toString(): string } }> }} */
const { main } = await import(compiler);

const folder = new URL("./", import.meta.url);

/** The AssemblyScript compiler asks for `X.ts`; ours are `X.as`, so that TypeScript's own tools leave them alone. @param {string} name */
function readSource(name) {
  try {
    return readFileSync(new URL(`source/${name.replace(/\.ts$/, ".as")}`, folder), "utf8");
  } catch {
    return null;
  }
}

/** The module in base64. @param {string} entry @param {string[]} features */
async function compiled(entry, features) {
  /** @type {Uint8Array} */
  let bytes = new Uint8Array();
  const settings =
    "--outFile out.wasm -O3 --noAssert --runtime stub --importMemory --noExportMemory --sharedMemory --maximumMemory 65536 --use abort=";
  const { error, stderr } = await main([entry, ...settings.split(" "), ...features], {
    readFile: readSource,
    writeFile: (_name, contents) =>
      void (bytes = typeof contents === "string" ? Buffer.from(contents) : contents),
    listFiles: () => [],
  });
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  if (hasData(bytes))
    throw new Error("Data segments would overwrite TensorFlow.js' own in the shared memory.");
  return Buffer.from(bytes).toString("base64");
}

/**
 * Whether a module has a data section (tables of AssemblyScript's `Math`, texts): it would lie where TensorFlow.js keeps its own.
 * @param {Uint8Array} bytes
 */
function hasData(bytes) {
  for (let at = 8; at < bytes.length;) {
    const id = bytes[at++];
    let [size, shift, byte] = [0, 0, 0x80];
    while (byte & 0x80) {
      byte = bytes[at++] ?? 0;
      size |= (byte & 0x7f) << shift;
      shift += 7;
    }
    if (id === 11) return true;
    at += size;
  }
  return false;
}

const simd = ["--enable", "simd", "--enable", "threads"];
const relaxedSimd = [...simd, "--enable", "relaxed-simd"];
const plain = await compiled("index.ts", simd);
const relaxed = await compiled("index.ts", relaxedSimd);
const wide = await compiled("wide.ts", relaxedSimd);
const text = `/* Made by compile.mjs from source/; do not edit. */
/** The kernels for engines with SIMD, base64. */
export const SIMD_KERNELS: string =
  "${plain}";
/** The kernels for engines with relaxed SIMD as well, base64. */
export const RELAXED_KERNELS: string =
  "${relaxed}";
/** source/wide.as, base64. */
export const WIDE_KERNELS: string =
  "${wide}";
`;
const target = new URL("kernels.wasm.ts", folder);
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error(
      "kernels.wasm.ts is not what source/ compiles to: run node lib/backend/kernels/compile.mjs",
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
  console.log(`kernels.wasm.ts: ${plain.length + relaxed.length + wide.length} characters`);
}
