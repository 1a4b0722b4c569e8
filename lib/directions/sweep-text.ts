import { rowInWords } from "./figures.ts";
import type { SweepFile } from "./sweep-file.ts";
import { sweepTitle } from "./sweep-figure.ts";

/** Places that are listed of each relation. */
const MOST_PLACES = 3;

/** A sweep as a page of text for a terminal: what was found, and of each relation its surest places. */
export function sweepText({ model, asked, sweep }: SweepFile): string {
  const lines = [`Directions of ${String(model["name"])}: ${sweepTitle(sweep)}`];
  for (const { name } of asked.relations) {
    const mine = sweep.rows.filter(({ relation }) => relation === name);
    if (mine.length === 0) continue;
    const of = (kind: string) => mine.filter((row) => row.kind === kind).length;
    lines.push(
      "",
      `${name}: a paired relation at ${of("paired relation")}, a class direction at ${of("class direction")} of ${mine.length} places`,
    );
    for (const row of mine.slice(0, MOST_PLACES)) {
      const { place, found, ...numbers } = rowInWords(row);
      const list = ["mean cosine", "words shuffled", "partners shuffled", "held-out AUC", "q", "paired q"];
      lines.push(
        `  ${place}  ${list.map((key) => `${key} ${numbers[key] ?? "–"}`).join(", ")}: ${found ?? ""}`,
      );
    }
  }
  for (const { relation, reason } of sweep.skipped) lines.push("", `Skipped: ${relation} (${reason})`);
  if (sweep.leftOut.length > 0)
    lines.push(
      "",
      `Words left out: ${sweep.leftOut.map(({ relation, word }) => `${word} (${relation})`).join(", ")}`,
    );
  return lines.join("\n");
}
