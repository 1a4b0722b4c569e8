import { framed, INDEX, REFERENCE, shortTitle, SITE_NAME } from "./frame.ts";
import { escapeHtml, relativeUrl } from "./html.ts";
import { markdownOf } from "./markdown.ts";
import type { Page } from "./pages.ts";

/** The site's first page: the question, the walkthrough in order with what each notebook promises, the rest. */
export function indexPage(pages: readonly Page[]): string {
  const here: Page = { kind: "document", source: INDEX, target: INDEX, title: SITE_NAME, promise: "" };
  const markdown = markdownOf({ page: here, pages, headings: [], pictures: new Set() });
  const list = (kind: Page["kind"]): string =>
    pages
      .filter((page) => page.kind === kind)
      .map((page) => {
        const { target, promise } = page;
        const link = `<a href="${relativeUrl(INDEX, target)}">${escapeHtml(shortTitle(page))}</a>`;
        return `<li>${link}${promise === "" ? "" : markdown(promise)}</li>`;
      })
      .join("\n");
  const html = `<h1>${SITE_NAME}</h1>
<p class="question">What information is moved when we multiply this matrix with that one, and where does it come from?</p>
<p>Notebooks that build language models one matrix at a time and take them apart again, with what they showed when they
were run. To run them yourself, see <a href="README.html">how to start</a>.</p>
<h2 id="walkthrough">The walkthrough</h2>
<ol class="walkthrough">
${list("notebook")}
</ol>
<h2 id="reference">The reference</h2>
<p><a href="${REFERENCE}/index.html">Every function, class and type</a> of the library and of what a cell may call.</p>
<h2 id="documents">Documents</h2>
<ul>
${list("document")}
</ul>`;
  const headings = ["The walkthrough", "The reference", "Documents"].map((text) => ({
    level: 2,
    text,
    id: text.replace("The ", "").toLowerCase(),
  }));
  return framed({ title: SITE_NAME, target: INDEX, html, headings, libraries: [] }, pages);
}
