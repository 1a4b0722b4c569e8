/**
 * The larger training step by `@genai-fi/nanogpt` (1.3.0), for run.ts: `node bench/peers/nanogpt.mjs FOLDER`, where FOLDER is one in which
 * `npm install --ignore-scripts @genai-fi/nanogpt@1.3.0` was run. Its bundle asks for a browser's parts as soon as it sees Node, so that it is loaded with Node out of
 * sight; of its backends (cpu, webgl, webgpu) only the first runs here.
 */
import { pathToFileURL } from "node:url";
import { serveRounds } from "../rounds.mjs";

const [BATCH, CONTEXT, VOCABULARY] = [16, 128, 64];
const modules = `${pathToFileURL(process.argv[2] ?? ".").href}/node_modules/`;
const nanogpt = `${modules}@genai-fi/nanogpt/dist/`;

const { process: node } = globalThis;
const say = console.log;
// Both are given back below.
Object.assign(globalThis, { process: undefined });
console.log = () => undefined;
// The whole, for what it registers.
await import(`${nanogpt}main.js`);
const { default: NanoGPT } = await import(`${nanogpt}models/NanoGPTV1.js`);
const { default: Trainer } = await import(`${nanogpt}training/BasicTrainer.js`);
const { selectBackend } = await import(`${nanogpt}backend.js`);
await selectBackend("cpu");
Object.assign(globalThis, { process: node });
console.log = say;
const tf = await import(`${modules}@tensorflow/tfjs-core/dist/tf-core.node.js`);
tf.env().setPlatform("node", {
  isTypedArray: (/** @type {unknown} */ x) => ArrayBuffer.isView(x) && !(x instanceof DataView),
  now: () => performance.now(),
});

const sizes = { nLayer: 4, nHead: 4, nEmbed: 128, mlpFactor: 4, useRope: false };
const model = new NanoGPT({
  ...sizes,
  modelType: "GenAI_NanoGPT_v1",
  vocabSize: VOCABULARY,
  blockSize: CONTEXT,
});
const trainer = new Trainer(model, { vocabSize: VOCABULARY });
/** @param {number} from */
const tokens = (from) =>
  tf.tensor2d(
    Int32Array.from({ length: BATCH * CONTEXT }, (_, i) => ((from + i) * 31) % VOCABULARY),
    [BATCH, CONTEXT],
    "int32",
  );
const batch = { xs: tokens(0), ys: tokens(1) };
await serveRounds(() => trainer.trainStep({}, batch).dataSync());
