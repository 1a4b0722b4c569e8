import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { DISPLAY } from "../../lib/display/index.ts";
import { matrixProduct, type Figure } from "../../lib/views/index.ts";
import { HOSTILE, samples } from "../lib/views/samples.ts";
import { ROOT } from "../python.ts";
import { launchChromium } from "./chromium.ts";
import { Lab } from "./lab.ts";
import { misplacedTexts } from "./text-boxes.ts";

const FOLDER = "test/artefacts/browser";
/** Made once, since each keeps its pictures. */
const FIGURES = samples();

/** A notebook that nobody has run here, so that JupyterLab does not trust it: one saved figure a cell. */
async function writeNotebook(name: string, figures: Readonly<Record<string, Figure>>): Promise<string> {
  const cells = await Promise.all(
    Object.entries(figures).map(async ([id, figure]) => ({
      cell_type: "code",
      id,
      metadata: {},
      execution_count: 1,
      source: id,
      outputs: [
        { output_type: "execute_result", execution_count: 1, data: await figure[DISPLAY](), metadata: {} },
      ],
    })),
  );
  const kernelspec = { name: "typescript", display_name: "TypeScript", language: "typescript" };
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  const path = `${FOLDER}/${name}.ipynb`;
  writeFileSync(
    join(ROOT, path),
    JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }),
  );
  return path;
}

