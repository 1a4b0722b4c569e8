import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { brokenLinks } from "../../../publishing/site/links.ts";

describe("brokenLinks", () => {
  let folder = "";
  const write = (path: string, html: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), html);
  };

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "links-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("finds none where all lead somewhere", () => {
    write("a b.svg", "");
    write("in/page.html", '<h1 id="Tokens-&#38;-more">x</h1><a href="../index.html#top">up</a>');
    write(
      "index.html",
      '<p id="top"><a href="in/page.html#Tokens-%26-more">x</a><img src="a%20b.svg"><a href="https://example.org">out</a></p>',
    );
    assert.deepEqual(brokenLinks(folder), []);
  });

  it("names what is missing: files, anchors, pictures, scripts, folders", () => {
    write("in/page.html", '<a class="x" href="none.html">a</a><a href="#none">b</a><a href="../in">c</a>');
    write(
      "index.html",
      '<a href="in/page.html#none">d</a><img alt="" src="none.png"><script defer src="none.js"></script>',
    );
    assert.deepEqual(brokenLinks(folder).sort(), [
      "in/page.html: #none",
      "in/page.html: ../in",
      "in/page.html: none.html",
      "index.html: in/page.html#none",
      "index.html: none.js",
      "index.html: none.png",
    ]);
  });
});
