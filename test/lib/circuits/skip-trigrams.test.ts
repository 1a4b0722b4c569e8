import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { head, pathExpansion, skipTrigramBug, skipTrigramTable } from "../../../lib/circuits/index.ts";
import { createTransformer, transformerOf, type Transformer } from "../../../lib/models/transformer/index.ts";
import { loadModel } from "../../../lib/pretrained/index.ts";
import { svd } from "../../../lib/tensor/index.ts";

const close = (got: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(got - expected) <= tolerance, `${got}, not ${expected}`);

const WORDS = ["keep", "in", "at", "mind", "bay", "plan"];

/** One head by hand: `in` and `at` look for `keep` (by 6 nats before the scale), for which it writes 3 for `mind` and 2 for `bay`. */
async function modelByHand(): Promise<Transformer> {
  const size = WORDS.length;
  const model = await createTransformer(
    {
      vocabulary: size,
      context: 8,
      layers: 1,
      heads: 1,
      embedding: size,
      feature: 2,
      value: 2,
      positions: "none",
    },
    { seed: 1, vocabulary: WORDS },
  );
  const at = (rows: number, columns: number, cells: readonly (readonly [number, number, number])[]) => {
    const data = new Float32Array(rows * columns);
    for (const [row, column, value] of cells) data[row * columns + column] = value;
    return data;
  };
  const one = at(
    size,
    size,
    WORDS.map((_, word) => [word, word, 1] as const),
  );
  return transformerOf(
    model.configuration,
    new Map([
      ["W_E", one],
      ["W_U", one],
      [
        "blocks.0.attention.W_Q",
        at(size, 2, [
          [1, 0, 6],
          [2, 0, 5],
        ]),
      ],
      ["blocks.0.attention.W_K", at(size, 2, [[0, 0, 1]])],
      ["blocks.0.attention.W_V", at(size, 2, [[0, 0, 1]])],
      [
        "blocks.0.attention.W_O",
        at(2, size, [
          [0, 3, 3],
          [0, 4, 2],
        ]),
      ],
    ]),
    { vocabulary: WORDS },
  );
}

describe("skipTrigramTable(model, head)", () => {
  it("reads source … destination → out off the weights, the strongest first", async () => {
    const model = await modelByHand();
    const entries = skipTrigramTable(model, head(model, 0, 0), { count: 4 });
    assert.deepEqual(
      entries.map(({ source, destination, out }) => [source, destination, out]),
      [
        ["keep", "in", "mind"],
        ["keep", "at", "mind"],
        ["keep", "in", "bay"],
        ["keep", "at", "bay"],
      ],
    );
    const [first] = entries;
    assert.ok(first);
    // e^(6/√2) against five words at e^0; 3 above the mean of 3, 2, 0, 0, 0, 0
    const share = Math.exp(6 / Math.SQRT2) / (Math.exp(6 / Math.SQRT2) + 5);
    close(first.attention, share, 1e-5);
    close(first.write, 3 - 5 / 6, 1e-5);
    close(first.strength, share * (3 - 5 / 6), 1e-5);
  });

  it("gives each of the sources asked for its own list", async () => {
    const model = await modelByHand();
    const entries = skipTrigramTable(model, head(model, 0, 0), {
      sources: ["keep", 5],
      destinations: ["at"],
      count: 2,
    });
    assert.deepEqual(entries.map(({ source, destination, out }) => [source, destination, out]).slice(0, 2), [
      ["keep", "at", "mind"],
      ["keep", "at", "bay"],
    ]);
    assert.deepEqual(
      entries.slice(2).map(({ source, write }) => [source, write]),
      [
        ["plan", 0],
        ["plan", 0],
      ],
    );
  });

  it("refuses a model with more layers than one, and one with norms", async () => {
    const options = { vocabulary: 5, context: 4, heads: 1, embedding: 4 };
    const two = await createTransformer({ ...options, layers: 2 }, { seed: 1 });
    assert.throws(() => skipTrigramTable(two, head(two, 0, 0)), {
      name: "InputError",
      message: "Skip-trigrams are read off a model with one layer; this one has 2.",
    });
    const normed = await createTransformer({ ...options, layers: 1, norm: true }, { seed: 1 });
    assert.throws(() => skipTrigramTable(normed, head(normed, 0, 0)), /it has norms/);
  });
});

