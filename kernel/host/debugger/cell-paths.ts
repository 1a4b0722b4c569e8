import { tmpdir } from "node:os";
import { join } from "node:path";
import { murmur2 } from "./murmur2.ts";

/** The seed that debugpy's adapter uses too; any would do. */
const SEED = 0xc70f6907;

/** The texts of this many cells are remembered for `source`. */
const REMEMBERED = 1000;

/**
 * Cells as a debugger sees them: by the path that their text has. A front end computes the same paths from what `debugInfo`
 * tells it; nothing is written there. Another run of the kernel has other paths, by which JupyterLab sees that its
 * breakpoints have to be set anew.
 */
export class CellPaths {
  readonly prefix = join(tmpdir(), `matrix-composition_${process.pid}_${Date.now().toString(36)}`, "cell-");
  readonly suffix = ".ts";
  readonly #texts = new Map<string, string>();

  /** What `debugInfo` says of them. */
  get parameters(): {
    hashMethod: "Murmur2";
    hashSeed: number;
    tmpFilePrefix: string;
    tmpFileSuffix: string;
  } {
    return {
      hashMethod: "Murmur2",
      hashSeed: SEED,
      tmpFilePrefix: this.prefix,
      tmpFileSuffix: this.suffix,
    };
  }

  /** The path of a cell with this text, which is remembered. */
  add(text: string): string {
    const path = `${this.prefix}${murmur2(text, SEED)}${this.suffix}`;
    this.#texts.delete(path);
    this.#texts.set(path, text);
    if (this.#texts.size > REMEMBERED) {
      const [oldest] = this.#texts.keys();
      if (oldest !== undefined) this.#texts.delete(oldest);
    }
    return path;
  }

  textOf(path: string): string | undefined {
    return this.#texts.get(path);
  }

  /** Whether the path is one of a cell, of this run of the kernel. */
  has(path: string): boolean {
    return path.startsWith(this.prefix);
  }
}
