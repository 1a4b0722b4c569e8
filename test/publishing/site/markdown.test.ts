import assert from "node:assert/strict";
import { type Heading, highlighted, markdownOf } from "../../../publishing/site/markdown.ts";
import type { Page } from "../../../publishing/site/pages.ts";

const page = (source: string, kind: Page["kind"]): Page => ({
  kind,
  source,
  target: source.replace(/\.(ipynb|md)$/, ".html"),
  title: "",
  promise: "",
});

const PAGES = [
  page("notebooks/01-a.ipynb", "notebook"),
  page("notebooks/02-b.ipynb", "notebook"),
  page("docs/report.md", "document"),
];

/** HTML of one of the pages, with its headings and pictures. */
function rendered(text: string, at = 0) {
  const headings: Heading[] = [];
  const pictures = new Set<string>();
  const [first] = PAGES;
  assert.ok(first);
  const html = markdownOf({ page: PAGES[at] ?? first, pages: PAGES, headings, pictures })(text);
  return { html, headings, pictures: [...pictures] };
}

describe("markdownOf", () => {
  it("links the page of a notebook or of a document, with its anchor", () => {
    assert.match(rendered("[b](02-b.ipynb)").html, /<a href="02-b\.html">b<\/a>/);
    assert.match(rendered("[b](02-b.ipynb#The-end)").html, /href="02-b\.html#The-end"/);
    assert.match(rendered("[r](../docs/report.md)").html, /href="\.\.\/docs\/report\.html"/);
  });

  it("leaves addresses outside and anchors of the page", () => {
    assert.match(
      rendered("[w](https://example.org/a?b=1#c)").html,
      /href="https:\/\/example\.org\/a\?b=1#c"/,
    );
    assert.match(rendered("[e](#end)").html, /href="#end"/);
  });

  it("writes the name of a file that the site does not have, without a link", () => {
    assert.match(
      rendered("[the source](../lib/index.ts)").html,
      /<span class="source-file">the source<\/span>/,
    );
  });

  it("gives headings Jupyter's anchors in notebooks and GitHub's in documents", () => {
    assert.deepEqual(rendered("## What `x` moves: all").headings, [
      { level: 2, text: "What x moves: all", id: "What-x-moves:-all" },
    ]);
    assert.equal(rendered("## What `x` moves: all", 2).headings[0]?.id, "what-x-moves-all");
  });

  it("gives a heading that comes again another anchor", () => {
    const { headings } = rendered("# A\n\n# A\n\n# A");
    assert.equal(new Set(headings.map(({ id }) => id)).size, 3);
  });

  it("draws formulas, in the line and on their own", () => {
    const { html } = rendered("the product $W_Q W_K^\\top$:\n\n$$\ny = x\n$$\n");
    assert.equal(html.match(/class="katex"/g)?.length, 2);
    assert.match(html, /katex-display/);
    assert.match(html, /<annotation encoding="application\/x-tex">W_Q W_K\^\\top<\/annotation>/);
  });

  it("throws for a formula that cannot be drawn", () => {
    assert.throws(() => rendered("$\\frac{1$"), /KaTeX parse error/);
  });

  it("names the pictures that it shows, from the root", () => {
    assert.deepEqual(rendered("![a](../docs/a.png) ![b](https://example.org/b.png)").pictures, [
      "docs/a.png",
    ]);
  });

  it("puts a table into a region that scrolls, without an empty head", () => {
    assert.match(
      rendered("| a | b |\n| - | -: |\n| 1 | 2 |").html,
      /<div class="wide"[^>]*><table><thead>.*<td style="text-align:right">2<\/td>/,
    );
    assert.doesNotMatch(rendered("| | |\n| - | - |\n| 1 | 2 |").html, /thead/);
  });

  it("keeps HTML, with Markdown between its elements", () => {
    const { html } = rendered("<details><summary>Solution</summary>\n\n```ts\nlet a = 1;\n```\n\n</details>");
    assert.match(
      html,
      /<details><summary>Solution<\/summary>\s*<pre class="code"[^>]*><code class="hljs"><span/,
    );
  });
});

describe("highlighted", () => {
  it("colours a language that it knows, and escapes one that it does not", () => {
    assert.match(highlighted("const a = 1", "typescript"), /<span class="hljs-keyword">const<\/span>/);
    assert.match(highlighted("<b>", "klingon"), /<code class="hljs">&#60;b&#62;<\/code>/);
    assert.match(highlighted('"</script>"', "typescript"), /&lt;\/script&gt;/);
  });
});
