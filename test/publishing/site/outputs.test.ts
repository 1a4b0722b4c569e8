import assert from "node:assert/strict";
import { shownOutput } from "../../../publishing/site/outputs.ts";
import { pngOf, result } from "../cells.ts";

const shown = (data: Record<string, unknown>) => shownOutput(result(data), "01-a", "c-0");

describe("shownOutput", () => {
  it("lays the picture of a figure and its specification side by side", () => {
    const { html, attachments, drawnBy } = shown({
      "application/vnd.vega.v5+json": { marks: ["</script>"] },
      "image/png": pngOf(800, 600),
      "text/plain": ["Title\n", "A heatmap of <start>."],
    });
    assert.equal(drawnBy, "vega");
    assert.match(html, /<img src="01-a\/c-0\.png" width="400" alt="Title\nA heatmap of &#60;start&#62;\."/);
    assert.match(html, /<script type="application\/json">\{"marks":\["\\u003c\/script>"\]\}<\/script>/);
    assert.deepEqual(
      attachments.map(({ name, bytes }) => [name, bytes.length]),
      [["c-0.png", 48]],
    );
  });

  it("shows Plotly's pictures at their own size", () => {
    const { html, drawnBy } = shown({ "application/vnd.plotly.v1+json": {}, "image/png": pngOf(600, 480) });
    assert.equal(drawnBy, "plotly");
    assert.match(html, /width="600"/);
  });

  it("shows HTML before text, and a picture before text", () => {
    assert.match(shown({ "text/html": "<b>1</b>", "text/plain": "1" }).html, /<b>1<\/b>/);
    assert.match(shown({ "image/svg+xml": "<svg/>", "text/plain": "1" }).html, /<img src="01-a\/c-0\.svg"/);
  });

  it("escapes text, and leaves terminal colours out", () => {
    const { html } = shown({ "text/plain": "\u001b[31m<script>\u001b[39m" });
    assert.match(html, /<pre class="text result" tabindex="0">&#60;script&#62;<\/pre>/);
  });

  it("shows streams and errors", () => {
    const stream = shownOutput({ output_type: "stream", name: "stdout", text: "a & b" }, "f", "n");
    assert.match(stream.html, /<pre class="text stdout" tabindex="0">a &#38; b<\/pre>/);
    const error = shownOutput({ output_type: "error", ename: "RangeError", evalue: "too far" }, "f", "n");
    assert.match(error.html, /RangeError: too far/);
  });
});
