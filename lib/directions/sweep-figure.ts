import { tensor } from "../tensor/index.ts";
import { heatmap, smallMultiples, table, type Figure } from "../views/index.ts";
import type { RankedRow, Sweep } from "./sweep.ts";
import { KIND_NAMES } from "./verdict.ts";

/** How many rows the table shows. */
const MOST_ROWS = 15;
/** How many relations get a map. */
const MOST_MAPS = 4;
/** The surest rows as a table, and for each relation a map, layers × heads, of its largest effect over the null. */
export function sweepFigure({ rows, skipped, smallestRate, level }: Sweep): Figure {
  const found = rows.filter(({ kind }) => kind !== "nothing").length;
  const paired = rows.filter(({ kind }) => kind === "paired relation").length;
  const title =
    rows.length === 0
      ? `Nothing was tested: ${skipped.length} relations skipped`
      : `${found === 0 ? "Not distinguishable from chance anywhere" : `${found} of ${rows.length} found (${paired} paired) at a false discovery rate of ${level}`}${smallestRate > level && found === 0 ? " (too few draws for so many places)" : ""}`;
  if (rows.length === 0)
    return table([{ relation: skipped[0]?.relation ?? "", reason: skipped[0]?.reason ?? "" }], { title });
  const surest = table(
    rows.slice(0, MOST_ROWS).map((row) => ({
      relation: row.relation,
      place: `${row.placeName}${row.isBasisDependent ? " (own coordinates)" : ""}`,
      "mean cosine": (row.measures.meanCosine ?? Number.NaN).toFixed(2),
      "words shuffled": row.tests.words.nullMean.toFixed(2),
      "partners shuffled": row.tests.partners.nullMean.toFixed(2),
      "held-out AUC": row.measures.heldOutAUC?.toFixed(2) ?? "–",
      analogies: row.measures.analogyAccuracy?.toFixed(2) ?? "–",
      q: row.qValue.toPrecision(2),
      "paired q": row.pairedQValue.toPrecision(2),
      found: KIND_NAMES[row.kind],
    })),
    { title },
  );
  const maps = [...new Set(rows.map(({ relation }) => relation))]
    .slice(0, MOST_MAPS)
    .flatMap((relation) => headMap(relation, rows));
  return maps.length === 0 ? surest : smallMultiples([surest, ...maps], { description: title });
}

function headMap(relation: string, rows: readonly RankedRow[]): Figure[] {
  const best = new Map<string, number>();
  let [layers, heads] = [0, 0];
  for (const { place, excess, relation: of } of rows) {
    if (of !== relation || !("head" in place)) continue;
    const key = `${place.layer}.${place.head}`;
    best.set(key, Math.max(best.get(key) ?? -Infinity, excess));
    layers = Math.max(layers, place.layer + 1);
    heads = Math.max(heads, place.head + 1);
  }
  if (best.size === 0) return [];
  const cells = Array.from(
    { length: layers * heads },
    (_, cell) => best.get(`${Math.floor(cell / heads)}.${cell % heads}`) ?? Number.NaN,
  );
  return [
    heatmap(tensor(["layer", "head"], Float64Array.from(cells), { shape: [layers, heads] }), {
      title: `${relation}: deviations over shuffled`,
      width: 400,
    }),
  ];
}
