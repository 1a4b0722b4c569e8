import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ended, type Ended, JUPYTER_ENVIRONMENT, programOf, ROOT } from "../python.ts";

/** Notebooks that run at once: as many as the smallest machine has cores. */
const AT_ONCE = 2;

const ARTEFACTS = join(ROOT, "test", "artefacts", "notebooks");

interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Notebook {
  readonly metadata: { readonly kernelspec?: { readonly name?: string } };
  readonly cells: readonly {
    readonly cell_type: string;
    readonly source: string | readonly string[];
    readonly outputs?: readonly Output[];
  }[];
}

describe("notebooks", function () {
  this.timeout(600_000);
  const names = notebooksIn("notebooks");
  const runs = new Map<string, Promise<Ended>>();

  before(() => {
    // All begin now, a few at a time; each test below waits for its own.
    const free = Array.from({ length: AT_ONCE }, () => Promise.resolve());
    for (const [index, name] of names.entries()) {
      const slot = index % AT_ONCE;
      const run = (free[slot] ?? Promise.resolve()).then(() => runNotebook(join(ROOT, "notebooks", name)));
      free[slot] = run.then(
        () => undefined,
        () => undefined,
      );
      runs.set(name, run);
    }
  });

  for (const name of names) {
    it(`${name} names our kernel`, () => {
      assert.equal(read(join(ROOT, "notebooks", name)).metadata.kernelspec?.name, "typescript");
    });

    it(`${name} runs from top to bottom in a fresh kernel`, async () => {
      const { code, stdout, stderr } = (await runs.get(name)) ?? { code: 1, stdout: "not run", stderr: "" };
      assert.equal(code, 0, stdout + stderr);
    });

    it(`${name} writes nothing to stderr`, async () => {
      await runs.get(name);
      const outputs = read(join(ARTEFACTS, name)).cells.flatMap(({ outputs = [] }) => outputs);
      const errors = outputs.filter((output) => output.output_type === "error" || output.name === "stderr");
      assert.deepEqual(errors, []);
    });
  }
});

describe("the runner of notebooks", function () {
  this.timeout(120_000);
  const fixtures = join(ROOT, "test", "notebooks", "fixtures");

  it("gives every cell its outputs", async () => {
    const { code, stdout, stderr } = await runNotebook(join(fixtures, "two-cells.ipynb"));
    assert.equal(code, 0, stdout + stderr);
    const outputs = read(join(ARTEFACTS, "two-cells.ipynb")).cells.map(({ outputs = [] }) => outputs);
    assert.deepEqual(
      outputs.map(([output]) => output?.data?.["text/plain"]),
      [["3"], ["6"]],
    );
  });

  it("fails on a cell that throws, and names the error", async () => {
    const { code, stdout } = await runNotebook(join(fixtures, "throws.ipynb"));
    assert.equal(code, 1);
    assert.match(stripVTControlCharacters(stdout), /RangeError: out of range/);
  });

  it("fails on a cell that does not type-check", async () => {
    const { code, stdout } = await runNotebook(join(fixtures, "type-error.ipynb"));
    assert.equal(code, 1);
    assert.match(stripVTControlCharacters(stdout), /not assignable to type 'number'/);
  });
});

function notebooksIn(folder: string): string[] {
  const path = join(ROOT, folder);
  return existsSync(path)
    ? readdirSync(path)
        .filter((name) => name.endsWith(".ipynb"))
        .sort()
    : [];
}

function runNotebook(path: string): Promise<Ended> {
  const target = join(ARTEFACTS, path.replace(/^.*[\\/]/, ""));
  const script = join(ROOT, "test", "notebooks", "run_notebook.py");
  return ended(programOf(".venv", "python"), [script, path, target], { env: JUPYTER_ENVIRONMENT });
}

function read(path: string): Notebook {
  return JSON.parse(readFileSync(path, "utf8")) as Notebook;
}
