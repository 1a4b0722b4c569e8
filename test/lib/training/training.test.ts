import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arithmeticOfBackend, tidied } from "../../../lib/backend/operations/index.ts";
import { startBackend } from "../../../lib/backend/index.ts";
import { DISPLAY } from "../../../lib/display/index.ts";
import { lossFloor, modelLoss } from "../../../lib/models/index.ts";
import {
  createTransformer,
  readSafetensors,
  transformerConfiguration,
  transformerOf,
  type Transformer,
  type TransformerOptions,
} from "../../../lib/models/transformer/index.ts";
import { UploadedWeights } from "../../../lib/models/transformer/uploaded-weights.ts";
import { programAndBatteryLogs } from "../../../lib/text/index.ts";
import {
  cosineSchedule,
  generatedBatches,
  loadCheckpoint,
  resumeTraining,
  saveCheckpoint,
  sentenceBatches,
  stepSchedule,
  textBatches,
  tokenLosses,
  trainModel,
  TrainingError,
  wholeCorpus,
  type Batch,
} from "../../../lib/training/index.ts";
import { lossAndGradients } from "../../../lib/training/training-step.ts";

const FIXTURES = new URL("../../fixtures/training/", import.meta.url);
const TINY: TransformerOptions = {
  vocabulary: 17,
  context: 9,
  layers: 2,
  heads: 2,
  embedding: 16,
  feedForward: { neurons: 24 },
  norm: true,
  attentionBiases: true,
};
const randomBatches = generatedBatches("tiny", (random) => ({
  sequences: Array.from({ length: 4 }, () => Array.from({ length: 9 }, () => Math.floor(random() * 17))),
}));

async function twoSentences(layers: number): Promise<Transformer> {
  const { vocabulary } = programAndBatteryLogs();
  return createTransformer(
    { vocabulary: vocabulary.size, context: 12, layers, heads: 1, embedding: 16, positions: "none" },
    { seed: 1, vocabulary },
  );
}

