import assert from "node:assert/strict";
import { EXCHANGES, relation, shuffledTwin } from "../../../lib/directions/index.ts";
import { differenceProducts, innerProducts, meanCosine } from "../../../lib/directions/inner-products.ts";
import type { Exchange } from "../../../lib/directions/exchanges.ts";
import { pairExchanges, pairTests } from "../../../lib/directions/permutation-tests.ts";
import { randomNormal, tensor } from "../../../lib/tensor/index.ts";

/** Each second word is the first plus `shift` along one axis, plus other numbers. */
function vectors(seed: string, count: number, { shift = 0, alike = 0 } = {}) {
  const numbers = randomNormal(["word", "embedding"], [2 * count, 6], { seed }).toArray();
  for (let pair = 0; pair < count; pair++) {
    const [from, to] = [numbers[2 * pair] ?? [], numbers[2 * pair + 1] ?? []];
    for (const [i, x] of from.entries())
      to[i] = alike * x + (1 - alike) * (to[i] ?? 0) + (i === 2 ? shift : 0);
  }
  return innerProducts(tensor(["word", "embedding"], numbers));
}

const paired = (count: number) =>
  Array.from({ length: count }, (_, pair) => [2 * pair, 2 * pair + 1] as const);

function tests(words: ReturnType<typeof vectors>, count: number, seed: string, draws = 199) {
  return pairTests(words, pairExchanges(paired(count), seed), { draws, stopAfter: draws });
}

describe("pairTests(words, pairs, options)", () => {
  it("pauses now and then, so that a thread can be put to sleep", () => {
    let pauses = 0;
    const pause = () => pauses++;
    pairTests(vectors("pauses", 10), pairExchanges(paired(10), "p"), { draws: 5000, stopAfter: 5000, pause });
    const [often, all] = [pauses, 2 * 5000];
    assert.ok(often >= 4 && often <= all / 8, String(often));
  });

  it("counts every order of first and second words once", () => {
    const words = vectors("orders", 4, { shift: 0.5 });
    const cosine = (pairs: readonly (readonly [number, number])[]) =>
      meanCosine(differenceProducts(words, pairs), pairs.length);
    const values: number[] = [];
    for (let turned = 0; turned < 8; turned++)
      values.push(
        cosine(
          paired(4).map(([from, to], i) =>
            (turned >> i) & 1 ? ([to, from] as const) : ([from, to] as const),
          ),
        ),
      );
    const { pValue, nullMean, draws } = tests(words, 4, "1").order;
    const observed = cosine(paired(4));
    assert.equal(draws, 8);
    assert.equal(pValue, values.filter((value) => value >= observed - 1e-9).length / 8);
    assert.ok(Math.abs(nullMean - values.reduce((sum, value) => sum + value, 0) / 8) < 1e-9);
  });

  it("gives shuffled words and partners the mean cosine that all their products give", () => {
    // two pairs have two pairings: as they are, and exchanged
    const words = vectors("two", 2, { shift: 1 });
    const cosine = (...pairs: [number, number][]) => meanCosine(differenceProducts(words, pairs), 2);
    const { partners } = tests(words, 2, "1", 4000);
    const mean = (cosine([0, 1], [2, 3]) + cosine([0, 3], [2, 1])) / 2;
    assert.ok(Math.abs(partners.nullMean - mean) < 0.05, `${partners.nullMean}, not ${mean}`);
    const all: number[] = [];
    for (const [a, b, c, d] of [
      [0, 1, 2, 3],
      [0, 1, 3, 2],
      [0, 2, 1, 3],
      [0, 2, 3, 1],
      [0, 3, 1, 2],
      [0, 3, 2, 1],
    ] as const)
      all.push(cosine([a, b], [c, d]));
    const expected = all.reduce((sum, value) => sum + value, 0) / all.length;
    const { nullMean } = tests(words, 2, "2", 4000).words;
    assert.ok(Math.abs(nullMean - expected) < 0.05, `${nullMean}, not ${expected}`);
  });

  it("tells what pairs have in common from what all second words have, and from being alike", () => {
    const cases = {
      "paired relation": {
        words: vectors("a", 10, { shift: 2, alike: 0.8 }),
        low: ["words", "order", "partners"],
      },
      "class direction": { words: vectors("b", 10, { shift: 6 }), low: ["words", "order"] },
      // alone, `partners` is no test of a direction: strangers differ by more than words that are alike
      alike: { words: vectors("c", 10, { alike: 0.8 }), low: ["partners"] },
    };
    for (const [name, { words, low }] of Object.entries(cases)) {
      const found = tests(words, 10, name);
      assert.deepEqual(
        EXCHANGES.filter((exchange) => found[exchange].pValue <= 0.05),
        low,
        name,
      );
    }
  });

  it("gives each p-value its probability where what is exchanged is arbitrary", () => {
    const SETS = 400;
    const low = { words: 0, order: 0, partners: 0 };
    for (let set = 0; set < SETS; set++) {
      // words: nothing at all; order: pairs alike, none first; partners: second words differ, from whichever first
      const sets = {
        words: vectors(`w${set}`, 7),
        order: vectors(`o${set}`, 7, { alike: 0.7 }),
        partners: vectors(`p${set}`, 7, { shift: 3 }),
      };
      for (const exchange of EXCHANGES)
        if (tests(sets[exchange], 7, String(set), 99)[exchange].pValue <= 0.1) low[exchange]++;
    }
    // 40 expected; 58 or more by chance in 1 of 500 cases
    for (const exchange of EXCHANGES) {
      const share = low[exchange];
      assert.ok(share <= 58 && share >= 20, `${exchange}: p up to .1 in ${share} of ${SETS}`);
    }
  });

  it("gives up once enough exchanges did as well", () => {
    const { partners } = pairTests(vectors("b", 10, { shift: 2 }), pairExchanges(paired(10), "given up"), {
      draws: 5000,
      stopAfter: 5,
    });
    assert.ok(partners.draws < 500, `${partners.draws} draws`);
    assert.equal(partners.pValue, 5 / partners.draws);
  });
});

describe("shuffledTwin(relation, exchange, { seed })", () => {
  const given = relation("r", [
    ["a", "b"],
    ["c", "d"],
    ["e", "f"],
    ["g", "h"],
  ]);
  it("keeps the words, and of them what is not exchanged", () => {
    const of = (exchange: Exchange) => shuffledTwin(given, exchange, { seed: 2 }).pairs;
    for (const exchange of EXCHANGES) {
      assert.deepEqual(of(exchange).flat().sort(), given.pairs.flat(), exchange);
      assert.notDeepEqual(of(exchange), given.pairs, exchange);
      assert.deepEqual(of(exchange), of(exchange));
    }
    assert.deepEqual(
      of("order").map((pair) => [...pair].sort()),
      given.pairs.map((pair) => [...pair]),
    );
    assert.deepEqual(
      of("partners").map(([from]) => from),
      ["a", "c", "e", "g"],
    );
  });
});
