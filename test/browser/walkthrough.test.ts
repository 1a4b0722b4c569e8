import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
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
      const errors = outputs
        .flat()
        .filter((output) => output.output_type === "error" || output.name === "stderr");
      assert.deepEqual(errors, []);
    });

    it("draws the heatmap of transitions", async () => {
      const index = outputs.findIndex((cell) => cell.some(isTransitionHeatmap));
      assert.notEqual(index, -1, "no cell has the heatmap");
      await notebook.show(index);
      const drawing = notebook.page
        .locator(".jp-Cell.jp-mod-active .jp-OutputArea-output .vega-embed")
        .locator("canvas, svg.marks")
        .first();
      await drawing.waitFor({ state: "visible" });
      assert.ok((await coloursOf(notebook, index)) > 3, "the drawing has fewer than four colours");
      await notebook.screenshot("01-markov-chain");
    });

    it("asks for nothing outside its own server", () => {
      assert.deepEqual(notebook.foreignRequests, []);
    });
  });
});

/** Whether an output is the heatmap from the last word to the next that JupyterLab draws, and says so in words to whoever cannot see it. */
function isTransitionHeatmap({ data = {} }: CellOutput): boolean {
  return (
    Object.keys(data).some((type) => DRAWN.test(type)) &&
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
