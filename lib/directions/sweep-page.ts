import type { Figure } from "../views/index.ts";
import { stillElement } from "../views/page.ts";
import { inertText } from "../views/label.ts";
import { escapeXml } from "../views/render.ts";
import { DirectionError } from "./errors.ts";
import { findingFigure, relationAt } from "./experiment.ts";
import { relationParallelogram, rowInWords, wordScale } from "./figures.ts";
import { CHOOSER_SCRIPT, CHOOSER_STYLE, headChooser } from "./head-chooser.ts";
import { directionWords } from "./measures.ts";
import { RelationError } from "./relation.ts";
import type { SweepFile } from "./sweep-file.ts";
import { sweepTitle } from "./sweep-figure.ts";
import type { RankedRow } from "./sweep.ts";
import { readWords } from "./vectors.ts";
import { modelOf, type Subject } from "./words-in-text.ts";

/** Rows in the page's table; all of them are in the JSON. */
const MOST_ROWS = 1000;
/** Relations whose best place is drawn. */
const MOST_PICTURES = 24;
const STYLE =
  "body{margin:0 auto;max-width:1100px;padding:16px;font:15px/1.5 'Segoe UI',Roboto,Arial,sans-serif;background:#fff;color:#1f2933}" +
  "table{border-collapse:collapse;font-size:13px}th,td{text-align:left;padding:2px 12px 2px 0;vertical-align:top;white-space:nowrap}th{font-weight:600}" +
  ".rows{max-height:32em;overflow:auto;border:1px solid #d0d7de}.rows th{position:sticky;top:0;background:#f3f5f7}.rows tr.nothing{color:#6b7785}" +
  "figure{margin:0 0 18px;overflow:auto}img{max-width:100%;height:auto}figcaption{font-size:13px;color:#52606d}input,select{font:inherit;padding:2px 6px;max-width:100%}input{width:24em}" +
  "th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid #0969da}th[aria-sort=ascending] button::after{content:' ▲'}th[aria-sort=descending] button::after{content:' ▼'}" +
  // pictures are drawn for light ground, and keep it
  "@media(prefers-color-scheme:dark){body{background:#14181d;color:#dde3ea}.rows{border-color:#3a434d}.rows th{background:#232a32}.rows tr.nothing{color:#8f9baa}figcaption{color:#a3afbd}img{background:#fff;padding:6px;border-radius:4px}input,select{background:#1c2229;color:inherit;border:1px solid #4a5561}}" +
  CHOOSER_STYLE;
/** Shows the rows that have all words of the filter, sorts by a column, shows the head that was chosen. All but that is there without it. */
const SCRIPT = `
const rows = [...document.querySelectorAll(".rows tbody tr")];
document.getElementById("filter").addEventListener("input", ({ target }) => {
  const words = target.value.toLowerCase().split(/\\s+/);
  for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
});
document.querySelectorAll(".rows th").forEach((head, column) =>
  head.firstChild.addEventListener("click", () => {
    const isRising = head.getAttribute("aria-sort") === "descending";
    document.querySelectorAll(".rows th").forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", isRising ? "ascending" : "descending");
    const text = (row) => row.cells[column].textContent;
    const order = (a, b) => {
      const [x, y] = [Number(text(a)), Number(text(b))];
      if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
      return text(a).localeCompare(text(b), "en", { numeric: true });
    };
    rows.sort((a, b) => (isRising ? order(a, b) : order(b, a)));
    head.closest("table").tBodies[0].append(...rows);
  }));
${CHOOSER_SCRIPT}`;

/**
 * A sweep as one HTML page that asks no server for anything: the ranked table with a filter, for each relation the map of heads, and, when the
 * model is there, the words on the direction at its best place, its parallelogram and its nulls.
 */
