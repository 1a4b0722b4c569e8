import assert from "node:assert/strict";
import fc from "fast-check";
import { startBackend } from "../../../../lib/backend/index.ts";
import { tensorFlow } from "../../../../lib/backend/tensorflow.ts";

/** Numbers that depend on their place alone, between -1 and 1. */
function numbers(count: number, salt: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + salt * 78.233));
}

/** [..., m, k] × [..., k, n] by three loops in double precision. */
function reference(
  a: Float32Array,
  aShape: number[],
  transposeA: boolean,
  b: Float32Array,
  bShape: number[],
  transposeB: boolean,
  out: number[],
): number[] {
  const at = (data: Float32Array, shape: number[], item: number[], row: number, column: number) => {
    const full: (number | undefined)[] = [...item.slice(item.length - (shape.length - 2)), row, column];
    let index = 0;
    for (const [axis, length] of shape.entries())
      index = index * length + (length === 1 ? 0 : (full[axis] ?? 0));
    return data[index] ?? NaN;
  };
  const [m = 0, n = 0] = out.slice(-2);
  const k = aShape[aShape.length - (transposeA ? 2 : 1)] ?? 0;
  const leading = out.slice(0, -2);
  const count = leading.reduce((x, y) => x * y, 1);
  const result: number[] = [];
  for (let flat = 0; flat < count; flat++) {
    const item: number[] = [];
    for (let axis = leading.length - 1, rest = flat; axis >= 0; axis--) {
      item.unshift(rest % (leading[axis] ?? 1));
      rest = Math.floor(rest / (leading[axis] ?? 1));
    }
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) {
          const left = transposeA ? at(a, aShape, item, p, i) : at(a, aShape, item, i, p);
          const right = transposeB ? at(b, bShape, item, j, p) : at(b, bShape, item, p, j);
          sum += left * right;
        }
        result.push(sum);
      }
  }
  return result;
}

function check(
  aLeading: number[],
  bLeading: number[],
  m: number,
  n: number,
  k: number,
  transposeA: boolean,
  transposeB: boolean,
) {
  const tf = tensorFlow();
  const aShape = [...aLeading, ...(transposeA ? [k, m] : [m, k])];
  const bShape = [...bLeading, ...(transposeB ? [n, k] : [k, n])];
  const [a, b] = [
    numbers(
      aShape.reduce((x, y) => x * y, 1),
      1,
    ),
    numbers(
      bShape.reduce((x, y) => x * y, 1),
      2,
    ),
  ];
  const { data, shape } = tf.tidy(() => {
    const product = tf.matMul(tf.tensor(a, aShape), tf.tensor(b, bShape), transposeA, transposeB);
    return { data: product.dataSync(), shape: product.shape };
  });
  const leading = tf.broadcast_util.assertAndGetBroadcastShape(aLeading, bLeading);
  assert.deepEqual(shape, [...leading, m, n]);
  const expected = reference(a, aShape, transposeA, b, bShape, transposeB, shape);
  assert.equal(data.length, expected.length);
  for (const [i, number] of expected.entries()) {
    assert.ok(
      Math.abs((data[i] ?? NaN) - number) < 1e-5 * Math.max(1, Math.sqrt(k)),
      `${i}: ${data[i]} for ${number}`,
    );
  }
}

describe("matMul on the wasm backend", () => {
  before(async function () {
    const { backend, kernels } = await startBackend();
    if (backend !== "wasm" || kernels === "none") this.skip();
  });

  it("multiplies matrices of any size, with either operand transposed and leading axes broadcast", () => {
    const size = fc.integer({ min: 1, max: 21 });
    const leading = fc.constantFrom<[number[], number[]]>(
      [[], []],
      [[3], [3]],
      [[3], [1]],
      [[1], [3]],
      [
        [2, 3],
        [2, 3],
      ],
      [[2, 3], []],
      [[], [2, 3]],
      [
        [2, 1],
        [1, 3],
      ],
      [[2, 3], [3]],
      [
        [4, 1, 2],
        [3, 1],
      ],
    );
    fc.assert(
      fc.property(
        leading,
        size,
        size,
        size,
        fc.boolean(),
        fc.boolean(),
        ([a, b], m, n, k, transposeA, transposeB) => {
          check(a, b, m, n, k, transposeA, transposeB);
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });

  it("goes block by block through products larger than its cache block", () => {
    for (const transposeA of [false, true])
      for (const transposeB of [false, true]) check([], [], 7, 523, 261, transposeA, transposeB);
  });

  it("gives zeros where the inner axis is empty, and nothing where a row or column axis is", () => {
    check([2], [2], 3, 4, 0, false, false);
    check([2], [2], 0, 4, 3, false, false);
    check([2], [2], 3, 0, 5, false, true);
    check([0], [0], 3, 4, 5, false, false);
  });

  it("gives right gradients to both operands", async () => {
    await import("@tensorflow/tfjs"); // registers the gradients of TensorFlow.js' own operations
    const tf = tensorFlow();
    tf.tidy(() => {
      const a = tf.tensor(numbers(2 * 3 * 5, 3), [2, 3, 5]);
      const b = tf.tensor(numbers(2 * 4 * 5, 4), [2, 4, 5]);
      const weight = tf.tensor(numbers(2 * 3 * 4, 5), [2, 3, 4]);
      const loss = (x: typeof a, y: typeof b) => tf.sum(tf.mul(tf.matMul(x, y, false, true), weight));
      const gradients = tf.grads((x, y) => loss(x, y))([a, b]);
      const step = 1e-2;
      for (const [operand, gradient] of gradients.entries()) {
        const data = [a, b][operand]?.dataSync() ?? new Float32Array();
        for (const cell of [0, 7, data.length - 1]) {
          const moved = (by: number) => {
            const copy = Float32Array.from(data);
            copy[cell] = (copy[cell] ?? 0) + by;
            const other = operand === 0 ? tf.tensor(copy, a.shape) : tf.tensor(copy, b.shape);
            return (operand === 0 ? loss(other, b) : loss(a, other)).dataSync()[0] ?? NaN;
          };
          const difference = (moved(step) - moved(-step)) / (2 * step);
          assert.ok(Math.abs(difference - (gradient.dataSync()[cell] ?? NaN)) < 1e-3);
        }
      }
    });
  });
});
