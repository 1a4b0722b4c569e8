import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { labArguments } from "../../kernel-setup/start.mjs";
import { type Ended, ROOT } from "../python.ts";
import { calls, fakePython, makeProject, OFFLINE, onlyNode, remove, script } from "./project.ts";

describe("npm start", function () {
  this.timeout(120_000);
  let project: string;

  beforeEach(() => {
    project = makeProject();
  });

  afterEach(() => {
    remove(project);
  });

  it("makes .venv with the pinned packages and nothing else, registers the kernel in it, and opens JupyterLab", async () => {
    const { code, stderr } = await script(project, "start", [], { env: { PATH: fakePython(project) } });
    assert.equal(code, 0, stderr);
    const [, venv = "", pip = "", lab = ""] = calls(project);
    assert.equal(venv, `-m venv --clear ${join(project, ".venv")}`);
    assert.match(pip, /^-m pip install .*--no-deps --require-hashes .*-r .*requirements\.txt$/);
    assert.match(
      lab,
      /kernel-setup\/lab\.py .*--LabApp\.default_url=\/lab\/tree\/notebooks\/00-start-here\.ipynb/,
    );
    const spec = join(project, ".venv", "share", "jupyter", "kernels", "typescript");
    const { argv } = JSON.parse(readFileSync(join(spec, "kernel.json"), "utf8")) as { argv: string[] };
    assert.deepEqual(argv.slice(1), [join(project, "dist", "kernel", "main.js"), "{connection_file}"]);
    assert.ok(
      ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"].every((logo) => existsSync(join(spec, logo))),
    );
  });

  it("shows the long step, its beginning and its end", async () => {
    const { stderr } = await script(project, "start", [], { env: { PATH: fakePython(project) } });
    assert.match(
      stderr,
      /^Installing JupyterLab into \.venv .* …\nInstalling JupyterLab into \.venv .*: done \(\d+ s\)\n$/,
    );
  });

  it("tells JupyterLab to fetch no news and no updates", async () => {
    await script(project, "start", [], { env: { PATH: fakePython(project) } });
    const settings = join(project, ".venv", "share", "jupyter", "lab", "settings", "overrides.json");
    assert.deepEqual(JSON.parse(readFileSync(settings, "utf8")), {
      "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
    });
  });

  it("needs no network, no Python of the system and no writing when it is started again", async () => {
    const PATH = fakePython(project);
    await script(project, "start", [], { env: { PATH } });
    const before = calls(project).length;
    const { code, stderr } = await script(project, "start", [], {
      env: { ...OFFLINE, PATH: onlyNode(project) },
    });
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    const added = calls(project).slice(before);
    assert.equal(added.length, 1, "only JupyterLab is started");
    assert.match(added[0] ?? "", /kernel-setup\/lab\.py /);
  });

  it("installs again when the pinned packages changed", async () => {
    const PATH = fakePython(project);
    await script(project, "setup", [], { env: { PATH } });
    const requirements = join(project, "kernel-setup", "requirements.txt");
    writeFileSync(requirements, readFileSync(requirements, "utf8") + "# changed\n");
    await script(project, "setup", [], { env: { PATH } });
    assert.equal(calls(project).filter((call) => call.startsWith("-m pip")).length, 2);
  });

  it("makes .venv anew where the folder was moved", async () => {
    const PATH = fakePython(project);
    await script(project, "setup", [], { env: { PATH } });
    const moved = join(project, "..", "moved");
    renameSync(project, moved);
    const { code } = await script(moved, "setup", [], { env: { PATH: join(moved, "programs") } });
    assert.equal(code, 0);
    assert.ok(existsSync(join(moved, ".venv", ".matrix-composition")));
    const spec = join(moved, ".venv", "share", "jupyter", "kernels", "typescript", "kernel.json");
    assert.ok(readFileSync(spec, "utf8").includes(JSON.stringify(join(moved, "dist", "kernel", "main.js"))));
  });

  it("goes on where an installation broke off", async () => {
    const PATH = fakePython(project);
    const broken = await script(project, "setup", [], { env: { PATH, PIP_EXIT: "1" } });
    assert.equal(broken.code, 1);
    const { code, stderr } = await script(project, "setup", [], { env: { PATH } });
    assert.equal(code, 0, stderr);
  });

  it("gives JupyterLab's exit code", async () => {
    const { code } = await script(project, "start", [], {
      env: { PATH: fakePython(project), LAB: "exit 7" },
    });
    assert.equal(code, 7);
  });

  it("passes on its arguments, and prefers this folder's kernel to one that the user registered", async () => {
    const args = ["--no-browser", "--IdentityProvider.token=a b"];
    const { stdout } = await script(project, "start", args, { env: { PATH: fakePython(project) } });
    assert.ok(calls(project).join("\n").endsWith(args.join(" ")));
    assert.match(stdout, /^prefers its own: 1$/m);
  });

  it("ends JupyterLab when it is told to end", async () => {
    const env = { PATH: fakePython(project), LAB: "trap 'exit 0' TERM; echo up; while :; do :; done" };
    const child = spawn(process.execPath, [join(project, "kernel-setup", "start.mjs")], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    for await (const chunk of child.stdout) if (String(chunk).includes("up")) break;
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 0);
  });

  describe("in trouble", () => {
    it("says that there is no Python", async () => {
      const ending = await script(project, "start", [], { env: { PATH: onlyNode(project) } });
      assertOneLine(ending, /^No Python was found\. Remedy: install Python 3 .*3\.10 or newer/);
    });

    it("says that Python is too old, and which one it found", async () => {
      const PATH = fakePython(project, { version: "3.8.10" });
      const ending = await script(project, "start", [], { env: { PATH } });
      assertOneLine(
        ending,
        /^Python 3\.8\.10 \(python3\) is too old: JupyterLab needs 3\.10 or newer\. Remedy: /,
      );
    });

    it("says which package brings the venv module", async () => {
      const PATH = fakePython(project, { version: "3.11.2", missing: "ensurepip" });
      const ending = await script(project, "start", [], { env: { PATH } });
      assertOneLine(ending, /^Python 3\.11\.2 has no ensurepip module.*Remedy: .*python3-venv/);
    });

    it("says that PYTHON names nothing that starts", async () => {
      const ending = await script(project, "start", [], { env: { PATH: "", PYTHON: "/nowhere/python" } });
      assertOneLine(ending, /^PYTHON=\/nowhere\/python is not a Python that starts\. Remedy: /);
    });

    it("says that the package index cannot be reached", async function () {
      const python = await realPython();
      if (python === undefined) this.skip();
      const ending = await script(project, "start", [], {
        env: { ...OFFLINE, PYTHON: python, PATH: "/usr/bin:/bin" },
      });
      assertOneLine(
        ending,
        /^The Python packages could not be downloaded: no connection .*Remedy: check the network/,
      );
    });

    it("says that the npm registry cannot be reached", async () => {
      cpSync(join(ROOT, "package-lock.json"), join(project, "package-lock.json"));
      const env = {
        ...OFFLINE,
        npm_config_cache: join(project, "cache"),
        PATH: [dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
      };
      const ending = await script(project, "start", [], { env });
      assertOneLine(
        ending,
        /^The node packages could not be downloaded: no connection .*Remedy: check the network/,
      );
    });

    it("says that the port is in use, before anything else", async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      for (const args of [[`--port=${port}`], ["--port", String(port)], [`--ServerApp.port=${port}`]]) {
        const ending = await script(project, "start", args, { env: { PATH: fakePython(project) } });
        assertOneLine(ending, new RegExp(`^Port ${port} is in use\\. Remedy: choose another`));
      }
      server.close();
    });

    it("says that the folder is read-only", async () => {
      const PATH = fakePython(project);
      chmodSync(project, 0o555);
      // Permissions do not bind root: the same as somebody else.
      const somebody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
      if (somebody.uid !== undefined) chmodSync(join(project, ".."), 0o755);
      if (somebody.uid !== undefined) chownSync(join(project, ".."), somebody.uid, somebody.gid);
      const ending = await script(project, "start", [], { env: { PATH }, ...somebody });
      chmodSync(project, 0o755);
      assertOneLine(
        ending,
        /^Cannot write to .* \(EACCES\)\. Remedy: copy the project to a folder that you may write to/,
      );
    });

    it("says that the kernel is not built", async () => {
      renameSync(join(project, "dist"), join(project, "elsewhere"));
      const ending = await script(project, "start", [], { env: { PATH: fakePython(project) } });
      assertOneLine(ending, /^The kernel is not built: .* is missing\. Remedy: npm run build/);
    });
  });
});

