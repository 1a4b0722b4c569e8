import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  compositionScores,
  copyingScores,
  head,
  headRoles,
  heads,
  keyCompositionCircuit,
  pathExpansion,
  positiveShare,
  repeatedTokens,
  singularDirections,
  termImportance,
  virtualOV,
} from "../../../lib/circuits/index.ts";
import { createTransformer, transformerOf, type Transformer } from "../../../lib/models/transformer/index.ts";
import { loadModel } from "../../../lib/pretrained/index.ts";
import type { Tensor } from "../../../lib/tensor/index.ts";

const checkpoint = async (name: string) =>
  (await loadModel(fileURLToPath(new URL(`../../../checkpoints/${name}`, import.meta.url)))).model;

function distance(a: Tensor<readonly string[]>, b: Tensor<readonly string[]>): number {
  assert.deepEqual(a.shape, b.shape);
  return Math.max(...Array.from(a.data, (number, index) => Math.abs(number - (b.data[index] ?? Number.NaN))));
}

describe("the trained induction model", () => {
  let model: Transformer;
  let previous: string;
  before(async () => {
    model = await checkpoint("induction");
    const { roles } = headRoles(model, { first: 0, period: 24 });
    assert.equal(roles["previous token"].length, 1, "one previous-token head");
    previous = roles["previous token"][0] ?? "";
  });

  it("has its previous-token head in layer 0 and induction heads in layer 1 only", () => {
    const { roles } = headRoles(model, { first: 0, period: 24 });
    assert.ok(previous.startsWith("0."));
    assert.deepEqual(roles.induction, ["1.0", "1.1", "1.2", "1.3"]);
  });

  it("composes through keys with that head far above the baseline, and not through queries or values", () => {
    const key = compositionScores(model, "key");
    for (let index = 0; index < 4; index++) {
      const cell = { earlierHead: previous, laterHead: `1.${index}` };
      assert.ok(
        key.scores.value(cell) > key.baseline + 0.1,
        `${key.scores.value(cell)} against ${key.baseline}`,
      );
      assert.ok(key.deviations.value(cell) > 10);
      for (const kind of ["query", "value"] as const) {
        const other = compositionScores(model, kind);
        assert.ok(other.scores.value(cell) < other.baseline + 0.05, `${kind}: ${other.scores.value(cell)}`);
      }
    }
  });

  it("looks through that head for its own word: eigenvalues positive, without a look at patterns", () => {
    const [layer = 0, index = 0] = previous.split(".").map(Number);
    const earlier = head(model, layer, index);
    for (const later of heads(model).filter((each) => each.layer === 1))
      assert.ok(positiveShare(keyCompositionCircuit(model, earlier, later).eigenvalues()) > 0.9, later.name);
  });

  it("copies in layer 1", () => {
    const scores = copyingScores(model, "full");
    for (let index = 0; index < 4; index++) assert.ok(scores.value({ layer: 1, head: index }) > 0.9);
  });

  it("gets nothing from the direct path or virtual heads, all from single heads of layer 1 (claim 24)", () => {
    const sequences = repeatedTokens(model, { first: 0, period: 16, texts: 3, seed: 5 });
    const { uniform, upToOrder, layerAlone } = termImportance(model, sequences, { last: 16 });
    const [none = 0, single = 0, double = 0] = upToOrder.data as unknown as readonly number[];
    assert.ok(Math.abs(none - uniform) < 0.5, `direct path: ${none}, uniform ${uniform}`);
    assert.ok(single < 1.5, `single heads: ${single}`);
    assert.ok(Math.abs(double - single) < 0.1, `with virtual heads: ${double}`);
    assert.ok(Math.abs(layerAlone.value({ layer: 1 }) - single) < 0.2);
    assert.ok(layerAlone.value({ layer: 0 }) > uniform - 0.5);
  });

  it("has no induction with one layer", async () => {
    const { roles } = headRoles(await checkpoint("induction-one-layer"), { first: 0, period: 24 });
    assert.deepEqual(roles.induction, []);
  });
});

