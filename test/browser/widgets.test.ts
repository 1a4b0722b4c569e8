import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { Lab, type NotebookPage } from "./lab.ts";
import { writeNotebook } from "./written-notebook.ts";

const PATH = "test/artefacts/browser/widgets.ipynb";

/** A slider beside a loop that awaits, as a training loop does; it ends when the slider is at its end. */
const CELLS = [
  `import { Anywidget, Button, Checkbox, display, Dropdown, HBox, html, interact, IntSlider, Label, link, markdown, Output, Play, progress, Text, VBox } from "matrix-composition/notebook";
const slider = new IntSlider({ max: 11, description: "layer" });
slider`,
  `const figure = display(html\`<b class="live">at 0</b>\`);
let steps = 0;
while (slider.value < 11) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  steps++;
  figure.update(html\`<b class="live">at \${slider.value}</b>\`);
}
console.log("ended at", slider.value, steps > 1);`,
  `const counter = new Anywidget({
  state: { count: 0, bytes: new Float32Array([1, 2]) },
  async render({ model, el, experimental }) {
    const button = document.createElement("button");
    button.className = "counter";
    const draw = () => (button.textContent = \`count \${model.get("count")}\`);
    button.onclick = async () => {
      const [double] = await experimental.invoke<number>("double", model.get("count") + 1);
      model.set("count", double);
      model.save_changes();
    };
    model.on("change:count", draw);
    draw();
    el.append(button);
  },
  css: ".counter { border: 1px solid green; }",
  commands: { double: (message) => 2 * Number(message) },
});
counter.observe("count", ({ count }) => console.log("kernel has", count));
counter`,
  `interact(({ size, kind, on, name }) => markdown\`**\${name}** \${kind} \${size} \${on}\`, {
  size: { min: 1, max: 9, value: 4 }, kind: ["square", "round"], on: true, name: "Ada",
})`,
  `const button = new Button({ description: "press", kind: "primary", icon: "check" });
const output = new Output();
button.onClick(() => output.capture(() => console.log("pressed")));
const play = new Play({ max: 5, interval: 50 });
const follower = new IntSlider({ max: 5, description: "follows" });
link([play, "value"], [follower, "value"]);
new VBox([new HBox([button, new Checkbox({ description: "tick" }), new Label("a label")]), new HBox([play, follower]), new Text({ value: "text" }), new Dropdown({ options: { small: 64, large: 512 } }), output])`,
  `for (const step of progress(3, { label: "steps" })) await new Promise((resolve) => setTimeout(resolve, 10));`,
];

describe("widgets, in JupyterLab", function () {
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

  const text = async (cell: number) =>
    (await notebook.outputs())[cell]?.map((output) => output.text ?? output.evalue ?? "").join("");

  it("a dragged slider moves a figure while a loop awaits, and the loop sees it", async () => {
    const { page } = notebook;
    const restarted = notebook.restartAndRunAll();
    const live = page.locator(".live").last();
    await live.waitFor();
    assert.equal(await live.textContent(), "at 0");
    const handle = page.locator(".noUi-handle").first();
    const track = page.locator(".noUi-base").first();
    const from = await handle.boundingBox();
    const along = await track.boundingBox();
    assert.ok(from && along);
    const y = from.y + from.height / 2;
    await page.mouse.move(from.x + from.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(along.x + along.width / 2, y, { steps: 10 });
    await page.waitForFunction(() =>
      /at [4567]/.test([...document.querySelectorAll(".live")].at(-1)?.textContent ?? ""),
    );
    await page.mouse.move(along.x + along.width + 20, y, { steps: 10 });
    await page.mouse.up();
    await restarted;
    assert.match((await text(1)) ?? "", /ended at 11 true/);
    assert.deepEqual(
      (await notebook.outputs()).flat().filter(({ output_type: type }) => type === "error"),
      [],
    );
  });

  it("an anywidget changes the kernel's state and calls its commands", async () => {
    await notebook.show(2);
    const button = notebook.page.locator(".counter").first();
    await button.click();
    await button.filter({ hasText: "count 2" }).waitFor();
    await button.click();
    await button.filter({ hasText: "count 6" }).waitFor();
    await notebook.page.waitForFunction(() => document.body.textContent.includes("kernel has 6"));
    await notebook.screenshot("widgets-anywidget");
  });

  it("interact draws again when a control changes", async () => {
    await notebook.show(3);
    const { page } = notebook;
    await page.locator(".jp-OutputArea select").first().selectOption("round");
    await page.locator(".jp-RenderedMarkdown", { hasText: "Ada round 4 true" }).first().waitFor();
    await notebook.screenshot("widgets-interact");
  });

  it("buttons, outputs and play work", async () => {
    await notebook.show(4);
    const { page } = notebook;
    await page.locator("button", { hasText: "press" }).first().click();
    await page.locator(".jp-OutputArea-output", { hasText: "pressed" }).first().waitFor();
    await page.locator(".jupyter-widgets.widget-play button, .widget-play button").first().click();
    await page.locator(".widget-readout", { hasText: /^5$/ }).first().waitFor();
    await notebook.screenshot("widgets-controls");
  });
});
