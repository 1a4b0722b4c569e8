import assert from "node:assert/strict";
import { differences, differencesOfCell } from "../../publishing/differences.ts";
import { codeCell, notebook, pngOf, result } from "./cells.ts";

/** Differences between two results that are text. */
function ofTexts(before: string, after: string): string[] {
  return differencesOfCell(
    codeCell([result({ "text/plain": before })]),
    codeCell([result({ "text/plain": after })]),
  );
}

const VEGA = "application/vnd.vega.v5+json";

/** Differences between two figures with a specification. */
function ofSpecifications(before: unknown, after: unknown): string[] {
  return differencesOfCell(
    codeCell([result({ [VEGA]: before, "image/png": pngOf(8, 6) })]),
    codeCell([result({ [VEGA]: after, "image/png": pngOf(8, 7) })]),
  );
}

describe("differencesOfCell", () => {
  describe("of texts", () => {
    it("finds none in what is the same", () => {
      assert.deepEqual(ofTexts("loss 0.51", "loss 0.51"), []);
      assert.deepEqual(ofTexts("", ""), []);
    });

    it("finds another word and says what it was", () => {
      assert.deepEqual(ofTexts("the cat", "the dog"), ["text/plain: is the dog, was the cat"]);
    });

    it("lets numbers differ by a thousandth, and no more", () => {
      assert.deepEqual(ofTexts("loss 1.0000", "loss 1.0009"), []);
      assert.equal(ofTexts("loss 1.0000", "loss 1.0021").length, 1);
    });

    it("lets a rounded number differ in its last digit, and not a whole one", () => {
      assert.deepEqual(ofTexts("0.0278", "0.0279"), []);
      assert.equal(ofTexts("0.0278", "0.0280").length, 1);
      assert.equal(ofTexts("3 heads", "4 heads").length, 1);
      assert.equal(ofTexts("0.5", "0.6").length, 1);
    });

    it("reads − as minus and e as an exponent", () => {
      assert.deepEqual(ofTexts("4.54e−5", "4.541e-5"), []);
      assert.equal(ofTexts("−0.5", "0.5").length, 1);
      assert.equal(ofTexts("4.54e−5", "4.54e−4").length, 1);
    });

    it("takes what is below a ten-millionth for zero", () => {
      assert.deepEqual(ofTexts("1.2e-17", "-8.1e-17"), []);
    });

    it("does not compare durations, rates and sizes of memory", () => {
      assert.deepEqual(ofTexts("done in 3.2 s", "done in 871 ms"), []);
      assert.deepEqual(ofTexts("1,204 tokens/s, 12 MB", "988 tokens/s, 13.5 MB"), []);
      assert.equal(ofTexts("3 steps", "4 steps").length, 1);
    });

    it("compares colours as red, green and blue", () => {
      assert.deepEqual(ofTexts("fill:#d3e2f0", "fill:#d4e2ef"), []);
      assert.equal(ofTexts("fill:#d3e2f0", "fill:#d3f2f0").length, 1);
    });

    it("counts lines first", () => {
      assert.deepEqual(ofTexts("a\nb", "a"), ["text/plain: is 1 lines, was 2 lines"]);
    });

    it("says what a long line has around the number", () => {
      const [what = ""] = ofTexts(`${"x".repeat(500)} 0.25`, `${"x".repeat(500)} 0.75`);
      assert.match(what, /x 0\.75, was …x+ 0\.25$/);
    });
  });

  describe("of figures", () => {
    it("compares the specification within the tolerance, and then no picture", () => {
      assert.deepEqual(ofSpecifications({ data: [{ x: 53.75 }] }, { data: [{ x: 53.76 }] }), []);
    });

    it("says where the specification differs", () => {
      assert.deepEqual(ofSpecifications({ data: [{ x: 1 }] }, { data: [{ x: 2 }] }), [
        `${VEGA}: .data[0].x is 2, was 1`,
      ]);
      assert.deepEqual(ofSpecifications({ marks: [1, 2] }, { marks: [1] }), [
        `${VEGA}: .marks is 1 entries, was 2 entries`,
      ]);
      assert.deepEqual(ofSpecifications({ type: "rect" }, { kind: "rect" }), [
        `${VEGA}: .type is nothing, was rect`,
        `${VEGA}: .kind is rect, was nothing`,
      ]);
    });

    it("lists three differences and counts the others", () => {
      const found = ofSpecifications([1, 2, 3, 4, 5], [2, 3, 4, 5, 6]);
      assert.equal(found.length, 4);
      assert.match(found[3] ?? "", /and 2 more/);
    });

    it("compares the size of a picture that has no specification", () => {
      const picture = (height: number) => codeCell([result({ "image/png": pngOf(800, height) })]);
      assert.deepEqual(differencesOfCell(picture(500), picture(500)), []);
      assert.deepEqual(differencesOfCell(picture(500), picture(600)), [
        "image/png: is 800 × 600, was 800 × 500",
      ]);
    });

    it("misses a picture that is not there", () => {
      const both = codeCell([result({ "image/png": pngOf(8, 6), "text/plain": "a" })]);
      assert.deepEqual(differencesOfCell(both, codeCell([result({ "text/plain": "a" })])), [
        "shows [execute_result text/plain], was [execute_result image/png text/plain]",
      ]);
    });

    it("leaves out the id of a widget", () => {
      const widget = (id: string) =>
        codeCell([
          result({ "application/vnd.jupyter.widget-view+json": { model_id: id }, "text/plain": "a" }),
        ]);
      assert.deepEqual(differencesOfCell(widget("1"), widget("2")), []);
    });
  });

  it("joins what a stream says in pieces", () => {
    const said = (...texts: string[]) =>
      codeCell(texts.map((text) => ({ output_type: "stream", name: "stdout", text })));
    assert.deepEqual(differencesOfCell(said("a\n", "b\n"), said("a\nb\n")), []);
    assert.equal(differencesOfCell(said("a\n", "b\n"), said("a\n")).length, 1);
  });

  it("compares only the kinds where the cell is tagged “varies”", () => {
    const metadata = { tags: ["varies"] };
    const text = (value: string) => codeCell([result({ "text/plain": value })], { metadata });
    assert.deepEqual(differencesOfCell(text("Tuesday"), text("Friday")), []);
    assert.equal(differencesOfCell(text("Tuesday"), codeCell([], { metadata })).length, 1);
  });
});

describe("differences", () => {
  it("says which cell, by its place and its id", () => {
    const cells = (value: string) =>
      notebook([
        { id: "title", cell_type: "markdown", source: "# A", metadata: {} },
        codeCell([result({ "text/plain": value })], { id: "sum" }),
      ]);
    assert.deepEqual(differences(cells("3"), cells("3")), []);
    assert.deepEqual(differences(cells("3"), cells("4")), [
      { cell: 1, id: "sum", what: "text/plain: is 4, was 3" },
    ]);
  });

  it("says that a cell is missing", () => {
    assert.equal(differences(notebook([codeCell([])]), notebook([])).length, 1);
  });
});
