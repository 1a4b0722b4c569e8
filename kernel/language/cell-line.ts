import type ts from "./typescript.cjs";
import { cellKey, cellSpecifier } from "./cell-specifier.ts";
import type { CellDeclarations } from "./declarations.ts";

/** How a later cell sees a name. */
export interface Binding {
  readonly name: string;
  readonly cell: CellRecord;
  /** May be assigned by later cells. */
  readonly mutable: boolean;
  /** In Jupyter's words: "function", "class", "module", "instance" … */
  readonly kind: string;
  /** Has a value that the kernel keeps in its scope; types and `declare`d names have none. */
  readonly inScope: boolean;
}

/** A checked cell, kept while something refers to it. */
export interface CellRecord {
  readonly id: string;
  /** Counts up over the session and is never used twice. */
  readonly key: number;
  /** The cell's execution count, for messages. */
  readonly number: number;
  readonly jsx: boolean;
  /** What the checker reads: prefix, cell, `export { … }`; or, once made, its declarations alone. */
  text: string;
  isDeclaration: boolean;
  /** Modules that the text names, cells among them. */
  specifiers: readonly string[];
  readonly bindings: Map<string, Binding>;
  readonly shadowed: Map<string, Binding | undefined>;
  /** As the present generation's checker knows it. */
  file: ts.SourceFile | undefined;
  /** What the next generation reads instead of the text; "no" where that cannot be written down. */
  condensed: CellDeclarations | "no" | undefined;
}

/** Cells that can still be taken back; the host compiles ahead by far fewer. */
const UNDOABLE = 64;

/** The line of cells: which name means what to the next one. */
export class CellLine {
  readonly #records = new Map<number, CellRecord>();
  readonly #names = new Map<string, Binding>();
  readonly #recent: CellRecord[] = [];

  /** The cell and its names join the line; names of earlier cells are shadowed. */
  append(record: CellRecord): void {
    this.#records.set(record.key, record);
    for (const binding of record.bindings.values()) {
      record.shadowed.set(binding.name, this.#names.get(binding.name));
      // Deleting first keeps the newest names last, where completion looks first.
      this.#names.delete(binding.name);
      this.#names.set(binding.name, binding);
    }
    this.#recent.push(record);
    if (this.#recent.length > UNDOABLE) this.#recent.shift()?.shadowed.clear();
  }

  /** Takes a cell out of the line as if it had never been there. */
  remove(id: string): void {
    const index = this.#recent.findLastIndex((record) => record.id === id);
    const record = this.#recent[index];
    if (record === undefined) return;
    this.#recent.splice(index, 1);
    for (const [name, before] of record.shadowed) {
      const later = this.#recent.slice(index).find((each) => each.shadowed.get(name)?.cell === record);
      if (later !== undefined) later.shadowed.set(name, before);
      else if (this.#names.get(name)?.cell === record) {
        this.#names.delete(name);
        if (before !== undefined) this.#names.set(name, before);
      }
    }
  }

  get(name: string): Binding | undefined {
    return this.#names.get(name);
  }

  names(): Iterable<Binding> {
    return this.#names.values();
  }

  record(key: number): CellRecord | undefined {
    return this.#records.get(key);
  }

  /** Forgets the records that no name, no cell that may be taken back, no kept record and none of the specifiers refers to. */
  sweep(specifiers: Iterable<string>): void {
    const kept = new Set<CellRecord>();
    const keep = (record: CellRecord | undefined): void => {
      if (record === undefined || kept.has(record)) return;
      kept.add(record);
      queue.push(record);
    };
    const queue: CellRecord[] = [];
    for (const binding of this.#names.values()) keep(binding.cell);
    for (const record of this.#recent) {
      keep(record);
      for (const before of record.shadowed.values()) keep(before?.cell);
    }
    const keepNamed = (specifier: string): void => {
      const key = cellKey(specifier);
      if (key !== undefined) keep(this.#records.get(key));
    };
    for (const specifier of specifiers) keepNamed(specifier);
    for (let record = queue.pop(); record !== undefined; record = queue.pop())
      record.specifiers.forEach(keepNamed);
    for (const record of this.#records.values()) if (!kept.has(record)) this.#records.delete(record.key);
  }

  get size(): number {
    return this.#records.size;
  }

  records(): Iterable<CellRecord> {
    return this.#records.values();
  }

  clear(): void {
    this.#records.clear();
    this.#names.clear();
    this.#recent.length = 0;
  }
}

/** The lines in front of a cell that bring in the earlier names it uses. */
export function importsOf(bindings: Iterable<Binding>): string {
  const imports = new Map<number, string[]>();
  let text = "";
  for (const { name, cell, mutable } of bindings) {
    // An import cannot be assigned; a `let` of an earlier cell can, and has its declared type.
    if (mutable) text += `declare let ${name}: typeof import("${cellSpecifier(cell.key)}").${name};\n`;
    else {
      const names = imports.get(cell.key);
      if (names === undefined) imports.set(cell.key, [name]);
      else names.push(name);
    }
  }
  for (const [key, names] of imports)
    text += `import { ${names.join(", ")} } from "${cellSpecifier(key)}";\n`;
  return text;
}
