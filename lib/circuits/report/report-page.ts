import { attentionHeads, compositionDiagram, type Figure } from "../../views/index.ts";
import { figureOf } from "../shown.ts";
import type { ModelReport } from "./model-report.ts";
import { factText } from "./report-text.ts";

const STYLE =
  "body{margin:0 auto;max-width:900px;padding:16px;font:15px/1.5 'Segoe UI',Roboto,Arial,sans-serif;background:#fff;color:#1f2933}" +
  "table{border-collapse:collapse}th,td{text-align:left;padding:2px 14px 2px 0;vertical-align:top}th{font-weight:600}" +
  "figure{margin:0 0 18px;overflow:auto}img{max-width:100%;height:auto}figcaption{font-size:13px;color:#52606d}code{background:#f3f5f7;padding:0 3px}";

/**
 * A report as one HTML page: no script, nothing from any server, every picture inside with its description as alternative text.
 */
export async function reportPage(report: ModelReport): Promise<string> {
  const { card, roles, copying, composition, text, leftOut } = report;
  const name = escaped(factText(card["name"] ?? "A model"));
  const sections: (readonly [string, string, readonly (Figure | undefined)[]])[] = [];
  if (roles)
    sections.push([
      "Head roles",
      "Mean attention of each head on random tokens that are repeated once: to the token before, to itself, to the first, to the same token before, and to what followed it.",
      [figureOf(roles)],
    ]);
  if (copying.OV)
    sections.push([
      "Copying",
      "The share of positive eigenvalues: near 1, a head raises what it attends to; near 0, as random weights do.",
      [figureOf(copying.OV), copying.full && figureOf(copying.full)],
    ]);
  if (composition) {
    const tables = [composition.query, composition.key, composition.value];
    sections.push([
      "Composition",
      "How much a later head's queries, keys or values read what an earlier head writes; the baseline is what unrelated heads score.",
      [compositionDiagram(tables, { top: 30 }), ...tables.map((scores) => figureOf(scores))],
    ]);
  }
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
    ([key, why]) => `<tr><th><code>${escaped(key)}</code></th><td>${escaped(why)}</td></tr>`,
  );
  const facts = Object.entries(card).map(
    ([fact, value]) => `<tr><th>${escaped(fact)}</th><td>${escaped(factText(value))}</td></tr>`,
  );
  const tokens = text
    ? `<h2>Text</h2><p>${text.words.map((word) => `<code>${escaped(word)}</code>`).join(" ")}</p>`
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

/** The figure as an image of its own: the ids inside one SVG cannot meet another's. */
async function picture(figure: Figure | undefined): Promise<string> {
  if (!figure) return "";
  const data = Buffer.from(await figure.svg()).toString("base64");
  return `<figure><img alt="${escaped(figure.description)}" src="data:image/svg+xml;base64,${data}"><figcaption>${escaped(figure.description)}</figcaption></figure>`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
