import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { BackendError, startBackend } from "../../../lib/backend/index.ts";

/** What a fresh process prints when it runs `code`, in which `backend` is the module. */
function printed(code: string): { stdout: string; stderr: string } {
  const module = new URL("../../../lib/backend/index.ts", import.meta.url).href;
  const program = `import(${JSON.stringify(module)}).then(async (backend) => { ${code} });`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "-e", program], {
    encoding: "utf8",
  });
  return { stdout: stdout.trim(), stderr };
}

describe("startBackend", () => {
  it("starts wasm with our kernels where nothing faster is installed, and says why", async () => {
    const report = await startBackend();
    assert.equal(report.backend, "wasm");
    assert.notEqual(report.kernels, "none");
    assert.match(report.why, /WebAssembly/);
    assert.equal(report.threads, Math.min(8, availableParallelism()));
    assert.deepEqual(
      report.passedOver.map(({ backend }) => backend),
      ["tensorflow"],
    );
    assert.match(report.passedOver[0]?.why ?? "", /not installed/);
  });

  it("gives the same report again, and refuses another backend once one runs", async () => {
    assert.equal(await startBackend(), await startBackend("wasm"));
    await assert.rejects(startBackend("cpu"), BackendError);
  });

  it("starts the backend that is asked for", () => {
    const { stdout } = printed(
      `const report = await backend.startBackend("cpu"); console.log(report.backend, report.kernels);`,
    );
    assert.equal(stdout, "cpu none");
  });

  it("runs and trains models on plain JavaScript as on wasm", () => {
    const models = new URL("../../../lib/models/transformer/index.ts", import.meta.url).href;
    const training = new URL("../../../lib/training/index.ts", import.meta.url).href;
    const losses = (name: string) =>
      printed(
        `await backend.startBackend("${name}");
         const { createTransformer } = await import(${JSON.stringify(models)});
         const { trainModel } = await import(${JSON.stringify(training)});
         const model = await createTransformer({ vocabulary: 7, context: 5, layers: 1, heads: 2, keyHeads: 1, embedding: 8,
           norm: true, feedForward: true, positions: "rotary" }, { seed: 1 });
         const run = trainModel(model, () => ({ sequences: [[1, 2, 3, 4], [5, 6]] }), { steps: 5, learningRate: 0.01, clip: 1 });
         for (let i = 0; i < 5; i++) run.takeStep();
         console.log(JSON.stringify([...run.losses, ...model.next(["1", "2"]).data]));`,
      ).stdout;
    const [cpu = [], wasm = []] = ["cpu", "wasm"].map((name) => JSON.parse(losses(name)) as number[]);
    assert.equal(cpu.length, 12);
    for (const [i, number] of cpu.entries()) assert.ok(Math.abs(number - (wasm[i] ?? NaN)) < 1e-4, `${i}`);
  }).timeout(60_000);

  it("lets a model say so when TensorFlow.js was switched to another backend", () => {
    const models = new URL("../../../lib/models/transformer/index.ts", import.meta.url).href;
    const { stdout } = printed(
      `const { createTransformer } = await import(${JSON.stringify(models)});
       const model = await createTransformer({ vocabulary: 7, context: 5, layers: 1, heads: 2, embedding: 8 }, { seed: 1 });
       const tf = await import("@tensorflow/tfjs-core");
       await import("@tensorflow/tfjs-backend-cpu");
       await tf.setBackend("cpu");
       try { model.run([1, 2]); } catch (problem) { console.log(problem.name, problem.message); }
       await tf.setBackend("wasm");
       console.log(model.run([1, 2]).logits.shape.join(" "));`,
    );
    assert.match(stdout, /^BackendError .*switched to cpu.*wasm[^]*\n2 7$/);
  }).timeout(60_000);

  it("says why one that is asked for cannot be had", () => {
    const { stdout } = printed(
      `await backend.startBackend("webgpu").catch((problem) => console.log(problem.name, problem.message));`,
    );
    assert.match(stdout, /^BackendError .*webgpu.* is not installed/);
  });

  it("loads nothing of TensorFlow.js before it is called", () => {
    const { stdout } = printed(
      `const { createRequire } = await import("node:module"); console.log(Object.keys(createRequire(process.cwd() + "/x")("node:module")._cache).filter((path) => path.includes("tfjs")).length);`,
    );
    assert.equal(stdout, "0");
  });

  it("leaves uncaught errors as they were", () => {
    const { stdout } = printed(
      `await backend.startBackend(); console.log(process.listenerCount("uncaughtException"), process.listenerCount("unhandledRejection"));`,
    );
    assert.equal(stdout, "0 0");
  });
});