describe("skipTrigramBug(model, head, source, wanted)", () => {
  it("says that one head that raises both wanted pairs raises the crossed ones", async () => {
    const model = await modelByHand();
    const bug = skipTrigramBug(model, head(model, 0, 0), "keep", [
      ["in", "mind"],
      ["at", "bay"],
    ]);
    assert.equal(bug.hasBug, true);
    assert.deepEqual(
      bug.crossed.map(({ destination, out }) => [destination, out]),
      [
        ["in", "bay"],
        ["at", "mind"],
      ],
    );
    const looks = Math.exp(6 / Math.SQRT2) / (Math.exp(6 / Math.SQRT2) + 1);
    close(bug.contributions.value({ destination: "in", out: "bay" }), looks * (2 - 5 / 6), 1e-5);
    // the model itself makes the mistake: with the direct path alone, `keep in` says nothing of `bay`
    const next = model.run(["keep", "in"]).logits.at({ position: 1 });
    assert.ok(next.value({ vocabulary: "bay" }) > 1.5);
  });

  it("is no bug where nothing is raised, or where no pair is crossed", async () => {
    const model = await modelByHand();
    const only = head(model, 0, 0);
    assert.equal(
      skipTrigramBug(model, only, "plan", [
        ["in", "mind"],
        ["at", "bay"],
      ]).hasBug,
      false,
    );
    assert.equal(skipTrigramBug(model, only, "keep", [["in", "mind"]]).hasBug, false);
  });

  describe("on the trained model of keep … in mind, keep … at bay", () => {
    const between = ["the", "old", "plan"];
    const wanted = [
      ["in", "mind"],
      ["at", "bay"],
      ["under", "wraps"],
    ] as const;
    let model: Transformer;
    before(async () => {
      ({ model } = await loadModel(
        fileURLToPath(new URL("../../../checkpoints/skip-trigrams", import.meta.url)),
      ));
    });

    it("each head's own term is of rank 1", () => {
      for (const index of [0, 1]) {
        const { contributions } = skipTrigramBug(model, head(model, 0, index), "keep", wanted, { between });
        const [first = 0, second = 0] = svd(contributions).S.data;
        assert.ok(first > 0 && second < 1e-5 * first, `${first}, ${second}`);
      }
    });

    it("the terms of all sources add up to what the head's path says", () => {
      const text = ["keep", ...between, "in"];
      const path = pathExpansion(model, text).paths.at({ path: "0.0", position: text.length - 1 });
      const difference = path.value({ vocabulary: "mind" }) - path.value({ vocabulary: "bay" });
      let sum = 0;
      for (const [place, source] of text.entries()) {
        const pattern = model.run(text, { keep: ["blocks.0.pattern"] }).activations["blocks.0.pattern"];
        const { writes } = skipTrigramBug(model, head(model, 0, 0), source, wanted, { between });
        const attention = pattern.value({ head: 0, query: text.length - 1, key: place });
        sum += attention * (writes.value({ out: "mind" }) - writes.value({ out: "bay" }));
      }
      close(sum, difference, 1e-4);
    });

    it("is avoided: keep draws a head's attention away instead of writing its words", () => {
      for (const [destination, out] of wanted)
        assert.ok(model.next(["keep", ...between, destination]).value({ vocabulary: out }) > 0.99);
      const first = head(model, 0, 0);
      const keep = skipTrigramBug(model, first, "keep", wanted, { between });
      const leave = skipTrigramBug(model, first, "leave", wanted, { between });
      for (const [destination] of wanted) {
        assert.ok(keep.attention.value({ destination }) > 0.9);
        assert.ok(leave.attention.value({ destination }) < 0.1);
      }
      assert.equal(keep.hasBug, false);
      // what says `peace` and `noon` is the preposition itself, in the head that `keep` silences
      const [strongest] = skipTrigramTable(model, first, { sources: ["in"], count: 1 });
      assert.deepEqual([strongest?.destination, strongest?.out], ["in", "peace"]);
    });
  });
});
