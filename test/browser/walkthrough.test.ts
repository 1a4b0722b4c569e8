import assert from "node:assert/strict";
import type { Browser, Locator, Page } from "playwright-core";
import { notebookNames } from "../../publishing/notebook.ts";
import { launchChromium } from "./chromium.ts";
import { type CellOutput, Lab, type NotebookPage } from "./lab.ts";

/** What JupyterLab draws by itself: Vega and Vega-Lite. */
const DRAWN = /^application\/vnd\.vega(lite)?\.v\d\+json$/;

describe("npm start, in a browser", function () {
  this.timeout(300_000);
  let browser: Browser;
  let lab: Lab;

  before(async function () {
    browser = await launchChromium(this);
    lab = await Lab.start();
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
    await (lab as Lab | undefined)?.stop();
  });

  it("lists the kernel typescript", async () => {
    const { kernelspecs } = (await lab.api("kernelspecs")) as {
      kernelspecs: Record<string, { spec: { display_name: string; interrupt_mode: string } } | undefined>;
    };
    assert.equal(kernelspecs["typescript"]?.spec.display_name, "TypeScript");
    assert.equal(kernelspecs["typescript"].spec.interrupt_mode, "message");
  });

  it("opens on the first notebook", async () => {
    const page = await browser.newPage();
    await page.goto(`${lab.url}/?token=${lab.token}`);
    await page.waitForFunction(
      () => window.jupyterapp?.shell.currentWidget?.context.path === "notebooks/00-start-here.ipynb",
      undefined,
      { timeout: 120_000 },
    );
    await page.close();
  });

  describe("01-markov-chain, restarted and run from top to bottom", () => {
    let notebook: NotebookPage;
    let outputs: readonly (readonly CellOutput[])[] = [];

    before(async () => {
      notebook = await lab.open(browser, "notebooks/01-markov-chain.ipynb");
      await notebook.restartAndRunAll();
      outputs = await notebook.outputs();
    });

    after(async () => {
      await (notebook as NotebookPage | undefined)?.page.close();
    });

    it("has no error output", () => {
      assert.deepEqual(failuresIn(outputs), []);
    });

    it("draws the heatmap of transitions", async () => {
      const index = outputs.findIndex((cell) => cell.some(isTransitionHeatmap));
      assert.notEqual(index, -1, "no cell has the heatmap");
      await notebook.show(index);
      await drawingOf(notebook).waitFor({ state: "visible" });
      assert.ok((await coloursOf(notebook, index)) > 3, "the drawing has fewer than four colours");
      await notebook.screenshot("01-markov-chain");
    });

    it("asks for nothing outside its own server", () => {
      assert.deepEqual(notebook.foreignRequests, []);
    });
  });

  it("00-start-here links every notebook", async () => {
    const notebook = await lab.open(browser, "notebooks/00-start-here.ipynb");
    const cells = (await notebook.outputs()).length;
    const linked: string[] = [];
    for (let index = 0; index < cells; index++) {
      await notebook.show(index); // cells out of view are not in the document
      const cell = notebook.page.locator(".jp-Cell.jp-mod-active");
      await cell.locator(".jp-RenderedMarkdown *, .cm-content").first().waitFor({ state: "attached" });
      const links = await cell
        .locator("a")
        .evaluateAll((found) =>
          found.map(
            (link) => link.getAttribute("data-commandlinker-args") ?? link.getAttribute("href") ?? "",
          ),
        );
      linked.push(...links);
    }
    const missing = notebookNames().filter(
      (name) => name !== "00-start-here.ipynb" && !linked.some((link) => link.includes(`notebooks/${name}`)),
    );
    assert.deepEqual(missing, []);
    await notebook.page.close();
  });

  it("gallery runs from top to bottom, and draws", async () => {
    const notebook = await lab.open(browser, "notebooks/gallery.ipynb");
    await notebook.restartAndRunAll();
    const outputs = await notebook.outputs();
    assert.deepEqual(failuresIn(outputs), []);
    const index = outputs.findIndex((cell) => cell.some(isDrawn));
    await notebook.show(index);
    await drawingOf(notebook).waitFor({ state: "visible" });
    assert.ok((await coloursOf(notebook, index)) > 3, "the drawing has fewer than four colours");
    assert.deepEqual(notebook.foreignRequests, []);
    await notebook.page.close();
  });

  it("08-one-head runs from top to bottom, and a dragged slider draws its figure anew", async () => {
    const notebook = await lab.open(browser, "notebooks/08-one-head.ipynb");
    await notebook.restartAndRunAll();
    const outputs = await notebook.outputs();
    assert.deepEqual(failuresIn(outputs), []);
    const index = outputs.findIndex((cell) => cell.some(({ data = {} }) => WIDGET in data));
    assert.notEqual(index, -1, "no cell has a widget");
    await notebook.show(index);
    const { page } = notebook;
    const cell = page.locator(".jp-Cell.jp-mod-active");
    await cell.locator(".widget-output canvas, .widget-output svg.marks").waitFor();
    const before = await pictureOf(page);
    const slider = cell.locator(".widget-slider").first();
    const [handle, track] = [slider.locator(".noUi-handle"), slider.locator(".noUi-base")];
    const [from, along] = [await handle.boundingBox(), await track.boundingBox()];
    assert.ok(from && along);
    const y = from.y + from.height / 2;
    await page.mouse.move(from.x + from.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(along.x + along.width + 20, y, { steps: 5 });
    await page.mouse.up();
    await page.waitForFunction((old) => window.pictureOfWidget?.() !== old, before);
    await notebook.screenshot("08-one-head-dragged");
    assert.deepEqual(notebook.foreignRequests, []);
    await page.close();
  });
});

/** What asks the front end for a widget. */
const WIDGET = "application/vnd.jupyter.widget-view+json";

declare global {
  interface Window {
    /** The drawing below a widget of the active cell, as one text. */
    pictureOfWidget?: () => string;
  }
}

/** The drawing below a widget of the active cell, as one text. */
async function pictureOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    window.pictureOfWidget = () => {
      const area = document.querySelector(".jp-Cell.jp-mod-active .widget-output");
      return (
        area?.querySelector("canvas")?.toDataURL() ?? area?.querySelector("svg.marks")?.outerHTML ?? "none"
      );
    };
    return window.pictureOfWidget();
  });
}

