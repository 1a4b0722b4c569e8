import assert from "node:assert/strict";
import { DISPLAY } from "../../../lib/display/index.ts";
import fc from "fast-check";
import {
  attentionMask,
  ContextTooShortError,
  NothingToCountError,
  SecondOrderWithSkips,
  type VoteTable,
} from "../../../lib/models/index.ts";
import { LabelError, randomNumbers, type Tensor } from "../../../lib/tensor/index.ts";
import { programAndBatteryLogs, UnknownWordError, Vocabulary } from "../../../lib/text/index.ts";

const PROGRAM = "check the program log and find out whether it ran".split(" ");
const BATTERY = "check the battery log and find out whether it ran".split(" ");
/** The vote table of SOURCES a6: [down, please]; the rows that are left out there are all zero. */
const VOTES_AFTER_RAN: Readonly<Record<string, readonly [number, number]>> = {
  and: [0.5, 0.5],
  battery: [1, 0],
  check: [0.5, 0.5],
  down: [0, 0],
  find: [0.5, 0.5],
  it: [0.5, 0.5],
  log: [0.5, 0.5],
  out: [0.5, 0.5],
  please: [0, 0],
  program: [0, 1],
  ran: [0, 0],
  the: [0.5, 0.5],
  whether: [0.5, 0.5],
};

