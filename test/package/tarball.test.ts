import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ended, type Ended, programOf, ROOT } from "../python.ts";

/** What `npm pack --json` says of a package. */
interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

interface Heard {
  readonly argv: readonly string[];
  readonly stdout: string;
  readonly results: readonly string[];
  readonly error: string | null;
}

describe("the packed package, in an empty folder", function () {
  this.timeout(600_000);
  let folder: string;
  let project: string;
  let prefix: string;
  let packed: Packed;

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "matrix-composition-package-")));
    project = join(folder, "un dossier à moi");
    prefix = join(folder, "prefix");
    mkdirSync(project);
    const pack = await npm(["pack", "--json", "--pack-destination", folder], ROOT);
    assert.equal(pack.code, 0, pack.stderr);
    // `prepare` may have printed before it.
    const [first] = JSON.parse(pack.stdout.slice(pack.stdout.indexOf("[\n"))) as Packed[];
    assert.ok(first);
    packed = first;
    writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }');
    const install = await npm(["install", "--ignore-scripts", join(folder, packed.filename)], project);
    assert.equal(install.code, 0, install.stderr);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("has what it needs and no more", () => {
    const paths = packed.files.map(({ path }) => path);
    for (const path of [
      "dist/kernel/main.js",
      "dist/lib/bundle.js",
      "dist/lib/index.js",
      "dist/lib/index.d.ts",
      "dist/kernel/notebook/index.js",
      "kernel-setup/cli.mjs",
      "kernel-setup/logos/logo-svg.svg",
      "kernel-setup/requirements.txt",
      "README.md",
      "LICENSE",
    ]) {
      assert.ok(paths.includes(path), path);
    }
    assert.deepEqual(
      paths.filter((path) =>
        /^(test|bench|lib|kernel|\.ci)\/|tsconfig|\.tsbuildinfo|\.built|package-lock/.test(path),
      ),
      [],
    );
  });

  it("is imported by its name, by a plain script", async () => {
    writeFileSync(
      join(project, "script.js"),
      'import { tensor } from "matrix-composition";\n' +
        'console.log(tensor(["row", "column"], [[1, 2, 3], [4, 5, 6]]).shape.join());\n',
    );
    const { code, stdout, stderr } = await ended(process.execPath, ["script.js"], { cwd: project });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "2,3\n");
  });

  it("registers its kernel, which runs a cell that imports the library", async () => {
    const registered = await npm(
      ["exec", "--", "matrix-composition", "kernel", "install", "--prefix", prefix],
      project,
    );
    assert.equal(registered.code, 0, registered.stderr);
    assert.ok(existsSync(join(prefix, "share/jupyter/kernels/typescript/kernel.json")));
    const { argv, stdout, results, error } = await runCell(
      'import { tensor } from "matrix-composition";\n' +
        'const counts = tensor(["row", "column"], [[1, 2, 3], [4, 5, 6]]);\n' +
        "console.log(counts.size);\n" +
        "counts.value({ row: 1, column: 2 }) * 7",
    );
    assert.equal(argv[1], join(project, "node_modules/matrix-composition/dist/kernel/main.js"));
    assert.deepEqual({ stdout, results, error }, { stdout: "6\n", results: ["42"], error: null });
  });

  it("checks the types of that cell against the package's declarations", async () => {
    const { error } = await runCell(
      'import { tensor } from "matrix-composition";\nconst axes: number = tensor(["row"], [1]).axes;',
    );
    assert.match(stripVTControlCharacters(error ?? ""), /not assignable to type 'number'/);
  });

  it("has tslab's calls for notebooks that were written for it, without tslab", async () => {
    const { stdout, error } = await runCell(
      'import * as tslab from "tslab";\nconst shown: tslab.Display = tslab.newDisplay();\nshown.text("shown");\n' +
        "console.log(tslab.versions.tslab)",
    );
    assert.deepEqual({ stdout, error }, { stdout: "1.0.22\n", error: null });
  });

  it("removes its kernel again", async () => {
    const removed = await npm(
      ["exec", "--", "matrix-composition", "kernel", "uninstall", "--prefix", prefix],
      project,
    );
    assert.equal(removed.code, 0, removed.stderr);
    assert.ok(!existsSync(join(prefix, "share/jupyter/kernels/typescript")));
  });

  async function runCell(code: string): Promise<Heard> {
    // The kernel of .venv-test itself must not be taken: JUPYTER_PATH goes before everything.
    const env = { ...process.env, JUPYTER_PATH: join(prefix, "share", "jupyter") };
    const script = join(ROOT, "test", "run_cell.py");
    const {
      code: exit,
      stdout,
      stderr,
    } = await ended(programOf(".venv-test", "python"), [script, code], {
      cwd: project,
      env,
    });
    assert.equal(exit, 0, stderr);
    return JSON.parse(stdout.slice(stdout.lastIndexOf("\n{") + 1)) as Heard;
  }
});

function npm(args: readonly string[], cwd: string): Promise<Ended> {
  const path = process.env["npm_execpath"];
  return path !== undefined && /npm-cli\.js$/.test(path)
    ? ended(process.execPath, [path, ...args], { cwd })
    : ended("npm", args, { cwd });
}
