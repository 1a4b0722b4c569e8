import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { served } from "../served.ts";
import { ended, type Ended, JUPYTER_ENVIRONMENT, programOf, ROOT } from "../python.ts";

const FIXTURE = join(ROOT, "test", "notebooks", "fixtures", "two-cells.ipynb");
const ARTEFACTS = join(ROOT, "test", "artefacts", "clients");

describe("other clients of Jupyter", function () {
  this.timeout(180_000);

  before(() => {
    mkdirSync(ARTEFACTS, { recursive: true });
  });

  const tool = (name: string, ...args: string[]): Promise<Ended> =>
    ended(programOf(".venv-test", name), args, { cwd: ARTEFACTS, env: JUPYTER_ENVIRONMENT });

  it("nbconvert executes a notebook and exports it", async () => {
    const { code, stderr } = await tool(
      "jupyter-nbconvert",
      ...["--to", "html", "--execute", "--output-dir", ARTEFACTS, FIXTURE],
    );
    assert.equal(code, 0, stderr);
    const page = readFileSync(join(ARTEFACTS, "two-cells.html"), "utf8");
    assert.match(page, /<pre>6<\/pre>/);
  });

  it("papermill runs a notebook", async () => {
    const target = join(ARTEFACTS, "papermill.ipynb");
    const { code, stderr } = await tool("papermill", FIXTURE, target, "--cwd", ROOT);
    assert.equal(code, 0, stderr);
    assert.match(readFileSync(target, "utf8"), /"text\/plain": \[\s*"6"\s*\]/);
  });

  it("jupytext runs a TypeScript file in the percent format", async () => {
    writeFileSync(
      join(ARTEFACTS, "script.ts"),
      "// ---\n// jupyter:\n//   kernelspec:\n//     name: typescript\n//     display_name: TypeScript\n" +
        "//     language: typescript\n// ---\n\n// %%\nconst three: number = 3;\n\n// %%\nthree * 14\n",
    );
    const { code, stderr } = await tool("jupytext", "--to", "ipynb", "--execute", "script.ts");
    assert.equal(code, 0, stderr);
    assert.match(readFileSync(join(ARTEFACTS, "script.ipynb"), "utf8"), /"text\/plain": \[\s*"42"\s*\]/);
  });

  it("jupyter console runs cells that are typed into it, over lines too", async () => {
    const console_ = spawn(
      programOf(".venv-test", "jupyter-console"),
      ["--simple-prompt", "--kernel=typescript", "--ZMQTerminalInteractiveShell.image_handler=None"],
      { cwd: ARTEFACTS, env: JUPYTER_ENVIRONMENT, stdio: ["pipe", "pipe", "pipe"] },
    );
    let heard = "";
    const all = (async () => {
      for await (const chunk of console_.stdout) heard += String(chunk);
    })();
    console_.stdin.end("const three: number = 3;\nthree * 14\nquit\n");
    const [code] = (await once(console_, "exit")) as [number | null];
    await all;
    assert.equal(code, 0, heard);
    assert.match(heard, /Out\[2\]: 42/);
  });

  it("a kernel gateway serves the kernel to a front end on another machine", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const gateway = spawn(
      programOf(".venv-test", "jupyter-kernelgateway"),
      ["--ip=127.0.0.1", `--port=${port}`, "--KernelGatewayApp.port_retries=0"],
      {
        cwd: ARTEFACTS,
        env: { ...JUPYTER_ENVIRONMENT, KG_AUTH_TOKEN: "secret" },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    let log = "";
    try {
      for await (const chunk of gateway.stderr) {
        log += String(chunk);
        if (log.includes(`:${port}`)) break;
      }
      await served(url);
      const script = join(ROOT, "test", "clients", "gateway.py");
      const { code, stdout, stderr } = await ended(programOf(".venv-test", "python"), [
        script,
        url,
        "secret",
        "const six: number = 6;\nsix * 7",
      ]);
      assert.equal(code, 0, log + stderr);
      assert.equal(stdout, "42\n");
    } finally {
      const ending = once(gateway, "exit");
      gateway.kill("SIGTERM");
      await ending;
    }
  });
});
