import { smallMultiples, table, type Figure } from "../views/index.ts";
import { rowInWords, sweepMap } from "./figures.ts";
import type { Sweep } from "./sweep.ts";

/** How many rows the table shows. */
const MOST_ROWS = 15;
/** How many relations get a map. */
const MOST_MAPS = 4;

/** What a sweep found, in a sentence. */
export function sweepTitle({ rows, skipped, smallestRate, level }: Sweep): string {
  if (rows.length === 0) return `Nothing was tested: ${skipped.length} relations skipped`;
  const found = rows.filter(({ kind }) => kind !== "nothing").length;
  const paired = rows.filter(({ kind }) => kind === "paired relation").length;
  if (found > 0)
    return `${found} of ${rows.length} found, ${paired} of them paired, at a false discovery rate of ${level}`;
  return `Not distinguishable from chance anywhere${smallestRate > level ? " (too few draws for so many places)" : ""}`;
}

/** Ten columns with their words whole, in CSS pixels. */
const TABLE_WIDTH = 900;

/** The surest rows as a table, and for each relation a map, layers × heads, of its largest effect over the null. */
export function sweepFigure(sweep: Sweep): Figure {
  const { rows, skipped } = sweep;
  const title = sweepTitle(sweep);
  if (rows.length === 0)
    return table([{ relation: skipped[0]?.relation ?? "", reason: skipped[0]?.reason ?? "" }], { title });
  const surest = table(rows.slice(0, MOST_ROWS).map(rowInWords), { title, width: TABLE_WIDTH });
  const maps = [...new Set(rows.filter(({ place }) => "head" in place).map(({ relation }) => relation))]
    .slice(0, MOST_MAPS)
    .map((relation) => sweepMap(sweep, relation, { width: 400 }));
  return maps.length === 0 ? surest : smallMultiples([surest, ...maps], { description: title });
}
