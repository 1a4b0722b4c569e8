import assert from "node:assert/strict";
import { attentionMask, OptionError, SelectiveSecondOrder, wordFeatures } from "../../../lib/models/index.ts";
import { LabelError } from "../../../lib/tensor/index.ts";
import { programAndBatteryLogs, UnknownWordError } from "../../../lib/text/index.ts";
import { FeedForwardMemory } from "../../../lib/models/feed-forward-memory.ts";

const { vocabulary } = programAndBatteryLogs();
const memory = wordFeatures(vocabulary, [
  { all: ["battery", "ran"], none: ["program"], votes: { down: 1 } },
  { all: ["program", "ran"], none: ["battery"], votes: { please: 1 } },
]);

describe("wordFeatures", () => {
  it("writes the printed W1 and bias of the source (a10)", () => {
    const W1 = memory.W1.pick({ vocabulary: ["battery", "program", "ran"] });
    assert.deepEqual(W1.toArray(), [[1, -1], [-1, 1], [1, 1]]); // prettier-ignore
    assert.deepEqual(memory.b1.toArray(), [-1, -1]);
    assert.deepEqual(W1.labels("neuron"), ["battery, ran", "program, ran"]);
    assert.equal(memory.W1.map(Math.abs).sum(), 6);
  });

  it("claim 7: gives 1 −1 and −1 1 before the ReLU, and one feature each after it", () => {
    const battery = memory.activities(["battery", "ran"]);
    const program = memory.activities(["program", "ran"]);
    assert.deepEqual(memory.before(battery).toArray(), [1, -1]);
    assert.deepEqual(memory.before(program).toArray(), [-1, 1]);
    assert.deepEqual(memory.features(battery).toArray(), [1, 0]);
    assert.deepEqual(memory.features(program).toArray(), [0, 1]);
  });

  it("claim 7: has the full truth table: only 101 and 011 fire", () => {
    const table = memory.truthTable(["battery", "program", "ran"]);
    assert.deepEqual(table.labels("row"), [
      "–", "ran", "program", "program ran", "battery", "battery ran", "battery program", "battery program ran",
    ]); // prettier-ignore
    assert.deepEqual(table.toArray(), [[0, 0], [0, 0], [0, 0], [0, 1], [0, 0], [1, 0], [0, 0], [0, 0]]); // prettier-ignore
  });

  it("fires on any number of wanted words, only when all are there", () => {
    const three = wordFeatures(vocabulary, [{ name: "all three", all: ["check", "log", "ran"] }]);
    const table = three.truthTable(["check", "log", "ran"]);
    assert.deepEqual(table.sum("neuron").toArray(), [0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it("refuses unknown words and features that want nothing", () => {
    assert.throws(() => wordFeatures(vocabulary, [{ all: ["disk"] }]), UnknownWordError);
    assert.throws(() => wordFeatures(vocabulary, [{ all: [], none: ["ran"] }]), OptionError);
    assert.throws(() => memory.activities(["disk"]), UnknownWordError);
    assert.throws(() => memory.truthTable(vocabulary.words), OptionError);
  });
});

describe("FeedForwardMemory", () => {
  it("claim 7: with votes as W2 answers down after battery and please after program", () => {
    const answer = (words: string[]) => memory.votes(memory.activities(words));
    assert.deepEqual(answer(["battery", "ran"]).toArray(), vocabulary.oneHot("down").toArray());
    assert.deepEqual(answer(["program", "ran"]).toArray(), vocabulary.oneHot("please").toArray());
    assert.equal(answer(["battery", "program", "ran"]).sum(), 0);
  });

  it("reads as keys and values in words", () => {
    assert.deepEqual(memory.memories[0], {
      neuron: "battery, ran",
      key: { battery: 1, program: -1, ran: 1 },
      bias: -1,
      value: { down: 1 },
    });
    assert.match(
      memory.toString(),
      /battery, ran: fires on \+battery −program \+ran \(bias -1\), votes \+down/,
    );
  });

  it("refuses weights without words", () => {
    assert.throws(
      () => new FeedForwardMemory({ W1: memory.W1.withoutLabels(), b1: memory.b1, W2: memory.W2 }),
      LabelError,
    );
  });
});

describe("SelectiveSecondOrder", () => {
  const mask = attentionMask(vocabulary, { ran: ["battery", "program"] });
  const model = new SelectiveSecondOrder({ vocabulary, mask, memory });

  it("answers down and please from mask, W1, ReLU and W2 alone", () => {
    for (const [device, answer] of [
      ["battery", "down"],
      ["program", "please"],
    ] as const) {
      const tokens = `check the ${device} log and find out whether it ran`.split(" ");
      assert.deepEqual(model.next(tokens).toArray(), vocabulary.oneHot(answer).toArray());
      assert.equal(model.attended(tokens).sum(), 2);
    }
  });

  it("says nothing where no feature fires", () => {
    assert.equal(model.next(["check", "the"]).sum(), 0);
  });
});
