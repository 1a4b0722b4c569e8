import assert from "node:assert/strict";
import { startBackend } from "../../../../lib/backend/index.ts";
import {
  activated,
  arithmeticOfBackend,
  attentionMix,
  attentionPattern,
  attentionScores,
  crossEntropy,
  headResults,
  linear,
  normalised,
  plus,
  repeatedHeads,
  rotated,
  rowsOf,
  scaled,
  shifted,
  sumOfHeads,
  Tape,
  tidied,
  times,
  type ActivationName,
  type Arithmetic,
  type Numbers,
} from "../../../../lib/backend/operations/index.ts";

/** Numbers that depend on their place alone, between -1 and 1. */
function numbers(count: number, salt: number): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => Math.sin(i * 12.9898 + salt * 78.233) * 0.9 + 0.013 * (i % 7),
  );
}

/** An operation on tensors of these shapes. */
interface Example {
  readonly shapes: readonly (readonly number[])[];
  readonly run: (a: Arithmetic, inputs: readonly Numbers[]) => Numbers;
}

function given(inputs: readonly Numbers[], i: number): Numbers {
  const input = inputs[i];
  assert.ok(input);
  return input;
}

const ACTIVATIONS: readonly ActivationName[] = [
  "relu",
  "gelu",
  "gelu-tanh",
  "gelu-sigmoid",
  "silu",
  "solu",
  "identity",
];
const KEYS = Float32Array.from([1, 1, 0, 1, 1, 0, 0, 0, 0, 0]);

