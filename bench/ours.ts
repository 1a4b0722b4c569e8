/** One row by this library: `node --import tsx bench/ours.ts ROW`, for run.ts. */
import { spawnSync } from "node:child_process";
import {
  attentionHeads,
  completion,
  createTransformer,
  DISPLAY,
  heatmap,
  textBatches,
  trainModel,
  type TransformerOptions,
} from "../lib/index.ts";
import { openSafetensors } from "../lib/pretrained/safetensors-file.ts";
import { serveRounds, type Work } from "./rounds.mjs";
import { BATCH, GPT2, LARGER, SMALL } from "./sizes.ts";

async function trainingStep(options: TransformerOptions): Promise<Work> {
  const model = await createTransformer(options, { seed: 1 });
  const text = Int32Array.from({ length: 10_000 }, (_, i) => (i * 31 + (i % 7) * 5) % options.vocabulary);
  const batches = textBatches(text, { size: BATCH, length: options.context, seed: 1 });
  const training = trainModel(model, batches, { steps: 1_000_000, learningRate: 1e-3 });
  return () => training.takeStep();
}

async function forwardWithCache(): Promise<Work> {
  const model = await createTransformer(GPT2, { seed: 1 });
  const tokens = Array.from({ length: 128 }, (_, i) => (i * 7919) % GPT2.vocabulary);
  return () => model.run(tokens, { keep: ["*"] });
}

/** 16 tokens after 32, keys and values remembered; each time after other 32, of which nothing is remembered. */
async function generation(): Promise<Work> {
  const model = await createTransformer(GPT2, { seed: 1 });
  let turn = 0;
  return () => {
    turn++;
    const token = (i: number) => model.vocabulary.word((turn + i * 7919) % GPT2.vocabulary);
    return completion(
      model,
      Array.from({ length: 32 }, (_, i) => token(i)),
      { length: 16 },
    );
  };
}

function waves(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i / 7) * Math.cos(i / 1001));
}

/** The display bundle of a heatmap of 1,000 × 1,000 numbers. */
function largeHeatmap(): Work {
  const numbers = waves(1_000_000);
  const matrix = Array.from({ length: 1000 }, (_, row) => numbers.subarray(row * 1000, (row + 1) * 1000));
  return () => heatmap(matrix.map((row) => [...row]))[DISPLAY]();
}

/** The display bundle of the patterns of 12 × 12 heads over 32 tokens. */
function grid(): Work {
  const patterns = Array.from({ length: 12 }, (_, layer) =>
    Array.from({ length: 12 }, (_, head) =>
      Array.from({ length: 32 }, (_, q) =>
        Array.from({ length: 32 }, (_, k) =>
          k <= q ? Math.abs(Math.sin(layer + head * k + q)) / (q + 1) : 0,
        ),
      ),
    ),
  );
  const tokens = Array.from({ length: 32 }, (_, i) => `word${i}`);
  return () => attentionHeads(patterns, { tokens })[DISPLAY]();
}

/** A file of 500 MB, which run.ts makes, as tensors in memory, by what loads models. */
function loading(): Work {
  const path = process.env["BENCH_SAFETENSORS"] ?? "";
  return async () => {
    const file = await openSafetensors(path);
    const tensors: Float32Array[] = [];
    for (const name of file.shapes.keys()) tensors.push(await file.read(name));
    await file.close();
    return tensors;
  };
}

/** A process that starts TensorFlow.js by this library (as built, like a notebook has it), and a small model's first pass, the products that cells ask for. */
function start(): Work {
  const library = new URL("../dist/lib/bundle.js", import.meta.url).href;
  const program = `const { createTransformer } = await import(${JSON.stringify(library)});
    const model = await createTransformer({ vocabulary: 4, context: 4, layers: 1, heads: 1, embedding: 4 }, { seed: 1 });
    model.run([1, 2, 3]);`;
  return () => {
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program]);
    if (status !== 0) throw new Error(String(stderr));
  };
}

const ROWS: Record<string, () => Work | Promise<Work>> = {
  "training-small": () => trainingStep(SMALL),
  "training-larger": () => trainingStep(LARGER),
  "forward-gpt2": forwardWithCache,
  "generation-gpt2": generation,
  heatmap: largeHeatmap,
  grid,
  loading,
  start,
};

const prepare = ROWS[process.argv[2] ?? ""];
if (prepare === undefined) throw new Error(`Rows: ${Object.keys(ROWS).join(", ")}`);
await serveRounds(await prepare());
