import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { informationMoves, logitAttribution } from "../../../lib/circuits/index.ts";
import { DISPLAY } from "../../../lib/display/index.ts";
import {
  channel,
  everyPosition,
  handMadeModel,
  headSpecification,
  matching,
  previousPosition,
  sameWord,
  transformerFromSpecification,
  votes,
  word,
} from "../../../lib/models/index.ts";
import { createTransformer } from "../../../lib/models/transformer/index.ts";
import { loadModel } from "../../../lib/pretrained/index.ts";
import { Vocabulary } from "../../../lib/text/index.ts";

const vocabulary = new Vocabulary(["Harry", "Potter", "met"]);
const move = headSpecification({
  name: "move",
  looksFor: previousPosition(),
  copies: word(),
  to: channel("previous word"),
});
const find = headSpecification({
  name: "find",
  looksFor: matching(word(), channel("previous word")),
  copies: word(),
  strength: 10,
});
const sentence = ["Harry", "Potter", "met", "Harry"];

/** "0 move 1>2 +1": layer, head, from, to, and the amount to four decimals. */
const told = ({ moves }: ReturnType<typeof informationMoves>) =>
  moves
    .filter(({ amount }) => Math.abs(amount) > 1e-6)
    .map(
      ({ layer, head, from, to, amount }) =>
        `${layer} ${head ?? ""} ${from}>${to} ${amount > 0 ? "+" : ""}${Number(amount.toFixed(4))}`,
    )
    .toSorted();

describe("informationMoves(model, tokens)", () => {
  it("gives the share of attention times what is written, for each head and pair of positions", () => {
    const { tokens, ...rest } = informationMoves(handMadeModel([[move], [find]], { vocabulary }), sentence);
    assert.deepEqual(tokens, ["<start>", ...sentence]);
    assert.deepEqual(told({ tokens, ...rest }), [
      "0 move 1>2 +1",
      "0 move 2>3 +1",
      "0 move 3>4 +1",
      "1 find 2>4 +10",
    ]);
  });

  it("has a minus where a head inhibits, and divides it as attention is divided", () => {
    const inhibit = headSpecification({
      name: "inhibit",
      looksFor: everyPosition(),
      copies: word(),
      strength: -6,
    });
    assert.deepEqual(told(informationMoves(handMadeModel([[inhibit]], { vocabulary }), ["Harry", "met"])), [
      "0 inhibit 1>1 -3",
      "0 inhibit 1>2 -2",
      "0 inhibit 2>2 -2",
    ]);
  });

  it("measures the length of what is written, also where its numbers cancel in the sum", () => {
    const decide = headSpecification({
      name: "decide",
      looksFor: sameWord(),
      copies: votes(word(), { Harry: { Potter: 3, met: -4 } }),
    });
    assert.deepEqual(told(informationMoves(handMadeModel([[decide]], { vocabulary }), ["Harry"])), [
      "0 decide 1>1 -5",
    ]);
  });

  it("takes in what comes from the first position, and leaves out small moves, when asked", () => {
    const model = handMadeModel([[move]], { vocabulary });
    const all = informationMoves(model, sentence, { fromFirst: true });
    assert.ok(told(all).includes("0 move 0>1 +1"));
    assert.equal(informationMoves(model, sentence, { fromFirst: true, count: 2 }).moves.length, 2);
  });

  it("gives for a transformer what it gives for the hand-made model that it was", async () => {
    const model = handMadeModel([[move], [find]], { vocabulary });
    const transformer = await transformerFromSpecification(model);
    const amounts = (moves: ReturnType<typeof informationMoves>) =>
      told(moves).map((each) => each.replace(/ [\w.]+ /, " "));
    assert.deepEqual(
      amounts(informationMoves(transformer, ["<start>", ...sentence])),
      amounts(informationMoves(model, sentence)),
    );
    const towards = { towards: "Potter" };
    assert.deepEqual(told(informationMoves(model, sentence, towards)), ["1 find 2>4 +10"]);
    assert.deepEqual(amounts(informationMoves(transformer, ["<start>", ...sentence], towards)), [
      "1 2>4 +10",
    ]);
  });

  for (const name of ["gpt2-tiny", "neox-tiny", "llama-tiny"])
    it(`adds up, towards a word of ${name}, to what each head says for it`, async () => {
      const { model } = await loadModel(
        fileURLToPath(new URL(`../../fixtures/models/${name}`, import.meta.url)),
      );
      const tokens = [3, 14, 15, 9, 26];
      const { moves } = informationMoves(model, tokens, { towards: 7, fromFirst: true, count: 1e6 });
      const { components } = logitAttribution(model, tokens, { token: 7 });
      for (const component of components.labels("component") ?? []) {
        const [, head] = /^head (\d+\.\d+)$/.exec(component) ?? [];
        if (head === undefined) continue;
        const sum = moves
          .filter((each) => each.to === 4 && each.head === head)
          .reduce((total, { amount }) => total + amount, 0);
        const expected = components.value({ component });
        assert.ok(Math.abs(sum - expected) < 1e-4, `${component}: ${sum}, not ${expected}`);
      }
    });

  it("shows itself as a picture of the flow", async () => {
    const bundle = await informationMoves(handMadeModel([[move]], { vocabulary }), sentence)[DISPLAY]();
    assert.match(String(bundle["text/plain"]), /Information flow over 5 tokens and 1 layer/);
    assert.ok("image/png" in bundle);
  });

  it("refuses an encoder–decoder, and a word that is not there", async () => {
    const model = handMadeModel([[move]], { vocabulary });
    assert.throws(() => informationMoves(model, sentence, { towards: "Ron" }), { name: "LabelError" });
    const translator = await createTransformer(
      {
        kind: "encoder-decoder",
        vocabulary: 5,
        sourceVocabulary: 5,
        context: 4,
        layers: 1,
        heads: 1,
        embedding: 4,
      },
      { seed: 1 },
    );
    assert.throws(() => informationMoves(translator, [1]), { name: "InputError", message: /two texts/ });
  });
});
