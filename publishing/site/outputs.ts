import { stripVTControlCharacters } from "node:util";
import { type Output, wholeText } from "../notebook.ts";
import { escapeHtml, inertJson } from "./html.ts";

/** What the site's figures.js draws, by MIME type: the name that it goes by there. */
const DRAWN: Readonly<Record<string, string>> = {
  "application/vnd.vega.v5+json": "vega",
  "application/vnd.plotly.v1+json": "plotly",
};

/** How many pixels of a picture make one of the page: figures are drawn twice as fine, but for Plotly's. */
const PIXELS: Readonly<Record<string, number>> = { vega: 2, plotly: 1 };

/** A file that a page shows. */
export interface Attachment {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** An output as HTML, with the files that it shows. */
export interface ShownOutput {
  readonly html: string;
  readonly attachments: readonly Attachment[];
  /** "vega" or "plotly" where it has to be drawn by that library. */
  readonly drawnBy: string | undefined;
}

/**
 * An output as HTML, by the type that shows most. What is drawn by a script has the picture of it inside, which stays
 * where there is no script. Text is escaped; HTML is taken as it is (see `markdownOf` for why that is safe).
 *
 * @param folder path of the page's own folder, from the page
 * @param name what its files are called, without extension
 */
export function shownOutput(output: Output, folder: string, name: string): ShownOutput {
  const { data = {} } = output;
  const alternative = wholeText(data["text/plain"]).trim();
  const drawn = Object.keys(data).find((type) => type in DRAWN);
  const drawnBy = drawn === undefined ? undefined : DRAWN[drawn];
  if (drawn !== undefined && drawnBy !== undefined) {
    const picture = pictureOf(data, folder, name, alternative, PIXELS[drawnBy] ?? 1);
    const still = picture.html === "" ? shownText(alternative, "result").html : picture.html;
    const label = escapeHtml(alternative.split("\n")[0] ?? "Figure");
    const html = `<figure class="figure wide"${picture.style} tabindex="0" role="group" aria-label="${label}" data-drawn-by="${drawnBy}">${still}<script type="application/json">${inertJson(data[drawn])}</script></figure>`;
    return { ...picture, html, drawnBy };
  }
  return { drawnBy: undefined, ...stillOutput(output, folder, name, alternative) };
}

type Still = Pick<ShownOutput, "html" | "attachments">;

function stillOutput(output: Output, folder: string, name: string, alternative: string): Still {
  const { output_type: kind, data = {} } = output;
  if (kind === "stream") return shownText(wholeText(output.text), output.name ?? "stdout");
  if (kind === "error") return shownText(`${output.ename ?? "Error"}: ${output.evalue ?? ""}`, "stderr");
  const html = data["text/html"];
  if (html !== undefined) {
    const region = `<div class="html wide" tabindex="0" role="group" aria-label="Result">${wholeText(html)}</div>`;
    return { html: region, attachments: [] };
  }
  const picture = pictureOf(data, folder, name, alternative, PIXELS["vega"] ?? 1);
  return picture.attachments.length > 0
    ? {
        ...picture,
        html: `<figure class="figure wide"${picture.style} tabindex="0">${picture.html}</figure>`,
      }
    : shownText(alternative, "result");
}

/** Text as it is, without what only a terminal understands. */
function shownText(text: string, kind: string): Still {
  const plain = escapeHtml(stripVTControlCharacters(text));
  return { html: `<pre class="text ${kind}" tabindex="0">${plain}</pre>`, attachments: [] };
}

/** A picture as an element of its own file: in it no script runs, and it asks nobody for anything. */
function pictureOf(
  data: Readonly<Record<string, unknown>>,
  folder: string,
  name: string,
  alternative: string,
  pixels: number,
): Still & { readonly style: string } {
  const [type, extension] = "image/svg+xml" in data ? ["image/svg+xml", "svg"] : ["image/png", "png"];
  const content = data[type];
  if (content === undefined) return { html: "", attachments: [], style: "" };
  const bytes = Buffer.from(wholeText(content), extension === "png" ? "base64" : "utf8");
  const file = `${name}.${extension}`;
  const width = extension === "png" ? Math.round(bytes.readUInt32BE(16) / pixels) : undefined;
  const source = `${encodeURIComponent(folder)}/${encodeURIComponent(file)}`;
  return {
    html: `<img src="${source}"${width === undefined ? "" : ` width="${width}"`} alt="${escapeHtml(alternative)}" loading="lazy">`,
    attachments: [{ name: file, bytes }],
    style: width === undefined ? "" : ` style="--width:${width}px"`,
  };
}
