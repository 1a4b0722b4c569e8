import { attentionHeads, compositionDiagram, type Figure } from "../../views/index.ts";
import { visibleLabel } from "../../views/label.ts";
import { stillElement } from "../../views/page.ts";
import { escapeXml } from "../../views/render.ts";
import { rolesPicture, type HeadRoles } from "../head-roles.ts";
import { figureOf } from "../shown.ts";
import { COMPOSITION_KINDS, type ModelReport, type WeightScores } from "./model-report.ts";
import { factText, findings } from "./report-text.ts";

const STYLE =
  "body{margin:0 auto;max-width:900px;padding:16px;font:15px/1.5 'Segoe UI',Roboto,Arial,sans-serif;background:#fff;color:#1f2933}" +
  "table{border-collapse:collapse}caption{text-align:left;font-weight:600;padding-bottom:4px}th,td{text-align:left;padding:2px 14px 2px 0;vertical-align:top}th{font-weight:600}" +
  "td:last-child,code{overflow-wrap:anywhere}th{white-space:nowrap}figure{margin:0 0 18px;overflow:auto}img{max-width:100%;height:auto}.wide img{max-width:none}figcaption{font-size:13px;color:#52606d}code{background:#f3f5f7;padding:0 3px}" +
  // pictures are drawn for white paper, so they keep it
  "@media (prefers-color-scheme:dark){body{background:#15191d;color:#e4e7eb}figure{background:#fff;border-radius:8px;padding:8px}code{background:#2b333b}}";

/**
 * A report as one HTML page: no script, nothing from any server, every picture inside with its description as alternative text.
 */
export async function reportPage(report: ModelReport): Promise<string> {
  const { card, roles, copying, composition, folded, text, leftOut } = report;
  const name = escapeXml(factText(card["name"] ?? "A model"));
  const sections: (readonly [string, string, readonly Part[]])[] = [];
  // what heads read through their norms first, then the weights as they are stored
  const both = (figures: (weights: WeightScores) => readonly Part[]): readonly Part[] =>
    folded
      ? ["With the norms folded into the weights", ...figures(folded), "As stored", ...figures(report)]
      : figures(report);
  if (roles)
    sections.push([
      "Head roles",
      "Mean attention of each head on random tokens that are repeated once: to the token before, to itself, to the first, to the same token before, and to what followed it.",
      [rolesPicture(roles), { element: rolesTable(roles) }],
    ]);
  if (copying.OV)
    sections.push([
      "Copying",
      "The share of positive eigenvalues: near 1, a head raises what it attends to; near 0, as random weights do.",
      both(({ copying: { OV, full } }) => [OV && figureOf(OV), full && figureOf(full)]),
    ]);
  if (composition)
    sections.push([
      "Composition",
      "How much a later head's queries, keys or values read what an earlier head writes; the baseline is what unrelated heads score.",
      both((weights) => {
        const tables = COMPOSITION_KINDS.flatMap((kind) => weights.composition?.[kind] ?? []);
        const counts = tables.map((scores) => `${findings(scores)} through ${scores.kind}`);
        return [
          compositionDiagram(tables, { top: 30 }),
          {
            sentence: `${counts.join(", ")}: where all heads are unrelated, even one pair above it is rare (5 %).`,
          },
          ...tables.map((scores) => figureOf(scores)),
        ];
      }),
    ]);
  if (text?.patterns)
    sections.push([
      "Attention on the text",
      "Each small square is a head: rows are positions that look, columns positions that are looked at.",
      [attentionHeads(text.patterns, { tokens: text.words })],
    ]);
  if (text?.logitLens)
    sections.push([
      "Logit lens",
      "What each layer would predict if it were the last.",
      [figureOf(text.logitLens)],
    ]);
  const parts = await Promise.all(
    sections.map(
      async ([title, about, figures]) =>
        `<h2>${title}</h2><p>${about}</p>${(await Promise.all(figures.map(picture))).join("")}`,
    ),
  );
  const left = Object.entries(leftOut).map(
    ([key, why]) => `<tr><th><code>${escapeXml(key)}</code></th><td>${escapeXml(why)}</td></tr>`,
  );
  const facts = Object.entries(card).map(
    ([fact, value]) => `<tr><th>${escapeXml(fact)}</th><td>${escapeXml(factText(value))}</td></tr>`,
  );
  const tokens = text
    ? `<h2>Text</h2><p>${text.words.map((word) => `<code><bdi>${escapeXml(visibleLabel(word))}</bdi></code>`).join(" ")}</p>`
    : "";
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${name}</title><style>${STYLE}</style></head>
<body><h1>${name}</h1><table>${facts.join("")}</table>
${tokens}
${parts.join("\n")}
${left.length === 0 ? "" : `<h2>Left out</h2><table>${left.join("")}</table>`}
</body></html>
`;
}

/** A figure, a title between figures, a sentence, or an element of HTML. */
type Part = Figure | string | { readonly sentence: string } | { readonly element: string } | undefined;

/** All heads of each role; of a large model there are too many for one line of a picture. */
function rolesTable({ roles, threshold }: HeadRoles): string {
  const rows = Object.entries(roles).map(
    ([role, names]) =>
      `<tr><th>${escapeXml(role)}</th><td>${names.length}</td><td>${escapeXml(names.join(", ")) || "none"}</td></tr>`,
  );
  return `<table class="roles"><caption>Heads with at least ${threshold}</caption>${rows.join("")}</table>`;
}

/**
 * Nothing on this page answers the pointer: sentences of figures that ask to point are left out. In a picture such a sentence may be two
 * lines, with the end of one element and the start of the next, like it, between them.
 */
function still(text: string): string {
  return text.replaceAll(/ ?Point at (?:[^.<]|<[^>]*>)*\./g, "");
}

/** A title between pictures, a sentence, or the figure as an image of its own: the ids inside one SVG cannot meet another's. */
async function picture(figure: Part): Promise<string> {
  if (figure === undefined) return "";
  if (typeof figure === "string") return `<h3>${escapeXml(figure)}</h3>`;
  if ("sentence" in figure) return `<p>${escapeXml(figure.sentence)}</p>`;
  if ("element" in figure) return figure.element;
  return stillElement(figure, still);
}