describe("trainModel", () => {
  it("follows PyTorch's losses for 50 steps of AdamW with warm-up, cosine, decay and clipping", async () => {
    const { batches, losses } = JSON.parse(readFileSync(new URL("run.json", FIXTURES), "utf8")) as {
      batches: number[][][];
      losses: number[];
    };
    const { tensors } = readSafetensors(readFileSync(new URL("initial.safetensors", FIXTURES)));
    const parameters = new Map([...tensors].map(([name, { data }]) => [name, data]));
    const model = await transformerOf(TINY, parameters);
    const training = trainModel(model, (step) => ({ sequences: batches[step] ?? [] }), {
      steps: 50,
      learningRate: 0.01,
      betas: [0.9, 0.98],
      weightDecay: 0.1,
      clip: 1,
      schedule: cosineSchedule({ steps: 50, warmUp: 10, least: 0.1 }),
    });
    await training.run();
    for (const [step, loss] of losses.entries()) {
      const ours = training.losses[step] ?? NaN;
      assert.ok(Math.abs(ours - loss) < 1e-4, `step ${step}: ${ours} for ${loss}`);
    }
    assert.ok(Math.min(...losses) < 0.6 * Math.max(...losses), "the reference learns something");
    training.release();
  });

  for (const [layers, floor] of [
    [0, (4 * Math.LN2) / 21],
    [1, (2 * Math.LN2) / 21],
  ] as const) {
    it(`brings a model with ${layers} layers to the floor of Rohrer's two sentences`, async () => {
      const corpus = programAndBatteryLogs();
      const training = trainModel(await twoSentences(layers), wholeCorpus(corpus), {
        steps: 500,
        learningRate: 0.03,
        schedule: stepSchedule({ from: 300, factor: 0.2 }),
      });
      const model = await training.run();
      const { nats } = modelLoss(model, corpus);
      assert.ok(nats >= floor - 1e-6 && nats < floor + 0.002, `${nats} for ${floor}`);
      assert.ok(Math.abs(lossFloor(corpus, layers === 0 ? 1 : Infinity).nats - floor) < 1e-12);
      training.release();
    });
  }

  it("gives the same losses for the same seed, and leaves the model that it started from as it was", async () => {
    const model = await createTransformer(TINY, { seed: 5 });
    const before = Float32Array.from(model.parameters.get("W_E") ?? []);
    const runs = [0, 1].map(() => {
      const training = trainModel(model, randomBatches, { steps: 3 });
      const losses = [training.takeStep(), training.takeStep(), training.takeStep()];
      training.release();
      return losses;
    });
    assert.deepEqual(runs[0], runs[1]);
    assert.deepEqual(model.parameters.get("W_E"), before);
  });

  it("leaks no tensors over 1,000 steps", async () => {
    const { tf } = arithmeticOfBackend();
    const training = trainModel(await twoSentences(1), wholeCorpus(programAndBatteryLogs()), {
      steps: 1001,
      weightDecay: 0.01,
      clip: 1,
    });
    training.takeStep();
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 1000; i++) training.takeStep();
    assert.equal(tf.memory().numTensors, numTensors);
    assert.equal(tf.memory().numBytes, numBytes);
    training.release();
  });

  it("trains the same without our kernels", async () => {
    await startBackend();
    const model = await createTransformer(TINY, { seed: 5 });
    const a = arithmeticOfBackend();
    const gradients = [a, { ...a, fast: undefined }].map((arithmetic) => {
      const uploaded = new UploadedWeights(a, model.configuration, model.parameters);
      const found = lossAndGradients(
        arithmetic,
        model.configuration,
        uploaded.weights,
        randomBatches(0),
        (loss, all) => ({
          loss,
          gradients: [...all].map(([name, gradient]) => ({ name, data: gradient.dataSync<"float32">() })),
        }),
      );
      uploaded.dispose();
      return found;
    });
    const [fast, composed] = gradients;
    assert.ok(fast && composed);
    assert.ok(Math.abs(fast.loss - composed.loss) < 1e-5);
    assert.equal(fast.gradients.length, model.parameters.size);
    for (const [i, { name, data }] of composed.gradients.entries()) {
      const other: { name: string; data: Float32Array } | undefined = fast.gradients[i];
      assert.equal(other?.name, name);
      assert.ok(
        data.every((number, at) => Math.abs(number - (other.data[at] ?? NaN)) < 1e-5),
        name,
      );
    }
  });

  it("computes gradients that agree with finite differences for every parameter of every architecture", async function () {
    this.timeout(120_000);
    await startBackend();
    const a = arithmeticOfBackend();
    const architectures: TransformerOptions[] = [
      TINY,
      {
        ...TINY,
        residual: "parallel",
        positions: { kind: "rotary", features: 4 },
        unembedding: "tied",
        unembeddingBias: true,
      },
      {
        ...TINY,
        keyHeads: 1,
        norm: { kind: "root-mean-square" },
        feedForward: { kind: "gated", neurons: 7 },
        positions: "rotary",
        queryKeyNorm: true,
      },
      { ...TINY, norm: { place: "after" }, embeddingNorm: true, segments: 2 },
      {
        ...TINY,
        norm: null,
        finalNorm: false,
        feedForward: null,
        positions: { kind: "learned", at: "queries-and-keys" },
      },
      { ...TINY, kind: "encoder-decoder", sourceVocabulary: 5, encoderLayers: 1 },
      { ...TINY, kind: "encoder" },
    ];
    for (const options of architectures) {
      const configuration = transformerConfiguration(options);
      const model = await createTransformer(configuration, { seed: 3, deviation: 0.3 });
      const batch: Batch = {
        sequences: [
          [1, 2, 3, 4],
          [5, 6],
        ],
        weights: [1, 2],
        ...(options.kind === "encoder-decoder" && { sources: [[0, 1, 2], [4]] }),
        ...(options.kind === "encoder" && {
          targets: [
            [-1, 7, -1, 8],
            [9, -1],
          ],
        }),
      };
      const at = (name: string, cell: number, by: number) => {
        const parameters = new Map(model.parameters);
        const moved = Float32Array.from(parameters.get(name) ?? []);
        moved[cell] = (moved[cell] ?? 0) + by;
        parameters.set(name, moved);
        const uploaded = new UploadedWeights(a, configuration, parameters);
        const loss = lossAndGradients(a, configuration, uploaded.weights, batch, (value) => value);
        uploaded.dispose();
        return loss;
      };
      const uploaded = new UploadedWeights(a, configuration, model.parameters);
      const gradients = lossAndGradients(
        a,
        configuration,
        uploaded.weights,
        batch,
        (_loss, all) => new Map([...all].map(([name, gradient]) => [name, gradient.dataSync<"float32">()])),
      );
      uploaded.dispose();
      for (const name of model.parameters.keys()) {
        const gradient = gradients.get(name);
        const total = Array.from(gradient ?? []).reduce((sum, number) => sum + Math.abs(number), 0);
        if (total === 0) continue; // rows that no token of the batch uses
        // W_Q, W_K and W_V lie otherwise in memory: their first number is the same in both.
        const difference = (at(name, 0, 5e-3) - at(name, 0, -5e-3)) / 1e-2;
        const found = gradient?.[0] ?? NaN;
        assert.ok(
          Math.abs(difference - found) < 3e-3 * Math.max(1, Math.abs(found)),
          `${name}: ${found} for ${difference}`,
        );
      }
    }
  });

  it("stops where its reader stops, keeps the model so far, and goes on from there", async () => {
    const model = await twoSentences(1);
    const batches = wholeCorpus(programAndBatteryLogs());
    const training = trainModel(model, batches, { steps: 2000, learningRate: 0.03 });
    let turns = 0;
    for await (const progress of training) {
      assert.equal(progress.step, training.step);
      if (++turns === 2) break;
    }
    const stopped = training.step;
    assert.ok(stopped > 0 && stopped < 2000);
    const soFar = modelLoss(training.model, programAndBatteryLogs()).nats;
    assert.ok(soFar < modelLoss(model, programAndBatteryLogs()).nats);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(training.step, stopped, "nothing goes on in the background");
    await training.run({ until: stopped + 1 });
    assert.ok(training.step > stopped);
    training.release();
  });

  it("refuses settings out of their range, batches that fit no model, and losses beyond bounds", async () => {
    const model = await createTransformer(TINY, { seed: 1 });
    for (const options of [
      { steps: 0 },
      { steps: 1.5 },
      { steps: 1, learningRate: -1 },
      { steps: 1, betas: [1, 0.9] as const },
      { steps: 1, clip: 0 },
      { steps: 1, weightDecay: NaN },
    ]) {
      assert.throws(() => trainModel(model, randomBatches, options), TrainingError);
    }
    const step = (batch: Batch) => () => trainModel(model, () => batch, { steps: 1 }).takeStep();
    assert.throws(step({ sequences: [] }), TrainingError);
    assert.throws(step({ sequences: [[3]] }), /at least two/);
    assert.throws(step({ sequences: [[3, 17]] }), TrainingError);
    assert.throws(step({ sequences: [[17, 3]] }), /vocabulary of 17/);
    assert.throws(step({ sequences: [Array.from({ length: 11 }, () => 1)] }), /context of 9/);
    const wild = trainModel(model, randomBatches, { steps: 50, learningRate: 1e30 });
    assert.throws(() => {
      for (let i = 0; i < 50; i++) wild.takeStep();
    }, /lower learning rate/);
  });
});