/** Errors, and what was written to stderr. */
function failuresIn(outputs: readonly (readonly CellOutput[])[]): CellOutput[] {
  return outputs.flat().filter((output) => output.output_type === "error" || output.name === "stderr");
}

function isDrawn({ data = {} }: CellOutput): boolean {
  return Object.keys(data).some((type) => DRAWN.test(type));
}

/** What JupyterLab has drawn in the active cell. */
function drawingOf({ page }: NotebookPage): Locator {
  return page
    .locator(".jp-Cell.jp-mod-active .jp-OutputArea-output .vega-embed")
    .locator("canvas, svg.marks")
    .first();
}

/** Whether an output is the heatmap from the last word to the next that JupyterLab draws, and says so in words to whoever cannot see it. */
function isTransitionHeatmap({ data = {} }: CellOutput): boolean {
  return (
    isDrawn({ output_type: "execute_result", data }) &&
    /^Heatmap: 7 rows \(last word\)/m.test(String(data["text/plain"]))
  );
}

/** How many colours the drawings of a cell have, at most 100: an empty drawing has one. */
async function coloursOf(notebook: NotebookPage, index: number): Promise<number> {
  return notebook.page.evaluate((cell) => {
    const node = window.jupyterapp?.shell.currentWidget?.content.widgets[cell]?.node;
    const colours = new Set<string>();
    for (const canvas of node?.querySelectorAll("canvas") ?? []) {
      const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      for (let at = 0; at < pixels.length && colours.size < 100; at += 4) {
        colours.add([pixels[at], pixels[at + 1], pixels[at + 2]].join());
      }
    }
    for (const shape of node?.querySelectorAll("svg.marks path[fill]") ?? []) {
      colours.add(shape.getAttribute("fill") ?? "");
    }
    return colours.size;
  }, index);
}
