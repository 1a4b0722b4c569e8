/** A corpus whose sentences are all too short for what is to be counted. */
export class NothingToCountError extends Error {
  override readonly name = "NothingToCountError";
  constructor(what: string, wordsNeeded: number, longest: number) {
    super(
      `${what} counts what follows: it needs a sentence of at least ${wordsNeeded} words, ` +
        `and the longest here has ${longest}.`,
    );
  }
}

/** Fewer words than a model needs before it can say what comes next. */
export class ContextTooShortError extends Error {
  override readonly name = "ContextTooShortError";
  constructor(what: string, needed: number, given: readonly string[]) {
    super(
      `${what} needs the last ${needed} word${needed === 1 ? "" : "s"} and got ${given.length}` +
        (given.length > 0 ? ` (${given.join(" ")}).` : "."),
    );
  }
}

/** A full matrix that would be too large to make; says how large. */
export class MatrixTooLargeError extends Error {
  override readonly name = "MatrixTooLargeError";
  /** Rows × columns that it would have. */
  readonly cells: bigint;
  constructor(what: string, rows: bigint, columns: number, most: number, remedy: string) {
    const cells = rows * BigInt(columns);
    super(
      `${what} would have ${rows.toLocaleString("en-US")} × ${columns.toLocaleString("en-US")} = ` +
        `${cells.toLocaleString("en-US")} cells (${bytes(cells * 8n)}); at most ` +
        `${most.toLocaleString("en-US")} are made. ${remedy}`,
    );
    this.cells = cells;
  }
}

/** An option with a value that it cannot have. */
export class OptionError extends Error {
  override readonly name = "OptionError";
  constructor(option: string, value: unknown, wanted: string) {
    super(`${option} is ${String(value)}; it has to be ${wanted}.`);
  }
}

/** A weight or bias that is NaN or infinite. */
export class WeightError extends Error {
  override readonly name = "WeightError";
}

function bytes(count: bigint): string {
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];
  let value = Number(count);
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toPrecision(3)} ${units[unit] ?? ""}`;
}
