import assert from "node:assert/strict";
import { ExecutorProcess } from "./executor-process.ts";

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe("the result of a cell", function () {
  this.timeout(30_000);
  let executor: ExecutorProcess;
  before(async () => {
    executor = await ExecutorProcess.start();
  });
  after(() => executor.stop());

  const data = async (expression: string) => {
    const outcome = await executor.run(`cell.result(${expression})`);
    assert.equal(outcome.done.error, undefined, expression);
    return outcome.data ?? {};
  };
  const text = async (expression: string) => (await data(expression))["text/plain"];

  it("is text without colours, nothing for undefined", async () => {
    assert.equal(await text("1 + 1"), "2");
    assert.equal(await text(`"a"`), "'a'");
    assert.equal(await text("null"), "null");
    assert.equal(await text("-0"), "-0");
    assert.equal(await text("10n"), "10n");
    assert.deepEqual(await data("undefined"), {});
    assert.equal(await text("new Map([[1, { a: 2 }]])"), "Map(1) { 1 => { a: 2 } }");
    assert.equal(await text("new Set([1])"), "Set(1) { 1 }");
    assert.equal(await text("new Float32Array([1, 2.5])"), "Float32Array(2) [ 1, 2.5 ]");
    assert.match(String(await text("new ArrayBuffer(2)")), /^ArrayBuffer \{.*byteLength\]?: 2 \}$/);
    assert.equal(await text("new Promise(() => {})"), "Promise { <pending> }");
    assert.match(String(await text(`new TypeError("oops")`)), /^TypeError: oops\n {4}at Cell/);
  });

  it("is a function or class by its signature", async () => {
    assert.equal(await text(`function add(a, b = ")") { return a; }`), `function add(a, b = ")")`);
    assert.equal(await text("async (x, { y } = {}) => x"), "async (x, { y } = {}) => …");
    assert.equal(await text("x => x"), "x => …");
    assert.equal(await text("class A extends Map { get(x) { return 1; } }"), "class A extends Map");
    assert.equal(await text("Math.max"), "function max()");
  });

  it("shows itself by Symbol.for(Jupyter.display), at once or later, from objects and functions", async () => {
    const display = `[Symbol.for("Jupyter.display")]`;
    assert.deepEqual(await data(`({ ${display}: () => ({ "text/html": "<b>hi</b> there" }) })`), {
      "text/html": "<b>hi</b> there",
      "text/plain": "hi there",
    });
    assert.deepEqual(
      await data(
        `({ async ${display}() { return { "text/markdown": ["a\\n", "b"], "text/plain": "t" }; } })`,
      ),
      {
        "text/markdown": "a\nb",
        "text/plain": "t",
      },
    );
    assert.deepEqual(await data(`Object.assign(() => 1, { ${display}: () => ({ "text/plain": "f" }) })`), {
      "text/plain": "f",
    });
  });

  it("falls back to text with a note where its display fails", async () => {
    const display = `[Symbol.for("Jupyter.display")]`;
    assert.match(
      String(await text(`({ a: 1, ${display}() { throw new Error("no"); } })`)),
      /a: 1[^]*\(its display failed: Error: no\)$/,
    );
    assert.match(String(await text(`({ ${display}: () => 7 })`)), /gave no values by media type: 7/);
    assert.match(
      String(await text(`({ ${display}: () => ({ "application/json": { f() {} , self: 1n } }) })`)),
      /./,
    );
  });

  it("is a table for an array of objects: first and last rows, and the shape", async () => {
    const small = await data(`[{ name: "<a>", n: 1.5 }, { name: "b", extra: [1, 2] }]`);
    assert.match(
      String(small["text/html"]),
      /<td style="text-align:left">&lt;a&gt;<\/td><td style="text-align:right">1\.5<\/td>/,
    );
    assert.equal(
      small["text/plain"],
      ["   name  n    extra", "0  <a>   1.5", "1  b          [ 1, 2 ]", "", "2 rows × 3 columns"].join("\n"),
    );
    const long = await data(`Array.from({ length: 1_000_000 }, (_, i) => ({ i, square: i * i }))`);
    assert.match(String(long["text/plain"]), /1000000 rows × 2 columns$/);
    assert.match(String(long["text/plain"]), /…[^]*999999 +999999/);
    assert.equal(String(long["text/html"]).match(/<tr>/g)?.length, 17);
    assert.equal((await data("[[1, 2], [3, 4]]"))["text/html"], undefined);
    assert.equal((await data("[]"))["text/html"], undefined);
  });

  it("is a data frame's table by the frame's own calls", async () => {
    assert.match(
      String(
        await text(`({ numRows: () => 1, columnNames: () => ["x"], get: (column, row) => column + row })`),
      ),
      /x0\n\n1 row × 1 column$/,
    );
    assert.match(
      String(await text(`({ columns: ["x", "y"], values: [[1, 2], [3, 4]], shape: [2, 2] })`)),
      /1 +3 +4\n\n2 rows × 2 columns/,
    );
  });

  it("is a tensor with its shape, type and values", async () => {
    await executor.run(
      `cell.scope.tf = await cell.import("@tensorflow/tfjs-core"); await cell.import("@tensorflow/tfjs-backend-cpu");`,
    );
    assert.equal(
      await text("cell.scope.tf.tensor2d([[1, 2.5], [-3, 4]])"),
      "Tensor float32 [2, 2]\n[[  1, 2.5],\n [ -3,   4]]",
    );
    assert.equal(await text("cell.scope.tf.scalar(7)"), "Tensor float32 []\n7");
    assert.equal(await text(`cell.scope.tf.zeros([0, 3])`), "Tensor float32 [0, 3]\n[]");
    assert.match(
      String(await text("cell.scope.tf.zeros([1000, 1000])")),
      /^Tensor float32 \[1000, 1000\]\n\[\[0, 0, 0, …, 0, 0, 0\],\n[^]*…/,
    );
    assert.match(
      String(await text("(() => { const t = cell.scope.tf.zeros([2]); t.dispose(); return t; })()")),
      /disposed/,
    );
  });

  it("is a picture for the bytes of one", async () => {
    const png = await data(`Buffer.from("${PNG}", "base64")`);
    assert.equal(png["image/png"], PNG);
    assert.equal((await data(`new Uint8Array([0xff, 0xd8, 0xff, 0])`))["image/jpeg"], "/9j/AA==");
    assert.deepEqual(Object.keys(await data("new Uint8Array([1, 2])")), ["text/plain"]);
  });

  it("is a chart for a Vega-Lite, Vega or Plotly specification of any version", async () => {
    const lite = await data(
      `({ $schema: "https://vega.github.io/schema/vega-lite/v6.json", title: "T", data: { values: [{ a: 1 }] }, mark: "bar", encoding: { x: { field: "a", type: "quantitative" } } })`,
    );
    assert.deepEqual(Object.keys(lite).toSorted(), [
      "application/vnd.vegalite.v5+json",
      "image/png",
      "text/plain",
    ]);
    assert.equal(
      (lite["application/vnd.vegalite.v5+json"] as { $schema: string }).$schema,
      "https://vega.github.io/schema/vega-lite/v5.json",
    );
    assert.equal(lite["text/plain"], "Vega-Lite chart: T");
    assert.match(String(lite["image/png"]), /^iVBOR/);
    const vega = await data(
      `({ toSpec: () => ({ $schema: "https://vega.github.io/schema/vega/v6.2.json", data: [{ name: "d", url: "x.csv" }] }) })`,
    );
    assert.deepEqual(Object.keys(vega), ["application/vnd.vega.v5+json", "text/plain"]);
    const plotly = await data(
      `({ data: [{ type: "bar", y: new Float64Array([1, NaN]) }], layout: { title: { text: "P" } } })`,
    );
    assert.deepEqual(plotly["application/vnd.plotly.v1+json"], {
      data: [{ type: "bar", y: [1, null] }],
      layout: { title: { text: "P" } },
    });
    assert.equal(plotly["text/plain"], "Plotly chart: P");
    assert.deepEqual(Object.keys(await data(`({ data: [1, 2], layout: {} })`)), ["text/plain"]);
  });

  it("is the markup of an element that serialises itself", async () => {
    assert.deepEqual(await data(`({ outerHTML: "<p>a &lt; b</p>" })`), {
      "text/html": "<p>a &lt; b</p>",
      "text/plain": "a < b",
    });
    assert.equal(
      (await data(`({ outerHTML: "<svg></svg>" })`))["image/svg+xml"],
      `<svg xmlns="http://www.w3.org/2000/svg"></svg>`,
    );
  });

  it("is bounded and kills nothing for hostile values", async () => {
    const hostile = [
      `new Proxy({}, { get() { throw new Error("get"); }, has() { throw new Error("has"); }, ownKeys() { throw new Error("keys"); }, getPrototypeOf() { throw new Error("proto"); } })`,
      `new Proxy([{}], { get() { throw new Error("get"); } })`,
      `new Proxy(function () {}, { get() { throw new Error("get"); } })`,
      `(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()`,
      `new Array(10_000_000).fill(1)`,
      `Array.from({ length: 10_000_000 })`,
      `new Array(1e9)`,
      `(() => { const a = { name: "a" }; a.self = a; a.list = [a, a]; return a; })()`,
      `(() => { let a = {}; for (let i = 0; i < 100_000; i++) a = { a }; return a; })()`,
      `(() => { const rows = [{}]; rows[0].row = rows; return rows; })()`,
      `"x".repeat(100_000_000)`,
      `["x".repeat(100_000_000)]`,
      `({ get a() { throw new Error("a"); }, toString() { throw new Error("s"); }, toJSON() { throw new Error("j"); } })`,
      `[{ get a() { throw new Error("a"); } }]`,
      `Object.create(null)`,
      `Symbol("s")`,
      `globalThis`,
      `({ [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("inspect"); } })`,
      `new Uint8Array(100_000_000)`,
      `({ then(resolve) { resolve(1); } })`,
      `({ [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "x".repeat(100_000_000) }) })`,
      `({ $schema: "https://vega.github.io/schema/vega-lite/v5.json", mark: { get type() { throw new Error("m"); } } })`,
      `({ shape: [1e9, 1e9], dtype: "float32", data: () => [1] })`,
    ];
    for (const expression of hostile) {
      const { "text/plain": shown } = await data(expression);
      assert.ok(typeof shown === "string" && shown.length < 200_000, expression);
      // eslint-disable-next-line no-control-regex -- colours of terminals begin with it
      assert.doesNotMatch(shown, /\u001b/);
    }
    assert.equal(await text("1"), "1");
  });

  it("of user expressions comes with the reply, each for itself", async () => {
    const { outcome } = executor.start("cell.scope.six = 6", {
      expressions: { good: "cell.result(cell.scope.six)", bad: "cell.result(cell.scope.nope)" },
    });
    const { done } = await outcome;
    const { good, bad } = done.expressions as Record<string, Record<string, unknown>>;
    assert.deepEqual(good, { status: "ok", data: { "text/plain": "6" }, metadata: {} });
    assert.deepEqual(
      [bad?.["status"], bad?.["ename"], bad?.["evalue"]],
      ["error", "ReferenceError", "nope is not defined"],
    );
  });
});
