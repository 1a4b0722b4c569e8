import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Figure } from "./figure.ts";
import { escapeXml } from "./render.ts";
import type { Node } from "./scene.ts";

const STYLE =
  "body{margin:0;padding:16px;font:14px/1.4 'Segoe UI',Roboto,Arial,sans-serif;background:#f3f5f7;color:#1f2933}" +
  "figure{margin:0 auto;width:max-content;max-width:100%;overflow:auto;background:#fff;border-radius:8px;box-shadow:0 1px 4px #0003;padding:8px}" +
  "#tip{position:fixed;display:none;pointer-events:none;background:#fff;border:1px solid #b8c1ca;border-radius:4px;padding:4px 8px;font-size:12px;max-width:360px;box-shadow:0 1px 4px #0003;white-space:pre-wrap;z-index:9}" +
  "@media (max-width:700px){body{padding:0}figure{padding:0;border-radius:0}}" +
  "@media (prefers-color-scheme:dark){body{background:#15191d}}";

/** Tooltips as text nodes only, so that nothing in a label is ever markup. */
const VEGA_START = `
const spec = JSON.parse(document.getElementById("spec").textContent);
const tip = document.getElementById("tip");
const view = new vega.View(vega.parse(spec), { renderer: "canvas", container: "#figure", hover: true });
view.tooltip((handler, event, item, value) => {
  if (value === null || value === undefined || value === "") { tip.style.display = "none"; return; }
  tip.textContent = typeof value === "object" ? Object.entries(value).map(([key, entry]) => key + ": " + entry).join("\\n") : String(value);
  tip.style.display = "block";
  const { clientX: x, clientY: y } = event;
  tip.style.left = Math.min(x + 12, innerWidth - tip.offsetWidth - 8) + "px";
  tip.style.top = (y + 16 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 8 : y + 16) + "px";
});
view.runAsync().then(() => document.body.setAttribute("data-drawn", ""));`;

const PLOTLY_START = `
const spec = JSON.parse(document.getElementById("spec").textContent);
Plotly.newPlot("figure", spec.data, spec.layout, { displaylogo: false, responsive: false })
  .then(() => document.body.setAttribute("data-drawn", ""));`;

/**
 * One HTML file that draws the figure and asks no server for anything: the drawing library is inside, once, and the
 * file's own policy forbids the network.
 */
export async function renderPage(
  kind: "vega" | "plotly",
  spec: Node,
  title: string,
  description: string,
): Promise<string> {
  const locate = createRequire(import.meta.url);
  const file =
    kind === "vega"
      ? join(dirname(locate.resolve("vega")), "vega.min.js")
      : join(dirname(locate.resolve("plotly.js-dist-min/package.json")), "plotly.min.js");
  const library = (await readFile(file, "utf8"))
    .replace(/<\/script/giu, "<\\/script")
    .replace(/<!--/gu, "<\\!--");
  const policy =
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; worker-src blob:";
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeXml(title)}</title><style>${STYLE}</style></head>
<body><figure aria-label="${escapeXml(description)}" role="figure"><div id="figure"></div></figure><div id="tip" role="tooltip"></div>
<script type="application/json" id="spec">${JSON.stringify(spec).replace(/[<\u2028\u2029]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)}</script>
<script>${library}</script>
<script>${kind === "vega" ? VEGA_START : PLOTLY_START}</script></body></html>
`;
}

/** The width of a page's text in pixels; a wider picture keeps its size and can be scrolled, for its words would be too small. */
const PAGE_WIDTH = 900;

/**
 * The figure as an image in a page, with its description: the ids inside one SVG cannot meet another's, and no script can run.
 *
 * @param reword what becomes of the SVG and of the description; they stay as they are unless told
 */
export async function stillElement(
  figure: Figure,
  reword: (text: string) => string = (text) => text,
): Promise<string> {
  const isWide = Number(figure.stillSpec["width"]) > PAGE_WIDTH;
  const data = Buffer.from(reword(await figure.svg())).toString("base64");
  const text = escapeXml(reword(figure.description));
  return `<figure${isWide ? ' class="wide" tabindex="0"' : ""}><img alt="${text}" src="data:image/svg+xml;base64,${data}"><figcaption>${text}</figcaption></figure>`;
}
