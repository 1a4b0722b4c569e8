import assert from "node:assert/strict";
import { DISPLAY } from "../../../lib/display/index.ts";
import { tensor } from "../../../lib/tensor/index.ts";
import { bars, explore, heatmap } from "../../../lib/views/index.ts";
import { patterns } from "./numbers.ts";
import { rejects } from "./running.ts";

const all = tensor(["layer", "head", "query", "key"], patterns(2, 3, 4), {
  labels: { query: ["a", "b", "a", "\n"], head: ["x", "y", "z"] },
});

describe("explore(tensor, axes, draw)", () => {
  it("has a slider for an axis without labels and a list for one with, told apart by index", () => {
    const { controls } = explore(all, ["layer", "head", "query"], (part) => bars(part));
    assert.deepEqual(controls, {
      layer: { min: 0, max: 1, value: 0 },
      head: ["x", "y", "z"],
      query: ["0: a", "1: b", "2: a", "3: ⏎"],
    });
  });
  it("draws the part that is chosen, by index or label", () => {
    const { draw } = explore(all, ["layer", "head"], (part, at) =>
      heatmap(part, { title: `head ${at.layer}.${at.head}` }),
    );
    const figure = draw({ layer: 1, head: "z" });
    assert.equal(figure.title, "head 1.2");
    assert.equal(figure.description, heatmap(all.at({ layer: 1, head: 2 })).description);
  });
  it("shows the first choices by itself, without a kernel", async () => {
    const shown = await explore(all, ["layer", "head"], (part) => heatmap(part))[DISPLAY]();
    assert.deepEqual(shown, await heatmap(all.at({ layer: 0, head: 0 }))[DISPLAY]());
  });
  it("says what is not on an axis", () => {
    rejects(() => explore(all, ["token" as "head"], (part) => heatmap(part as never)), '"token"', "query"); // prettier-ignore
    const { draw } = explore(all, ["layer", "head"], (part) => heatmap(part));
    rejects(() => draw({ layer: 2, head: "x" }), 'axis "layer" has no 2', "0 to 1");
    rejects(() => draw({ layer: 0, head: "w" }), 'axis "head" has no "w"');
    rejects(() => draw({ layer: 0 }), "no choice");
  });
});
