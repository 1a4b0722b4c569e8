import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ended, type Ended, ROOT } from "../python.ts";
import { fakePython, makeProject, onlyNode, remove, script } from "./project.ts";

describe("matrix-composition", function () {
  this.timeout(60_000);
  let project: string;
  const cli = (...args: string[]): Promise<Ended> =>
    script(project, "cli", args, { env: { PATH: onlyNode(project) } });

  beforeEach(() => {
    project = makeProject();
  });

  afterEach(() => {
    remove(project);
  });

  const specUnder = (prefix: string): string => join(prefix, "share/jupyter/kernels/typescript/kernel.json");

  it("lists its commands", async () => {
    for (const args of [[], ["--help"], ["-h"], ["help"]]) {
      const { code, stdout } = await cli(...args);
      assert.equal(code, 0);
      assert.match(stdout, /matrix-composition kernel install --user \| --prefix DIR/);
      rmSync(join(project, "only-node"), { recursive: true });
    }
  });

  it("says its version", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    assert.equal((await cli("--version")).stdout.trim(), version);
  });

  it("says that it does not know a command, and where to look", async () => {
    for (const args of [["plot"], ["kernel"], ["kernel", "start"], ["constructor"], ["kernel", "toString"]]) {
      const { code, stderr } = await cli(...args);
      assert.equal(code, 1);
      assert.equal(
        stderr,
        `Unknown command "${args.join(" ")}". Remedy: matrix-composition --help lists the commands\n`,
      );
      rmSync(join(project, "only-node"), { recursive: true });
    }
  });

  it("runs as npm links it", async () => {
    const link = join(project, "matrix-composition");
    symlinkSync(join(project, "kernel-setup", "cli.mjs"), link);
    const { code, stdout } = await ended(process.execPath, [link, "--version"]);
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it("passes a library command's arguments on, and its exit code back", async () => {
    const folder = join(project, "dist", "lib");
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "report-command.js"),
      "export async function command(args) { console.log(args.join('+')); return 3; }\n",
    );
    const { code, stdout } = await cli("report", "folder", "--layer=2");
    assert.deepEqual([code, stdout], [3, "folder+--layer=2\n"]);
  });

  it("says that a library command is not in this version", async () => {
    const { code, stderr } = await cli("report");
    assert.equal(code, 1);
    assert.match(stderr, /^This version has no command "report"\. Remedy: .*\n$/);
  });

  it("registers the kernel with one Python and removes it again", async () => {
    const prefix = join(project, "their env");
    const installed = await cli("kernel", "install", "--prefix", prefix);
    assert.equal(installed.code, 0, installed.stderr);
    const { argv } = JSON.parse(readFileSync(specUnder(prefix), "utf8")) as { argv: string[] };
    assert.equal(argv[1], join(project, "dist", "kernel", "main.js"));
    rmSync(join(project, "only-node"), { recursive: true });
    const removed = await cli("kernel", "uninstall", `--prefix=${prefix}`);
    assert.equal(removed.code, 0);
    assert.ok(!existsSync(specUnder(prefix)));
  });

  it("registers the kernel for one user", async () => {
    const env = { PATH: onlyNode(project), JUPYTER_DATA_DIR: join(project, "data") };
    const { code, stdout } = await script(project, "install", ["--user"], { env });
    assert.equal(code, 0);
    assert.match(stdout, /^Kernel "TypeScript" is registered in .*data.kernels.typescript\n$/);
    assert.equal((await script(project, "uninstall", ["--user"], { env })).code, 0);
    const again = await script(project, "uninstall", ["--user"], { env });
    assert.deepEqual([again.code, /nothing to remove/.test(again.stdout)], [0, true]);
  });

  it("asks where, rather than guessing", async () => {
    for (const args of [[], ["--prefix"], ["somewhere"], ["--user", "--prefix"]]) {
      const { code, stderr } = await script(project, "install", args);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^(Where is not said|Not understood: .*)\. Remedy: npx matrix-composition kernel install --user/,
      );
    }
  });
});

describe("doctor", function () {
  this.timeout(60_000);
  let project: string;

  beforeEach(() => {
    project = makeProject();
    writeFileSync(join(project, "package-lock.json"), '{ "packages": {} }');
  });

  afterEach(() => {
    remove(project);
  });

  it("says of every failure what to do, and fails", async () => {
    const { code, stdout } = await script(project, "doctor", [], { env: { PATH: onlyNode(project) } });
    assert.equal(code, 1);
    assert.match(stdout, /^ok {4}Node: v\d+\.\d+\.\d+, kernels start /m);
    assert.match(stdout, /^FAIL {2}Python: No Python was found\n {6}do: install Python 3/m);
    assert.match(stdout, /^FAIL {2}virtual environment: .*\n {6}do: npm run setup/m);
    assert.match(stdout, /^FAIL {2}kernelspec: .*\n {6}do: npm run setup/m);
    assert.match(stdout, /^FAIL {2}a cell in the kernel: .*\n {6}do: mend the failures above first/m);
    assert.match(stdout, /^\d of 9 checks failed; mend the first one first\.$/m);
  });

  it("finds what setup made, but for the kernel's answer, which nobody can fake", async () => {
    const PATH = fakePython(project);
    assert.equal((await script(project, "setup", [], { env: { PATH } })).code, 0);
    const { stdout } = await script(project, "doctor", [], { env: { PATH } });
    for (const name of [
      "Node",
      "node packages",
      "built kernel",
      "Python",
      "virtual environment",
      "kernelspec",
    ]) {
      assert.match(stdout, new RegExp(`^ok    ${name}: `, "m"));
    }
  });

  it("sees that the kernelspec names another folder", async () => {
    const PATH = fakePython(project);
    await script(project, "setup", [], { env: { PATH } });
    const file = join(project, ".venv/share/jupyter/kernels/typescript/kernel.json");
    writeFileSync(file, readFileSync(file, "utf8").replace("main.js", "other.js"));
    const { stdout } = await script(project, "doctor", [], { env: { PATH } });
    assert.match(
      stdout,
      /^FAIL {2}kernelspec: it names another folder or another Node\n {6}do: npm run setup/m,
    );
  });
});
