import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DISPLAY, METADATA } from "../../../lib/display/index.ts";
import { bars, heatmap, ViewInputError, type Figure } from "../../../lib/views/index.ts";
import { HOSTILE, samples } from "./samples.ts";

const INTERACTIVE = ["application/vnd.vega.v5+json", "application/vnd.plotly.v1+json"];

async function bundle(figure: Figure): Promise<Readonly<Record<string, unknown>>> {
  return figure[DISPLAY]();
}

/** Every string in a specification that Vega would evaluate. */
function expressions(node: unknown, key = ""): string[] {
  if (typeof node === "string")
    return ["signal", "expr", "update", "test", "init"].includes(key) ? [node] : [];
  if (Array.isArray(node)) return node.flatMap((entry) => expressions(entry));
  if (typeof node !== "object" || node === null) return [];
  // `update` is also the name of a set of channels, whose entries are objects.
  return Object.entries(node).flatMap(([name, entry]) =>
    name === "values" || name === "value" ? [] : expressions(entry, name),
  );
}

describe("Figure", function () {
  this.timeout(120_000);
  const figure = bars({ a: 1, b: 2 }, { title: "Two bars" });
  let folder = "";
  before(() => (folder = mkdtempSync(join(tmpdir(), "figure-"))));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("displays as one interactive type, a PNG and a text", async () => {
    for (const [name, sample] of Object.entries(samples())) {
      const types = Object.keys(await bundle(sample));
      assert.equal(types.filter((type) => INTERACTIVE.includes(type)).length, 1, name);
      assert.deepEqual(
        types.filter((type) => !INTERACTIVE.includes(type)),
        ["image/png", "text/plain"],
        name,
      );
    }
  });

  it("says how large its PNG is on a page, whatever its pixels", async () => {
    const { width, height } = figure.spec;
    assert.deepEqual(figure[METADATA](), { "image/png": { width, height } });
    const png = await figure.png();
    assert.equal(new DataView(png.buffer, png.byteOffset).getUint32(16), 2 * Number(width));
  });

  it("has no type in its bundle that Lab would draw instead", async () => {
    const types = Object.keys(await bundle(figure));
    assert.ok(!types.includes("text/html") && !types.includes("application/json"));
  });

  it("says in its text what it shows, with numbers", async () => {
    const text = (await bundle(figure))["text/plain"];
    assert.equal(text, "Two bars\nBars of 2 entries; largest: b 2 and a 1.");
    for (const [name, sample] of Object.entries(samples())) assert.match(sample.description, /\d/u, name);
  });

  it("stays under 200 kB for a hundred labels or fewer", async () => {
    for (const [name, sample] of Object.entries(samples(HOSTILE))) {
      const size = JSON.stringify(await bundle(sample)).length;
      assert.ok(size < 200_000, `${name}: ${size}`);
    }
  });

  it("draws SVG with its description, without script, and the same each time", async () => {
    const svg = await figure.svg();
    assert.match(svg, /^<svg [^>]*role="img" aria-label="Two bars"/u);
    assert.ok(svg.includes(`<desc>${figure.description}</desc>`));
    assert.ok(!svg.includes("<script"));
    assert.equal(await bars({ a: 1, b: 2 }, { title: "Two bars" }).svg(), svg);
  });

  it("draws PNG at two pixels to one", async () => {
    const png = Buffer.from(await figure.png());
    assert.equal(png.subarray(1, 4).toString("latin1"), "PNG");
    assert.equal(png.readUInt32BE(16), 2 * Number(figure.spec["width"]));
  });

  it("writes one HTML file that forbids the network and holds its library once", async () => {
    const html = await figure.html();
    assert.ok(html.includes("default-src 'none'"));
    assert.doesNotMatch(html, /<(?:script|link|img)[^>]+(?:src|href)=/u);
    assert.equal(html.match(/<script>/gu)?.length, 2);
  });

  it("saves by extension", async () => {
    for (const extension of ["svg", "png", "html", "json"]) {
      await figure.save(join(folder, `bars.${extension}`));
      assert.ok(readFileSync(join(folder, `bars.${extension}`)).length > 500, extension);
    }
  });

  it("refuses an extension it does not know, and says which it does", async () => {
    await assert.rejects(
      figure.save(join(folder, "bars.pdf")),
      (error: unknown) =>
        error instanceof ViewInputError && error.message.includes(".svg, .png, .html or .json"),
    );
  });

  it("keeps hostile labels out of every expression", () => {
    for (const [name, sample] of Object.entries(samples(HOSTILE))) {
      if (sample.kind !== "vega") continue;
      for (const expression of expressions(sample.spec)) {
        const outsideStrings = expression.replace(/"(?:[^"\\]|\\.)*"/gu, '""');
        assert.ok(!outsideStrings.includes("hacked"), `${name}: ${expression}`);
      }
    }
  });

  it("keeps hostile labels text in SVG and HTML", async () => {
    for (const [name, sample] of Object.entries(samples(HOSTILE))) {
      assert.doesNotMatch(await sample.svg(), /<(?:script|img|style|a)[\s>]/u, name);
    }
    const html = await heatmap([[1]], {
      title: HOSTILE.join(" "),
      labels: { row: [HOSTILE[0] ?? ""], column: [HOSTILE[1] ?? ""] },
    }).html();
    assert.ok(!html.includes("<script>window.hacked"));
    assert.ok(!html.includes("<img"));
  });

  it("leaves no bidirectional control in any output", async () => {
    for (const [name, sample] of Object.entries(samples(HOSTILE))) {
      const text = `${JSON.stringify(sample.spec)}${await sample.svg()}${sample.toString()}`;
      assert.doesNotMatch(text, /[\u202a-\u202e\u2066-\u2069]|\\u202e/iu, name);
    }
  });
});
