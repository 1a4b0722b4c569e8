import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { differences } from "../../publishing/differences.ts";
import { executed, type Execution } from "../../publishing/execute.ts";
import { notebookNames, NOTEBOOKS, readNotebook, ROOT, wholeText } from "../../publishing/notebook.ts";
import { exercisesOf, resultOf, withSolutions } from "./solutions.ts";

/** Where the notebooks lie that are run, each with the solutions of its exercises behind its own cells. */
const SOLVED = join(ROOT, "test", "artefacts", "notebooks");

/** Notebooks that run at once: as many as the smallest machine has cores. */
const AT_ONCE = 2;

describe("notebooks", function () {
  this.timeout(600_000);
  const names = notebookNames();
  const runs = new Map<string, Promise<Execution>>();

  before(() => {
    // All begin now, a few at a time; each test below waits for its own.
    const free = Array.from({ length: AT_ONCE }, () => Promise.resolve());
    for (const [index, name] of names.entries()) {
      const place = index % AT_ONCE;
      const run = (free[place] ?? Promise.resolve()).then(() => executed(solved(name), NOTEBOOKS));
      free[place] = run.then(
        () => undefined,
        () => undefined,
      );
      runs.set(name, run);
    }
  });

  async function runOf(name: string): Promise<Execution> {
    const run = await runs.get(name);
    assert.ok(run, `${name} was not run`);
    return run;
  }

  for (const name of names) {
    it(`${name} runs from top to bottom in a fresh kernel`, async () => {
      const { error } = await runOf(name);
      assert.equal(error, undefined);
    });

    it(`${name} writes nothing to stderr`, async () => {
      const { notebook } = await runOf(name);
      const said = notebook.cells
        .flatMap(({ outputs = [] }) => outputs)
        .filter((output) => output.name === "stderr")
        .map(({ text }) => wholeText(text));
      assert.deepEqual(said, []);
    });

    const exercises = exercisesOf(readNotebook(join(NOTEBOOKS, name)));
    if (exercises.length > 0)
      it(`${name} tells a reader whether he has solved its ${exercises.length} exercises`, async () => {
        const { notebook } = await runOf(name);
        const said = exercises.map(({ id }) => [resultOf(notebook, id), resultOf(notebook, `${id}-again`)]);
        for (const [place, [unsolved = "", solution = ""]] of said.entries()) {
          assert.match(unsolved, /^['"`]Not /, `exercise ${place + 1}, as it is given`);
          assert.match(solution, /^['"`]Right/, `exercise ${place + 1}, solved`);
        }
      });

    it(`${name} shows what is committed`, async () => {
      const { notebook } = await runOf(name);
      const found = differences(readNotebook(join(NOTEBOOKS, name)), notebook).map(
        ({ cell, id, what }) => `${name}, cell ${cell} (${id}): ${what}`,
      );
      const advice = `If that is meant: npm run notebooks -- ${name}`;
      assert.deepEqual(found, [], [...found, advice].join("\n"));
    });
  }
});

describe("a run of a notebook", function () {
  this.timeout(120_000);
  const fixture = (name: string) => join(ROOT, "test", "notebooks", "fixtures", name);

  it("gives every cell its outputs", async () => {
    const { error, notebook } = await executed(fixture("two-cells.ipynb"));
    assert.equal(error, undefined);
    const texts = notebook.cells.map(({ outputs }) => wholeText(outputs?.[0]?.data?.["text/plain"]));
    assert.deepEqual(texts, ["3", "6"]);
  });

  it("ends at a cell that throws, and names the error", async () => {
    assert.match((await executed(fixture("throws.ipynb"))).error ?? "", /RangeError: out of range/);
  });

  it("ends at a cell that does not type-check", async () => {
    assert.match(
      (await executed(fixture("type-error.ipynb"))).error ?? "",
      /not assignable to type 'number'/,
    );
  });

  it("that cannot begin is an error which says why", async () => {
    await assert.rejects(executed(fixture("missing.ipynb")), /missing\.ipynb could not be run: .*No such file/s);
  });
});

/** Writes a notebook that ends with its solutions; its path. */
function solved(name: string): string {
  mkdirSync(SOLVED, { recursive: true });
  const path = join(SOLVED, name);
  writeFileSync(path, JSON.stringify(withSolutions(readNotebook(join(NOTEBOOKS, name)))));
  return path;
}
