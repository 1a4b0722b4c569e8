/**
 * How long large views take in JupyterLab, in Chromium: from the moment an output arrives until it is painted, and how
 * long the page stands still while it is drawn and while the pointer moves over it.
 *
 * Needs Chromium and a set-up folder (`npm run setup`, `npm run build`). Prints a table and writes nothing.
 *
 * @example npx tsx bench/views/browser.ts
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { DISPLAY, type MimeBundle } from "../../lib/display/index.ts";
import {
  attentionHeads,
  attentionPattern,
  heatmap,
  heatmapGrid,
  table,
  type Figure,
} from "../../lib/views/index.ts";
import { CHROMIUM_FLAGS, chromiumPath } from "../../test/browser/chromium.ts";
import { Lab } from "../../test/browser/lab.ts";
import { noise, patterns } from "../../test/lib/views/numbers.ts";
import { ROOT } from "../../test/python.ts";

const NOTEBOOK = "test/artefacts/browser/bench-views.ipynb";
const tokens = Array.from({ length: 128 }, (_, position) => `token${position}`);

const figures: Readonly<Record<string, () => Figure>> = {
  "a small table (loads Vega)": () => table([{ token: "a", probability: 1 }]),
  "attentionHeads 12 × 12, 128 tokens": () => attentionHeads(patterns(12, 12, 128), { tokens }),
  "heatmapGrid 12 × 12, 128 × 128": () => heatmapGrid(patterns(12, 12, 128)),
  "attentionPattern 12 heads, 64 tokens": () =>
    attentionPattern(patterns(1, 12, 64)[0] ?? [], { tokens: tokens.slice(0, 64) }),
  "heatmap 2,000 × 2,000": () => heatmap(noise(2000, 2000)),
  "heatmap 50 × 50, a mark a cell": () => heatmap(noise(50, 50)),
};

/** What was measured of one figure, in milliseconds. */
interface Measurement {
  readonly drawn: number;
  /** The longest time that the page stood still while drawing. */
  readonly blocked: number;
  /** The longest and the median time between two frames while the pointer moves over the figure. */
  readonly hoverLongest: number;
  readonly hoverMedian: number;
}

/** Gives cell `index` the output and waits until it is painted. */
async function draw(
  page: Page,
  index: number,
  data: MimeBundle,
): Promise<readonly [drawn: number, blocked: number]> {
  return page.evaluate(
    async ([cell, bundle]) => {
      const widget = window.jupyterapp?.shell.currentWidget?.content.widgets[cell];
      if (widget?.model.outputs === undefined) throw new Error(`there is no cell ${cell}`);
      await window.jupyterapp?.shell.currentWidget?.content.scrollToItem(cell, "start");
      const tasks: number[] = [];
      const observer = new PerformanceObserver((list) => {
        tasks.push(...list.getEntries().map(({ duration }) => duration));
      });
      observer.observe({ entryTypes: ["longtask"] });
      const start = performance.now();
      const canvas = new Promise<void>((resolve) => {
        const seen = new MutationObserver(() => {
          if (widget.node.querySelector(".vega-embed canvas") === null) return;
          seen.disconnect();
          resolve();
        });
        seen.observe(widget.node, { childList: true, subtree: true });
      });
      const outputs = widget.model.outputs as unknown as { fromJSON: (outputs: readonly unknown[]) => void };
      outputs.fromJSON([{ output_type: "display_data", data: bundle, metadata: {} }]);
      await canvas;
      const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
      await frame();
      await frame();
      const drawn = performance.now() - start;
      // Long tasks are reported after they end.
      await new Promise((resolve) => setTimeout(resolve, 300));
      observer.disconnect();
      return [drawn, Math.max(0, ...tasks)] as const;
    },
    [index, data] as const,
  );
}

/** Moves the pointer over the figure in cell `index`, and gives the times between frames. */
async function hover(page: Page, index: number): Promise<readonly number[]> {
  const canvas = page.locator(".jp-Cell").nth(index).locator(".vega-embed canvas");
  const box = await canvas.boundingBox();
  if (box === null) throw new Error(`cell ${index} has no picture in view`);
  await page.evaluate(() => {
    const times: number[] = [];
    const tick = (time: number): void => {
      times.push(time);
      if (!("stopped" in window)) requestAnimationFrame(tick);
    };
    Object.assign(window, { frames: times });
    requestAnimationFrame(tick);
  });
  const bottom = Math.min(box.y + box.height, 980);
  for (let step = 0; step < 120; step++)
    await page.mouse.move(
      box.x + 20 + (((step * 37) % 120) / 120) * (box.width - 40),
      box.y + 60 + (step / 120) * (bottom - box.y - 70),
    );
  return page.evaluate(() => {
    const { frames } = window as unknown as { readonly frames: readonly number[] };
    Object.assign(window, { stopped: true });
    const gaps = frames.slice(1).map((time, frame) => time - (frames[frame] ?? time));
    requestAnimationFrame(() => {
      Reflect.deleteProperty(window, "stopped");
    });
    return gaps;
  });
}

async function measure(page: Page, index: number, figure: Figure): Promise<Measurement> {
  const [drawn, blocked] = await draw(page, index, await figure[DISPLAY]());
  const gaps = (await hover(page, index)).toSorted((left, right) => left - right);
  return {
    drawn,
    blocked,
    hoverLongest: gaps.at(-1) ?? 0,
    hoverMedian: gaps[Math.floor(gaps.length / 2)] ?? 0,
  };
}

const executablePath = chromiumPath();
if (executablePath === undefined) throw new Error("there is no Chromium; name one with CHROMIUM=/path");
const path = join(ROOT, NOTEBOOK);
mkdirSync(dirname(path), { recursive: true });
const cells = Object.keys(figures).map((name, index) => ({
  cell_type: "code", id: `c${index}`, metadata: {}, execution_count: null, source: `// ${name}`, outputs: [],
})); // prettier-ignore
const kernelspec = { name: "typescript", display_name: "TypeScript", language: "typescript" };
writeFileSync(path, JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }));
const lab = await Lab.start();
const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
try {
  const { page } = await lab.open(browser, NOTEBOOK);
  // tsx names functions by a call of this, which the page lacks.
  await page.evaluate("globalThis.__name = (named) => named");
  for (const [index, [name, make]] of Object.entries(figures).entries()) {
    const started = performance.now();
    const figure = make();
    const bundle = await figure[DISPLAY]();
    const made = performance.now() - started;
    const { drawn, blocked, hoverLongest, hoverMedian } = await measure(page, index, figure);
    const whole = (milliseconds: number): string => `${Math.round(milliseconds)} ms`;
    console.log(
      `${name}: made in Node in ${whole(made)}, ${Math.round(JSON.stringify(bundle).length / 1000)} kB, drawn ${whole(drawn)} after it arrives (longest task ${whole(blocked)}), ${whole(hoverMedian)} between frames under the pointer (longest ${whole(hoverLongest)})`,
    );
  }
} finally {
  await browser.close();
  await lab.stop();
  rmSync(path);
}
