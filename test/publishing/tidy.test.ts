import assert from "node:assert/strict";
import { tidied } from "../../publishing/tidy.ts";
import { codeCell, notebook, result } from "./cells.ts";

describe("tidied", () => {
  it("keeps what the author gave a cell, and not what programs left there", () => {
    const metadata = { tags: ["varies"], execution: { "iopub.status.busy": "12:00" }, trusted: true };
    assert.deepEqual(tidied(notebook([codeCell([], { metadata })])).cells[0]?.metadata, { tags: ["varies"] });
  });

  it("keeps the kernel and its language without versions, and no state of widgets", () => {
    const kernelspec = { name: "typescript" };
    const language = { name: "typescript", file_extension: ".ts" };
    const { metadata } = tidied(
      notebook([], { kernelspec, language_info: { ...language, version: "6.0.3" }, widgets: { state: {} } }),
    );
    assert.deepEqual(metadata, { kernelspec, language_info: language });
  });

  it("numbers the cells of code in their order", () => {
    const cells = [7, 9, null].map((count, index) =>
      codeCell([result({ "text/plain": "1" })], { id: `c${index}`, execution_count: count }),
    );
    const tidy = tidied(notebook(cells));
    assert.deepEqual(
      tidy.cells.map((cell) => [cell.execution_count, cell.outputs?.[0]?.execution_count]),
      [
        [1, 1],
        [2, 2],
        [null, null],
      ],
    );
  });

  it("takes a widget out where a picture stands beside it", () => {
    const widget = { "application/vnd.jupyter.widget-view+json": { model_id: "1" }, "text/plain": "slider" };
    const typesOf = (data: Record<string, unknown>) =>
      Object.keys(tidied(notebook([codeCell([result(data)])])).cells[0]?.outputs?.[0]?.data ?? {});
    assert.deepEqual(typesOf({ ...widget, "image/png": "" }), ["text/plain", "image/png"]);
    assert.deepEqual(typesOf(widget), ["application/vnd.jupyter.widget-view+json", "text/plain"]);
  });

  it("leaves outputs that say the same as they were committed", () => {
    const seen = (text: string) => notebook([codeCell([result({ "text/plain": text })])]);
    const shown = (before: string, after: string) =>
      tidied(seen(after), seen(before)).cells[0]?.outputs?.[0]?.data?.["text/plain"];
    assert.equal(shown("0.2500 in 3 s", "0.2501 in 4 s"), "0.2500 in 3 s");
    assert.equal(shown("0.25", "0.75"), "0.75");
  });

  it("changes nothing in what it has tidied", () => {
    const once = tidied(notebook([codeCell([result({ "text/plain": "1" })], { execution_count: 5 })]));
    assert.deepEqual(tidied(once, once), once);
  });
});
