import assert from "node:assert/strict";
import fc from "fast-check";
import { DISPLAY } from "../../../../lib/display/index.ts";
import {
  anyWordOf,
  attentionMask,
  channel,
  completion,
  everyPosition,
  feature,
  handMadeModel,
  headSpecification,
  is,
  MarkovChain,
  matching,
  neuronSpecification,
  OptionError,
  prediction,
  previousPosition,
  sameWord,
  samePosition,
  SecondOrderWithSkips,
  votes,
  withFeature,
  word,
  wordsInMask,
} from "../../../../lib/models/index.ts";
import { LabelError } from "../../../../lib/tensor/index.ts";
import {
  programAndBatteryLogs,
  showMeMyFiles,
  UnknownWordError,
  Vocabulary,
} from "../../../../lib/text/index.ts";

const corpus = programAndBatteryLogs();
const { vocabulary } = corpus;
const BATTERY = "check the battery log and find out whether it ran".split(" ");
const PROGRAM = "check the program log and find out whether it ran".split(" ");
const letters = new Vocabulary(["a", "b", "c", "d", "e", "f", "g", "h"]);

describe("handMadeModel", () => {
  const previous = headSpecification({
    looksFor: previousPosition(),
    copies: word(),
    to: channel("previous word"),
  });
  const induction = headSpecification({
    looksFor: matching(word(), channel("previous word")),
    copies: word(),
    strength: 10,
  });

  it("is an induction circuit with a previous-token head and an induction head: any repeated text is continued", () => {
    const model = handMadeModel([[previous], [induction]], { vocabulary: letters, positions: 24 });
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...letters.words], { minLength: 3 }),
        fc.integer({ min: 1, max: 8 }),
        (block, length) => {
          const repeated = [...block, ...block.slice(0, 1 + (length % block.length))];
          const expected = block[repeated.length % block.length];
          const next = model.next(repeated);
          assert.equal(next.argmax().label, expected);
          assert.ok(next.max() > 0.99);
        },
      ),
    );
    assert.deepEqual(completion(model, ["c", "a", "f", "e", "c"], { length: 6 }).added, [
      "a",
      "f",
      "e",
      "c",
      "a",
      "f",
    ]);
  });

  it("needs both heads: neither alone continues a repetition", () => {
    for (const layers of [[[previous]], [[induction]]]) {
      const model = handMadeModel(layers, { vocabulary: letters });
      const next = model.next(["c", "a", "f", "c"]);
      assert.ok(next.value({ vocabulary: "a" }) < 0.2);
    }
  });

  it("shows the induction pattern: each word attends to what followed it before, else rests on the first", () => {
    const model = handMadeModel([[previous], [induction]], { vocabulary: letters });
    const { tokens, layers } = model.run(["c", "a", "f", "c", "a"]);
    assert.deepEqual(tokens, ["<start>", "c", "a", "f", "c", "a"]);
    const attended = (layer: number, query: number): number =>
      layers[layer]?.attention.pattern.at({ query, head: 0 }).argmax().index ?? -1;
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((query) => attended(0, query)),
      [0, 1, 2, 3, 4],
    );
    assert.deepEqual(
      [1, 2, 3].map((query) => attended(1, query)),
      [0, 0, 0],
    );
    assert.equal(attended(1, 4), 2);
    assert.equal(attended(1, 5), 3);
  });

  it("claim 6: the source's mask is a real attention head: its logits are the masked totals exactly", () => {
    const skips = new SecondOrderWithSkips(corpus);
    const mask = attentionMask(vocabulary, { ran: ["battery", "program"] });
    const head = headSpecification({
      looksFor: wordsInMask(mask),
      at: ["ran"],
      copies: votes(word(), skips.voteMatrix("ran")),
    });
    const model = handMadeModel([[head]], { vocabulary });
    for (const tokens of [BATTERY, PROGRAM]) {
      const totals = skips.withMask(mask).votes(tokens).totals;
      const logits = model.logits(tokens);
      assert.deepEqual(logits.pick({ vocabulary: vocabulary.words }).toArray(), totals.toArray());
    }
  });

  it("claim 6: uniform attention over the nine earlier words gives 4/9 against 5/9", () => {
    const skips = new SecondOrderWithSkips(corpus);
    const earlier = attentionMask(vocabulary, { ran: vocabulary.words.filter((each) => each !== "ran") });
    const head = headSpecification({
      looksFor: wordsInMask(earlier),
      copies: votes(word(), skips.voteMatrix("ran")),
    });
    const logits = handMadeModel([[head]], { vocabulary }).logits(PROGRAM);
    assert.ok(Math.abs(logits.value({ vocabulary: "down" }) - 4 / 9) < 1e-12);
    assert.ok(Math.abs(logits.value({ vocabulary: "please" }) - 5 / 9) < 1e-12);
  });

  it("claims 7 and 11: a head that attends, and neurons that combine, answer the two log sentences", () => {
    const look = headSpecification({
      looksFor: anyWordOf("battery", "program"),
      copies: word(),
      to: channel("attended"),
    });
    const neurons = [
      neuronSpecification({
        firesOn: [is(channel("attended"), "battery"), is(word(), "ran")],
        unless: [is(channel("attended"), "program")],
        votes: { down: 10 },
      }),
      neuronSpecification({
        firesOn: [is(channel("attended"), "program"), is(word(), "ran")],
        votes: { please: 10 },
      }),
    ];
    const model = handMadeModel([[look, ...neurons]], { vocabulary });
    assert.equal(model.next(BATTERY).argmax().label, "down");
    assert.equal(model.next(PROGRAM).argmax().label, "please");
    assert.ok(Math.abs(model.logits(BATTERY).value({ vocabulary: "down" }) - 10) < 1e-6);
  });

  it("claim 11: one head divides its attention over two words, two heads cover both", () => {
    const both = neuronSpecification({
      firesOn: [is(channel("attended"), "battery"), is(channel("attended"), "program")],
      votes: { down: 10 },
    });
    const look = (...words: string[]) =>
      headSpecification({ looksFor: anyWordOf(...words), copies: word(), to: channel("attended") });
    const tokens = "check the battery and the program".split(" ");
    const one = handMadeModel([[look("battery", "program"), both]], { vocabulary });
    const two = handMadeModel([[look("battery"), look("program"), both]], { vocabulary });
    assert.ok(Math.abs(one.logits(tokens).value({ vocabulary: "down" })) < 1e-6);
    assert.ok(Math.abs(two.logits(tokens).value({ vocabulary: "down" }) - 10) < 1e-6);
    const shares = one.run(tokens).layers[0]?.attention.pattern.at({ query: -1, head: 0 });
    assert.ok(Math.abs((shares?.value({ key: "battery" }) ?? 0) - 0.5) < 1e-6);
  });

  it("inhibits with a negative strength: words that were there already become unlikely", () => {
    const inhibit = headSpecification({ looksFor: everyPosition(), copies: word(), strength: -20 });
    const next = handMadeModel([[inhibit]], { vocabulary: letters }).next(["a", "b"]);
    assert.ok(next.value({ vocabulary: "a" }) < 0.01 * next.value({ vocabulary: "c" }));
    assert.match(inhibit.toString(), /inhibits with its word/);
  });

  it("adds heads: an inhibiting head takes from what an enhancing head gave", () => {
    const enhance = headSpecification({ looksFor: previousPosition(), copies: word(), strength: 5 });
    const inhibit = headSpecification({ looksFor: anyWordOf("b"), copies: word(), strength: -5 });
    const logit = (
      heads: Parameters<typeof handMadeModel>[0][number],
      tokens: string[],
      label: string,
    ): number => handMadeModel([heads], { vocabulary: letters }).logits(tokens).value({ vocabulary: label });
    assert.ok(Math.abs(logit([enhance], ["a", "b", "c"], "b") - 5) < 1e-6);
    assert.ok(Math.abs(logit([enhance, inhibit], ["a", "b", "c"], "b")) < 1e-6);
    assert.ok(Math.abs(logit([enhance, inhibit], ["a", "c", "a"], "c") - 5) < 1e-6);
  });

  it("finds and copies features of words", () => {
    const look = headSpecification({ looksFor: withFeature("vowel"), copies: word(), strength: 8 });
    const model = handMadeModel([[look]], { vocabulary: letters, features: { vowel: ["a", "e"] } });
    assert.equal(model.next(["b", "e", "c", "d"]).argmax().label, "e");
    const mark = headSpecification({
      looksFor: previousPosition(),
      copies: feature("vowel"),
      to: feature("vowel"),
    });
    assert.equal(
      handMadeModel([[mark], [look]], { vocabulary: letters, features: { vowel: ["a"] } }).next([
        "b",
        "a",
        "c",
      ]).size,
      9,
    );
  });

  it("asks only at the words of `at`", () => {
    const head = headSpecification({
      looksFor: anyWordOf("a"),
      at: ["g"],
      copies: votes(word(), { a: { h: 7 } }),
    });
    const model = handMadeModel([[head]], { vocabulary: letters });
    assert.ok(Math.abs(model.logits(["a", "b", "g"]).value({ vocabulary: "h" }) - 7) < 1e-6);
    assert.ok(Math.abs(model.logits(["a", "b", "c"]).value({ vocabulary: "h" })) < 1e-6);
  });

  it("looks back further, and away from what it avoids", () => {
    const back = headSpecification({ looksFor: previousPosition(3), copies: word(), strength: 10 });
    assert.equal(
      handMadeModel([[back]], { vocabulary: letters })
        .next(["a", "b", "c", "d", "e"])
        .argmax().label,
      "b",
    );
    const earlier = headSpecification({
      looksFor: sameWord(),
      avoids: samePosition(),
      copies: word(),
      strength: 10,
    });
    const model = handMadeModel([[earlier]], { vocabulary: letters });
    assert.equal(
      model.run(["a", "b", "a"]).layers[0]?.attention.pattern.at({ query: 3, head: 0 }).argmax().index,
      1,
    );
    assert.equal(
      model.run(["a", "b", "c"]).layers[0]?.attention.pattern.at({ query: 3, head: 0 }).argmax().index,
      0,
    );
  });

  it("adds bigrams as a direct path", () => {
    const chain = new MarkovChain(showMeMyFiles());
    const model = handMadeModel([], {
      vocabulary: chain.vocabulary,
      directPath: chain.transitions().times(50),
    });
    assert.equal(model.next(["show"]).argmax().label, "me");
    assert.equal(model.next(["show", "me", "my"]).argmax().label, "photos");
  });

  it("never predicts the start token, and reads a prompt of no words", () => {
    const model = handMadeModel([[previous], [induction]], { vocabulary: letters });
    for (const tokens of [[], ["a"], ["a", "b", "a"]]) {
      const next = model.next(tokens);
      assert.ok(Math.abs(next.sum() - 1) < 1e-12);
      assert.ok(next.value({ vocabulary: "<start>" }) < 1e-30);
    }
  });

  it("names every dimension of its weights, and what each column is about", () => {
    const model = handMadeModel([[previous], [induction]], { vocabulary: letters, positions: 4 });
    const { W_Q } = previous.weights(model.space);
    assert.deepEqual(W_Q.labels("feature"), ["1 → 0", "2 → 1", "3 → 2", "4 → 3", "rest on the first"]);
    assert.equal(W_Q.labels("embedding")?.[0], "word: a");
    assert.ok(W_Q.labels("embedding")?.includes("previous word: a"));
    assert.equal(previous.weights(model.space).W_V.value({ embedding: "word: b", value: "b" }), 1);
    assert.equal(previous.weights(model.space).W_O.value({ value: "b", embedding: "previous word: b" }), 1);
    assert.deepEqual(model.weights.layers[1]?.attention.W_Q.axes, ["head", "embedding", "feature"]);
  });

  it("reads as sentences", () => {
    assert.equal(
      previous.toString(),
      "Looks for the previous position, and adds its word to the “previous word” (strength 1).",
    );
    assert.equal(
      induction.toString(),
      "Looks for a position whose “previous word” is its own word, and adds its word to the prediction (strength 10).",
    );
    const model = handMadeModel([[previous], [induction]], { vocabulary: letters });
    assert.match(model.toString(), /Layer 1\n {2}Looks for a position/);
  });

  it("shows itself as a table: a row for each head and neuron, its layer in front", () => {
    const move = headSpecification({
      name: "<move>",
      looksFor: sameWord(),
      avoids: samePosition(),
      at: ["a"],
      copies: word(),
      to: channel("seen"),
    });
    const neuron = neuronSpecification({
      firesOn: [is(channel("seen"), "a"), is(word(), "b")],
      votes: { c: 2 },
    });
    const html = String(handMadeModel([[move], [neuron]], { vocabulary: letters })[DISPLAY]()["text/html"]);
    const rows = [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row = ""]) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell),
    );
    assert.deepEqual(rows, [
      ["layer", "part", "where it looks", "what it takes", "where to", "strength"],
      ["0", "&lt;move&gt;", "at “a”: the same word, not its own position", "its word", "“seen”", "1"],
      ["1", "", "here, when “seen” is “a” and word is “b”", "2 for “c”", "prediction", ""],
    ]);
  });

  it("refuses what it cannot build, and says why", () => {
    const model = handMadeModel([[previous]], { vocabulary: letters, positions: 3 });
    assert.throws(() => model.next(["a", "b", "c", "d"]), OptionError);
    assert.throws(() => model.next(["z"]), UnknownWordError);
    assert.throws(
      () => headSpecification({ looksFor: previousPosition(), at: ["a"], copies: word() }),
      LabelError,
    );
    assert.throws(
      () => headSpecification({ looksFor: sameWord(), copies: word(), strength: NaN }),
      OptionError,
    );
    assert.throws(() => previousPosition(-1), OptionError);
    assert.throws(() => channel("word"), OptionError);
    const lost = headSpecification({ looksFor: anyWordOf("zebra"), copies: word() });
    assert.throws(() => handMadeModel([[lost]], { vocabulary: letters }), UnknownWordError);
    const unnamed = headSpecification({ looksFor: withFeature("vowel"), copies: word(), to: prediction() });
    assert.throws(() => handMadeModel([[unnamed]], { vocabulary: letters }), OptionError);
  });
});