describe("progress", () => {
  it("says step, loss, floor and time left, and shows itself as a loss curve", async () => {
    const training = trainModel(await twoSentences(0), wholeCorpus(programAndBatteryLogs()), {
      steps: 4,
      floor: 0.132,
    });
    assert.equal(training.progress.toString(), "step 0 of 4");
    training.takeStep();
    training.takeStep();
    assert.match(
      training.progress.toString(),
      /^step 2 of 4, loss \d\.\d{4} nats \(floor 0\.1320\), \d+ s left$/,
    );
    const bundle = training.progress[DISPLAY]();
    assert.match(
      String(bundle["image/svg+xml"]),
      /^<svg [^>]*xmlns.*stroke-dasharray.*<polyline points="[\d.]+,[\d.]+ [\d.]+,[\d.]+"/,
    );
    const [, picture = ""] =
      /^<img alt="step [^"<>]*" src="data:image\/svg\+xml,([^"]*)">$/.exec(String(bundle["text/html"])) ?? [];
    assert.equal(decodeURIComponent(picture), bundle["image/svg+xml"]);
    assert.equal(bundle["text/plain"], training.progress.toString());
    training.release();
  });
});

describe("checkpoints", () => {
  let folder = "";
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "checkpoint-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("give the same model again, with its words and its record", async () => {
    const model = await twoSentences(1);
    await saveCheckpoint(folder, model, { seed: 1 });
    assert.deepEqual(readdirSync(folder).sort(), ["config.json", "model.safetensors", "training.json"]);
    const { model: again, record } = await loadCheckpoint(folder);
    assert.deepEqual(record, { seed: 1 });
    const words = ["check", "the", "battery"];
    assert.deepEqual(again.next(words).toArray(), model.next(words).toArray());
    assert.deepEqual(again.configuration, model.configuration);
  });

  it("let a run go on exactly as if it had not been stopped", async () => {
    const options = {
      steps: 8,
      clip: 1,
      weightDecay: 0.1,
      schedule: cosineSchedule({ steps: 8, warmUp: 2 }),
    };
    const model = await createTransformer(TINY, { seed: 5 });
    const whole = trainModel(model, randomBatches, options);
    await whole.run();
    const half = trainModel(model, randomBatches, options);
    for (let i = 0; i < 4; i++) half.takeStep();
    await saveCheckpoint(folder, half);
    const resumed = await resumeTraining(folder, randomBatches, options);
    assert.equal(resumed.step, 4);
    await resumed.run();
    assert.deepEqual(resumed.losses, whole.losses);
    assert.deepEqual(resumed.model.parameters.get("W_U"), whole.model.parameters.get("W_U"));
  });

  it("are refused when a file is missing, cut off, no JSON, or does not fit the others", async () => {
    await assert.rejects(loadCheckpoint(folder), { name: "CheckpointError", message: /config\.json/ });
    await saveCheckpoint(folder, await createTransformer(TINY, { seed: 5 }));
    await assert.rejects(resumeTraining(folder, randomBatches, { steps: 1 }), { name: "CheckpointError" });
    const weights = readFileSync(join(folder, "model.safetensors"));
    writeFileSync(join(folder, "model.safetensors"), weights.subarray(0, weights.length - 8));
    await assert.rejects(loadCheckpoint(folder), { name: "SafetensorsError" });
    writeFileSync(join(folder, "model.safetensors"), weights);
    const config = readFileSync(join(folder, "config.json"), "utf8");
    writeFileSync(join(folder, "config.json"), config.replace('"layers": 2', '"layers": 3'));
    await assert.rejects(loadCheckpoint(folder), { name: "WeightsError", message: /blocks\.2/ });
    writeFileSync(
      join(folder, "config.json"),
      config.replace('"heads": 2', '"heads": 4').replace('"keyHeads": 2', '"keyHeads": 4'),
    );
    await assert.rejects(loadCheckpoint(folder), { name: "CheckpointError", message: /W_Q has the shape/ });
    writeFileSync(join(folder, "config.json"), "{");
    await assert.rejects(loadCheckpoint(folder), /no JSON/);
  });
});

