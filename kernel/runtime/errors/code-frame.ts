import { dim, red } from "./colours.ts";
import type { Place } from "./sources.ts";

/** Lines shown before and after the one where it happened. */
const AROUND = 2;

/** Characters of a line that fit; minified code has lines of megabytes. */
const WIDTH = 160;

/**
 * The line of `place` with its neighbours, numbered, and a caret below the column.
 *
 * @example
 *   1 | const a = {}
 * > 2 | a.b.c
 *     |     ^
 */
export function codeFrame({ text, line, column }: Place): string[] {
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, line - AROUND);
  const last = Math.min(lines.length, line + AROUND);
  const digits = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const code = lines[number - 1] ?? "";
    // A far column of a long line: the window moves with it.
    const from = number === line && column > WIDTH - 20 ? column - WIDTH / 2 : 0;
    const shown = code.slice(from, from + WIDTH);
    const margin = `${String(number).padStart(digits)} | `;
    if (number === line) {
      const before = shown.slice(0, Math.max(0, column - 1 - from)).replace(/[^\t]/g, " ");
      frame.push(`${red(">")} ${margin}${shown}`, `  ${" ".repeat(digits)} | ${before}${red("^")}`);
    } else {
      frame.push(dim(`  ${margin}${shown}`));
    }
  }
  return frame;
}
