import assert from "node:assert/strict";
import { oneHot, randomNormal, randomNumbers, randomUniform } from "../../../lib/tensor/index.ts";

describe("oneHot(axes, places, words)", () => {
  const words = ["files", "find", "my"];

  it("is the source's sentence, a word in each row (Rohrer, One-hot encoding)", () => {
    const sentence = oneHot(["position", "vocabulary"], ["find", "my", "files"], words);
    assert.deepEqual(sentence.toArray(), [
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ]);
    assert.deepEqual(sentence.labels("position"), ["find", "my", "files"]);
    assert.deepEqual(sentence.labels("vocabulary"), words);
  });

  it("takes one word, or indices", () => {
    assert.deepEqual(oneHot(["vocabulary"], "my", words).toArray(), [0, 0, 1]);
    assert.deepEqual(oneHot(["vocabulary"], 1, 4).toArray(), [0, 1, 0, 0]);
    assert.deepEqual(oneHot(["position", "vocabulary"], [], words).shape, [0, 3]);
  });

  it("refuses unknown words and indices", () => {
    assert.throws(() => oneHot(["vocabulary"], "fils", words), /Did you mean "files"\?/);
    assert.throws(() => oneHot(["vocabulary"], 4, 4), { name: "IndexError" });
  });
});

describe("randomNormal, randomUniform, randomNumbers", () => {
  it("give the same numbers for the same seed, others for another", () => {
    const draw = (seed: number | string) => randomNormal(["a"], [5], { seed }).toArray();
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
    assert.notDeepEqual(draw("seed"), draw("feed"));
  });

  it("have the distribution asked for", () => {
    const normal = randomNormal(["a"], [20_000], { seed: 1, mean: 3, deviation: 2 });
    assert.ok(Math.abs(normal.mean() - 3) < 0.06);
    assert.ok(Math.abs(normal.minus(3).norm() / Math.sqrt(20_000) - 2) < 0.04);
    const uniform = randomUniform(["a"], [20_000], { seed: 1, from: -1, to: 3 });
    assert.ok(uniform.min() >= -1 && uniform.max() < 3);
    assert.ok(Math.abs(uniform.mean() - 1) < 0.04);
    assert.throws(() => randomNormal(["a"], [1], { seed: 1, deviation: -1 }), { name: "NumberError" });
  });

  it("spread neighbouring seeds and neighbouring draws evenly", () => {
    const counts = new Array<number>(16).fill(0);
    for (let seed = 0; seed < 4000; seed += 1) {
      const cell = Math.floor(randomNumbers(seed)() * 16);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    // χ² with 15 degrees of freedom: 37.7 is exceeded once in a thousand.
    const expected = 4000 / 16;
    const deviation = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    assert.ok(deviation < 37.7, `χ² = ${deviation}`);
  });
});
