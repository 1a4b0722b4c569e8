import assert from "node:assert/strict";
import fc from "fast-check";
import { DISPLAY } from "../../../lib/display/index.ts";
import {
  ContextTooShortError,
  MarkovChain,
  MatrixTooLargeError,
  NothingToCountError,
  OptionError,
} from "../../../lib/models/index.ts";
import {
  batteryOrProgram,
  Corpus,
  EmptyCorpusError,
  programAndBatteryLogs,
  showMeMyFiles,
  UnknownWordError,
  Vocabulary,
} from "../../../lib/text/index.ts";

/** The printed matrix of SOURCES a4. */
const SHOW_ME_MY_FILES = [
  [0, 0, 0, 0, 0, 1, 0],
  [0, 0, 0, 0, 0, 1, 0],
  [0, 0, 0, 1, 0, 0, 0],
  [0.2, 0.3, 0, 0, 0.5, 0, 0],
  [0, 0, 0, 0, 0, 1, 0],
  [0, 0, 0, 0, 0, 0, 0],
  [0, 0, 1, 0, 0, 0, 0],
];

describe("MarkovChain", () => {
  it("claim 1: counts the printed first-order matrix of photos, files and directories (a4) exactly", () => {
    const chain = new MarkovChain(showMeMyFiles());
    assert.deepEqual(chain.vocabulary.words, [
      "directories",
      "files",
      "me",
      "my",
      "photos",
      "please",
      "show",
    ]);
    assert.deepEqual(chain.transitions().toArray(), SHOW_ME_MY_FILES);
    assert.deepEqual(chain.transitions().labels("row"), chain.vocabulary.words);
  });

  it("claim 1: counts the printed first-order rows of battery and program (a5) exactly", () => {
    const chain = new MarkovChain(batteryOrProgram());
    assert.deepEqual(chain.vocabulary.words, [
      "battery", "check", "down", "please", "program", "ran", "the", "whether",
    ]); // prettier-ignore
    const wanted: Record<string, Record<string, number>> = {
      battery: { ran: 1 },
      check: { whether: 1 },
      down: { please: 1 },
      please: {},
      program: { ran: 1 },
      ran: { down: 0.4, please: 0.6 },
      the: { battery: 0.4, program: 0.6 },
      whether: { the: 1 },
    };
    for (const [word, row] of Object.entries(wanted)) assert.deepEqual(occurring(chain, [word]), row, word);
  });

  it("claim 1: every row sums to 1, except that of the terminal word, which is zero and reported", () => {
    for (const corpus of [showMeMyFiles(), batteryOrProgram(), programAndBatteryLogs()]) {
      const chain = new MarkovChain(corpus);
      assert.deepEqual(chain.terminal, ["please"]);
      for (const word of chain.vocabulary.words)
        assert.equal(chain.next([word]).sum(), word === "please" ? 0 : 1, word);
      assert.match(chain.toString(), /Nothing follows "please"/);
    }
  });

  it("claim 2: one-hot times the matrix is the word's row, for every word", () => {
    const chain = new MarkovChain(showMeMyFiles());
    for (const [index, word] of chain.vocabulary.words.entries()) {
      const row = chain.vocabulary.oneHot(word).rename({ vocabulary: "row" }).dot(chain.transitions(), "row");
      assert.deepEqual(row.toArray(), SHOW_ME_MY_FILES[index]);
      assert.deepEqual(row.toArray(), chain.next([word]).toArray());
    }
  });

  it("claim 3: of order 2 it has 7 of 64 rows, one undecided where the first order has two, and decides ran", () => {
    const second = new MarkovChain(batteryOrProgram(), { order: 2 });
    assert.equal(second.naiveRows, 64n);
    assert.deepEqual(second.rows, [
      "battery ran", "check whether", "program ran", "ran down", "the battery", "the program", "whether the",
    ]); // prettier-ignore
    assert.deepEqual(second.undecidedRows, ["whether the"]);
    assert.deepEqual(new MarkovChain(batteryOrProgram()).undecidedRows, ["ran", "the"]);
    assert.deepEqual(occurring(second, ["battery", "ran"]), { down: 1 });
    assert.deepEqual(occurring(second, ["program", "ran"]), { please: 1 });
    assert.deepEqual(occurring(second, ["whether", "the"]), { battery: 0.4, program: 0.6 });
    assert.deepEqual(occurring(second, ["the", "battery"]), { ran: 1 });
    assert.deepEqual(second.terminal, ["down please", "ran please"]);
  });

  it("gives all rows of the second-order matrix, or those that occur", () => {
    const second = new MarkovChain(batteryOrProgram(), { order: 2 });
    assert.deepEqual(second.transitions().shape, [7, 8]);
    const all = second.transitions({ rows: "all" });
    assert.deepEqual(all.shape, [64, 8]);
    assert.equal(all.labels("row")?.[0], "battery battery");
    assert.equal(all.value({ row: "whether the", vocabulary: "program" }), 0.6);
    assert.equal(all.sum(), 7);
  });

  it("reports that the naive model of order 8 has 13^8 rows, stores what occurs, and refuses the full matrix", () => {
    const chain = new MarkovChain(programAndBatteryLogs(), { order: 8 });
    assert.equal(chain.naiveRows, 815_730_721n);
    assert.ok(chain.storedCells <= 21);
    assert.throws(
      () => chain.transitions({ rows: "all" }),
      (error) =>
        error instanceof MatrixTooLargeError &&
        error.cells === 815_730_721n * 13n &&
        error.message.includes("10,604,499,373 cells (84.8 GB)"),
    );
    assert.deepEqual(occurring(chain, "program log and find out whether it ran".split(" ")), { please: 1 });
  });

  it("keeps memory to what occurs with a vocabulary of 50,000 words", () => {
    const words = Array.from({ length: 50_000 }, (_, index) => `word${index}`);
    const chain = new MarkovChain([["word1", "word2", "word3"]], { vocabulary: new Vocabulary(words) });
    assert.equal(chain.storedCells, 2);
    assert.equal(chain.naiveRows, 50_000n);
    assert.equal(chain.next(["word1"]).value({ vocabulary: "word2" }), 1);
    assert.throws(() => chain.transitions(), MatrixTooLargeError);
    assert.deepEqual(chain.transitions({ rows: "occurring" }).shape, [2, 50_000]);
  });

  it("shows its matrix where it is small, and says what it is where not", async () => {
    const small = await new MarkovChain(showMeMyFiles())[DISPLAY]();
    assert.match(String(small["text/html"]), /6 of 7 rows occur.*<table/s);
    const sentence = Array.from({ length: 30 }, (_, index) => `word${index}`);
    const large = await new MarkovChain([sentence])[DISPLAY]();
    assert.deepEqual(Object.keys(large), ["text/plain"]);
  });

  it("gives the terminal word a successor when an end token is asked for", () => {
    const chain = new MarkovChain(showMeMyFiles(), { end: "<end>" });
    assert.deepEqual(occurring(chain, ["please"]), { "<end>": 1 });
    assert.deepEqual(chain.terminal, ["<end>"]);
  });

  it("counts a last word as terminal only when nothing ever follows it", () => {
    assert.deepEqual(new MarkovChain(["a b", "b a", "a c"]).terminal, ["c"]);
  });

  it("predicts first words when a start token is asked for, at any order", () => {
    const chain = new MarkovChain(["a b c", "b c"], { start: "<start>", order: 2 });
    assert.deepEqual(occurring(chain, []), { a: 0.5, b: 0.5 });
    assert.deepEqual(occurring(chain, ["b"]), { c: 1 });
  });

  it("gives zeros after words that it never saw together", () => {
    const chain = new MarkovChain(batteryOrProgram(), { order: 2 });
    assert.equal(chain.has(["ran", "ran"]), false);
    assert.deepEqual(occurring(chain, ["ran", "ran"]), {});
  });

  it("refuses an empty corpus, sentences without a pair, unknown words, short contexts and odd orders", () => {
    assert.throws(() => new MarkovChain([]), EmptyCorpusError);
    assert.throws(() => new MarkovChain(["Please", "Show"]), NothingToCountError);
    assert.throws(
      () => new MarkovChain(["too short"], { order: 2 }),
      /at least 3 words, and the longest here has 2/,
    );
    assert.throws(() => new MarkovChain(showMeMyFiles(), { order: 0 }), OptionError);
    assert.throws(() => new MarkovChain(showMeMyFiles(), { order: 1.5 }), OptionError);
    const chain = new MarkovChain(showMeMyFiles());
    assert.throws(
      () => chain.next(["photo"]),
      (error) => error instanceof UnknownWordError && error.nearMisses[0] === "photos",
    );
    assert.throws(() => chain.next([]), ContextTooShortError);
    assert.throws(() => new MarkovChain(["a b"], { vocabulary: new Vocabulary(["a"]) }), UnknownWordError);
  });

  it("counts a one-word sentence for nothing when others can be counted", () => {
    const chain = new MarkovChain(["No", "call me ishmael"]);
    assert.ok(chain.vocabulary.has("no"));
    assert.deepEqual(occurring(chain, ["call"]), { me: 1 });
  });

  it("gives rows that sum to 1 or 0 and does not depend on the unit of the weights", () => {
    const word = fc.constantFrom("a", "b", "c", "d");
    const sentence = fc.record({
      tokens: fc.array(word, { minLength: 3, maxLength: 8 }),
      weight: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(
        fc.array(sentence, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 2 }),
        (sentences, order) => {
          const chain = new MarkovChain(sentences, { order });
          const matrix = chain.transitions();
          for (const sum of matrix.sum("vocabulary").data) assert.ok(Math.abs(sum - 1) < 1e-12 || sum === 0);
          const scaled = sentences.map((each) => ({ ...each, weight: each.weight * 0.125 }));
          assert.ok(new MarkovChain(scaled, { order }).transitions().allClose(matrix));
          assert.equal(new Corpus(sentences).vocabulary.size, chain.vocabulary.size);
        },
      ),
    );
  });
});

/** The words that can follow, with their shares. */
function occurring(chain: MarkovChain, tokens: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    Array.from(
      chain.next(tokens).data,
      (share, index) => [chain.vocabulary.word(index), share] as const,
    ).filter(([, share]) => share > 0),
  );
}