describe("SecondOrderWithSkips", () => {
  const model = new SecondOrderWithSkips(programAndBatteryLogs());

  it("has the 13 words of the source in its order", () => {
    assert.deepEqual(model.vocabulary.words, [
      "and", "battery", "check", "down", "find", "it", "log", "out", "please", "program", "ran", "the", "whether",
    ]); // prettier-ignore
  });

  it("claim 4: counts the printed vote table of the rows that end in ran (a6) exactly", () => {
    const matrix = model.voteMatrix("ran");
    assert.deepEqual(matrix.shape, [13, 13]);
    for (const [earlier, [down, please]] of Object.entries(VOTES_AFTER_RAN)) {
      const row = matrix.at({ key: earlier });
      assert.equal(row.value({ vocabulary: "down" }), down, earlier);
      assert.equal(row.value({ vocabulary: "please" }), please, earlier);
      assert.equal(row.sum(), down + please, `${earlier} votes for other words too`);
    }
  });

  it("claim 4: totals down 4, please 5 after program, and down 5, please 4 after battery; all others 0", () => {
    assert.deepEqual(totals(model.votes(PROGRAM)), { down: 4, please: 5 });
    assert.deepEqual(totals(model.votes(BATTERY)), { down: 5, please: 4 });
    assert.deepEqual(model.votes(PROGRAM).ranking[0], { word: "please", total: 5 });
  });

  it("claim 4: says who voted what: the margin comes from battery and program alone", () => {
    const { ballots } = model.votes(PROGRAM);
    const decided = ballots.filter(({ vote }) => vote !== 0.5);
    assert.deepEqual(decided, [{ feature: "program, ran", earlier: "program", word: "please", vote: 1 }]);
    assert.equal(ballots.length, 17);
    assert.equal(model.votes(PROGRAM).votersFor("down").length, 8);
  });

  it("shows the votes as a table with totals", () => {
    const { "text/html": html } = model.votes(PROGRAM)[DISPLAY]();
    assert.match(String(html), /program, ran<\/td><td[^>]*>1<\/td>/);
    assert.match(String(html), /total<\/td><td[^>]*>5<\/td><td[^>]*>4<\/td>/);
  });

  it("gives 64 features over all positions; beyond those of ran only (check, the) is undecided (a6)", () => {
    assert.equal(model.features.length, 64);
    assert.deepEqual(
      model.undecidedFeatures.filter((feature) => !feature.endsWith(", ran")),
      ["check, the"],
    );
    const votes = model.voteMatrix("the").at({ key: "check" });
    assert.equal(votes.value({ vocabulary: "battery" }), 0.5);
    assert.equal(votes.value({ vocabulary: "program" }), 0.5);
  });

  it("gives the active features of both sentences in the vocabulary's order (a7)", () => {
    assert.deepEqual(model.active(BATTERY).toArray(), [1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1]);
    assert.deepEqual(model.active(PROGRAM).toArray(), [1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1]);
  });

  it("is what active features times vote matrix say", () => {
    const product = model.active(PROGRAM).dot(model.voteMatrix("ran"), "key");
    assert.deepEqual(product.toArray(), model.votes(PROGRAM).totals.toArray());
    assert.deepEqual(model.next(PROGRAM).toArray(), product.map((votes) => votes / 9).toArray());
  });

  it("claim 8: shuffling the earlier words leaves all totals unchanged", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(BATTERY.slice(0, -1), { minLength: 9 }), (earlier) => {
        assert.deepEqual(
          model.votes([...earlier, "ran"]).totals.toArray(),
          model.votes(BATTERY).totals.toArray(),
        );
      }),
    );
  });

  it("counts a word that stands in front twice once", () => {
    const twice = ["check", "check", ...BATTERY.slice(1)];
    assert.deepEqual(totals(model.votes(twice)), { down: 5, please: 4 });
  });

  it("refuses a single word, unknown words and sentences without a pair that is followed", () => {
    assert.throws(() => model.next(["ran"]), ContextTooShortError);
    assert.throws(
      () => model.next(["batery", "ran"]),
      (error) => error instanceof UnknownWordError && error.nearMisses[0] === "battery",
    );
    assert.throws(() => new SecondOrderWithSkips(["ran down"]), NothingToCountError);
  });

  it("keeps memory to what occurs with a vocabulary of 50,000 words", () => {
    const words = Array.from({ length: 50_000 }, (_, index) => `word${index}`);
    const large = new SecondOrderWithSkips([["word1", "word2", "word3"]], {
      vocabulary: new Vocabulary(words),
    });
    assert.equal(large.storedCells, 1);
    assert.throws(() => large.voteMatrix("word2"), /2,500,000,000 cells \(20\.0 GB\)/);
  });

  describe("withMask", () => {
    const mask = attentionMask(model.vocabulary, { ran: ["battery", "program"] });
    const selective = model.withMask(mask);

    it("looks the mask of ran up as one-hot times the mask matrix (a7)", () => {
      assert.deepEqual(selective.maskFor("ran").toArray(), [0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
      assert.deepEqual(
        model.active(BATTERY).times(selective.maskFor("ran")).toArray(),
        [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      );
    });

    it("claim 5: totals 1 to 0 with the mask; without it the margin is 1 of 9 votes", () => {
      assert.deepEqual(totals(selective.votes(BATTERY)), { down: 1 });
      assert.deepEqual(totals(selective.votes(PROGRAM)), { please: 1 });
      assert.equal(selective.next(BATTERY).value({ vocabulary: "down" }), 1);
      const unmasked = totals(model.votes(BATTERY));
      assert.equal((unmasked["down"] ?? 0) - (unmasked["please"] ?? 0), 1);
      assert.equal(model.votes(BATTERY).totals.sum(), 9);
    });

    it("claim 5: words that both sentences share shrink the relative margin but never turn it", () => {
      let last = Infinity;
      for (const extra of [0, 1, 4, 16, 64]) {
        const padding = Array.from({ length: extra }, (_, index) => `extra${index}`).join(" ");
        const longer = new SecondOrderWithSkips([
          `${padding} check the program log and find out whether it ran please`,
          `${padding} check the battery log and find out whether it ran down please`,
        ]);
        const votes = totals(longer.votes([...(extra > 0 ? padding.split(" ") : []), ...BATTERY]));
        const relative =
          ((votes["down"] ?? 0) - (votes["please"] ?? 0)) / ((votes["down"] ?? 0) + (votes["please"] ?? 0));
        assert.ok(relative > 0 && relative < last, `${extra} words more: ${relative}`);
        assert.ok(Math.abs(relative - 1 / (9 + extra)) < 1e-12);
        last = relative;
      }
    });

    it("claim 5: random noise in the votes flips the unmasked answer first", () => {
      const random = randomNumbers("noise");
      let unmasked = 0;
      let masked = 0;
      for (let trial = 0; trial < 300; trial++) {
        const noisy = model.voteMatrix("ran").map((vote) => vote + 0.5 * (random() - 0.5));
        const answer = (active: Tensor<["key"]>): number => {
          const sums = active.dot(noisy, "key");
          return sums.value({ vocabulary: "down" }) - sums.value({ vocabulary: "please" });
        };
        if (answer(model.active(BATTERY)) <= 0) unmasked++;
        if (answer(model.active(BATTERY).times(selective.maskFor("ran"))) <= 0) masked++;
      }
      assert.equal(masked, 0);
      assert.ok(unmasked > 0, "the noise was meant to flip the unmasked answer sometimes");
    });

    it("leaves words that the mask does not name as they were", () => {
      const tokens = ["check", "the"];
      assert.deepEqual(selective.next(tokens).toArray(), model.next(tokens).toArray());
    });

    it("refuses a mask with other words or another size", () => {
      const reversed = new Vocabulary([...model.vocabulary.words].reverse());
      assert.throws(() => model.withMask(attentionMask(reversed, {})), LabelError);
      assert.throws(() => model.withMask(attentionMask(new Vocabulary(["ran"]), {})), LabelError);
      assert.throws(() => attentionMask(model.vocabulary, { ran: ["disk"] }), UnknownWordError);
    });
  });
});

/** The words that got votes, with their totals. */
function totals(table: VoteTable): Record<string, number> {
  const words = table.totals.labels("vocabulary") ?? [];
  return Object.fromEntries(
    words
      .map((word, index) => [word, table.totals.data[index] ?? 0] as const)
      .filter(([, total]) => total !== 0),
  );
}
