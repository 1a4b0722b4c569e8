import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Notebook } from "../../publishing/notebook.ts";
import { buildSite } from "../../publishing/site/build.ts";
import { framed } from "../../publishing/site/frame.ts";
import { notebookPage } from "../../publishing/site/notebook-page.ts";
import { type Page as SitePage, sitePages } from "../../publishing/site/pages.ts";
import { ROOT } from "../python.ts";
import { launchChromium } from "./chromium.ts";

const SITE = join(ROOT, "test", "artefacts", "site");

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The width and height of a phone, in CSS pixels. */
const PHONE = { width: 390, height: 844 };

/** A page that was opened, with all that it should not have done. */
interface Opened {
  readonly page: Page;
  /** Addresses outside the site that it asked for. */
  readonly foreign: string[];
  /** What it threw or wrote as an error to the console. */
  readonly errors: string[];
}

/** What a notebook's page may not do, even if one of its outputs tries. */
const HOSTILE: Notebook = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: [
    {
      id: "title",
      cell_type: "markdown",
      metadata: {},
      source: "# Title\n\n<script>window.bad = 1</script>",
    },
    {
      id: "html",
      cell_type: "code",
      metadata: {},
      execution_count: 1,
      source: '"<script>window.bad = 2</script>"',
      outputs: [
        {
          output_type: "execute_result",
          data: {
            "text/html":
              '<script>window.bad = 3</script><img src="x" onerror="window.bad = 4"><img src="https://example.org/a.png">',
          },
        },
      ],
    },
    {
      id: "figure",
      cell_type: "code",
      metadata: {},
      execution_count: 2,
      source: "figure",
      outputs: [
        {
          output_type: "execute_result",
          data: {
            "application/vnd.vega.v5+json": {
              $schema: "https://vega.github.io/schema/vega/v5.json",
              data: [{ name: "a", url: "https://example.org/data.json" }],
              marks: [
                {
                  type: "text",
                  encode: { update: { text: { value: "</script><script>window.bad = 5</script>" } } },
                },
              ],
            },
            "text/plain": "</script><script>window.bad = 6</script>",
          },
        },
      ],
    },
  ],
};

