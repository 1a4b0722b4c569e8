import { escapeHtml, relativeUrl } from "./html.ts";
import type { Heading } from "./markdown.ts";
import type { Page } from "./pages.ts";

/** Path of the index, from the site's root. */
export const INDEX = "index.html";

/** Folder of the API reference, from the site's root. */
export const REFERENCE = "reference";

/**
 * What a page may do: run the site's own files, show what is in it and beside it, and ask no other server for
 * anything. No script inside the page runs: an output or a label cannot bring one. Vega and Plotly compile the
 * expressions of a figure, which is what `unsafe-eval` is for.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' file: 'unsafe-eval'",
  "style-src 'self' file: 'unsafe-inline'",
  "img-src 'self' file: data: blob:",
  "font-src 'self' file: data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** What goes into the frame of a page. */
export interface Content {
  readonly title: string;
  /** Path of the page, from the site's root. */
  readonly target: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  /** Which of the drawing libraries the page needs: "vega", "plotly". */
  readonly libraries: readonly string[];
  readonly previous?: Page | undefined;
  readonly next?: Page | undefined;
}

/** A whole page: head, search, contents of the site and of the page, and the way to the neighbours. */
export function framed(content: Content, pages: readonly Page[]): string {
  const { title, target, html, libraries, previous, next } = content;
  const url = (to: string): string => relativeUrl(target, to);
  const root = url("").replace(/[^/]$/, "$&/");
  const script = (name: string): string => `<script defer src="${url(`assets/${name}.js`)}"></script>`;
  return `<!doctype html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title === SITE_NAME ? title : `${title} · ${SITE_NAME}`)}</title>
<link rel="icon" href="${url("assets/icon.svg")}">
<link rel="stylesheet" href="${url("assets/katex/katex.min.css")}">
<link rel="stylesheet" href="${url("assets/site.css")}">
${previous ? `<link rel="prev" href="${url(previous.target)}">\n` : ""}${next ? `<link rel="next" href="${url(next.target)}">\n` : ""}<script src="${url("assets/theme.js")}"></script>
${["search", ...libraries, ...(libraries.length > 0 ? ["figures"] : [])].map(script).join("\n")}
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<a class="home" href="${url(INDEX)}">${SITE_NAME}</a>
<div class="search" role="search" hidden>
<input type="search" id="search" role="combobox" aria-label="Search headings and the reference" aria-autocomplete="list" aria-expanded="false" aria-controls="found" placeholder="Search headings ( / )" autocomplete="off" spellcheck="false">
<ul id="found" role="listbox" aria-label="Found" hidden></ul>
</div>
<a class="reference" href="${url(`${REFERENCE}/index.html`)}">Reference</a>
<button type="button" class="theme" hidden aria-label="Colours: as the system has them" title="Colours: as the system has them"></button>
</header>
<div class="columns">
<details class="contents">
<summary>Contents</summary>
${contents(content, pages, url)}
</details>
<main id="content" tabindex="-1">
${html}
${neighbours(previous, next, url)}
</main>
</div>
</body>
</html>
`;
}

/** The site's name, which is the package's. */
export const SITE_NAME = "matrix-composition";

function contents(
  { target, headings }: Content,
  pages: readonly Page[],
  url: (to: string) => string,
): string {
  const list = (kind: Page["kind"]): string =>
    pages
      .filter((page) => page.kind === kind)
      .map((page) => {
        const isHere = page.target === target;
        const mark = isHere ? ' aria-current="page"' : "";
        return `<li><a href="${url(page.target)}"${mark}>${escapeHtml(shortTitle(page))}</a>${isHere ? sections(headings) : ""}</li>`;
      })
      .join("\n");
  return `<nav aria-label="Notebooks"><ol>\n${list("notebook")}\n</ol></nav>
<nav aria-label="Documents"><h2>Documents</h2><ol>\n${list("document")}\n</ol></nav>`;
}

/** A notebook's number and title, for instance "03 Second order with skips". */
export function shortTitle({ source, title }: Page): string {
  const number = /^notebooks\/(\d+)-/.exec(source)?.[1];
  return number === undefined || title.startsWith(number) ? title : `${number} ${title}`;
}

function sections(headings: readonly Heading[]): string {
  const inner = headings.filter(({ level }) => level === 2);
  if (inner.length === 0) return "";
  return `<ol>${inner.map(({ id, text }) => `<li><a href="#${encodeURIComponent(id)}">${escapeHtml(text)}</a></li>`).join("")}</ol>`;
}

function neighbours(previous: Page | undefined, next: Page | undefined, url: (to: string) => string): string {
  if (!previous && !next) return "";
  const link = (page: Page | undefined, rel: string, arrow: string): string =>
    page
      ? `<a rel="${rel}" href="${url(page.target)}">${arrow.replace("…", escapeHtml(shortTitle(page)))}</a>`
      : "<span></span>";
  return `<nav class="neighbours" aria-label="Previous and next">${link(previous, "prev", "← …")}${link(next, "next", "… →")}</nav>`;
}
