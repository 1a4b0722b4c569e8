import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Cell, notebookNames, NOTEBOOKS, readNotebook, wholeText } from "../publishing/notebook.ts";
import { tidied } from "../publishing/tidy.ts";

const START = "00-start-here.ipynb";

/** What GitHub still shows. */
const LARGEST_FILE_BYTES = 1.5e6;

/** What is longer belongs in lib/. */
const LONGEST_CELL_LINES = 25;

/** Drawn by scripts only: somebody without them needs another type beside it. */
const NEEDS_SCRIPT = /^application\/vnd\.(vega|vegalite|plotly|jupyter\.widget-view)/;

// What the notebooks import is tested in imports.test.ts.
describe("notebooks, as committed", () => {
  const names = notebookNames();

  for (const name of names) {
    describe(name, () => {
      const path = join(NOTEBOOKS, name);
      const notebook = readNotebook(path);
      const cells = notebook.cells.map((cell) => ({ ...cell, source: wholeText(cell.source) }));
      const code = cells.filter(({ cell_type: type }) => type === "code");

      it("is small enough for GitHub to show", () => {
        const { size } = statSync(path);
        assert.ok(size < LARGEST_FILE_BYTES, `${size} bytes`);
      });

      it("names our kernel", () => {
        assert.equal((notebook.metadata["kernelspec"] as { name?: string } | undefined)?.name, "typescript");
      });

      it("begins with its title", () => {
        assert.match(cells[0]?.source ?? "", /^# \S/);
      });

      it("has an id of its own for each cell", () => {
        assert.equal(new Set(cells.map(({ id }) => id)).size, cells.length);
      });

      it("has short cells of code", () => {
        const long = code.filter(({ source }) => source.trimEnd().split("\n").length > LONGEST_CELL_LINES);
        assert.deepEqual(idsOf(long), []);
      });

      it("was run from top to bottom, without an error", () => {
        const empty = code.filter(({ source }) => source.trim() === "").length;
        const counts = code.map(({ execution_count: count }) => count).filter((count) => count !== null);
        assert.deepEqual(
          counts,
          Array.from({ length: code.length - empty }, (_, index) => index + 1),
        );
        const failed = code.filter(({ outputs = [] }) =>
          outputs.some((output) => output.output_type === "error" || output.name === "stderr"),
        );
        assert.deepEqual(idsOf(failed), []);
      });

      it("is saved without what another run would change (npm run notebooks)", () => {
        assert.deepEqual(tidied(notebook, notebook), notebook);
      });

      it("has a picture or a table beside each figure that needs a script", () => {
        const without = code.filter(({ outputs = [] }) =>
          outputs.some(({ data = {} }) => {
            const types = Object.keys(data);
            const hasFallback = types.includes("image/png") || types.includes("text/html");
            return (
              types.some((type) => NEEDS_SCRIPT.test(type)) && !(hasFallback && types.includes("text/plain"))
            );
          }),
        );
        assert.deepEqual(idsOf(without), []);
      });

      it("links to files and headings that are there", () => {
        const text = cells.filter(({ cell_type: type }) => type === "markdown").map(({ source }) => source);
        const broken = linksIn(text.join("\n\n")).filter((link) => !isThere(path, link));
        assert.deepEqual(broken, []);
      });
    });
  }

  it("are all linked from the first", () => {
    const linked = new Set(linksIn(textOf(join(NOTEBOOKS, START))));
    assert.deepEqual(
      names.filter((name) => name !== START && !linked.has(name)),
      [],
    );
  });

  it("with a number lead back to the first, or on to another", () => {
    const stranded = names
      .filter((name) => /^\d/.test(name))
      .filter((name) => !linksIn(textOf(join(NOTEBOOKS, name))).some((link) => link.endsWith(".ipynb")));
    assert.deepEqual(stranded, []);
  });
});

function idsOf(cells: readonly Cell[]): string[] {
  return cells.map(({ id }) => id);
}

function textOf(path: string): string {
  const { cells } = readNotebook(path);
  return cells
    .filter(({ cell_type: type }) => type === "markdown")
    .map(({ source }) => wholeText(source))
    .join("\n\n");
}

/** Links and pictures that lead into the repository: Markdown's, and HTML's. */
function linksIn(text: string): string[] {
  const withoutCode = text.replaceAll(/```[\s\S]*?```/g, "").replaceAll(/`[^`\n]*`/g, "");
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)|(?:href|src)="([^"]*)"/g)]
    .map(([, link, attribute]) => link ?? attribute ?? "")
    .filter((link) => !/^[a-z]+:/.test(link));
}

function isThere(notebook: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? notebook : join(dirname(notebook), decodeURIComponent(path));
  if (!existsSync(target)) return false;
  if (heading === undefined || !target.endsWith(".ipynb")) return heading === undefined;
  return headingsOf(textOf(target)).includes(decodeURIComponent(heading));
}

/** Headings as JupyterLab makes anchors of them: blanks become hyphens, all else stays. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) => (title ?? "").trim().replaceAll(" ", "-"));
}