export async function sweepPage({ model, asked, sweep }: SweepFile, subject?: Subject): Promise<string> {
  const name = shownText(modelName(model));
  const { rows } = sweep;
  const columns = rows[0] ? Object.keys(rowInWords(rows[0])) : [];
  const line = (row: RankedRow) =>
    `<tr class="${row.kind === "nothing" ? "nothing" : "found"}">${Object.values(rowInWords(row))
      .map((cell) => `<td>${shownText(cell)}</td>`)
      .join("")}</tr>`;
  const body =
    rows.length === 0
      ? ""
      : `<p><label>Filter: <input id="filter" placeholder="size OV paired"></label> ${rows.length > MOST_ROWS ? `The ${MOST_ROWS} surest of ${rows.length} rows; the JSON has all.` : ""}</p>
<div class="rows"><table><thead><tr>${columns.map((column) => `<th scope="col"><button>${column}</button></th>`).join("")}</tr></thead><tbody>${rows.slice(0, MOST_ROWS).map(line).join("\n")}</tbody></table></div>`;
  const sections: string[] = [];
  for (const [index, relation] of asked.relations.entries()) {
    const mine = rows.filter((row) => row.relation === relation.name);
    const [best] = mine;
    if (!best) continue;
    const found = mine.filter(({ kind }) => kind !== "nothing").length;
    const isDrawn = subject !== undefined && index < MOST_PICTURES;
    const drawn = isDrawn ? await bestPlace(subject, best, { relation, asked }) : undefined;
    const heads = mine.some(({ place }) => "head" in place)
      ? await headChooser(
          sweep,
          relation,
          isDrawn ? readWords(subject, relation.pairs.flat(), asked) : undefined,
        )
      : "";
    const pictures = await Promise.all((drawn?.figures ?? []).map((figure) => stillElement(figure)));
    sections.push(
      `<h2>${shownText(relation.name)}</h2><p>Found at ${found} of ${mine.length} places; surest at ${shownText(best.placeName)}: ${shownText(rowInWords(best)["found"] ?? "")}. Rings in the map are heads where something was found.${drawn?.words ?? ""}</p>${heads}${pictures.length === 0 ? "" : `<h3>${shownText(best.placeName)}, the surest place, alone</h3><p>${ALONE}</p>${pictures.join("")}`}`,
    );
  }
  const facts = Object.entries(model).map(
    ([fact, value]) =>
      `<tr><th>${shownText(fact)}</th><td>${shownText(Array.isArray(value) ? value.join(", ") : String(value))}</td></tr>`,
  );
  const aside = [
    ...sweep.skipped.map(({ relation, reason }) => [`${relation} (whole)`, reason]),
    ...sweep.leftOut.map(({ relation, word, reason }) => [`${relation}: ${word}`, reason]),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Directions of ${name}</title><style>${STYLE}</style></head>
<body><h1>Directions of ${name}</h1>
<p><b>${shownText(sweepTitle(sweep))}.</b> A <i>class direction</i> is one that all second words share against all first, whoever is paired with whom; in a <i>paired relation</i> it matters which second word goes with which first. Both beat the same words shuffled. The mean cosine is that of the differences second − first.</p>
${body}
${sections.join("\n")}
${aside.length === 0 ? "" : `<h2>Left out</h2><table>${aside.map(([what = "", why = ""]) => `<tr><th>${shownText(what)}</th><td>${shownText(why)}</td></tr>`).join("")}</table>`}
<h2>The model, and what was asked</h2><table>${facts.join("")}<tr><th>templates</th><td>${shownText(asked.templates.join(" · "))}</td></tr><tr><th>seed, draws, level</th><td>${shownText([asked.seed, asked.draws, asked.level].join(", "))}</td></tr></table>
${body === "" ? "" : `<script>${SCRIPT}</script>`}
</body></html>
`;
}

/** Text as it may stand in the page: no markup, and nothing that turns what follows it round. */
function shownText(text: string): string {
  return escapeXml(inertText(text));
}

/** Why the numbers of one place can look better than what was found. */
const ALONE =
  "The title says what was found among all places. The table tests this place once more by itself, so that its p-values are not corrected for the others: one place in twenty has a p under .05 where there is nothing.";

/** The pictures of a relation's surest place; none where the model is not the one of the sweep. */
async function bestPlace(
  subject: Subject,
  { place, kind }: RankedRow,
  {
    relation,
    asked,
  }: { readonly relation: SweepFile["asked"]["relations"][number]; readonly asked: SweepFile["asked"] },
): Promise<{ readonly figures: readonly Figure[]; readonly words: string }> {
  const { templates, position, splitWords, seed } = asked;
  const reading = { templates, position, splitWords };
  try {
    const finding = await relationAt(subject, relation, place, {
      ...reading,
      seed,
      draws: 499,
      untrained: 0,
      randomMaps: 49,
    });
    const hasHead = "head" in place && modelOf(subject).configuration.layers > place.layer;
    return {
      figures: [
        ...(hasHead && (place.part === "OV" || place.part === "result")
          ? [relationParallelogram(subject, relation, place, reading)]
          : []),
        wordScale(subject, relation, place, { ...reading, width: 760 }),
        findingFigure(finding, kind),
      ],
      words: directionSaid(subject, finding),
    };
  } catch (error) {
    if (error instanceof DirectionError || error instanceof RelationError) return { figures: [], words: "" };
    throw error;
  }
}

/** What the direction speaks for in the vocabulary, in a sentence. */
function directionSaid(
  subject: Subject,
  { place, direction }: Awaited<ReturnType<typeof relationAt>>,
): string {
  if (!direction || direction.axes[0] !== "embedding") return "";
  const { embedded, written } = directionWords(subject, place, direction, { words: 6 });
  const list = (entries: (typeof embedded)["towards"]) =>
    entries.map(({ label }) => shownText(label)).join(", ");
  return ` Embeddings most along it: <i>${list(embedded.towards)}</i>; most against it: <i>${list(embedded.against)}</i>.${
    written ? ` Written into the stream it raises <i>${list(written.towards)}</i>.` : ""
  }`;
}

/** The name on a model's card. */
function modelName({ name }: SweepFile["model"]): string {
  return typeof name === "string" ? name : "a model";
}
