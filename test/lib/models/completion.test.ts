import assert from "node:assert/strict";
import fc from "fast-check";
import {
  completion,
  entropy,
  lossFloor,
  MarkovChain,
  modelLoss,
  NothingToCountError,
  OptionError,
  samplingDistribution,
  SecondOrderWithSkips,
} from "../../../lib/models/index.ts";
import { DISPLAY } from "../../../lib/display/index.ts";
import { tensor } from "../../../lib/tensor/index.ts";
import {
  batteryOrProgram,
  Corpus,
  programAndBatteryLogs,
  showMeMyFiles,
  UnknownWordError,
} from "../../../lib/text/index.ts";

const commands = new MarkovChain(showMeMyFiles());
const shares = tensor(["vocabulary"], [0.1, 0.4, 0, 0.2, 0.3], {
  labels: { vocabulary: ["a", "b", "c", "d", "e"] },
});

describe("completion", () => {
  it("takes the likeliest word each time and stops where nothing follows", () => {
    const result = completion(commands, "Show me");
    assert.equal(result.text, "show me my photos please");
    assert.deepEqual(result.added, ["my", "photos", "please"]);
    assert.equal(result.stopped, "nothing follows");
    assert.equal(result.steps[1]?.probability, 0.5);
  });

  it("stops after the length, and before the end token", () => {
    assert.deepEqual(completion(commands, ["show"], { length: 2 }).tokens, ["show", "me", "my"]);
    const ended = completion(new MarkovChain(showMeMyFiles(), { end: "<end>" }), "my");
    assert.equal(ended.text, "my photos please");
    assert.equal(ended.stopped, "end token");
    assert.equal(completion(commands, "show", { length: 0 }).stopped, "length");
  });

  it("draws the same words for the same seed and others for others", () => {
    const drawn = (seed: number): string => completion(commands, "my", { seed }).text;
    assert.equal(drawn(7), drawn(7));
    const different = new Set(Array.from({ length: 30 }, (_, seed) => drawn(seed)));
    assert.deepEqual([...different].sort(), ["my directories please", "my files please", "my photos please"]);
  });

  it("draws in the model's proportions", () => {
    const counts: Record<string, number> = {};
    for (let seed = 0; seed < 2000; seed++) {
      const word = completion(commands, "my", { seed, length: 1 }).added[0] ?? "";
      counts[word] = (counts[word] ?? 0) + 1 / 2000;
    }
    for (const [word, share] of [
      ["photos", 0.5],
      ["files", 0.3],
      ["directories", 0.2],
    ] as const)
      assert.ok(Math.abs((counts[word] ?? 0) - share) < 0.05, `${word} ${counts[word] ?? 0}`);
  });

  it("works with any model: votes need two words", () => {
    const skips = new SecondOrderWithSkips(programAndBatteryLogs());
    const result = completion(skips, "check the battery log and find out whether it ran", { length: 2 });
    assert.deepEqual(result.added, ["down", "please"]);
  });

  it("shows each added word with its share", () => {
    const { "text/html": html, "text/plain": text } = completion(commands, "show me")[DISPLAY]();
    assert.match(String(html), /<td[^>]*>photos<\/td><td[^>]*>0\.5<\/td><td[^>]*>1\.03<\/td>/);
    assert.equal(text, "show me my photos please\n(stopped: nothing follows)");
  });

  it("refuses unknown words and odd lengths", () => {
    assert.throws(() => completion(commands, "show us"), UnknownWordError);
    assert.throws(() => completion(commands, "show", { length: -1 }), OptionError);
  });
});