describe("the site, in a browser without a network", function () {
  this.timeout(300_000);
  const pages = sitePages();
  const notebooks = pages.filter(({ kind }) => kind === "notebook");
  const [first] = notebooks;
  let browser: Browser;

  before(async function () {
    browser = await launchChromium(this);
    await buildSite(SITE); // throws where a link, an anchor or a picture is missing, or an export is not documented
  });

  after(async () => (browser as Browser | undefined)?.close());

  async function open(target: string, options: BrowserContextOptions = {}): Promise<Opened> {
    const context = await browser.newContext({
      offline: true,
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    const foreign: string[] = [];
    const errors: string[] = [];
    page.on("request", (request) => {
      if (!/^(file|data|blob):/.test(request.url())) foreign.push(request.url());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await page.goto(pathToFileURL(join(SITE, target)).href);
    return { page, foreign, errors };
  }

  const figuresDrawn = (page: Page) =>
    page.waitForFunction(() => document.documentElement.dataset["figures"] === "drawn");

  const isTooWide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

  for (const { target } of pages) {
    it(`${target} draws its figures, fits a phone, and asks nobody for anything`, async () => {
      const { page, foreign, errors } = await open(target, { viewport: PHONE });
      const figures = await page.locator("figure[data-drawn-by]").count();
      if (figures > 0) await figuresDrawn(page);
      const drawn = await page.evaluate(
        () =>
          [...document.querySelectorAll("figure[data-drawn=yes] .drawing")].filter(
            (drawing) => drawing.querySelectorAll("svg path, svg text, canvas").length > 1,
          ).length,
      );
      assert.equal(drawn, figures);
      assert.equal(await isTooWide(page), false, "the page is wider than the phone");
      assert.equal(await page.locator("h1").count(), 1);
      assert.equal(await page.locator(".katex-error").count(), 0);
      assert.deepEqual(foreign, []);
      assert.deepEqual(errors, []);
      await page.context().close();
    });
  }

  it("loads each drawing library only where it is needed, and from one file", () => {
    const scripts = (target: string) =>
      [...readFileSync(join(SITE, target), "utf8").matchAll(/<script[^>]* src="([^"]*)"/g)].map(
        ([, source]) => source,
      );
    assert.ok(scripts("notebooks/gallery.html").includes("../assets/plotly.js"));
    assert.ok(!scripts("notebooks/01-markov-chain.html").includes("../assets/plotly.js"));
    assert.ok(scripts("notebooks/01-markov-chain.html").includes("../assets/vega.js"));
    assert.ok(!scripts("index.html").includes("assets/vega.js"));
  });

  it("shows the pictures and hides what needs a script, without scripts", async () => {
    const { page } = await open("notebooks/05-attention-as-matrices.html", { javaScriptEnabled: false });
    const pictures = page.locator("figure img");
    assert.ok((await pictures.count()) > 5);
    await pictures.first().scrollIntoViewIfNeeded();
    const box = await pictures.first().boundingBox();
    assert.ok(box !== null && box.height > 100, "the picture has no height");
    assert.equal(await page.locator("#search").isVisible(), false);
    await page.context().close();
  });

  it("finds headings and exports by the keyboard", async () => {
    const { page, errors } = await open("index.html");
    await page.keyboard.press("/");
    await page.keyboard.type("looking up is mult");
    const found = page.locator("#found [aria-selected=true]");
    await found.filter({ hasText: "Looking up is multiplying" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/01-markov-chain\.html#/);
    await page.keyboard.press("/");
    await page.keyboard.type("logitLens");
    await found.filter({ hasText: "logitLens" }).waitFor();
    assert.equal(
      await page.locator("#search").getAttribute("aria-activedescendant"),
      await found.getAttribute("id"),
    );
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#found").isVisible(), false);
    await page.keyboard.press("Control+A");
    await page.keyboard.type("<img>zzz");
    await page.locator("#found", { hasText: "Nothing found" }).waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it("keeps the chosen colours, from page to page and in the reference", async () => {
    const { page } = await open("index.html");
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    const button = page.locator("button.theme");
    await button.click();
    await button.click();
    assert.equal(await button.getAttribute("aria-label"), "Colours: dark");
    const dark = await background();
    assert.notEqual(dark, light);
    await page.locator("main .walkthrough a").first().click();
    await page.waitForURL(/00-start-here/);
    assert.equal(await background(), dark);
    await page.locator("a.reference").click();
    await page.waitForURL(/reference\/index\.html/);
    assert.equal(await page.evaluate(() => document.documentElement.dataset["theme"]), "dark");
    await page.context().close();
  });

  it("follows the system's colours until told", async () => {
    const [light, dark] = await Promise.all(
      (["light", "dark"] as const).map(async (colorScheme) => {
        const { page } = await open("index.html", { colorScheme });
        const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        await page.context().close();
        return colour;
      }),
    );
    assert.notEqual(light, dark);
  });

  it("leads from each notebook to the next and back", async () => {
    const { page } = await open(first?.target ?? "");
    for (const { target } of notebooks.slice(1)) {
      await page.locator(".neighbours a[rel=next]").click();
      await page.waitForURL(pathToFileURL(join(SITE, target)).href, { waitUntil: "domcontentloaded" });
    }
    assert.equal(await page.locator(".neighbours a[rel=next]").count(), 0);
    await page.locator(".neighbours a[rel=prev]").click();
    await page.waitForURL(pathToFileURL(join(SITE, notebooks.at(-2)?.target ?? "")).href);
    await page.context().close();
  });

  for (const target of ["index.html", "notebooks/05-attention-as-matrices.html", "README.html"]) {
    for (const colorScheme of ["light", "dark"] as const) {
      it(`${target} has nothing that axe objects to, ${colorScheme}`, async () => {
        const { page } = await open(target, { colorScheme });
        if ((await page.locator("figure[data-drawn-by]").count()) > 0) await figuresDrawn(page);
        await page.evaluate(AXE);
        const found = await page.evaluate(async () => {
          const { axe } = globalThis as unknown as {
            axe: {
              run(context: unknown): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
            };
          };
          const { violations } = await axe.run({ exclude: [[".drawing"], [".html"]] });
          return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200) ?? ""}`);
        });
        assert.deepEqual(found, []);
        await page.context().close();
      });
    }
  }

  it("the reference opens, searches and asks nobody for anything", async () => {
    const { page, foreign } = await open("reference/functions/matrix-composition.logitLens.html");
    assert.match((await page.locator("h1").textContent()) ?? "", /logitLens/);
    await page.locator("a", { hasText: "notebooks" }).first().click();
    await page.waitForURL(/index\.html$/);
    assert.match((await page.locator("h1").textContent()) ?? "", /matrix-composition/);
    assert.deepEqual(foreign, []);
    await page.context().close();
  });

  it("runs no script of an output, and loads nothing for one", async () => {
    const page: SitePage = {
      kind: "notebook",
      source: "notebooks/x.ipynb",
      target: "hostile.html",
      title: "x",
      promise: "",
    };
    const context = { page, pages, headings: [], pictures: new Set<string>() };
    const content = { ...notebookPage(HOSTILE, context), title: "x", target: "hostile.html", headings: [] };
    writeFileSync(join(SITE, "hostile.html"), framed(content, pages));
    const browsing = await browser.newContext();
    const asked: string[] = [];
    await browsing.route(/^https?:/, async (route) => {
      asked.push(route.request().url());
      await route.fulfill({ body: "[]" });
    });
    const opened = await browsing.newPage();
    const refused: string[] = [];
    opened.on("console", (message) => refused.push(message.text()));
    await opened.goto(pathToFileURL(join(SITE, "hostile.html")).href);
    await figuresDrawn(opened);
    assert.equal(await opened.evaluate(() => "bad" in window), false);
    assert.ok(refused.filter((text) => /Content Security Policy/.test(text)).length >= 3, refused.join("\n"));
    assert.deepEqual(asked, []);
    assert.equal(
      await opened.locator(".drawing svg text").textContent(),
      "</script><script>window.bad = 5</script>",
    );
    assert.match(
      (await opened.locator("#cell-html code").textContent()) ?? "",
      /<script>window\.bad = 2<\/script>/,
    );
    await browsing.close();
  });
});
