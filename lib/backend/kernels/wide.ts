import { isAscii } from "node:buffer";
import { setFlagsFromString } from "node:v8";
import { uninterrupted } from "../uninterrupted.ts";

/**
 * The engines (V8 of Node 24, 25 and 26) that compile source/wide.as to operations of 256 bits when they are asked to. It is an experiment of theirs, and
 * other code ends the process while it is compiled (seen with 13.6 and 14.6): so they are asked for this module alone, whose form is known to work, and an engine joins the list
 * when `test/lib/backend/kernels/wide.test.ts` has passed on it.
 */
const ENGINES = ["13.6.", "14.1.", "14.6."];

/** What compiles a module at once, to the fastest code; and what has pairs of operations of 128 bits joined. */
const AT_ONCE = ["--no-liftoff", "--no-wasm-lazy-compilation"];
const JOINED = "--experimental-wasm-revectorize";

/** From which share of the usual time on 256 bits are not worth it: half is what they take where the processor has them (AVX2). */
const WORTH = 0.8;

/**
 * The module of source/wide.as with operations of 256 bits, if this engine and processor have them: tried out beside the same module without them, for about a
 * millisecond. `undefined` where they do not give the same numbers in less time.
 */
export function wideTiles(code: Uint8Array<ArrayBuffer>, isShared: boolean): WebAssembly.Module | undefined {
  if (process.arch !== "x64" || !ENGINES.some((engine) => process.versions.v8.startsWith(engine)))
    return undefined;
  const wide = compiled(code, [JOINED, ...AT_ONCE]);
  // Told from the first by a section that says nothing: an engine keeps what it compiled, by its bytes.
  const usual = compiled(Uint8Array.of(...code, 0, 2, 1, 120), AT_ONCE);
  const [ours, theirs] = [new Trial(wide, isShared), new Trial(usual, isShared)];
  for (let round = 0; round < 8; round++) for (const trial of [ours, theirs]) trial.run();
  clearUpperHalves();
  return ours.equals(theirs) && ours.fastest < WORTH * theirs.fastest ? wide : undefined;
}

const SOME_BYTES = new Uint8Array(64);

/**
 * To be called after code of 256 bits has run, before JavaScript goes on. V8 leaves the upper halves of the registers in use, and then each of the older
 * instructions, of which Node's own functions are made, waits for them to be put aside: JavaScript takes three times as long. Node's test for
 * ASCII (simdutf) uses such registers too, and clears them as compilers do (`vzeroupper`); it takes 0.07 µs.
 */
export function clearUpperHalves(): void {
  isAscii(SOME_BYTES);
}

function compiled(code: Uint8Array<ArrayBuffer>, flags: readonly string[]): WebAssembly.Module {
  return uninterrupted(() => {
    for (const flag of flags) setFlagsFromString(flag);
    try {
      return new WebAssembly.Module(code);
    } finally {
      for (const flag of flags) setFlagsFromString(opposite(flag));
    }
  });
}

function opposite(flag: string): string {
  return flag.startsWith("--no-") ? flag.replace("--no-", "--") : flag.replace("--", "--no-");
}

/** Ten tiles of 4 × 64 numbers, each a sum of 128 products, in a memory of their own. */
class Trial {
  static readonly #INNER = 128;
  static readonly #COLUMNS = 64;
  readonly #tiles: (...places: number[]) => void;
  readonly #memory: Float32Array;
  /** Milliseconds of the fastest run. */
  fastest = Infinity;

  constructor(module: WebAssembly.Module, shared: boolean) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    this.#tiles = exports["tiles"] as (...places: number[]) => void;
    this.#memory = new Float32Array(memory.buffer);
    for (let i = 0; i < this.#memory.length; i++) this.#memory[i] = (i % 127) / 127 - 0.5;
  }

  run(): void {
    const [inner, columns] = [Trial.#INNER, Trial.#COLUMNS];
    const [a, b] = [4 * inner * 4, inner * columns * 4];
    const start = performance.now();
    for (let i = 0; i < 10; i++) this.#tiles(0, a, a, inner * 16 * 4, columns, a + b, columns * 4, 0, 0, 1);
    this.fastest = Math.min(this.fastest, performance.now() - start);
  }

  equals(other: Trial): boolean {
    return this.#memory.every((number, i) => Object.is(number, other.#memory[i]));
  }
}
