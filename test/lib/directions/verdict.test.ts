import assert from "node:assert/strict";
import { corrected, decision } from "../../../lib/directions/verdict.ts";

describe("decision(pValues, pairs, level)", () => {
  it("asks shuffled words, and exchanged orders at the level", () => {
    assert.deepEqual(decision({ words: 0.001, order: 0.002, partners: 0.0001 }, 10, 0.05), {
      pValue: 0.001,
      pairedPValue: 0.001,
    });
    assert.deepEqual(decision({ words: 0.001, order: 0.3, partners: 0.0001 }, 10, 0.05), {
      pValue: 0.3,
      pairedPValue: 0.3,
    });
  });
  it("lets pairs pass that are too few to have an order", () => {
    assert.equal(decision({ words: 0.01, order: 1 / 8, partners: 1 }, 4, 0.05).pValue, 0.01);
    assert.equal(decision({ words: 0.01, order: 1 / 8, partners: 1 }, 6, 0.05).pValue, 1 / 8);
  });
  it("calls paired only what is a direction", () => {
    assert.equal(decision({ words: 0.4, order: 0.5, partners: 0.001 }, 10, 0.05).pairedPValue, 0.5);
    assert.equal(decision({ words: 0.001, order: 0.01, partners: 0.2 }, 10, 0.05).pairedPValue, 0.2);
  });
});

describe("corrected(decisions, level)", () => {
  it("names which of the two is found", () => {
    const found = corrected(
      [
        { pValue: 0.001, pairedPValue: 0.001 },
        { pValue: 0.002, pairedPValue: 0.9 },
        { pValue: 0.04, pairedPValue: 0.04 },
        { pValue: 0.8, pairedPValue: 0.8 },
      ],
      0.05,
    );
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ["paired relation", "class direction", "nothing", "nothing"],
    );
    assert.ok(found.every(({ qValue, pairedQValue }) => pairedQValue >= qValue));
    assert.ok(Math.abs((found[2]?.qValue ?? 0) - (0.04 * 4) / 3) < 1e-4);
  });
});
