import assert from "node:assert/strict";
import { sinusoids } from "../../../../lib/models/transformer/index.ts";
import { rotaryFrequencies } from "../../../../lib/models/transformer/positions.ts";

describe("sinusoids", () => {
  it("gives the printed rows of CodeEmporium's notebook for 10 positions and 6 features", () => {
    const table = sinusoids(10, 6);
    const row = (position: number) =>
      [...table.slice(position * 6, position * 6 + 6)].map((x) => x.toFixed(4));
    assert.deepEqual(row(1), ["0.8415", "0.5403", "0.0464", "0.9989", "0.0022", "1.0000"]);
    assert.deepEqual(row(9), ["0.4121", "-0.9111", "0.4057", "0.9140", "0.0194", "0.9998"]);
  });
});

describe("rotaryFrequencies", () => {
  const rotary = { kind: "rotary", features: 8, base: 10000, pairs: "halves" } as const;
  const close = (given: readonly number[], expected: readonly number[]) => {
    assert.equal(given.length, expected.length);
    for (const [i, number] of expected.entries())
      assert.ok(Math.abs((given[i] ?? NaN) - number) < 1e-9 * number);
  };

  it("falls by a tenth with each of four pairs at base 10,000", () => {
    close(rotaryFrequencies(rotary), [1, 0.1, 0.01, 0.001]);
  });

  it("divides every frequency where the scaling is linear", () => {
    close(
      rotaryFrequencies({ ...rotary, scaling: { kind: "linear", factor: 4 } }),
      [0.25, 0.025, 0.0025, 0.00025],
    );
  });

  it("keeps high frequencies, divides low ones and is smooth between for Llama 3.1", () => {
    const scaling = {
      kind: "llama3",
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContext: 1024,
    } as const;
    // Turns in the original context: 163, 16.3, 1.63 (between), .163 (low).
    const turns = (1024 * 0.01) / (2 * Math.PI);
    const smooth = (turns - 1) / 3;
    close(rotaryFrequencies({ ...rotary, scaling }), [
      1,
      0.1,
      (1 - smooth) * 0.01 * 0.125 + smooth * 0.01,
      0.001 / 8,
    ]);
  });
});
