import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { globMatcher } from "./glob.ts";

/** A cell that was run once. */
export interface HistoryEntry {
  readonly session: number;
  /** The cell's execution count. */
  readonly line: number;
  readonly input: string;
  /** The `text/plain` of its result, where it had one. */
  readonly output?: string;
}

/** Sessions that are kept on disk; older ones are deleted when a new one begins. */
const KEPT_SESSIONS = 1_000;

/** More of one result is not kept, in UTF-16 code units. */
const KEPT_OUTPUT = 10_000;

const FILE_NAME = /^(\d+)\.jsonl$/;

/**
 * The cells of all sessions. A session is one file of JSON lines, `<number>.jsonl`, that only its kernel writes: kernels that
 * run at the same time never meet. It is made with the first cell. A line is `{line, input}` or `{line, output}`. Where the
 * folder cannot be written, the history of this session is kept in memory, and nothing fails.
 */
export class History {
  readonly #folder: string | undefined;
  readonly #own = new Map<number, { input: string; output?: string }>();
  #session: number | undefined;
  #isOnDisk = false;

  /** @param folder where the files are; undefined: nothing is kept */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** Adds a cell of this session. */
  add(line: number, input: string): void {
    this.#begin();
    this.#own.set(line, { input });
    this.#append({ line, input });
  }

  /** Adds the result of a cell of this session. */
  addOutput(line: number, output: string): void {
    const entry = this.#own.get(line);
    if (!entry) return;
    entry.output = output.slice(0, KEPT_OUTPUT);
    this.#append({ line, output: entry.output });
  }

  /**
   * Cells of one session, from `start` up to but without `stop`. Session 0 is this one, −1 the one before it.
   * Without `stop`: to the end.
   */
  range(session: number, start: number, stop: number | undefined): HistoryEntry[] {
    let entries: HistoryEntry[];
    if (session === 0 || session === this.#session) entries = this.#current();
    else if (session > 0) entries = this.#read(session);
    else {
      const earlier = this.#sessions();
      const wanted = earlier[earlier.length + session];
      entries = wanted === undefined ? [] : this.#read(wanted);
    }
    return entries.filter(({ line }) => line >= start && (stop === undefined || line < stop));
  }

  /** The last `count` cells of all sessions, oldest first. */
  tail(count: number): HistoryEntry[] {
    return this.#newestFirst(count, () => true).reverse();
  }

  /** The last `count` cells that fit a pattern (see `globMatcher`), oldest first; `unique`: each text once, where it was last. */
  search(pattern: string, count: number | undefined, unique: boolean): HistoryEntry[] {
    const fits = globMatcher(pattern);
    const seen = new Set<string>();
    return this.#newestFirst(count ?? Infinity, ({ input }) => {
      if (!fits(input) || (unique && seen.has(input))) return false;
      seen.add(input);
      return true;
    }).reverse();
  }

  #newestFirst(count: number, isWanted: (entry: HistoryEntry) => boolean): HistoryEntry[] {
    const found: HistoryEntry[] = [];
    const take = (entries: readonly HistoryEntry[]): void => {
      for (const entry of entries.toReversed())
        if (found.length < count && isWanted(entry)) found.push(entry);
    };
    take(this.#current());
    for (const session of this.#sessions().reverse()) {
      if (found.length >= count) break;
      take(this.#read(session));
    }
    return found;
  }

  #current(): HistoryEntry[] {
    return [...this.#own].map(([line, entry]) => ({ session: this.#session ?? 0, line, ...entry }));
  }

  /** The numbers of the sessions on disk that are older than this one, ascending. */
  #sessions(): number[] {
    if (this.#folder === undefined) return [];
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch {
      return [];
    }
    const own = this.#isOnDisk ? (this.#session ?? Infinity) : Infinity;
    return names
      .flatMap((name) => FILE_NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .filter((session) => session < own)
      .sort((one, other) => one - other);
  }

  #read(session: number): HistoryEntry[] {
    if (this.#folder === undefined) return [];
    let text: string;
    try {
      text = readFileSync(this.#file(session), "utf8");
    } catch {
      return [];
    }
    const entries = new Map<number, { input: string; output?: string }>();
    for (const row of text.split("\n")) {
      let record: unknown;
      try {
        record = JSON.parse(row);
      } catch {
        // The last line of a kernel that was killed while it wrote.
        continue;
      }
      if (typeof record !== "object" || record === null || !("line" in record)) continue;
      const { line } = record;
      if (typeof line !== "number") continue;
      if ("input" in record && typeof record.input === "string") entries.set(line, { input: record.input });
      const entry = entries.get(line);
      if (entry && "output" in record && typeof record.output === "string") entry.output = record.output;
    }
    return [...entries].map(([line, entry]) => ({ session, line, ...entry }));
  }

  #file(session: number): string {
    return join(this.#folder ?? "", `${session}.jsonl`);
  }

  /** Gives the session the next free number, by making its file. */
  #begin(): void {
    if (this.#session !== undefined) return;
    this.#session = 1;
    if (this.#folder === undefined) return;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const sessions = this.#sessions();
      for (const old of sessions.slice(0, -KEPT_SESSIONS)) rmSync(this.#file(old), { force: true });
      this.#session = this.#claim((sessions[sessions.length - 1] ?? 0) + 1);
      this.#isOnDisk = true;
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #claim(first: number): number {
    for (let session = first; ; session++) {
      try {
        writeFileSync(this.#file(session), "", { flag: "wx", mode: 0o600 });
        return session;
      } catch (error) {
        // Another kernel was faster.
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      }
    }
  }

  #append(record: unknown): void {
    if (!this.#isOnDisk || this.#session === undefined) return;
    try {
      appendFileSync(this.#file(this.#session), `${JSON.stringify(record)}\n`);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): void {
    this.#isOnDisk = false;
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`kernel: the history of this session is not kept on disk: ${reason}\n`);
  }
}
