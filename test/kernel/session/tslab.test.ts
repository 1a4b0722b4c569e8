import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../../kernel/wire/message.ts";
import { KernelProcess, type FrontEnd, type Heard } from "./front-end.ts";

const NOTEBOOKS = fileURLToPath(new URL("../../../notebooks", import.meta.url));

function data({ content }: Heard): JsonObject {
  return content["data"] as JsonObject;
}

/** Notebooks as tslab's users write them, in the manner of tslab's examples; none is changed for this kernel. */
describe("a notebook that was written for tslab", function () {
  this.timeout(120_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready({ folder: NOTEBOOKS }));
  });
  after(() => kernel.end());

  /** Runs its cells; what they showed, displays and updates. */
  async function notebook(...cells: string[]): Promise<{ stdout: string; shown: Heard[] }> {
    let stdout = "";
    const shown: Heard[] = [];
    for (const cell of cells) {
      const outcome = await frontEnd.run(cell);
      assert.equal(outcome.reply["status"], "ok", `${cell}\n${String(outcome.reply["evalue"])}`);
      stdout += outcome.stdout;
      shown.push(...outcome.heard.filter(({ header }) => /display_data$/.test(header.msg_type)));
    }
    return { stdout, shown };
  }

  it("greets, with functions and classes from cell to cell", async () => {
    const { stdout } = await notebook(
      "let greet = (name: string) => `Hello, ${name}!`;",
      'console.log(greet("tslab"));\nconsole.error("to stderr");',
      "class Point { constructor(public x: number, public y: number) {} }\nlet origin = new Point(0, 0);",
      "class Point { constructor(public x: number) {} }\nlet origin = new Point(1);\nconsole.log(origin.x);",
    );
    assert.equal(stdout, "Hello, tslab!\n1\n");
  });

  it("sleeps, awaits at the top, and goes on when promises and timers are done", async () => {
    const { stdout } = await notebook(
      "const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));",
      'console.log("before");\nawait sleep(5);\nconsole.log("after");',
      "const squares = await Promise.all([1, 2, 3].map(async (n) => { await sleep(n); return n * n; }));\nconsole.log(squares);",
      "async function* countdown(from: number) { while (from > 0) yield from--; }\nfor await (const n of countdown(3)) console.log(n);",
    );
    assert.equal(stdout, "before\nafter\n[ 1, 4, 9 ]\n3\n2\n1\n");
  });

  it("uses Node's modules by import and by require", async () => {
    const { stdout } = await notebook(
      'import * as fs from "fs";\nimport * as path from "path";\nimport { promisify } from "util";',
      'const names = await promisify(fs.readdir)(".");\nconsole.log(names.some((name) => path.extname(name) === ".ipynb"));',
      'const os = require("os");\nconsole.log(typeof os.cpus().length);',
    );
    assert.equal(stdout, "true\nnumber\n");
  });

  it("displays HTML, Markdown, LaTeX, JavaScript, SVG and pictures", async () => {
    const { shown } = await notebook(
      'import * as tslab from "tslab";',
      'tslab.display.html("<h2>Rows</h2>");\ntslab.display.markdown("*Rows*");\ntslab.display.latex("$x^2$");',
      'tslab.display.javascript("element.textContent = 1");\ntslab.display.svg("<svg xmlns=\'http://www.w3.org/2000/svg\'/>");',
      "const bytes = new Uint8Array(Buffer.from('iVBORw0KGgo=', 'base64'));\ntslab.display.png(bytes);\ntslab.display.raw('text/plain', 'raw');",
    );
    assert.deepEqual(
      shown.map(
        (message) => Object.keys(data(message)).find((type) => type !== "text/plain") ?? "text/plain",
      ),
      [
        ...["text/html", "text/markdown", "text/latex", "text/javascript"],
        ...["image/svg+xml", "image/png", "text/plain"],
      ],
    );
  });

  it("draws over what it drew, step by step", async () => {
    const { shown } = await notebook(
      'import { newDisplay } from "tslab";\nconst bar = newDisplay();',
      "for (let step = 1; step <= 3; step++) {\n  bar.html(`<progress max=3 value=${step}></progress>`);\n  await new Promise((resolve) => setTimeout(resolve, 1));\n}",
    );
    assert.deepEqual(
      shown.map(({ header }) => header.msg_type),
      ["display_data", "update_display_data", "update_display_data"],
    );
    const ids = shown.map(({ content }) => (content["transient"] as JsonObject)["display_id"]);
    assert.equal(new Set(ids).size, 1);
  });

  it("trains a line with TensorFlow.js", async () => {
    const { stdout } = await notebook(
      'import * as tf from "@tensorflow/tfjs";\nimport * as tslab from "tslab";',
      `const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
model.compile({ loss: "meanSquaredError", optimizer: tf.train.sgd(0.1) });`,
      `const xs = tf.tensor2d([[-1], [0], [1], [2]]);
const ys = tf.tensor2d([[-3], [-1], [1], [3]]);
await model.fit(xs, ys, { epochs: 150, verbose: 0 });`,
      "const predicted = (model.predict(tf.tensor2d([[5]])) as tf.Tensor).dataSync()[0];\nconsole.log(Math.round(predicted));",
      "console.log(Object.keys(tslab.versions).sort().join());",
    );
    assert.match(stdout, /9\nnode,tslab,typescript\n$/);
  });
});
