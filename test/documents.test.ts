import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const DOCUMENTS = ["", "docs", "kernel", "binder", "bench"].flatMap((folder) =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder))
        .filter((name) => name.endsWith(".md"))
        .map((name) => (folder === "" ? name : `${folder}/${name}`))
    : [],
);

describe("documents", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const help = spawnSync(process.execPath, [join(ROOT, "kernel-setup", "cli.mjs"), "--help"], {
    encoding: "utf8",
  });

  it("are there", () => {
    for (const name of ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "ARCHITECTURE.md"]) {
      assert.ok(DOCUMENTS.includes(name), name);
    }
  });

  for (const document of DOCUMENTS) {
    describe(document, () => {
      const text = read(document);

      it("names only npm scripts that package.json has", () => {
        const named = [...text.matchAll(/\bnpm (?:run (?:-s )?([\w:-]+)|(start|test)\b)/g)].map(
          ([, run, short]) => run ?? short ?? "",
        );
        assert.deepEqual(
          named.filter((name) => !(name in scripts)),
          [],
        );
      });

      it("names only commands that matrix-composition lists", () => {
        const named = [...text.matchAll(/(?:npx|sudo|&&) matrix-composition (kernel \w+|\w+)/g)].map(
          ([, command]) => command ?? "",
        );
        assert.deepEqual(
          named.filter((command) => !help.stdout.includes(`matrix-composition ${command}`)),
          [],
        );
      });

      it("names only test files and phases that exist", () => {
        const phases = [...read("test/run.mjs").matchAll(/\{\s*name: "([\w-]+)"/g)].map(([, name]) => name);
        const named = [...text.matchAll(/npm test -- ([\w/.-]+)/g)].map(([, argument]) => argument ?? "");
        assert.deepEqual(
          named.filter((name) => !phases.includes(name) && !existsSync(join(ROOT, name))),
          [],
        );
      });

      it("links to files and headings that are there", () => {
        const broken = linksOf(text).filter((link) => !isThere(document, link));
        assert.deepEqual(broken, []);
      });
    });
  }
});

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Links and pictures that lead into the repository. */
function linksOf(text: string): string[] {
  const withoutCode = text.replaceAll(/```[\s\S]*?```/g, "").replaceAll(/`[^`\n]*`/g, "");
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link ?? "")
    .filter((link) => !/^[a-z]+:/.test(link));
}

function isThere(document: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? document : join(dirname(document), decodeURIComponent(path));
  if (!existsSync(join(ROOT, target))) return false;
  return heading === undefined || headingsOf(read(target)).includes(heading);
}

/** Headings as GitHub makes anchors of them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    (title ?? "")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
