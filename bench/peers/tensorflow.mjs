/** One row by plain TensorFlow.js, without this library: `node bench/peers/tensorflow.mjs BACKEND ROW`, for run.ts. The protocol is rounds.mjs'. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { serveRounds } from "../rounds.mjs";

const [backend = "wasm", row = ""] = process.argv.slice(2);
const main = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
setWasmPaths(dirname(main) + sep);
await tf.setBackend(backend);
await tf.ready();

const BATCH = 16;

/**
 * A training step of a decoder as our library has it; with `isWide` norms and a feed-forward part.
 * @param {{ vocabulary: number, context: number, layers: number, heads: number, embedding: number, isWide: boolean }} sizes
 */
function trainingStep({ vocabulary, context, layers, heads, embedding, isWide }) {
  /** @param {number[]} shape */
  const weight = (...shape) => tf.variable(tf.randomNormal(shape, 0, 1 / Math.sqrt(embedding)));
  const [tokens, positions, unembedding] = [
    weight(vocabulary, embedding),
    weight(context, embedding),
    weight(embedding, vocabulary),
  ];
  const blocks = Array.from({ length: layers }, () => ({
    qkv: weight(embedding, 3 * embedding),
    out: weight(embedding, embedding),
    wide: isWide ? weight(embedding, 4 * embedding) : undefined,
    narrow: isWide ? weight(4 * embedding, embedding) : undefined,
    norms: isWide ? [tf.variable(tf.ones([embedding])), tf.variable(tf.ones([embedding]))] : [],
  }));
  const optimizer = tf.train.adam(1e-3);
  const mask = tf.linalg
    .bandPart(tf.ones([context, context]), -1, 0)
    .sub(1)
    .mul(1e9);
  /** @param {tf.Tensor} x @param {tf.Tensor | undefined} gain */
  const norm = (x, gain) => {
    if (gain === undefined) return x;
    const { mean, variance } = tf.moments(x, -1, true);
    return x
      .sub(mean)
      .mul(tf.rsqrt(variance.add(1e-5)))
      .mul(gain);
  };
  /** @param {tf.Tensor} x @param {tf.Tensor} w */
  const linear = (x, w) => tf.matMul(x.reshape([-1, x.shape.at(-1) ?? 1]), /** @type {tf.Tensor2D} */ (w));
  /** @param {tf.Tensor} x */
  const byHead = (x) => x.reshape([BATCH, context, heads, embedding / heads]).transpose([0, 2, 1, 3]);
  /** @param {tf.Tensor} x */
  const gelu = (x) =>
    tf
      .tanh(x.add(x.square().mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI)))
      .add(1)
      .mul(x)
      .mul(0.5);
  /** @param {tf.Tensor2D} input */
  const logits = (input) => {
    // The wasm backend has no kernel for the gradient of `gather`.
    let x = linear(tf.oneHot(/** @type {tf.Tensor2D} */ (input.toInt()), vocabulary).toFloat(), tokens)
      .reshape([BATCH, context, embedding])
      .add(positions);
    for (const { qkv, out, wide, narrow, norms } of blocks) {
      const parts = tf.split(linear(norm(x, norms[0]), qkv), 3, 1).map(byHead);
      const [q, k, v] = /** @type {[tf.Tensor, tf.Tensor, tf.Tensor]} */ (/** @type {unknown} */ (parts));
      const scores = tf
        .matMul(q, k, false, true)
        .mul(1 / Math.sqrt(embedding / heads))
        .add(mask);
      const z = tf.matMul(tf.softmax(scores), v).transpose([0, 2, 1, 3]).reshape([BATCH, context, embedding]);
      x = x.add(linear(z, out).reshape(x.shape));
      if (wide && narrow) x = x.add(linear(gelu(linear(norm(x, norms[1]), wide)), narrow).reshape(x.shape));
    }
    return linear(x, unembedding);
  };
  const text = Int32Array.from({ length: 10_000 }, (_, i) => (i * 31 + (i % 7) * 5) % vocabulary);
  return () => {
    const starts = Array.from({ length: BATCH }, () =>
      Math.floor(Math.random() * (text.length - context - 1)),
    );
    const rows = starts.map((start) => [...text.subarray(start, start + context + 1)]);
    const loss = optimizer.minimize(() => {
      const input = tf.tensor2d(
        rows.map((r) => r.slice(0, -1)),
        undefined,
        "int32",
      );
      const targets = tf.oneHot(
        tf.tensor1d(
          rows.flatMap((r) => r.slice(1)),
          "int32",
        ),
        vocabulary,
      );
      return tf.losses.softmaxCrossEntropy(targets, logits(input)).asScalar();
    }, true);
    loss?.dataSync();
    loss?.dispose();
  };
}

/** A process that imports TensorFlow.js, starts the backend and multiplies two matrices. */
function start() {
  const program = `import * as tf from "@tensorflow/tfjs"; import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
    setWasmPaths(${JSON.stringify(dirname(main) + sep)}); await tf.setBackend(${JSON.stringify(backend)}); await tf.ready();
    tf.ones([4, 4]).matMul(tf.ones([4, 4])).dataSync();`;
  return () => {
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program]);
    if (status !== 0) throw new Error(String(stderr));
  };
}

/** @type {Record<string, () => () => void>} */
const ROWS = {
  "training-small": () =>
    trainingStep({ vocabulary: 64, context: 32, layers: 2, heads: 4, embedding: 64, isWide: false }),
  "training-larger": () =>
    trainingStep({ vocabulary: 64, context: 128, layers: 4, heads: 4, embedding: 128, isWide: true }),
  start,
};

const prepare = ROWS[row];
if (prepare === undefined) throw new Error(`Rows: ${Object.keys(ROWS).join(", ")}`);
await serveRounds(prepare());
