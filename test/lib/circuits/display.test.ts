import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  attributeHeads,
  compositionScores,
  copyingScores,
  head,
  headRoles,
  logitAttribution,
  logitDifference,
  logitLens,
  patchHeads,
  patchHeadsByPosition,
  patchPaths,
  pathExpansion,
  singularDirections,
  termImportance,
} from "../../../lib/circuits/index.ts";
import { DISPLAY, isDisplayable } from "../../../lib/display/index.ts";
import { createTransformer, type Transformer } from "../../../lib/models/transformer/index.ts";
import { loadModel } from "../../../lib/pretrained/index.ts";
import { tensor } from "../../../lib/tensor/index.ts";

/** The first line of a value's text is its picture's title. */
async function titleOf(value: unknown): Promise<string | undefined> {
  assert.ok(isDisplayable(value));
  const bundle = await value[DISPLAY]();
  assert.ok("application/vnd.vega.v5+json" in bundle && "image/png" in bundle);
  return String(bundle["text/plain"]).split("\n")[0];
}

describe("results of circuits show themselves", () => {
  const text = ["<start>", "a", "b", "c", "a"];
  const task = { clean: text, corrupted: ["<start>", "d", "b", "c", "a"], metric: logitDifference("b", "e") };
  let model: Transformer;
  before(async () => {
    ({ model } = await loadModel(fileURLToPath(new URL("../../../checkpoints/induction", import.meta.url))));
  });

  const pictures: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      "compositionScores",
      () => compositionScores(model, "query"),
      /^Composition through queries; white is the baseline 0\.125$/,
    ],
    ["copyingScores", () => copyingScores(model), /^How much each head copies \(W_OV\)/],
    ["headRoles", () => headRoles(model, { first: 0, texts: 1, period: 8 }), /^What heads attend to$/],
    ["logitLens", () => logitLens(model, text), /^What each layer would say$/],
    [
      "logitAttribution",
      () => logitAttribution(model, text, { token: "b", against: "e" }),
      /^What speaks for b − e at position 4$/,
    ],
    [
      "patchHeads",
      () => patchHeads(model, task),
      /^Restored by patching each head: 0 as corrupted, 1 as clean$/,
    ],
    ["patchHeadsByPosition", () => patchHeadsByPosition(model, task), /each head at each position/],
    ["patchPaths", () => patchPaths(model, task, "key"), /the path from head to head, as its key/],
    [
      "attributeHeads",
      () =>
        attributeHeads(
          model,
          task,
          tensor(
            ["vocabulary"],
            Array.from({ length: 33 }, (_, word) => word),
          ),
        ),
      /estimated by gradients$/,
    ],
    ["pathExpansion", () => pathExpansion(model, text), /^What each path adds at the last position$/],
    ["termImportance", () => termImportance(model, [text]), /^Loss when only these paths speak$/],
    [
      "singularDirections",
      () => singularDirections(model, head(model, 1, 2), "OV"),
      /^Directions of OV of head 1\.2$/,
    ],
  ];
  for (const [name, result, title] of pictures)
    it(name, async () => {
      assert.match((await titleOf(result())) ?? "", title);
    });

  it("and stay plain data: the picture is not among their properties", () => {
    const { scores, ...rest } = compositionScores(model, "key");
    assert.deepEqual(Object.keys(rest), ["kind", "baseline", "deviations", "pairs", "threshold"]);
    assert.equal(Object.getOwnPropertySymbols({ ...rest }).length, 0);
    assert.equal(scores.sizeOf("laterHead"), 8);
    assert.equal(copyingScores(model).at({ layer: 1 }).sizeOf("head"), 4);
  });

  it("marks directions that are ambiguous", async () => {
    const even = await createTransformer(
      { vocabulary: 4, context: 4, layers: 1, heads: 1, embedding: 4 },
      { seed: 1 },
    );
    const found = singularDirections(even, head(even, 0, 0), "OV", { count: 4, words: 2 });
    const spec = JSON.stringify((await found[DISPLAY]())["application/vnd.vega.v5+json"]);
    for (const { component, isAmbiguous } of found)
      assert.equal(spec.includes(`${component} (ambiguous)`), isAmbiguous);
  });

  it("with one layer, too, where no pair of heads can compose", async () => {
    const one = await createTransformer(
      { vocabulary: 4, context: 4, layers: 1, heads: 2, embedding: 4 },
      { seed: 1 },
    );
    assert.match((await titleOf(compositionScores(one, "key"))) ?? "", /^Composition through keys/);
  });
});
