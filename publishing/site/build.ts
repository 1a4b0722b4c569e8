import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readNotebook, ROOT } from "../notebook.ts";
import { framed, INDEX } from "./frame.ts";
import { indexPage } from "./index-page.ts";
import { brokenLinks } from "./links.ts";
import { markdownOf, type Heading, type PageContext } from "./markdown.ts";
import { notebookPage } from "./notebook-page.ts";
import { type Page, sitePages } from "./pages.ts";
import { writeReference } from "./reference.ts";
import { searchIndex } from "./search-index.ts";

const ASSETS = fileURLToPath(new URL("assets", import.meta.url));

/**
 * Writes the site: every notebook and document as a page, the reference, and the libraries that draw, each once. The
 * tree is that of the repository, with `.html` for `.ipynb` and `.md`.
 *
 * @param folder is emptied first
 * @throws Error where a link or a picture leads nowhere, an export has no docstring, or a formula cannot be drawn
 */
export async function buildSite(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const pages = sitePages();
  const headings = new Map<Page, readonly Heading[]>();
  for (const page of pages) headings.set(page, writePage(folder, page, pages));
  write(folder, INDEX, indexPage(pages));
  const reference = await writeReference(folder);
  writeAssets(folder);
  write(folder, "assets/search-index.js", `SEARCH_INDEX = ${searchIndex(headings, reference)};\n`);
  const broken = brokenLinks(folder);
  if (broken.length > 0) throw new Error(`Links that lead nowhere:\n${broken.join("\n")}`);
}

function writePage(folder: string, page: Page, pages: readonly Page[]): readonly Heading[] {
  const context: PageContext = { page, pages, headings: [], pictures: new Set() };
  const made =
    page.kind === "notebook"
      ? notebookPage(readNotebook(join(ROOT, page.source)), context)
      : {
          html: `<section class="prose">\n${markdownOf(context)(readFileSync(join(ROOT, page.source), "utf8"))}</section>`,
          attachments: [],
          libraries: [],
        };
  const own = page.target.replace(/\.html$/, "");
  for (const { name, bytes } of made.attachments) write(folder, `${own}/${name}`, bytes);
  for (const picture of context.pictures) {
    mkdirSync(dirname(join(folder, picture)), { recursive: true });
    copyFileSync(join(ROOT, picture), join(folder, picture));
  }
  const order = pages.filter(({ kind }) => kind === page.kind);
  const at = order.indexOf(page);
  const neighbours = { previous: order[at - 1], next: order[at + 1] };
  const { title, target } = page;
  const content = { title, target, headings: context.headings, ...neighbours };
  write(folder, target, framed({ ...content, html: made.html, libraries: made.libraries }, pages));
  return context.headings;
}

/** The site's own style and scripts, and the libraries: each file once. */
function writeAssets(folder: string): void {
  const target = join(folder, "assets");
  cpSync(ASSETS, target, { recursive: true });
  copyFileSync(join(ROOT, "kernel-setup", "logos", "logo-svg.svg"), join(target, "icon.svg"));
  const locate = createRequire(import.meta.url);
  const libraries = {
    vega: join(dirname(locate.resolve("vega")), "vega.min.js"),
    plotly: join(dirname(locate.resolve("plotly.js-dist-min/package.json")), "plotly.min.js"),
    minisearch: join(dirname(locate.resolve("minisearch")), "..", "umd", "index.js"),
  };
  for (const [name, path] of Object.entries(libraries)) copyFileSync(path, join(target, `${name}.js`));
  const katex = dirname(locate.resolve("katex"));
  mkdirSync(join(target, "katex", "fonts"), { recursive: true });
  // Every browser of the last ten years reads woff2: the other formats stay out, of the style too.
  const style = readFileSync(join(katex, "katex.min.css"), "utf8");
  writeFileSync(
    join(target, "katex", "katex.min.css"),
    style.replaceAll(/,url\([^)]*\) format\("(?:woff|truetype)"\)/g, ""),
  );
  for (const name of readdirSync(join(katex, "fonts")).filter((file) => file.endsWith(".woff2")))
    copyFileSync(join(katex, "fonts", name), join(target, "katex", "fonts", name));
}

function write(folder: string, path: string, content: string | Uint8Array): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
