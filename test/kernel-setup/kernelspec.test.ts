import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
  isNodeNewEnough,
  kernelspec,
  kernelsUnder,
  removeKernelspec,
  stableNode,
  userKernels,
  writeKernelspec,
} from "../../kernel-setup/kernelspec.mjs";
import { emptyFolder, remove } from "./project.ts";

let folder: string;
beforeEach(() => {
  folder = emptyFolder();
  mkdirSync(folder, { recursive: true });
});
afterEach(() => {
  remove(folder);
});

describe("kernelspec", () => {
  it("names the kernel, how it is started and how it is interrupted", () => {
    assert.deepEqual(kernelspec("/a b/package", "/usr/bin/node"), {
      argv: ["/usr/bin/node", join("/a b/package", "dist", "kernel", "main.js"), "{connection_file}"],
      display_name: "TypeScript",
      language: "typescript",
      interrupt_mode: "message",
      metadata: { debugger: true },
    });
  });
});

describe("writeKernelspec", () => {
  it("writes what Jupyter reads, with the logos, and leaves it alone the next time", () => {
    const kernels = kernelsUnder(folder);
    const place = writeKernelspec(kernels, "/package", "node");
    assert.equal(place, join(folder, "share", "jupyter", "kernels", "typescript"));
    const text = readFileSync(join(place, "kernel.json"), "utf8");
    assert.deepEqual(JSON.parse(text), kernelspec("/package", "node"));
    for (const size of [32, 64]) {
      const picture = readFileSync(join(place, `logo-${size}x${size}.png`));
      assert.equal(picture.subarray(1, 4).toString(), "PNG");
      assert.equal(picture.readUInt32BE(16), size, "the width in the PNG's header");
    }
    assert.match(readFileSync(join(place, "logo-svg.svg"), "utf8"), /^<svg /);
    writeKernelspec(kernels, "/package", "/usr/bin/node");
    assert.match(readFileSync(join(place, "kernel.json"), "utf8"), /\/usr\/bin\/node/);
  });
});

describe("removeKernelspec", () => {
  it("removes ours, once", () => {
    const place = writeKernelspec(folder, "/package", "node");
    assert.equal(removeKernelspec(folder), "removed");
    assert.ok(!existsSync(place));
    assert.equal(removeKernelspec(folder), "absent");
  });

  it("leaves another package's kernel of the same name", () => {
    mkdirSync(join(folder, "typescript"));
    const file = join(folder, "typescript", "kernel.json");
    writeFileSync(file, '{ "argv": ["deno", "jupyter", "{connection_file}"] }');
    assert.equal(removeKernelspec(folder), "foreign");
    assert.ok(existsSync(file));
  });
});

describe("stableNode", () => {
  /** Folders for the PATH, each with a `node` that is the present one. */
  const path = (...names: string[]): string =>
    names
      .map((name) => {
        const programs = join(folder, "..", name);
        mkdirSync(programs, { recursive: true });
        symlinkSync(process.execPath, join(programs, "node"));
        return programs;
      })
      .join(delimiter);

  it("takes the first node of the PATH whose folder has no version in its name", async () => {
    const PATH = path(
      "nvm/versions/node/v20.19.1/bin",
      "Cellar/node/22.3.0/bin",
      "node@22/bin",
      "opt/bin",
      "bin",
    );
    assert.equal(await stableNode({ PATH }), join(folder, "..", "opt", "bin", "node"));
  });

  it("takes none that is there for one shell only", async () => {
    const PATH = path("fnm_multishells/17_23/bin", "volta/bin");
    assert.equal(await stableNode({ PATH }), join(folder, "..", "volta", "bin", "node"));
  });

  it("takes none that is too old or does not start", async () => {
    const old = join(folder, "..", "old");
    mkdirSync(old);
    writeFileSync(join(old, "node"), "#!/bin/sh\necho v18.20.0\n", { mode: 0o755 });
    const broken = join(folder, "..", "broken");
    mkdirSync(broken);
    writeFileSync(join(broken, "node"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const PATH = [old, broken, path("bin")].join(delimiter);
    assert.equal(await stableNode({ PATH }), join(folder, "..", "bin", "node"));
  });

  it("leaves it to Jupyter's PATH where every folder has a version", async () => {
    assert.equal(await stableNode({ PATH: path("v22/bin", "versions/20.19.1/bin") }), "node");
    assert.equal(await stableNode({}), "node");
  });
});

describe("userKernels", () => {
  it("is where the user's Jupyter says, or would look", async function () {
    if (process.platform !== "linux") this.skip();
    assert.equal(await userKernels({ JUPYTER_DATA_DIR: "/data" }), "/data/kernels");
    assert.equal(await userKernels({ HOME: "/home/ada" }), "/home/ada/.local/share/jupyter/kernels");
    assert.equal(await userKernels({ HOME: "/home/ada", XDG_DATA_HOME: "/x" }), "/x/jupyter/kernels");
    const jupyter = join(folder, "jupyter");
    writeFileSync(jupyter, "#!/bin/sh\necho /told\n", { mode: 0o755 });
    assert.equal(await userKernels({ PATH: folder }), "/told/kernels");
  });
});

describe("isNodeNewEnough", () => {
  it("is so from 20.19 on", () => {
    assert.deepEqual(
      ["v18.20.8", "v20.18.3", "v20.19.0", "v20.20.2", "v22.0.0", "v24.1.0"].map((version) =>
        isNodeNewEnough(version),
      ),
      [false, false, true, true, true, true],
    );
  });
});
