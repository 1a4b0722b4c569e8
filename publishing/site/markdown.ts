import { posix } from "node:path";
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import typescript from "highlight.js/lib/languages/typescript";
import { Marked } from "marked";
import markedKatex from "marked-katex-extension";
import { escapeHtml, relativeUrl } from "./html.ts";
import type { Page } from "./pages.ts";

hljs.registerLanguage("bash", bash);
hljs.registerLanguage("json", json);
hljs.registerLanguage("python", python);
hljs.registerLanguage("typescript", typescript);

/** A heading, with the address that leads to it on its page. */
export interface Heading {
  readonly level: number;
  /** What a reader sees, without markup. */
  readonly text: string;
  readonly id: string;
}

/** What a page's Markdown makes beside its HTML. */
export interface PageContext {
  readonly page: Page;
  /** All pages: links to their sources become links to them. */
  readonly pages: readonly Page[];
  /** Grows with each heading. */
  readonly headings: Heading[];
  /** Grows with each picture of the repository that the page shows: paths from the root. */
  readonly pictures: Set<string>;
}

/**
 * A function from Markdown to HTML for one page: GitHub's Markdown (marked, as in JupyterLab), formulas drawn by KaTeX,
 * code coloured by highlight.js. HTML inside the Markdown stays: notebooks and documents are sources of this
 * repository, and the page's own policy lets no script in them run.
 *
 * @throws Error (KaTeX's ParseError) for a formula that cannot be drawn
 */
export function markdownOf(context: PageContext): (text: string) => string {
  const marked = new Marked({ gfm: true, async: false });
  marked.use(markedKatex({ throwOnError: true, strict: false, nonStandard: true }));
  marked.use({
    renderer: {
      heading({ tokens, depth }) {
        const html = this.parser.parseInline(tokens);
        const { id } = addHeading(context, depth, plainText(html));
        return `<h${depth} id="${escapeHtml(id)}">${html}<a class="anchor" href="#${encodeURIComponent(id)}" aria-label="Link to this section">#</a></h${depth}>\n`;
      },
      code({ text, lang = "" }) {
        return highlighted(text, lang);
      },
      link({ href, title, tokens }) {
        const html = this.parser.parseInline(tokens);
        const address = addressOf(href, context);
        if (address === undefined) return `<span class="source-file">${html}</span>`;
        const hint = title ? ` title="${escapeHtml(title)}"` : "";
        return `<a href="${escapeHtml(address)}"${hint}>${html}</a>`;
      },
      image({ href, text }) {
        if (!isOutside(href)) context.pictures.add(fromRoot(href, context.page));
        return `<img src="${escapeHtml(href)}" alt="${escapeHtml(text)}" loading="lazy">`;
      },
      table(token) {
        // Wider than a phone: it scrolls by itself, and by the keyboard.
        const row = (cells: typeof token.header, tag: "th" | "td") =>
          `<tr>${cells
            .map(({ tokens, align }) => {
              const style = align === null ? "" : ` style="text-align:${align}"`;
              return `<${tag}${style}>${this.parser.parseInline(tokens)}</${tag}>`;
            })
            .join("")}</tr>`;
        const isHeaded = token.header.some(({ text }) => text !== "");
        const head = isHeaded ? `<thead>${row(token.header, "th")}</thead>` : "";
        const body = token.rows.map((cells) => row(cells, "td")).join("");
        return `<div class="wide" tabindex="0" role="group" aria-label="Table"><table>${head}<tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  return (text) => marked.parse(text, { async: false });
}

/** Code in colours, where the language is known. */
export function highlighted(code: string, language: string): string {
  const name = hljs.getLanguage(language) ? language : undefined;
  const html = name ? hljs.highlight(code, { language: name }).value : escapeHtml(code);
  return `<pre class="code" tabindex="0"><code class="hljs">${html}</code></pre>\n`;
}

function addHeading({ page, headings }: PageContext, level: number, text: string): Heading {
  const plain = page.kind === "notebook" ? jupyterAnchor(text) : githubAnchor(text);
  const before = headings.filter(({ id }) => id === plain || id.startsWith(`${plain}-again-`)).length;
  const heading = { level, text, id: before === 0 ? plain : `${plain}-again-${before}` };
  headings.push(heading);
  return heading;
}

/** JupyterLab's anchors, which the notebooks' own links name. */
function jupyterAnchor(text: string): string {
  return text.replaceAll(" ", "-");
}

/** GitHub's anchors, which the documents' own links name. */
function githubAnchor(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** Where a link leads in the site; `undefined` where it leads to a file that is not part of it. */
function addressOf(href: string, { page, pages }: PageContext): string | undefined {
  if (isOutside(href) || href.startsWith("#")) return href;
  const [path = "", anchor] = href.split("#");
  const source = fromRoot(path, page);
  const target = pages.find((other) => other.source === source)?.target;
  if (target === undefined) return undefined;
  return relativeUrl(page.target, target) + (anchor === undefined ? "" : `#${anchor}`);
}

function isOutside(href: string): boolean {
  return /^[a-z][a-z+.-]*:|^\/\//i.test(href);
}

function fromRoot(path: string, page: Page): string {
  return posix.normalize(posix.join(posix.dirname(page.source), decodeURIComponent(path)));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** What inline HTML says without its elements; of a formula what its source says. */
function plainText(html: string): string {
  return html
    .replaceAll(
      /<span class="katex">.*?<annotation[^>]*>(.*?)<\/annotation>.*?<\/span><\/span><\/span>/gs,
      "$1",
    )
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&(\w+|#39);/g, (entity, name: string) => ENTITIES[name] ?? entity)
    .trim();
}