describe("labArguments", () => {
  it("lets root start JupyterLab, and only root", () => {
    assert.ok(labArguments([], 0).includes("--allow-root"));
    assert.ok(!labArguments([], 1000).includes("--allow-root"));
  });

  it("leaves the first page and the folder to the user's arguments", () => {
    const own = labArguments(["--ServerApp.root_dir=/elsewhere", "notebooks/01-markov-chain.ipynb"], 1000);
    assert.deepEqual(own, ["--ServerApp.root_dir=/elsewhere", "notebooks/01-markov-chain.ipynb"]);
  });
});

/** One line with a remedy, an exit code, and no stack trace; the lines of a step that failed may go before. */
function assertOneLine({ code, stderr }: Ended, expected: RegExp): void {
  const lines = stderr
    .trim()
    .split("\n")
    .filter((line) => !/^Installing .* (…|failed \(\d+ s\))$/.test(line));
  assert.equal(code, 1, stderr);
  assert.equal(lines.length, 1, stderr);
  assert.match(lines[0] ?? "", expected);
}

/** The Python that makes our own .venv. */
async function realPython(): Promise<string | undefined> {
  const { findPython } = await import("../../kernel-setup/python.mjs");
  return findPython().then(
    ({ command }) => command,
    () => undefined,
  );
}
