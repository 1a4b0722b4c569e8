import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BackendError, startBackend } from "../../../lib/backend/index.ts";

const resolved = (name: string) => createRequire(import.meta.url).resolve(name);
const TSX = pathToFileURL(resolved("tsx")).href;

/** What a fresh process prints when it runs `code`, in which `backend` is the module; in `cwd`, or here. */
function printed(code: string, cwd = process.cwd()): { stdout: string; stderr: string } {
  const module = new URL("../../../lib/backend/index.ts", import.meta.url).href;
  const program = `import(${JSON.stringify(module)}).then(async (backend) => { ${code} });`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", TSX, "-e", program], {
    encoding: "utf8",
    cwd,
  });
  return { stdout: stdout.trim(), stderr };
}

/** What `code` prints in a project where the package `name` is installed and does `program` when it is loaded. */
function printedWith(name: string, program: string, code: string): string {
  const project = mkdtempSync(join(tmpdir(), "backend-"));
  try {
    const folder = join(project, "node_modules", ...name.split("/"));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(project, "package.json"), "{}");
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ name, version: "4.22.0", main: "index.js" }),
    );
    writeFileSync(join(folder, "index.js"), program);
    const { stdout, stderr } = printed(code, project);
    return stdout === "" ? stderr : stdout;
  } finally {
    rmSync(project, { recursive: true });
  }
}

/** Stands for tfjs-node: TensorFlow.js' plain kernels under the C library's name, which count how often they multiply matrices. */
const STAND_IN = `
  const core = require(${JSON.stringify(resolved("@tensorflow/tfjs-core"))});
  const { MathBackendCPU } = require(${JSON.stringify(resolved("@tensorflow/tfjs-backend-cpu"))});
  core.registerBackend("tensorflow", () => new MathBackendCPU());
  core.copyRegisteredKernels("cpu", "tensorflow");
  const { kernelFunc } = core.getKernel("BatchMatMul", "tensorflow");
  core.unregisterKernel("BatchMatMul", "tensorflow");
  globalThis.products = 0;
  core.registerKernel({
    kernelName: "BatchMatMul",
    backendName: "tensorflow",
    kernelFunc: (given) => { globalThis.products++; return kernelFunc(given); },
  });`;

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
  }).timeout(240_000);

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
  }).timeout(240_000);

  it("says why one that is asked for cannot be had", () => {
    const { stdout } = printed(
      `await backend.startBackend("webgpu").catch((problem) => console.log(problem.name, problem.message));`,
    );
    assert.match(stdout, /^BackendError .*webgpu.* is not installed/);
  });

  it("takes tfjs-node where it is installed, and models compute on it what they compute on wasm", () => {
    const models = new URL("../../../lib/models/transformer/index.ts", import.meta.url).href;
    const code = (choice: string) =>
      `const report = await backend.startBackend(${choice});
       const { createTransformer } = await import(${JSON.stringify(models)});
       const model = await createTransformer({ vocabulary: 7, context: 5, layers: 1, heads: 2, embedding: 8, feedForward: true, norm: true }, { seed: 1 });
       const { data } = model.run([1, 2, 3], { keep: ["*"] }).logits;
       console.log(JSON.stringify({ ...report, products: globalThis.products, logits: [...data] }));`;
    interface Said {
      readonly backend: string;
      readonly why: string;
      readonly kernels: string;
      readonly passedOver: readonly unknown[];
      readonly products: number;
      readonly logits: readonly number[];
    }
    const said = (choice: string) =>
      JSON.parse(printedWith("@tensorflow/tfjs-node", STAND_IN, code(choice))) as Said;
    const [own, wasm] = [said(""), said('"wasm"')];
    assert.deepEqual(
      [own.backend, own.kernels, own.passedOver, own.why],
      ["tensorflow", "none", [], "@tensorflow/tfjs-node is installed."],
    );
    assert.ok(own.products > 5);
    assert.equal(wasm.backend, "wasm");
    assert.equal(own.logits.length, 21);
    for (const [i, logit] of own.logits.entries())
      assert.ok(Math.abs(logit - (wasm.logits[i] ?? NaN)) < 1e-5, `${i}`);
  }).timeout(240_000);

  for (const [what, program, why] of [
    [
      "lacks its native library",
      `throw new Error("The Node.js native addon module (tfjs_binding.node) can not be found at path:\\n  /somewhere/tfjs_binding.node.\\nPlease run the following command");`,
      /^wasm tensorflow The Node\.js native addon module \(tfjs_binding\.node\) can not be found at path: \/somewhere\/tfjs_binding\.node\. Please/,
    ],
    ["brings another copy of the core", "", /^wasm tensorflow .*another copy of @tensorflow\/tfjs-core/],
    [
      "cannot start",
      `require(${JSON.stringify(resolved("@tensorflow/tfjs-core"))}).registerBackend("tensorflow", () => { throw new Error("no device"); });`,
      /^wasm tensorflow TensorFlow\.js could not start tensorflow\.$/,
    ],
  ] as const) {
    it(`falls back to wasm, and says why in one line, where an installed tfjs-node ${what}`, () => {
      const said = printedWith(
        "@tensorflow/tfjs-node",
        program,
        `const { backend: name, passedOver: [other] } = await backend.startBackend(); console.log(name, other.backend, other.why);
         const tf = await import("@tensorflow/tfjs-core"); console.error(tf.matMul([[2]], [[3]]).dataSync()[0]);`,
      );
      assert.match(said, why);
    }).timeout(240_000);
  }

  it("says why WebGPU cannot be had where the package webgpu does not load", () => {
    const said = printedWith(
      "@tensorflow/tfjs-backend-webgpu",
      `throw new Error("dawn.node: cannot open shared object file");`,
      `await backend.startBackend("webgpu").catch((problem) => console.log(problem.name, problem.message));
       console.log((await backend.startBackend()).backend);`,
    );
    assert.match(
      said,
      /^BackendError .*webgpu: .*(webgpu, which brings it, is not installed|cannot open shared object file).*\nwasm$/,
    );
  }).timeout(240_000);

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
