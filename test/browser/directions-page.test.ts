import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { readRelationsFile, sweep, sweepOptions, sweepPage } from "../../lib/directions/index.ts";
import { loadModel } from "../../lib/pretrained/index.ts";
import { ROOT } from "../python.ts";
import { launchChromium } from "./chromium.ts";

const HOSTILE = "<script>window.hacked=1</script> & ‮x";

describe("the page of a sweep, in a browser with the network off", function () {
  this.timeout(300_000);
  let browser: Browser;
  let folder: string;
  let page: Page;

  before(async function () {
    browser = await launchChromium(this);
    folder = mkdtempSync(join(tmpdir(), "sweep-page-"));
    const { model, tokeniser } = await loadModel(join(ROOT, "checkpoints", "planted-relations"));
    const subject = { model, tokeniser };
    const asked = readRelationsFile(
      JSON.stringify({
        templates: ["the {word} is"],
        draws: 99,
        relations: [
          {
            name: "capital",
            pairs: [
              ["france", "paris"],
              ["spain", "madrid"],
              ["italy", "rome"],
              ["greece", "athens"],
              ["norway", "oslo"],
              ["austria", "vienna"],
            ],
          },
          {
            name: HOSTILE,
            pairs: [
              ["small", "huge"],
              ["short", "towering"],
              ["cool", "scorching"],
            ],
          },
        ],
      }),
    );
    const found = await sweep(subject, asked.relations, { ...sweepOptions(subject, asked), threads: 1 });
    const file = {
      format: "matrix-composition/directions",
      version: 1,
      model: { name: "planted" },
      asked,
      sweep: found,
    } as const;
    const path = join(folder, "page.html");
    writeFileSync(path, await sweepPage(file, subject));
    const context = await browser.newContext({ offline: true, viewport: { width: 700, height: 900 } });
    page = await context.newPage();
    await page.goto(pathToFileURL(path).href);
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("shows a head's words when the head is clicked in the map, and keeps the list in step", async () => {
    const chooser = page.locator(".chooser").first();
    const head = chooser.locator('.over button[data-head="1.2"]');
    const title = await head.getAttribute("aria-label");
    assert.ok(title !== null && /^1\.2 .+: /u.test(title), String(title));
    await head.click();
    assert.equal(await chooser.locator("select").inputValue(), "1.2");
    assert.equal(await head.getAttribute("aria-pressed"), "true");
    const drawn = chooser.locator("svg.words");
    assert.match(String(await drawn.locator("text").first().textContent()), / at 1\.2 .+: /u);
    assert.equal(await drawn.locator("rect").count(), 12, "a bar a word");
    assert.ok((await drawn.locator("text").allTextContents()).includes("athens"));
  });

  it("marks the head in the map that is chosen in the list", async () => {
    const chooser = page.locator(".chooser").first();
    await chooser.locator("select").selectOption("0.1");
    assert.equal(await chooser.locator('.over button[aria-pressed="true"]').getAttribute("data-head"), "0.1");
    assert.match(String(await chooser.locator("svg.words text").first().textContent()), / at 0\.1 .+: /u);
  });

  it("has a button over each head, where the picture shows it, also by keyboard", async () => {
    const chooser = page.locator(".chooser").first();
    const image = await chooser.locator(".over img").boundingBox();
    const boxes = await Promise.all(
      ["0.0", "0.1", "1.0"].map((name) => chooser.locator(`.over button[data-head="${name}"]`).boundingBox()),
    );
    const [first, right, below] = boxes;
    assert.ok(image && first && right && below);
    assert.ok(first.x > image.x && first.y > image.y && first.width > 15);
    assert.ok(Math.abs(right.x - first.x - first.width) < 1.5 && Math.abs(right.y - first.y) < 1.5);
    assert.ok(Math.abs(below.y - first.y - first.height) < 1.5);
    await chooser.locator('.over button[data-head="1.0"]').focus();
    await page.keyboard.press("Enter");
    assert.equal(await chooser.locator("select").inputValue(), "1.0");
  });

  it("runs nothing that a relation's name brings", async () => {
    await page.locator(".chooser").nth(1).locator(".over button").first().click();
    const name = await page.locator(".chooser").nth(1).locator("svg.words text").first().textContent();
    assert.ok(name?.includes("<script>window.hacked=1</script>"), String(name));
    assert.equal(await page.evaluate(() => "hacked" in window), false);
  });
});
