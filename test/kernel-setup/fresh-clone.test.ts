import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { freePort } from "../free-port.ts";
import { ended, ROOT } from "../python.ts";
import { served } from "../served.ts";
import { emptyFolder, OFFLINE, remove } from "./project.ts";

describe("npm start on a fresh clone, in a path with spaces and letters beyond ASCII", function () {
  this.timeout(900_000);
  let clone: string;

  before(async () => {
    clone = emptyFolder();
    mkdirSync(clone, { recursive: true });
    const { stdout } = await ended("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    // What a clone would have, as it stands in the working tree.
    for (const file of stdout.split("\0").filter((path) => path !== "" && existsSync(join(ROOT, path)))) {
      mkdirSync(dirname(join(clone, file)), { recursive: true });
      cpSync(join(ROOT, file), join(clone, file));
    }
  });

  after(() => {
    remove(clone);
  });

  it("installs everything, serves JupyterLab with the kernel typescript, and ends with npm", async () => {
    assert.deepEqual(await kernelspecsServed(process.env), ["TypeScript", "message"]);
  });

  it("runs a cell, says doctor, and everything else is well", async () => {
    const { stdout } = await ended("npm", ["run", "--silent", "doctor"], { cwd: clone });
    assert.match(stdout, /^ok {4}a cell in the kernel: 42 /m);
    assert.match(stdout, /All is well\.\n$/);
  });

  it("says which backend runs, and why a broken installation of a faster one does not", async () => {
    const doctor = () => ended("npm", ["run", "--silent", "doctor"], { cwd: clone });
    assert.match(
      (await doctor()).stdout,
      /^ok {4}TensorFlow\.js: wasm with our .* kernels; large products: vectors of (128|256) bits.* is not installed\.$/m,
    );
    const broken = join(clone, "node_modules/@tensorflow/tfjs-node");
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, "package.json"), '{ "name": "@tensorflow/tfjs-node", "main": "index.js" }');
    writeFileSync(join(broken, "index.js"), 'throw new Error("tfjs_binding.node: no such file");');
    try {
      assert.match(
        (await doctor()).stdout,
        /^ok {4}TensorFlow\.js: wasm with our .*Not tensorflow: tfjs_binding\.node: no such file$/m,
      );
    } finally {
      rmSync(broken, { recursive: true });
    }
  });

  it("starts again without a network", async () => {
    assert.deepEqual(await kernelspecsServed({ ...process.env, ...OFFLINE }), ["TypeScript", "message"]);
  });

  /** Starts, asks the server's REST interface for our kernel, and stops. */
  async function kernelspecsServed(env: NodeJS.ProcessEnv): Promise<unknown[]> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const args = ["start", "--", "--no-browser", "--port", String(port), "--IdentityProvider.token=secret"];
    const lab = spawn("npm", args, { cwd: clone, env, stdio: ["ignore", "pipe", "pipe"] });
    try {
      await said(lab, `${url}/lab/tree/notebooks/00-start-here.ipynb`);
      await served(url);
      const reply = await fetch(`${url}/api/kernelspecs`, { headers: { Authorization: "token secret" } });
      const { kernelspecs } = (await reply.json()) as {
        kernelspecs: Record<string, { spec: { display_name: string; interrupt_mode: string } } | undefined>;
      };
      const spec = kernelspecs["typescript"]?.spec;
      return [spec?.display_name, spec?.interrupt_mode];
    } finally {
      const ending = once(lab, "close"); // when the last process that has its output is gone
      lab.kill("SIGTERM");
      await ending;
    }
  }
});

/** Waits until a program has printed a text; fails where it ends before. */
async function said(child: ChildProcess, text: string): Promise<void> {
  let log = "";
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      log += chunk.toString();
      if (log.includes(text)) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.on("exit", (code) => {
      reject(new Error(`ended with ${code ?? "a signal"}:\n${log}`));
    });
  });
}
