import assert from "node:assert/strict";
import { startBackend } from "../../../../lib/backend/index.ts";
import {
  activated,
  arithmeticOfBackend,
  linear,
  onlyKept,
  plus,
  Tape,
  tidied,
  type Arithmetic,
  type Numbers,
} from "../../../../lib/backend/operations/index.ts";

/** Sums x with what comes of it, `depth` times: every tensor is needed twice. */
function deep(a: Arithmetic, x: Numbers, weight: Numbers, depth: number): Numbers {
  let y = x;
  for (let i = 0; i < depth; i++) y = plus(a, y, activated(a, linear(a, y, weight), "gelu-tanh"));
  return y;
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
      const run = (frees: boolean) =>
        tidied(whole, () => {
          const tape = new Tape();
          const a = { ...arithmetic, tape };
          const [x, weight] = [
            tf.randomNormal([6, 8], 0, 1, "float32", 1),
            tf.randomNormal([8, 8], 0, 0.3, "float32", 2),
          ];
          tape.watch(weight);
          const middle = deep(a, x, weight, 3);
          tape.watch(middle);
          const output = deep(a, middle, weight, 3);
          const before = tf.memory().numBytes;
          const seed = tf.ones(output.shape);
          const found = tape.gradients(output, seed, [weight, middle], (p, q) => plus(arithmetic, p, q), {
            frees,
          });
          const after = tf.memory().numBytes;
          return {
            found: found.map((gradient) => gradient?.dataSync()),
            middle: middle.dataSync(),
            output: output.dataSync(),
            before,
            after,
          };
        });
      const [kept, freed] = [run(false), run(true)];
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
