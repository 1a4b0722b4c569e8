import assert from "node:assert/strict";
import {
  batteryOrProgram,
  blackCatDrankTheMilk,
  blueBall,
  CharacterTokeniser,
  Corpus,
  corpusFrom,
  EmptyCorpusError,
  EmptySentenceError,
  mobyDick,
  mobyDickChapters,
  plantedRelations,
  programAndBatteryLogs,
  SentenceWeightError,
  showMeMyFiles,
  skipTrigrams,
} from "../../../lib/text/index.ts";
import { SecondOrderWithSkips } from "../../../lib/models/index.ts";
import { DISPLAY } from "../../../lib/display/index.ts";

describe("Corpus", () => {
  it("takes text, tokens, and either with a weight", () => {
    const corpus = new Corpus([
      "Show me",
      ["my", "files"],
      { text: "my photos", weight: 2 },
      { tokens: ["Me"] },
    ]);
    assert.deepEqual(corpus.sentences, [
      { tokens: ["show", "me"], weight: 1 },
      { tokens: ["my", "files"], weight: 1 },
      { tokens: ["my", "photos"], weight: 2 },
      { tokens: ["Me"], weight: 1 },
    ]);
    assert.equal(corpus.tokenCount, 7);
    assert.equal(corpusFrom(corpus), corpus);
  });

  it("cuts with the tokeniser that it is given", () => {
    assert.deepEqual(new Corpus(["ab"], { tokeniser: new CharacterTokeniser() }).sentences[0]?.tokens, [
      "a",
      "b",
    ]);
  });

  it("refuses no sentences, empty ones, and weights that are no share", () => {
    assert.throws(() => new Corpus([]), EmptyCorpusError);
    assert.throws(
      () => new Corpus(["fine", "…"]),
      (error) => error instanceof EmptySentenceError && error.message.includes("Sentence 1"),
    );
    assert.throws(() => new Corpus([[]]), EmptySentenceError);
    for (const weight of [0, -1, NaN, Infinity])
      assert.throws(() => new Corpus([{ text: "a", weight }]), SentenceWeightError);
  });

  it("does not change when what it was made of does", () => {
    const tokens = ["a", "b"];
    const corpus = new Corpus([tokens]);
    tokens.push("c");
    assert.deepEqual(corpus.sentences[0]?.tokens, ["a", "b"]);
  });

  it("shows sentences, weights and origin", () => {
    const html = String(showMeMyFiles()[DISPLAY]()["text/html"]);
    assert.match(html, /Rohrer.*<table>.*show me my photos please/s);
    assert.match(html, /<th style="text-align:right">weight<\/th><th style="text-align:left">sentence<\/th>/);
  });
});

describe("the corpora", () => {
  it("have the source's sentences and weights, and their origin", async () => {
    assert.deepEqual(
      showMeMyFiles().sentences.map(({ weight }) => weight),
      [0.2, 0.3, 0.5],
    );
    assert.deepEqual(
      batteryOrProgram().sentences.map(({ weight }) => weight),
      [0.4, 0.6],
    );
    assert.equal(programAndBatteryLogs().sentences[1]?.tokens.length, 12);
    assert.equal(blackCatDrankTheMilk().sentences[0]?.tokens.join(" "), "the black cat drank the milk");
    assert.deepEqual(blueBall().corpus.sentences[1]?.tokens, ["El", "bola", "es", "azul"]);
    for (const corpus of [
      showMeMyFiles(),
      batteryOrProgram(),
      programAndBatteryLogs(),
      blueBall().corpus,
      plantedRelations().corpus,
      skipTrigrams().corpus,
      await mobyDick({ chapters: 3 }),
    ])
      for (const field of ["title", "where", "licence"] as const)
        assert.ok(corpus.origin[field].length > 0, `${corpus.name}: ${field}`);
  });

  it("read Moby Dick from the disk, whole and in sentences", async () => {
    const chapters = await mobyDickChapters();
    assert.equal(chapters.length, 139);
    const corpus = await mobyDick();
    assert.ok(corpus.tokenCount > 200_000);
    assert.ok(corpus.sentences.some(({ tokens }) => tokens.join(" ") === "call me ishmael"));
  });

  it("plant relations and scales with their truth, the same for the same seed", () => {
    const { corpus, truth } = plantedRelations({ seed: 3, sentences: 800 });
    assert.deepEqual(plantedRelations({ seed: 3, sentences: 800 }).corpus.sentences, corpus.sentences);
    assert.notDeepEqual(plantedRelations({ seed: 4, sentences: 800 }).corpus.sentences, corpus.sentences);
    assert.deepEqual(truth.scales.size, ["small", "big", "huge"]);
    const sentences = corpus.sentences.map(({ tokens }) => tokens.join(" "));
    for (const words of [
      ...Object.values(truth.scales),
      truth.colours,
      ...Object.values(truth.relations).flat(),
    ])
      for (const word of words) assert.ok(corpus.vocabulary.has(word), word);
    // A thing is called by the word of its degree and no other.
    for (const [thing, degrees] of Object.entries(truth.things))
      for (const scale of ["size", "height", "heat"] as const)
        for (const [degree, word] of truth.scales[scale].entries())
          if (sentences.some((sentence) => sentence.startsWith(`the ${thing} is ${word} `)))
            assert.equal(degree, degrees[scale], `${thing} is ${word}`);
    // Every sign of the first degree goes with words of the first degree only.
    const small = sentences.filter((sentence) => sentence.includes("fits a pocket"));
    assert.ok(small.length > 5 && small.every((sentence) => sentence.includes(" small ")));
    for (const [country, capital] of truth.relations.capital)
      assert.ok(
        sentences.every(
          (sentence) => !sentence.startsWith(`the capital of ${country} `) || sentence.endsWith(capital),
        ),
      );
  });

  it("plant skip-trigrams: the last word follows from verb and preposition, from neither alone", () => {
    const { corpus, truth } = skipTrigrams({ seed: 2 });
    assert.deepEqual(truth[0], { source: "keep", destination: "in", out: "mind" });
    for (const { tokens } of corpus.sentences)
      assert.ok(
        truth.some(
          ({ source, destination, out }) =>
            tokens[0] === source && tokens.at(-2) === destination && tokens.at(-1) === out,
        ),
      );
    const skips = new SecondOrderWithSkips(corpus);
    for (const { source, destination, out } of truth)
      assert.equal(skips.voteMatrix(destination).value({ key: source, vocabulary: out }), 1);
    assert.ok(skips.voteMatrix("in").value({ key: "plan", vocabulary: "mind" }) < 0.9);
  });
});
