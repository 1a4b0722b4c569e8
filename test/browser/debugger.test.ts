import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { ROOT } from "../python.ts";
import { launchChromium } from "./chromium.ts";
import { Lab, type NotebookPage } from "./lab.ts";

const PATH = "test/artefacts/browser/debugger.ipynb";

const CELL = `const numbers: number[] = [1, 2, 3];
function double(x: number): number {
  const twice = x * 2;
  return twice;
}
let sum = 0;
for (const each of numbers) {
  sum += double(each);
}
sum`;

function writeNotebook(): void {
  const cell = {
    cell_type: "code",
    id: "cell-0",
    metadata: {},
    execution_count: null,
    source: CELL,
    outputs: [],
  };
  const kernelspec = { name: "typescript", display_name: "TypeScript", language: "typescript" };
  mkdirSync(join(ROOT, "test/artefacts/browser"), { recursive: true });
  writeFileSync(
    join(ROOT, PATH),
    JSON.stringify({ cells: [cell], metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }),
  );
}

describe("the debugger, in JupyterLab", function () {
  this.timeout(300_000);
  let browser: Browser;
  let lab: Lab;
  let notebook: NotebookPage;
  let page: Page;

  before(async function () {
    browser = await launchChromium(this);
    lab = await Lab.start();
    writeNotebook();
    notebook = await lab.open(browser, PATH);
    ({ page } = notebook);
    page.setDefaultTimeout(40_000);
  });
  after(async () => {
    await (browser as Browser | undefined)?.close();
    await (lab as Lab | undefined)?.stop();
  });

  const frame = (text: string) => page.locator(".jp-DebuggerCallstackFrame", { hasText: text });
  const highlighted = (text: string) => page.locator(".jp-DebuggerEditor-highlight", { hasText: text });
  const variable = (name: string, value: string) =>
    page
      .locator(".jp-DebuggerVariables-body .jp-TreeItem")
      .filter({ has: page.locator(".jp-DebuggerVariables-name", { hasText: new RegExp(`^${name}$`) }) })
      .filter({ has: page.locator(".jp-DebuggerVariables-detail", { hasText: value }) })
      .first();
  const press = (command: string) =>
    page.evaluate((name) => window.jupyterapp?.commands.execute(name), `debugger:${command}`);

  it("is switched on by the bug, and takes a breakpoint from the gutter", async () => {
    await page.evaluate(() => window.jupyterapp?.commands.execute("debugger:show-panel"));
    await page.waitForLoadState("networkidle");
    await notebook.idle();
    await page.locator(".jp-DebuggerBugButton").first().click();
    await page.locator('.jp-DebuggerBugButton[aria-pressed="true"]').first().waitFor();
    await page.locator(".cm-breakpoint-gutter").first().waitFor();
    // The eighth line, `sum += double(each)`.
    await page.locator(".cm-breakpoint-gutter .cm-gutterElement").nth(8).click();
    await page.locator(".jp-DebuggerBreakpoint").waitFor();
    assert.equal(await page.locator(".jp-DebuggerBreakpoint-line").textContent(), "8");
  });

  it("stops there: the line, the call stack and the variables are shown", async () => {
    void page.evaluate(() => window.jupyterapp?.commands.execute("notebook:run-cell"));
    await highlighted("sum += double(each)").waitFor();
    await frame("Cell [1]").waitFor();
    await variable("each", "1").waitFor();
    await notebook.screenshot("debugger-stopped");
  });

  it("steps into a function, whose variables are shown, and out", async () => {
    await press("stepIn");
    await highlighted("const twice = x * 2").waitFor();
    await frame("double").waitFor();
    await press("next");
    await highlighted("return twice").waitFor();
    await variable("twice", "2").waitFor();
    await notebook.screenshot("debugger-stepped");
    await press("stepOut");
    await highlighted("for (const each of numbers)").waitFor();
  });

  it("goes on to the end without breakpoints, and shows all variables", async () => {
    await page.locator(".cm-breakpoint-gutter .cm-gutterElement").nth(8).click();
    await page.locator(".jp-DebuggerBreakpoint").waitFor({ state: "detached" });
    await press("continue");
    await notebook.idle();
    assert.equal((await notebook.outputs())[0]?.[0]?.data?.["text/plain"], "12");
    await page.locator(".jp-DebuggerEditor-highlight").first().waitFor({ state: "detached" });
    await variable("numbers", "Array(3) [1, 2, 3]").waitFor();
    await variable("sum", "12").waitFor();
    await notebook.screenshot("debugger-ended");
  });

  it("the stop button ends a cell that is stopped", async () => {
    await page.locator(".cm-breakpoint-gutter .cm-gutterElement").nth(3).click();
    await page.locator(".jp-DebuggerBreakpoint").waitFor();
    void page.evaluate(() => window.jupyterapp?.commands.execute("notebook:run-cell"));
    await highlighted("const twice = x * 2").waitFor();
    await page.evaluate(() => window.jupyterapp?.commands.execute("notebook:interrupt-kernel"));
    await notebook.idle();
    assert.equal((await notebook.outputs())[0]?.[0]?.ename, "KeyboardInterrupt");
    await page.locator(".jp-DebuggerEditor-highlight").first().waitFor({ state: "detached" });
  });
});
