import assert from "node:assert/strict";
import { DISPLAY, renderers, type LabelledMatrix } from "../../../lib/display/index.ts";
import { ones, randomNormal, tensor, visibleLabel, type Tensor } from "../../../lib/tensor/index.ts";

async function shown(value: Tensor<readonly string[]>): Promise<{ text: string; html: string | undefined }> {
  const bundle = await value[DISPLAY]();
  const { "text/plain": text, "text/html": html } = bundle as Record<string, string | undefined>;
  assert.ok(text !== undefined);
  return { text, html };
}

/** Runs `action` with another drawer of large matrices. */
async function withRenderer(draw: typeof renderers.matrix, action: () => Promise<void>): Promise<void> {
  const before = renderers.matrix;
  if (draw === undefined) delete renderers.matrix;
  else renderers.matrix = draw;
  try {
    await action();
  } finally {
    if (before === undefined) delete renderers.matrix;
    else renderers.matrix = before;
  }
}

describe("a tensor's display", () => {
  const pattern = tensor(
    ["query", "key"],
    [
      [1, 0],
      [0.25, 0.75],
    ],
    {
      labels: { query: ["The", "ball"], key: ["The", "ball"] },
      name: "pattern",
    },
  );

  it("is a table of numbers with labels for a small matrix", async () => {
    const { text, html } = await shown(pattern);
    assert.equal(
      text,
      [
        "pattern (query 2 × key 2), from 0 to 1",
        "       The  ball",
        "The      1     0",
        "ball  0.25  0.75",
      ].join("\n"),
    );
    assert.match(html ?? "", /<th[^>]*>ball<\/th><td[^>]*>0\.25<\/td><td[^>]*>0\.75<\/td>/);
    assert.doesNotMatch(html ?? "", /<style|<script|class=/);
  });

  it("is one row for a vector", async () => {
    const { text } = await shown(pattern.row("ball"));
    assert.equal(text, ["Tensor (key 2), from 0.25 to 0.75", "   The  ball", "  0.25  0.75"].join("\n"));
  });

  it("is a number for a tensor without axes", async () => {
    assert.deepEqual(await shown(pattern.at({ query: 1, key: 1 })), { text: "0.75", html: undefined });
  });

  it("is the first matrices for a tensor with more axes", async () => {
    const { text, html } = await shown(
      randomNormal(["layer", "head", "query", "key"], [2, 3, 2, 2], { seed: 1 }),
    );
    assert.match(text, /^Tensor \(layer 2 × head 3 × query 2 × key 2\), from .*\nlayer 0, head 0:\n/);
    assert.match(html ?? "", /layer 1, head 0/);
    assert.match(html ?? "", /… and 2 more/);
  });

  it("is the renderer's picture for a large one, with the text of its own", async () => {
    const asked: LabelledMatrix[] = [];
    const draw = (matrix: LabelledMatrix) => {
      asked.push(matrix);
      return { "image/png": "cGljdHVyZQ==", "text/plain": "a picture" };
    };
    await withRenderer(draw, async () => {
      const bundle = await randomNormal(["query", "key"], [300, 21], { seed: 1 })[DISPLAY]();
      assert.deepEqual(Object.keys(bundle).sort(), ["image/png", "text/plain"]);
      assert.match(String(bundle["text/plain"]), /^Tensor \(query 300 × key 21\)/);
    });
    assert.equal(asked[0]?.rows.length, 200);
    assert.equal(asked[0].values.length, 200 * 21);
    assert.equal(asked[0].title, "the first 200 × 21 of 300 × 21");
  });

  it("is the first rows and columns for a large one without a renderer, never megabytes", async () => {
    await withRenderer(undefined, async () => {
      const { text, html } = await shown(ones(["vocabulary", "embedding"], [2000, 500]));
      assert.ok(text.length < 1000);
      assert.ok((html ?? "").length < 100_000);
      assert.match(html ?? "", /the first 20 × 20 of 2000 × 500/);
    });
  });

  it("counts what is not a finite number", async () => {
    const { text } = await shown(tensor(["a"], [Number.NaN, Infinity, -Infinity, -Infinity, 2]));
    assert.match(text, /^Tensor \(a 5\), from 2 to 2, 1 NaN, 1 ∞, 2 -∞/);
    const { text: empty } = await shown(tensor(["a"], []));
    assert.equal(empty, "Tensor (a 0), empty");
  });

  it("lets no label or name act as markup", async () => {
    const hostile = '<img src=x onerror="alert(1)">';
    const { html } = await shown(
      tensor(["<b>row", "column"], [[1]], {
        labels: { "<b>row": [hostile], column: ["'&\""] },
        name: "<script>",
      }),
    );
    assert.doesNotMatch(html ?? "", /<img|<script|<b>|"alert/);
  });
});

describe("visibleLabel(label)", () => {
  it("shows white space and what cannot be seen, and cuts long labels", () => {
    assert.equal(visibleLabel(" the"), "·the");
    assert.equal(visibleLabel("and, ran"), "and, ran");
    assert.equal(visibleLabel("\n\t"), "↵⇥");
    assert.equal(visibleLabel(""), '""');
    assert.equal(visibleLabel("   "), "···");
    assert.equal(visibleLabel("\u202eevil"), "\\u202eevil");
    assert.equal(visibleLabel("x".repeat(30), 5), "xxxx…");
  });
});