describe("the views, in a browser", function () {
  this.timeout(300_000);
  let browser: Browser;

  before(async function () {
    browser = await launchChromium(this);
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
  });

  describe("in an untrusted notebook in JupyterLab", () => {
    let lab: Lab;
    before(async () => (lab = await Lab.start()));
    after(async () => {
      await (lab as Lab | undefined)?.stop();
    });

    for (const [name, figures] of Object.entries({ plain: FIGURES, hostile: samples(HOSTILE) })) {
      it(`draw all, with ${name} labels, without an error, a request elsewhere or a script run`, async () => {
        const path = await writeNotebook(`views-${name}`, figures);
        const notebook = await lab.open(browser, path);
        const { page } = notebook;
        const errors: string[] = [];
        page.on("pageerror", (error) => errors.push(error.message));
        page.on("console", (message) => {
          if (message.type() === "error") errors.push(message.text());
        });
        for (const [index, [id, figure]] of Object.entries(figures).entries()) {
          await notebook.show(index);
          const drawn = figure.kind === "vega" ? ".vega-embed canvas" : ".jp-RenderedPlotly img";
          await page.waitForFunction(
            ([cell, selector]) =>
              Boolean(
                window.jupyterapp?.shell.currentWidget?.content.widgets[cell]?.node.querySelector(selector),
              ),
            [index, drawn] as const,
            { timeout: 30_000 },
          );
          assert.deepEqual(errors, [], id);
        }
        assert.equal(await page.evaluate(() => "hacked" in window), false);
        assert.deepEqual(notebook.foreignRequests, []);
        await page.close();
      });
    }
  });

  describe("with long titles and labels", () => {
    const compound = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle";
    const family = "👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇩🇪".repeat(4);
    const labels = {
      Latin: (index: number) =>
        index % 2 === 0
          ? `${index} the quick brown fox jumps over the lazy dog again and again`
          : `${compound} ${index}`,
      Chinese: (index: number) => `${index}どの行列の積がどの情報を運ぶのかを知りたい人のための長い長い言葉`,
      Arabic: (index: number) => `كلمة طويلة جدا لا تنتهي أبدا مهما قرأت فيها من الحروف ${index}`,
      emoji: (index: number) => `${index}${family}`,
      hostile: (index: number) => HOSTILE[index] ?? "",
    };
    for (const [script, label] of Object.entries(labels)) {
      it(`have every text (${script}) inside the picture and beside the others, at 640 pixels and at 400`, async () => {
        const words = Array.from({ length: 6 }, (_, index) => label(index));
        const long = { title: words.slice(0, 3).join(" "), valueName: words[1] ?? "" };
        for (const [width, colorScheme] of [
          [640, "light"],
          [400, "dark"],
        ] as const) {
          const figures = samples(words, { ...long, width });
          // These two are as wide as the figures in them.
          for (const [name, { stillSpec }] of Object.entries(figures))
            if (name !== "pages" && name !== "small-multiples")
              assert.ok(
                Number(stillSpec["width"]) <= width,
                `${name}: ${String(stillSpec["width"])} of ${width}`,
              );
          const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, colorScheme });
          assert.deepEqual(await misplacedTexts(page, figures), []);
          await page.close();
        }
      });
    }

    it("have every text inside the picture with plain words, as wide as they are by themselves", async () => {
      const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
      assert.deepEqual(await misplacedTexts(page, FIGURES), []);
      await page.close();
    });
  });

  describe("exported by nbconvert, with the network off", () => {
    it("are all there as pictures: every figure of the gallery, as wide as it was made", async () => {
      const folder = join(ROOT, FOLDER);
      mkdirSync(folder, { recursive: true });
      execFileSync(
        join(ROOT, ".venv", process.platform === "win32" ? "Scripts" : "bin", "jupyter"),
        ["nbconvert", "--to", "html", "--output-dir", folder, join(ROOT, "notebooks/gallery.ipynb")],
        { stdio: "ignore" },
      );
      const { cells } = JSON.parse(readFileSync(join(ROOT, "notebooks/gallery.ipynb"), "utf8")) as {
        readonly cells: readonly { readonly outputs?: readonly { readonly data?: object }[] }[];
      };
      const figures = cells
        .flatMap(({ outputs = [] }) => outputs)
        .filter(({ data = {} }) => "image/png" in data).length;
      const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, offline: true });
      const page = await context.newPage();
      // nbconvert's own page asks for MathJax; what is not a file of this machine gets nothing.
      await page.route(/^https?:/u, (route) => route.abort());
      await page.goto(`file://${join(folder, "gallery.html")}`, { waitUntil: "domcontentloaded" });
      const images = page.locator(".jp-OutputArea-output img");
      await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
      assert.ok(figures >= 25, String(figures));
      assert.equal(await images.count(), figures);
      const sizes = await images.evaluateAll((all) =>
        all.map((image) => [(image as HTMLImageElement).naturalWidth, image.clientWidth]),
      );
      for (const [natural = 0, shown = 0] of sizes)
        assert.ok(natural >= 200 && shown >= 200 && shown <= 640, `${natural} pixels shown at ${shown}`);
      await context.close();
    });
  });

  describe("with GitHub's rules", () => {
    it("show a PNG and need neither script nor HTML", async () => {
      const pictures: string[] = [];
      for (const [name, figure] of Object.entries(FIGURES)) {
        const data = await figure[DISPLAY]();
        const types = Object.keys(data);
        // GitHub leaves out types that it does not know.
        const known = types.filter((type) => /^(?:image\/png|text\/)/u.test(type));
        assert.deepEqual(known, ["image/png", "text/plain"], name);
        // Those that VS Code's renderers of notebooks register.
        const rendered = ["application/vnd.vega.v5+json", "application/vnd.plotly.v1+json"];
        assert.equal(types.filter((type) => rendered.includes(type)).length, 1, name);
        pictures.push(`<img alt="${name}" src="data:image/png;base64,${String(data["image/png"])}">`);
      }
      const page = await browser.newPage({ javaScriptEnabled: false });
      await page.setContent(pictures.join(""));
      for (const [index, name] of Object.keys(FIGURES).entries()) {
        const box = await page.locator("img").nth(index).boundingBox();
        assert.ok(box !== null && box.width >= 200 && box.height >= 60, name);
      }
      await page.close();
    });
  });

  describe("as an HTML file, with the network off", () => {
    it("answer the pointer: a cell of a product shows its terms, a click keeps it", async () => {
      const figure = matrixProduct(
        [
          [
            [1, 2],
            [3, 4],
          ],
          [
            [5, 6],
            [7, 8],
          ],
        ],
        { cell: [0, 0] },
      );
      const path = join(ROOT, FOLDER, "product.html");
      mkdirSync(join(ROOT, FOLDER), { recursive: true });
      await figure.save(path);
      const page = await browser.newPage({ viewport: { width: 900, height: 700 } });
      await page.context().setOffline(true);
      await page.goto(`file://${path}`);
      await page.waitForSelector("body[data-drawn]");
      const signal = (): Promise<unknown> => page.evaluate("view.signal('at')");
      assert.deepEqual(await signal(), [0, 0, 0]);
      const place = await page.evaluate<[number, number]>(
        "(() => { const find = (item) => { for (const inner of item.items ?? []) { if (inner.mark?.name === 'product0' && inner.datum?.r === 1 && inner.datum?.c === 1) return inner.bounds; const found = find(inner); if (found) return found; } }; const b = find(view.scenegraph().root); return [(b.x1 + b.x2) / 2, (b.y1 + b.y2) / 2]; })()",
      );
      const box = await page.locator("canvas").boundingBox();
      assert.ok(box !== null);
      await page.mouse.move(box.x + place[0], box.y + place[1]);
      assert.deepEqual(await signal(), [0, 1, 1]);
      await page.mouse.click(box.x + place[0], box.y + place[1]);
      await page.mouse.move(box.x + 5, box.y + 5);
      assert.deepEqual(await signal(), [0, 1, 1]);
      await page.close();
    });

    it("keep hostile labels text", async () => {
      for (const name of ["heatmap", "attention-pattern", "vector-space"]) {
        const path = join(ROOT, FOLDER, `hostile-${name}.html`);
        await samples(HOSTILE)[name]?.save(path);
        const page = await browser.newPage();
        const requests: string[] = [];
        page.on("request", (request) => requests.push(request.url()));
        await page.goto(`file://${path}`);
        await page.waitForSelector("body[data-drawn]");
        const box = await page.locator("#figure").boundingBox();
        if (box !== null) await page.mouse.move(box.x + box.width / 3, box.y + box.height / 2, { steps: 5 });
        assert.equal(await page.evaluate(() => "hacked" in window), false, name);
        assert.deepEqual(requests.filter((url) => !/^(?:data|blob):/u.test(url)).length, 1, name);
        await page.close();
      }
    });
  });
});
