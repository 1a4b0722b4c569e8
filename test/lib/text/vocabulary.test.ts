import assert from "node:assert/strict";
import {
  DuplicateWordError,
  EmptyCorpusError,
  UnknownWordError,
  Vocabulary,
  vocabularyOf,
  WordIndexError,
} from "../../../lib/text/index.ts";
import { DISPLAY } from "../../../lib/display/index.ts";

const vocabulary = new Vocabulary(["files", "find", "my"]);

describe("Vocabulary", () => {
  it("gives the words of the source their indices (a1: files 1, find 2, my 3, here from 0)", () => {
    assert.deepEqual(vocabulary.indices(["find", "my", "files"]), [1, 2, 0]);
    assert.deepEqual(vocabulary.wordsAt([1, 2, 0]), ["find", "my", "files"]);
    assert.equal(vocabulary.size, 3);
  });

  it("gives one-hot vectors and, for a sentence, one row a word (a1)", () => {
    assert.deepEqual(vocabulary.oneHot("files").toArray(), [1, 0, 0]);
    assert.deepEqual(vocabulary.oneHot("find").toArray(), [0, 1, 0]);
    assert.deepEqual(vocabulary.oneHot("my").toArray(), [0, 0, 1]);
    const sentence = vocabulary.oneHot(["find", "my", "files"]);
    assert.deepEqual(sentence.toArray(), [[0, 1, 0], [0, 0, 1], [1, 0, 0]]); // prettier-ignore
    assert.deepEqual(sentence.labels("position"), ["find", "my", "files"]);
    assert.deepEqual(sentence.transpose().toArray(), [[0, 0, 1], [1, 0, 0], [0, 1, 0]]); // prettier-ignore
  });

  it("multiplies as in the source's examples (a2, a3)", () => {
    const words = new Vocabulary(["a", "b", "c", "d"]);
    const B = words.oneHot(["a", "d", "c"]);
    assert.equal(words.oneHot("b").dot(words.oneHot("b"), "vocabulary").value(), 1);
    assert.equal(words.oneHot("b").dot(words.oneHot("d"), "vocabulary").value(), 0);
    const table = [[0.2, 0.9], [0.7, 0], [0.8, 0.3], [0.1, 0.4]]; // prettier-ignore
    const lookup = B.toArray().map((row) =>
      table[0]?.map((_, column) =>
        row.reduce((sum, one, index) => sum + one * (table[index]?.[column] ?? 0), 0),
      ),
    );
    assert.deepEqual(lookup, [[0.2, 0.9], [0.1, 0.4], [0.8, 0.3]]); // prettier-ignore
  });

  it("refuses an unknown word and names the nearest", () => {
    assert.throws(
      () => vocabulary.index("fiels"),
      (error) =>
        error instanceof UnknownWordError &&
        error.message === '"fiels" is not one of the 3 words of the vocabulary. Did you mean "files"?',
    );
    assert.throws(() => vocabulary.index("zzzzzz"), /Give the vocabulary an unknown token/);
  });

  it("maps unknown words to the unknown token when one was set", () => {
    const open = new Vocabulary(["my"], { unknown: "<unknown>" });
    assert.deepEqual(open.words, ["my", "<unknown>"]);
    assert.equal(open.index("files"), 1);
    assert.equal(open.has("files"), false);
    assert.equal(open.with("files").index("photos"), 1);
    assert.equal(open.with("files").index("files"), 2);
  });

  it("refuses duplicates, no words, and indices that it does not have", () => {
    assert.throws(() => new Vocabulary(["a", "b", "a"]), DuplicateWordError);
    assert.throws(() => new Vocabulary([]), EmptyCorpusError);
    for (const index of [-1, 3, 0.5, NaN]) assert.throws(() => vocabulary.word(index), WordIndexError);
  });

  it("keeps words such as constructor and __proto__ apart from objects' own", () => {
    const odd = new Vocabulary(["__proto__", "constructor"]);
    assert.equal(odd.index("constructor"), 1);
    assert.throws(() => odd.index("toString"), UnknownWordError);
  });

  it("shows itself as a table, with markup in words escaped", () => {
    const bundle = new Vocabulary(["<b>", " the"])[DISPLAY]();
    assert.match(String(bundle["text/html"]), /&lt;b&gt;/);
    assert.match(String(bundle["text/html"]), /␣the/);
  });
});

describe("vocabularyOf", () => {
  const sentences = [
    { tokens: ["show", "my", "files"], weight: 1 },
    { tokens: ["my", "Files"], weight: 3 },
  ];

  it("orders alphabetically unless told otherwise, by appearance, or by weighted frequency", () => {
    assert.deepEqual(vocabularyOf(sentences).words, ["Files", "files", "my", "show"]);
    assert.deepEqual(vocabularyOf(sentences, { order: "appearance" }).words, [
      "show",
      "my",
      "files",
      "Files",
    ]);
    assert.deepEqual(vocabularyOf(sentences, { order: "frequency" }).words, ["my", "Files", "files", "show"]);
  });

  it("keeps the most frequent words only, with an unknown token for the rest", () => {
    const most = vocabularyOf(sentences, { most: 2, unknown: "<unknown>" });
    assert.deepEqual(most.words, ["Files", "my", "<unknown>"]);
    assert.equal(most.index("show"), 2);
  });

  it("refuses a corpus without words", () => {
    assert.throws(() => vocabularyOf([]), EmptyCorpusError);
  });
});
