import assert from "node:assert/strict";
import fc from "fast-check";
import {
  areaUnderCurve,
  bootstrapInterval,
  falseDiscoveryRates,
  nullComparison,
  permutation,
  rankCorrelation,
} from "../../../lib/directions/statistics.ts";
import { randomNumbers } from "../../../lib/tensor/random.ts";

const close = (got: number, expected: number) =>
  assert.ok(Math.abs(got - expected) < 1e-9, `${got}, not ${expected}`);

describe("nullComparison(observed, nulls)", () => {
  it("counts what was measured among the null, so that p is never 0", () => {
    const { pValue, nullMean, nullDeviation, draws } = nullComparison(5, [1, 2, 3]);
    close(pValue, 1 / 4);
    close(nullMean, 2);
    close(nullDeviation, 1);
    assert.equal(draws, 3);
  });
  it("counts equal values as at least as large", () => close(nullComparison(2, [1, 2, 3]).pValue, 3 / 4));
});

describe("permutation(count, random)", () => {
  it("has each number once", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(), (count, seed) => {
        const order = permutation(count, randomNumbers(seed));
        assert.deepEqual(
          [...order].sort((a, b) => a - b),
          Array.from({ length: count }, (_, index) => index),
        );
      }),
    );
  });
  it("gives every order of three equally often", () => {
    const random = randomNumbers(3);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 6000; draw++) {
      const key = permutation(3, random).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    assert.equal(counts.size, 6);
    for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 150, `${count} of 1000`);
  });
});

describe("bootstrapInterval(items, statistic, random)", () => {
  const mean = (sample: readonly number[]) => sample.reduce((sum, value) => sum + value, 0) / sample.length;
  it("holds the mean of a sample, and is a point for a constant one", () => {
    const [low, high] = bootstrapInterval([1, 2, 3, 4, 5, 6], mean, randomNumbers(1));
    assert.ok(low > 1.5 && low < 3 && high > 4 && high < 5.5, `${low}, ${high}`);
    assert.deepEqual(bootstrapInterval([2, 2, 2], mean, randomNumbers(1)), [2, 2]);
  });
  it("is NaN where the statistic never is a number", () => {
    assert.deepEqual(
      bootstrapInterval([1], () => Number.NaN, randomNumbers(1)),
      [Number.NaN, Number.NaN],
    );
  });
});

describe("falseDiscoveryRates(pValues)", () => {
  it("gives what scipy.stats.false_discovery_control gives", () => {
    const rates = falseDiscoveryRates([0.01, 0.04, 0.03, 0.005, 0.5]);
    for (const [index, expected] of [0.025, 0.05, 0.05, 0.025, 0.5].entries())
      close(rates[index] ?? -1, expected);
  });
  it("leaves a single p-value as it is, and takes none", () => {
    assert.deepEqual(falseDiscoveryRates([0.2]), [0.2]);
    assert.deepEqual(falseDiscoveryRates([]), []);
  });
});

describe("areaUnderCurve(positives, negatives)", () => {
  it("is the share of pairs in the right order, ties half", () => {
    close(areaUnderCurve([3, 2], [1, 2]), 3.5 / 4);
    close(areaUnderCurve([1], [2]), 0);
  });
  it("is NaN for an empty group", () => assert.ok(Number.isNaN(areaUnderCurve([], [1]))));
});

describe("rankCorrelation(a, b)", () => {
  it("is 1 for any increasing relation and uses midranks for ties", () => {
    close(rankCorrelation([1, 2, 3], [1, 10, 1000]), 1);
    close(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4]), 0.9486832980505138);
  });
  it("is NaN where nothing varies", () => assert.ok(Number.isNaN(rankCorrelation([1, 1], [1, 2]))));
});