describe("batches", () => {
  it("are functions of the step alone", () => {
    const corpus = programAndBatteryLogs();
    const text = Int32Array.from({ length: 50 }, (_, i) => i);
    for (const batches of [
      sentenceBatches(corpus, { size: 3, seed: 1 }),
      textBatches(text, { size: 2, length: 5, seed: 1 }),
      randomBatches,
    ]) {
      const [first, second] = [batches(0), batches(1)];
      assert.notDeepEqual(first, second);
      assert.deepEqual(batches(0), first);
    }
  });

  it("are stretches of a text one longer than what is predicted, from its first place to its last", () => {
    const batches = textBatches([0, 1, 2, 3, 4, 5], { size: 40, length: 4, seed: 1 });
    const starts = new Set(batches(0).sequences.map((row) => row[0]));
    assert.deepEqual([...starts].sort(), [0, 1]);
    for (const row of batches(0).sequences) assert.equal(row.length, 5);
    assert.throws(() => textBatches([0, 1], { size: 1, length: 2, seed: 1 }), TrainingError);
  });
});

describe("tokenLosses", () => {
  it("gives the loss that training sees", async () => {
    const model = await createTransformer(TINY, { seed: 5 });
    const sequences = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const training = trainModel(model, () => ({ sequences }), { steps: 1 });
    const mean = tokenLosses(model, sequences).mean("position").mean("batch").value();
    assert.ok(Math.abs(mean - training.takeStep()) < 1e-5);
    tidied(arithmeticOfBackend(), () => training.release());
  });
});
