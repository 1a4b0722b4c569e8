import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { Lab, type NotebookPage } from "./lab.ts";
import { writeNotebook } from "./written-notebook.ts";

const PATH = "test/artefacts/browser/wrong-composition.ipynb";

/** Two tensors; a product over an axis that neither has, in a cell that would also print; then a right one. */
const CELLS = [
  `import { tensor } from "matrix-composition";
const queries = tensor(["query", "feature"], [[1, 0], [0, 2]]);
const keys = tensor(["key", "feature"], [[3, 1], [0, 1], [2, 2]]);`,
  `console.log("it ran");
queries.dot(keys, "head")`,
  `queries.dot(keys, "feature").shape`,
];

describe("a cell that composes the wrong matrices, in JupyterLab", function () {
  this.timeout(300_000);
  let browser: Browser;
  let lab: Lab;
  let notebook: NotebookPage;

  before(async function () {
    browser = await launchChromium(this);
    lab = await Lab.start();
    writeNotebook(PATH, CELLS);
    notebook = await lab.open(browser, PATH);
  });
  after(async () => {
    await (browser as Browser | undefined)?.close();
    await (lab as Lab | undefined)?.stop();
  });

  it("shows a type error that names the axis, and does not run", async () => {
    await notebook.restartAndRunAll();
    const [made, wrong, waiting] = await notebook.outputs();
    assert.deepEqual(made, []);
    assert.deepEqual(
      wrong?.map(({ output_type, ename }) => [output_type, ename]),
      [["error", "TypeScriptError"]],
    );
    assert.match(String(wrong[0]?.evalue), /"head"/);
    assert.deepEqual(waiting, [], "cells after an error wait");
    await notebook.page
      .locator(".jp-OutputArea-output", { hasText: /"head"/ })
      .first()
      .waitFor();
    await notebook.screenshot("wrong-composition");
  });
});