describe("pathExpansion(model, tokens)", () => {
  for (const [layers, heads, count] of [
    [0, 1, 1],
    [1, 3, 4],
    [2, 2, 9],
  ] as const)
    it(`adds up to the logits of a model of ${layers} layers, over ${count} paths`, async () => {
      const model = await createTransformer(
        {
          vocabulary: 11,
          context: 8,
          layers,
          heads,
          embedding: 6,
          positions: { kind: "learned", at: layers === 1 ? "queries-and-keys" : "embedding" },
        },
        { seed: 7 },
      );
      const tokens = [1, 5, 2, 5, 9];
      const { paths, orders } = pathExpansion(model, tokens);
      assert.equal(paths.sizeOf("path"), count);
      assert.ok(distance(paths.sum("path"), model.run(tokens).logits) < 1e-6);
      assert.equal(Math.max(...orders), layers);
    });

  it("names virtual heads by the heads that they are made of", async () => {
    const model = await createTransformer(
      { vocabulary: 5, context: 4, layers: 2, heads: 1, embedding: 4 },
      { seed: 1 },
    );
    assert.deepEqual(pathExpansion(model, [1, 2]).paths.labels("path"), [
      "direct",
      "0.0",
      "1.0",
      "0.0 → 1.0",
    ]);
  });

  it("says why a model's logits are not a sum of paths", async () => {
    const model = await createTransformer(
      { vocabulary: 5, context: 4, layers: 1, heads: 1, embedding: 4, norm: true },
      { seed: 1 },
    );
    assert.throws(() => pathExpansion(model, [1]), {
      name: "InputError",
      message: /not a sum of paths through heads: it has norms/,
    });
  });
});

describe("virtualOV(earlier, later)", () => {
  it("is the product of both heads' OV maps", async () => {
    const model = await createTransformer(
      { vocabulary: 5, context: 4, layers: 2, heads: 2, embedding: 6 },
      { seed: 1 },
    );
    const [first, second] = [head(model, 0, 1), head(model, 1, 0)];
    const product = first.OV.toTensor()
      .rename({ out: "middle" })
      .dot(second.OV.toTensor().rename({ source: "middle" }), "middle");
    assert.ok(distance(virtualOV(first, second).toTensor(), product) < 1e-6);
  });
});

describe("singularDirections(model, head, circuit)", () => {
  it("reads directions in words, the strongest word written with +", async () => {
    const model = await checkpoint("induction");
    for (const circuit of ["QK", "OV"] as const)
      for (const direction of singularDirections(model, head(model, 1, 0), circuit, { count: 3, words: 4 })) {
        const [most, least] = [
          direction.writtenWords.towards[0]?.value ?? 0,
          direction.writtenWords.against[0]?.value ?? 0,
        ];
        assert.ok(most >= Math.abs(least));
        assert.ok(Math.abs(direction.reads.norm() - 1) < 1e-6);
      }
  });

  it("says that a direction is ambiguous where two singular values are nearly equal", async () => {
    const model = await createTransformer(
      { vocabulary: 4, context: 4, layers: 1, heads: 1, embedding: 4 },
      { seed: 1 },
    );
    const parameters = new Map(model.parameters);
    const diagonal = (...values: number[]) =>
      Float32Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? (values[at / 5] ?? 0) : 0));
    parameters.set("blocks.0.attention.W_V", diagonal(5, 2, 1.99, 0.5));
    parameters.set("blocks.0.attention.W_O", diagonal(1, 1, 1, 1));
    const changed = await transformerOf(model.configuration, parameters);
    const directions = singularDirections(changed, head(changed, 0, 0), "OV", { words: 2 });
    assert.deepEqual(
      directions.map(({ isAmbiguous }) => isAmbiguous),
      [false, true, true, false],
    );
  });
});
