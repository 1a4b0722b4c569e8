import assert from "node:assert/strict";
import { startBackend } from "../../../../lib/backend/index.ts";
import {
  activated,
  arithmeticOfBackend,
  linear,
  normalised,
  onlyKept,
  plus,
  Tape,
  tidied,
  type Arithmetic,
  type GradientOptions,
  type Numbers,
} from "../../../../lib/backend/operations/index.ts";

/** Sums x with what comes of it, `depth` times: tensors are needed twice or three times, once as a view (a norm of each half). */
function deep(a: Arithmetic, x: Numbers, weight: Numbers, depth: number): Numbers {
  let y = x;
  for (let i = 0; i < depth; i++) {
    const unit = normalised(a, y, undefined, undefined, "layer", 1e-5);
    const sum = plus(a, linear(a, unit, weight), linear(a, unit, weight));
    y = plus(a, y, plus(a, activated(a, sum, "gelu-tanh"), halvesNormed(a, unit)));
  }
  return y;
}

function halvesNormed(a: Arithmetic, x: Numbers): Numbers {
  const [rows = 0, n = 0] = x.shape;
  const halves = a.tf.reshape(x, [rows * 2, n / 2]);
  a.tape?.record(halves, [x], (dy) => [a.tf.reshape(dy, x.shape)]);
  const normed = normalised(a, halves, undefined, undefined, "root-mean-square", 1e-5);
  const back = a.tf.reshape(normed, x.shape);
  a.tape?.record(back, [normed], (dy) => [a.tf.reshape(dy, normed.shape)]);
  return back;
}

describe("Tape", () => {
  before(async () => {
    await startBackend();
  });

  for (const kind of ["our kernels", "TensorFlow.js' own"]) {
    it(`frees what it no longer needs, and nothing that is wanted, by ${kind}`, () => {
      const whole = arithmeticOfBackend();
      const arithmetic = kind === "our kernels" ? whole : { ...whole, fast: undefined };
      const { tf } = whole;
      const run = (options: GradientOptions) =>
        tidied(whole, () => {
          const tape = new Tape();
          const a = { ...arithmetic, tape };
          const others = tf.memory().numBytes;
          const [x, weight] = [
            tf.randomNormal([6, 8], 0, 1, "float32", 1),
            tf.randomNormal([8, 8], 0, 0.3, "float32", 2),
          ];
          tape.watch(weight);
          const middle = deep(a, x, weight, 3);
          tape.watch(middle);
          const output = deep(a, middle, weight, 3);
          const before = tf.memory().numBytes - others;
          const seed = tf.ones(output.shape);
          let additions = 0;
          const add = (p: Numbers, q: Numbers) => (additions++, plus(arithmetic, p, q));
          const found = tape.gradients(output, seed, [weight, middle], add, options);
          const after = tf.memory().numBytes - others;
          return {
            found: found.map((gradient) => gradient?.dataSync()),
            middle: middle.dataSync(),
            output: output.dataSync(),
            before,
            after,
            additions,
          };
        });
      const kept = run({});
      const freed = run({ frees: true });
      const inPlace = run({ frees: true, isAlone: (tensor) => whole.fast?.isAlone(tensor) === true });
      assert.deepEqual(inPlace.found, kept.found);
      if (kind === "our kernels")
        assert.ok(inPlace.additions <= freed.additions - 12, `${inPlace.additions}`);
      else assert.equal(inPlace.additions, freed.additions);
      assert.deepEqual(freed.found, kept.found);
      assert.deepEqual(freed.middle, kept.middle);
      assert.deepEqual(freed.output, kept.output);
      assert.equal(freed.before, kept.before);
      assert.ok(freed.after < kept.after - freed.before / 4, `${freed.after} bytes, ${kept.after} without`);
    });
  }
});

describe("onlyKept", () => {
  it("frees all but what is given back; with a tape, nothing", async () => {
    await startBackend();
    const a = arithmeticOfBackend();
    const counts = [undefined, new Tape()].map((tape) =>
      tidied(a, () => {
        const x = a.tf.ones([4, 8]);
        const weight = a.tf.ones([8, 8]);
        const before = a.tf.memory().numTensors;
        const { y } = onlyKept({ ...a, tape }, () => ({ y: deep(a, x, weight, 2) }));
        assert.equal(y.isDisposed, false);
        return a.tf.memory().numTensors - before;
      }),
    );
    assert.equal(counts[0], 1);
    assert.ok((counts[1] ?? 0) > 4);
  });
});
