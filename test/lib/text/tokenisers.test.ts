import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bytePairMerges,
  BytePairTokeniser,
  CharacterTokeniser,
  EmptyCorpusError,
  mobyDickChapters,
  TokenError,
  WordTokeniser,
} from "../../../lib/text/index.ts";
import { DISPLAY } from "../../../lib/display/index.ts";

/** Any string at all, lone surrogates included. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    fc.constantFrom("a", " ", "\n", "é", "<0xE2>", "👩‍🚀", "\ud800", "\udfff"),
  ),
});

describe("WordTokeniser", () => {
  it("gives the source's words: lower case, no punctuation", () => {
    assert.deepEqual(
      new WordTokeniser().tokens("Check whether the battery ran down please."),
      "check whether the battery ran down please".split(" "),
    );
  });

  it("keeps capitals and punctuation when asked, and puts them back where they were", () => {
    const tokeniser = new WordTokeniser({ lowerCase: false, punctuation: "keep" });
    const text = "Call me (just) Ishmael. Don't ask, ¿quién?";
    assert.deepEqual(tokeniser.tokens("Don't ask!"), ["Don't", "ask", "!"]);
    assert.equal(tokeniser.text(tokeniser.tokens(text)), text);
  });

  it("knows the letters of any script, composed or not", () => {
    assert.deepEqual(new WordTokeniser().tokens("Ñandú, Ελλάδα 日本 3.5"), [
      "ñandú",
      "ελλάδα",
      "日本",
      "3",
      "5",
    ]);
    assert.deepEqual(new WordTokeniser().tokens("e\u0301t\u00e9"), ["été"]);
  });

  it("finds nothing in nothing", () => {
    assert.deepEqual(new WordTokeniser().tokens(" … "), []);
    assert.equal(new WordTokeniser().text([]), "");
  });
});

describe("CharacterTokeniser", () => {
  it("comes back unchanged for any text", () => {
    const tokeniser = new CharacterTokeniser();
    fc.assert(fc.property(anyText, (text) => assert.equal(tokeniser.text(tokeniser.tokens(text)), text)));
    assert.deepEqual(tokeniser.tokens("a😀"), ["a", "😀"]);
  });
});

describe("bytePairMerges", () => {
  it("merges the most frequent pair first, step by step, worked by hand", () => {
    // l o w · l o w e r · l o w e s t (with the blank before the second and third): lo 3, ow 3, then low 3 …
    const steps = [...bytePairMerges("low lower lowest")].map(({ left, right, count, tokensLeft }) => [
      left,
      right,
      count,
      tokensLeft,
    ]);
    assert.deepEqual(steps.slice(0, 2), [
      ["l", "o", 3, 13],
      ["lo", "w", 3, 10],
    ]);
    assert.deepEqual(steps.slice(2), [
      [" ", "low", 2, 8],
      [" low", "e", 2, 6],
    ]);
  });

  it("takes the first of equally frequent pairs in the order of code units, whatever comes first in the text", () => {
    const first = (text: string): string => bytePairMerges(text).next().value?.merged ?? "";
    assert.equal(first("zyzyabab"), "ab");
    assert.equal(first("ababzyzy"), "ab");
    assert.equal(first("zyab zyab"), "ab");
  });

  it("never merges across words, and stops where no pair comes twice", () => {
    for (const { merged } of bytePairMerges("a b a b a b")) assert.ok(!/\S\s/.test(merged), merged);
    assert.deepEqual([...bytePairMerges("abc")], []);
    assert.deepEqual([...bytePairMerges("")], []);
  });

  it("joins runs of one letter from the left", () => {
    const [first] = bytePairMerges("aaa aaa");
    assert.deepEqual([first?.merged, first?.count, first?.tokensLeft], ["aa", 4, 5]);
  });
});

describe("BytePairTokeniser", () => {
  const text = "the transformer transforms the transformed transformers into other transformers";
  const tokeniser = new BytePairTokeniser(text, { merges: 40 });

  it("comes back unchanged for any text, ids included, also with characters that it never saw", () => {
    fc.assert(
      fc.property(anyText, (any) => {
        assert.equal(tokeniser.decode(tokeniser.encode(any)), any);
        assert.equal(tokeniser.text(tokeniser.tokens(any)), any);
      }),
      { numRuns: 300 },
    );
    for (const any of ["", " ", "naïve", "👩‍🚀", "\ud800\udbff", "<0xE2>", "日本語", "\0"])
      assert.equal(tokeniser.decode(tokeniser.encode(any)), any);
  });

  it("comes back unchanged when trained on any text", () => {
    fc.assert(
      fc.property(
        anyText.filter((each) => each.length > 0),
        anyText,
        (training, any) => {
          const trained = new BytePairTokeniser(training + training, { merges: 20 });
          assert.equal(trained.decode(trained.encode(any + training)), any + training);
        },
      ),
    );
  });

  it("gives a common long word one token and a rare one many: transformer against ksowjmckder", () => {
    assert.ok(tokeniser.tokens(" transformer").length <= 2);
    assert.ok(tokeniser.tokens("ksowjmckder").length >= 8);
  });

  it("keeps single characters available", () => {
    for (const character of "transfomedih ") assert.ok(tokeniser.vocabulary.has(character), character);
  });

  it("shows how a word comes together", () => {
    assert.deepEqual(new BytePairTokeniser("low low", { merges: 2 }).steps("low"), [["l", "o", "w"], ["lo", "w"], ["low"]]); // prettier-ignore
    assert.throws(() => tokeniser.steps(""), TokenError);
  });

  it("stops at the size of the vocabulary, or after so many merges", () => {
    const characters = new Set(text).size;
    assert.equal(new BytePairTokeniser(text, { vocabularySize: characters + 256 + 7 }).merges.length, 7);
    assert.equal(new BytePairTokeniser(text, { merges: 3 }).vocabulary.size, characters + 256 + 3);
    assert.equal(new BytePairTokeniser(text, { merges: 0 }).merges.length, 0);
    assert.equal(new BytePairTokeniser(text, { vocabularySize: 10 }).merges.length, 0);
  });

  it("always gives the same merges for the same text", () => {
    assert.deepEqual(new BytePairTokeniser(text).merges, new BytePairTokeniser(text).merges);
  });

  it("shows the merges as a table", () => {
    assert.match(String(tokeniser[DISPLAY]()["text/html"]), /most frequent pair/);
  });

  it("refuses an empty text", () => {
    assert.throws(() => new BytePairTokeniser(""), EmptyCorpusError);
    for (const merges of [-1, 1.5, NaN])
      assert.throws(() => new BytePairTokeniser("low", { merges }), {
        name: "MergeCountError",
        message: `The number of merges is ${merges}; it must be a whole number, 0 or more.`,
      });
  });

  it("finds whole words in a chapter of Moby Dick", async () => {
    const [chapter] = (await mobyDickChapters()).filter((each) => each.chapter === "1");
    assert.ok(chapter);
    const whale = new BytePairTokeniser(chapter.text, { merges: 300 });
    assert.ok(whale.vocabulary.has(" the") && whale.vocabulary.has(" and"));
    const count = whale.encode(chapter.text).length;
    assert.ok(count < chapter.text.length * 0.6);
    assert.equal(whale.decode(whale.encode(chapter.text)), chapter.text);
    assert.equal(count, whale.merges.at(-1)?.tokensLeft);
  });
});