/** Every operation, with sizes that are no multiples of four and differ from axis to axis. */
const EXAMPLES: Record<string, Example> = {
  plus: {
    shapes: [
      [2, 3, 5],
      [2, 3, 5],
    ],
    run: (a, x) => plus(a, given(x, 0), given(x, 1)),
  },
  "plus of a tensor and itself": { shapes: [[7]], run: (a, x) => plus(a, given(x, 0), given(x, 0)) },
  times: {
    shapes: [
      [2, 7],
      [2, 7],
    ],
    run: (a, x) => times(a, given(x, 0), given(x, 1)),
  },
  scaled: { shapes: [[2, 7]], run: (a, x) => scaled(a, given(x, 0), 1.7) },
  shifted: { shapes: [[2, 3, 7], [7]], run: (a, x) => shifted(a, given(x, 0), given(x, 1)) },
  linear: {
    shapes: [[2, 3, 5], [5, 7], [7]],
    run: (a, x) => linear(a, given(x, 0), given(x, 1), given(x, 2)),
  },
  "linear of one row": {
    shapes: [[1, 11], [11, 7], [7]],
    run: (a, x) => linear(a, given(x, 0), given(x, 1), given(x, 2)),
  },
  "linear of one row by a transposed matrix": {
    shapes: [[3, 11], [7, 11], [7]],
    run: (a, x) => linear(a, given(x, 0), given(x, 1), given(x, 2), true),
  },
  "linear without a bias": {
    shapes: [
      [6, 5],
      [5, 9],
    ],
    run: (a, x) => linear(a, given(x, 0), given(x, 1)),
  },
  "linear by a transposed matrix": {
    shapes: [[2, 3, 5], [7, 5], [7]],
    run: (a, x) => linear(a, given(x, 0), given(x, 1), given(x, 2), true),
  },
  "linear of many rows, whose sums are formed of stretches": {
    shapes: [[1030, 3], [3, 5], [5]],
    run: (a, x) => linear(a, given(x, 0), given(x, 1), given(x, 2)),
  },
  "linear of many rows by a transposed matrix": {
    shapes: [
      [2, 130, 3],
      [5, 3],
    ],
    run: (a, x) => linear(a, given(x, 0), given(x, 1), undefined, true),
  },
  rowsOf: {
    shapes: [[5, 7]],
    run: (a, x) => rowsOf(a, given(x, 0), Int32Array.from([4, 0, 4, 2, 1, 4]), [2, 3]),
  },
  attentionScores: {
    shapes: [
      [2, 3, 20],
      [2, 6, 20],
    ],
    run: (a, x) => attentionScores(a, given(x, 0), given(x, 1), 4, 4, 0.3),
  },
  "attentionScores with shared keys": {
    shapes: [
      [2, 3, 20],
      [2, 6, 10],
    ],
    run: (a, x) => attentionScores(a, given(x, 0), given(x, 1), 4, 2, 0.3),
  },
  attentionMix: {
    shapes: [
      [2, 4, 3, 6],
      [2, 6, 20],
    ],
    run: (a, x) => attentionMix(a, given(x, 0), given(x, 1), 4, 4),
  },
  "attentionMix with shared values": {
    shapes: [
      [2, 4, 3, 6],
      [2, 6, 10],
    ],
    run: (a, x) => attentionMix(a, given(x, 0), given(x, 1), 4, 2),
  },
  attentionPattern: {
    shapes: [[2, 3, 5, 5]],
    run: (a, x) => attentionPattern(a, given(x, 0), { causalFrom: null }),
  },
  "attentionPattern, causal": {
    shapes: [[2, 3, 5, 7]],
    run: (a, x) => attentionPattern(a, given(x, 0), { causalFrom: 2 }),
  },
  "attentionPattern, causal and padded": {
    shapes: [[2, 3, 5, 5]],
    run: (a, x) => attentionPattern(a, given(x, 0), { causalFrom: 0, keys: a.tf.tensor(KEYS, [2, 5]) }),
  },
  "normalised, layer": {
    shapes: [[2, 3, 7], [7], [7]],
    run: (a, x) => normalised(a, given(x, 0), given(x, 1), given(x, 2), "layer", 1e-5),
  },
  "normalised, root mean square": {
    shapes: [[2, 3, 7], [7]],
    run: (a, x) => normalised(a, given(x, 0), given(x, 1), undefined, "root-mean-square", 1e-5),
  },
  "normalised without gain": {
    shapes: [[6, 9]],
    run: (a, x) => normalised(a, given(x, 0), undefined, undefined, "layer", 1e-5),
  },
  "rotated, halves": {
    shapes: [[2, 3, 20]],
    run: (a, x) => rotated(a, given(x, 0), 2, rotation(a, "halves", 2)),
  },
  "rotated, neighbours": {
    shapes: [[2, 3, 20]],
    run: (a, x) => rotated(a, given(x, 0), 2, rotation(a, "neighbours", 1)),
  },
  headResults: {
    shapes: [
      [2, 3, 15],
      [15, 7],
    ],
    run: (a, x) => headResults(a, given(x, 0), given(x, 1), 3),
  },
  sumOfHeads: { shapes: [[2, 3, 15]], run: (a, x) => sumOfHeads(a, given(x, 0), 3) },
  repeatedHeads: { shapes: [[2, 3, 10]], run: (a, x) => repeatedHeads(a, given(x, 0), 2, 3) },
  crossEntropy: {
    shapes: [[2, 3, 7]],
    run: (a, x) =>
      crossEntropy(
        a,
        given(x, 0),
        Int32Array.from([0, 6, 2, 3, 3, 1]),
        Float32Array.from([0.1, 0.2, 0, 0.3, 0.3, 0.1]),
      ),
  },
};
for (const name of ACTIVATIONS) {
  EXAMPLES[`activated, ${name}`] = {
    shapes: [[2, 3, 7]],
    run: (a, x) => activated(a, scaled(a, given(x, 0), 2.5), name),
  };
}

function rotation({ tf }: Arithmetic, pairs: "halves" | "neighbours", rows: number) {
  const angles = numbers(rows * 3 * 3, 9);
  return {
    features: 6,
    pairs,
    cosines: tf.tensor(angles.map(Math.cos), [rows, 3, 1, 3]),
    sines: tf.tensor(angles.map(Math.sin), [rows, 3, 1, 3]),
  };
}

/** The result and the gradients of its weighted sum, as plain numbers. */
function evaluated(a: Arithmetic, { shapes, run }: Example, data: readonly Float32Array[], frees = false) {
  return tidied(a, () => {
    const tape = new Tape();
    const inputs = shapes.map((shape, i) => a.tf.tensor(data[i] ?? [], shape as number[]));
    for (const input of inputs) tape.watch(input);
    const output = run({ ...a, tape }, inputs);
    const weights = numbers(output.size, 5);
    const seed = a.tf.tensor(weights, output.shape);
    const result = output.dataSync<"float32">();
    const gradients = tape.gradients(output, seed, inputs, (x, y) => a.tf.add(x, y), { frees });
    return {
      shape: output.shape,
      result,
      value: result.reduce((sum, number, i) => sum + number * (weights[i] ?? 0), 0),
      gradients: gradients.map((gradient) => gradient?.dataSync<"float32">() ?? new Float32Array()),
    };
  });
}

