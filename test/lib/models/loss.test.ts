import assert from "node:assert/strict";
import { modelLoss, type NextTokenModel } from "../../../lib/models/index.ts";
import { createTransformer, InputError, intervention } from "../../../lib/models/transformer/index.ts";
import { Vocabulary } from "../../../lib/text/index.ts";

const WORDS = ["check", "whether", "the", "battery", "ran", "down", "please"];
const CORPUS = ["check whether the battery ran down please", "the battery ran", "check the battery ran down"];

describe("modelLoss of a transformer", () => {
  it("reads each sentence in one pass, and gives what reading word by word gives, past the context too", async () => {
    const model = await createTransformer(
      { vocabulary: WORDS.length, context: 4, layers: 1, heads: 2, embedding: 8 },
      { seed: 1, vocabulary: new Vocabulary(WORDS) },
    );
    const wordByWord: NextTokenModel = {
      vocabulary: model.vocabulary,
      maximumContext: model.maximumContext,
      next: (tokens) => model.next(tokens),
    };
    const [all, one] = [modelLoss(model, CORPUS), modelLoss(wordByWord, CORPUS)];
    assert.equal(all.predictions.length, 12);
    for (const [i, { nats }] of all.predictions.entries()) {
      assert.ok(Math.abs(nats - (one.predictions[i]?.nats ?? NaN)) < 1e-5, `${i}`);
    }
    let passes = 0;
    const counted: NextTokenModel = {
      ...wordByWord,
      next: (tokens) => (passes++, model.next(tokens)),
      nextAll: (tokens) => (passes++, model.nextAll(tokens)),
    };
    modelLoss(counted, CORPUS);
    assert.equal(passes, 3 + 2, "three sentences, and two words beyond the context");
  });

  it("keeps to a changed model's changes", async () => {
    const model = await createTransformer(
      { vocabulary: WORDS.length, context: 9, layers: 1, heads: 2, embedding: 8 },
      { seed: 1, vocabulary: new Vocabulary(WORDS) },
    );
    const changed = model.with(intervention("blocks.0.z", (z) => z.map(() => 0)));
    assert.notEqual(modelLoss(changed, CORPUS).nats, modelLoss(model, CORPUS).nats);
  });

  it("is refused to an encoder", async () => {
    const model = await createTransformer(
      { kind: "encoder", vocabulary: WORDS.length, context: 9, layers: 1, heads: 2, embedding: 8 },
      { seed: 1, vocabulary: new Vocabulary(WORDS) },
    );
    assert.throws(() => modelLoss(model, CORPUS), InputError);
  });
});
