import assert from "node:assert/strict";
import { ROOT } from "../../python.ts";
import { KernelProcess, type FrontEnd } from "./front-end.ts";

/** Two sentences, a model with one head, and a run that would take hours; what a stopped run holds in the backend's memory. */
const SETUP = `
import { createTransformer, lossFloor, modelLoss, programAndBatteryLogs, trainModel, wholeCorpus } from "matrix-composition";
import * as tf from "@tensorflow/tfjs-core";
const corpus = programAndBatteryLogs();
const fresh = await createTransformer(
  { vocabulary: 13, context: 12, layers: 1, heads: 1, embedding: 16, positions: "none" },
  { seed: 1, vocabulary: corpus.vocabulary },
);
const training = trainModel(fresh, wholeCorpus(corpus), { steps: 1e7, learningRate: 0.02 });
const loss = () => modelLoss(training.model, corpus).nats;`;

/** The cell of the essays: it trains and says how far it is. */
const TRAIN = "for await (const progress of training) console.log(progress.step);";

/** A cell that never pauses: an interrupt comes in the middle of a step. */
const SPIN = "console.log('began'); for (;;) training.takeStep();";

describe("the stop button while a model trains", function () {
  this.timeout(120_000);
  let kernel: KernelProcess;
  let frontEnd: FrontEnd;
  before(async () => {
    ({ kernel, frontEnd } = await KernelProcess.ready({ folder: ROOT }));
    const { reply } = await frontEnd.run(SETUP);
    assert.equal(reply["status"], "ok", JSON.stringify(reply));
  });
  after(() => kernel.end());

  const value = async (code: string): Promise<number> => {
    const { result, reply } = await frontEnd.run(code);
    assert.equal(reply["status"], "ok", `${code}: ${JSON.stringify(reply)}`);
    return Number(result);
  };
  const stopped = async (code: string): Promise<void> => {
    const { reply } = await frontEnd.interrupted(code);
    assert.equal(reply["ename"], "KeyboardInterrupt");
  };

  for (const [how, code] of [
    ["between two steps", TRAIN],
    ["in the middle of a step", SPIN],
  ] as const) {
    it(`ends the run ${how}, and the model so far can be used`, async () => {
      await stopped(code);
      const steps = await value("training.step");
      assert.ok(steps > 0);
      const sofar = await value("loss()");
      assert.ok(sofar < (await value("modelLoss(fresh, corpus).nats")), `loss ${sofar} after ${steps} steps`);
      assert.equal(await value("training.model.next(['check', 'the']).sum() > 0.99 ? 1 : 0"), 1);
      assert.equal(await value("training.step"), steps, "nothing goes on in the background");
    });
  }

  it("lets it go on from there, down to the floor, as if nothing had been", async () => {
    for (let time = 0; time < 4; time++) await stopped(SPIN);
    await value("await training.run({ until: training.step + 600 }); training.step");
    assert.ok((await value("loss() - lossFloor(corpus, Infinity).nats")) < 0.005);
  });

  it("leaves no tensors of the steps that were cut off", async () => {
    await value("training.takeStep()");
    const before = await value("tf.memory().numTensors");
    for (let time = 0; time < 8; time++) await stopped(SPIN);
    await value("training.takeStep()");
    const more = (await value("tf.memory().numTensors")) - before;
    assert.ok(more < 8, `${more} tensors more after 8 interrupts`);
  });
});