describe("samplingDistribution", () => {
  it("keeps the likeliest k and scales them to 1", () => {
    assert.ok(
      samplingDistribution(shares, { topK: 2 }).allClose(tensor(["vocabulary"], [0, 4 / 7, 0, 0, 3 / 7])),
    );
  });

  it("keeps the smallest set that reaches top p", () => {
    assert.deepEqual(kept({ topP: 0.4 }), ["b"]);
    assert.deepEqual(kept({ topP: 0.41 }), ["b", "e"]);
    assert.deepEqual(kept({ topP: 0.9 }), ["b", "d", "e"]);
    assert.deepEqual(kept({ topP: 1 }), ["a", "b", "d", "e"]);
  });

  it("sharpens below temperature 1, flattens above, and takes the likeliest at 0, without underflow", () => {
    const b = (temperature: number): number => samplingDistribution(shares, { temperature }).data[1] ?? 0;
    assert.ok(b(0.5) > 0.4 && b(2) < 0.4 && b(1) === 0.4);
    assert.deepEqual(samplingDistribution(shares, { temperature: 0 }).toArray(), [0, 1, 0, 0, 0]);
    const tiny = shares.times(1e-200);
    assert.ok(samplingDistribution(tiny, { temperature: 0.01 }).data[1] === b(0.01));
  });

  it("leaves a row of zeros as it is", () => {
    assert.equal(samplingDistribution(shares.times(0), { topK: 1 }).sum(), 0);
  });

  it("always sums to 1 and never gives an impossible word a share", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 9 }),
        fc.record({
          temperature: fc.double({ min: 0, max: 3, noNaN: true }),
          topK: fc.integer({ min: 1, max: 5 }),
          topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
        }),
        (values, options) => {
          const source = tensor(["vocabulary"], values);
          fc.pre(source.sum() > 1e-3);
          const drawn = samplingDistribution(source, options);
          assert.ok(Math.abs(drawn.sum() - 1) < 1e-9);
          for (const [index, value] of values.entries()) if (value === 0) assert.equal(drawn.data[index], 0);
        },
      ),
    );
  });

  it("refuses negative and NaN settings", () => {
    for (const options of [
      { temperature: -1 },
      { temperature: NaN },
      { topK: 0 },
      { topP: 0 },
      { topP: 1.1 },
    ])
      assert.throws(() => samplingDistribution(shares, options), OptionError);
  });

  function kept(options: { topP: number }): string[] {
    return Array.from(samplingDistribution(shares, options).data, (share, index) =>
      share > 0 ? ("abcde"[index] ?? "") : "",
    ).filter(Boolean);
  }

  /** The same by sorting all words, as the definition says it. */
  function bySorting(shares: readonly number[], temperature: number, topK: number, topP: number): number[] {
    const largest = Math.max(0, ...shares);
    const ranked = shares
      .map((share, index) => ({ index, share }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share || a.index - b.index)
      .slice(0, temperature === 0 ? 1 : topK)
      .map(({ index, share }) => ({
        index,
        weight: temperature === 0 ? 1 : (share / largest) ** (1 / temperature),
      }));
    const total = ranked.reduce((sum, { weight }) => sum + weight, 0);
    const result = shares.map(() => 0);
    let reached = 0;
    for (const { index, weight } of ranked) {
      if (reached >= topP * total * (1 - 1e-12)) break;
      reached += weight;
      result[index] = weight;
    }
    return result.map((weight) => (reached === 0 ? 0 : weight / reached));
  }

  it("keeps the words that sorting all of them would keep, in the same shares", () => {
    // Few different numbers, so that many words are equally likely.
    const share = fc.constantFrom(0, 0, 0.1, 0.1, 0.2, 0.25, 0.5);
    fc.assert(
      fc.property(
        fc.array(share, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(0, 0.5, 1, 2),
        fc.constantFrom(1, 2, 3, 5, Infinity),
        fc.constantFrom(0.1, 0.4, 0.75, 1),
        (shares, temperature, topK, topP) => {
          const given = samplingDistribution(tensor(["vocabulary"], shares), { temperature, topK, topP });
          const expected = bySorting(shares, temperature, topK, topP);
          for (const [i, number] of expected.entries()) {
            assert.ok(
              Math.abs((given.data[i] ?? NaN) - number) < 1e-12,
              `${given.toString()} for ${expected.join(" ")}`,
            );
          }
        },
      ),
      { numRuns: 500, seed: 3 },
    );
  });
});

describe("entropy", () => {
  it("is 0 for certainty, ln n for n equal words, NaN for a row of zeros", () => {
    assert.equal(entropy(commands.next(["show"])), 0);
    assert.ok(Math.abs(entropy(tensor(["vocabulary"], [0.25, 0.25, 0.25, 0.25])) - Math.log(4)) < 1e-12);
    assert.ok(Math.abs(entropy(new MarkovChain(batteryOrProgram()).next(["the"])) - 0.673) < 1e-4);
    assert.ok(Number.isNaN(entropy(commands.next(["please"]))));
  });
});

describe("lossFloor", () => {
  it("is 4 ln 2 / 21 for one word of context and 2 ln 2 / 21 for all, on the two log sentences", () => {
    const corpus = programAndBatteryLogs();
    assert.ok(Math.abs(lossFloor(corpus, 1).nats - (4 * Math.LN2) / 21) < 1e-12);
    assert.ok(Math.abs(lossFloor(corpus).nats - (2 * Math.LN2) / 21) < 1e-12);
    assert.equal(lossFloor(corpus).predictions.length, 21);
    assert.deepEqual(
      lossFloor(corpus).surprises.map(({ word }) => word),
      ["program", "battery"],
    );
  });

  it("is what the Markov chain itself loses on its corpus", () => {
    for (const corpus of [showMeMyFiles(), batteryOrProgram(), programAndBatteryLogs()])
      assert.ok(
        Math.abs(modelLoss(new MarkovChain(corpus), corpus).nats - lossFloor(corpus, 1).nats) < 1e-12,
      );
  });

  it("weighs sentences by their weights", () => {
    const { nats } = lossFloor(batteryOrProgram());
    const entropyAfterThe = -(0.4 * Math.log(0.4) + 0.6 * Math.log(0.6));
    assert.ok(Math.abs(nats - entropyAfterThe / (0.4 * 6 + 0.6 * 5)) < 1e-12);
  });
});

describe("modelLoss", () => {
  it("leaves out words that have too few before them, and says so", () => {
    const corpus = programAndBatteryLogs();
    const loss = modelLoss(new MarkovChain(corpus, { order: 3 }), corpus);
    assert.equal(loss.skipped, 4);
    assert.equal(loss.predictions.length, 17);
  });

  it("shows the surprises first", () => {
    const { "text/html": html } = lossFloor(programAndBatteryLogs())[DISPLAY]();
    assert.match(String(html), /Loss 0\.0660 nats a word.*check the<\/td><td[^>]*>program/s);
  });

  it("is infinite where a word was held impossible", () => {
    const loss = modelLoss(commands, new Corpus(["show me photos"]));
    assert.equal(loss.nats, Infinity);
    assert.equal(loss.surprises[0]?.word, "photos");
  });

  it("refuses sentences of one word", () => {
    assert.throws(() => modelLoss(commands, ["show"]), NothingToCountError);
  });
});