function assertClose(given: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string) {
  assert.equal(given.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((given[i] ?? NaN) - (expected[i] ?? NaN));
    assert.ok(
      difference <= tolerance * Math.max(1, Math.abs(expected[i] ?? 0)),
      `${what} ${i}: ${given[i]} for ${expected[i]}`,
    );
  }
}

for (const [name, example] of Object.entries(EXAMPLES)) {
  describe(name, () => {
    const data = example.shapes.map((shape, i) =>
      numbers(
        shape.reduce((x, y) => x * y, 1),
        i + 1,
      ),
    );
    before(async () => {
      await startBackend();
    });

    it("gives with our kernels what TensorFlow.js' operations give, forwards and backwards", function () {
      const a = arithmeticOfBackend();
      if (a.fast === undefined) this.skip();
      const fast = evaluated(a, example, data);
      const composed = evaluated({ ...a, fast: undefined }, example, data);
      assert.deepEqual(fast.shape, composed.shape);
      assertClose(fast.result, composed.result, 2e-6, "result");
      for (const [i, gradient] of composed.gradients.entries()) {
        assertClose(fast.gradients[i] ?? [], gradient, 1e-5, `gradient ${i}`);
      }
    });

    it("gives the same gradients where the tape frees what it no longer needs", () => {
      const a = arithmeticOfBackend();
      for (const arithmetic of [a, { ...a, fast: undefined }]) {
        const kept = evaluated(arithmetic, example, data);
        assert.deepEqual(evaluated(arithmetic, example, data, true).gradients, kept.gradients);
      }
    });

    it("gives gradients that agree with finite differences", () => {
      const a = arithmeticOfBackend();
      const { gradients } = evaluated(a, example, data);
      const step = 1e-2;
      for (const [i, gradient] of gradients.entries()) {
        for (const cell of new Set([0, Math.floor(gradient.length / 2), gradient.length - 1])) {
          const moved = (by: number) => {
            const copies = data.map((numbers) => Float32Array.from(numbers));
            const copy = copies[i];
            assert.ok(copy);
            copy[cell] = (copy[cell] ?? 0) + by;
            return evaluated(a, example, copies).value;
          };
          const difference = (moved(step) - moved(-step)) / (2 * step);
          assertClose([gradient[cell] ?? NaN], [difference], 5e-3, `input ${i}, cell ${cell}`);
        }
      }
    });
  });
}

describe("attentionPattern", () => {
  it("gives zeros to a query that may see nothing, and exact zeros to what is masked", () => {
    const a = arithmeticOfBackend();
    for (const arithmetic of [a, { ...a, fast: undefined }]) {
      const pattern = tidied(a, () =>
        attentionPattern(arithmetic, a.tf.tensor(numbers(50, 1), [2, 1, 5, 5]), {
          causalFrom: 0,
          keys: a.tf.tensor(KEYS, [2, 5]),
        }).dataSync<"float32">(),
      );
      assert.ok(pattern.slice(25).every((share) => share === 0));
      assert.ok(
        Array.from({ length: 5 }, (_, query) => pattern[query * 5 + 2]).every((share) => share === 0),
      );
    }
  });
});

describe("crossEntropy", () => {
  it("is exact where the share of the target is below the smallest float", () => {
    const a = arithmeticOfBackend();
    for (const arithmetic of [a, { ...a, fast: undefined }]) {
      const loss = tidied(a, () =>
        crossEntropy(
          arithmetic,
          a.tf.tensor([0, 200], [1, 2]),
          Int32Array.of(0),
          Float32Array.of(1),
        ).dataSync<"float32">(),
      );
      assert.ok(Math.abs((loss[0] ?? NaN) - 200) < 1e-3);
    }
  });
});
