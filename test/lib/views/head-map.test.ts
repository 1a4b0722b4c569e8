import assert from "node:assert/strict";
import { bars, headMap, scatter } from "../../../lib/views/index.ts";
import { drawn, rejects, running } from "./running.ts";

const EFFECTS = [
  [0.2, 3.1, -0.4],
  [1.2, NaN, -4],
];

describe("headMap(effects)", () => {
  it("says which heads are strongest, whatever the sign, and how many passed", () => {
    assert.equal(
      headMap(EFFECTS, { valueName: "excess", marked: [[0, 1]], markName: "found" }).description,
      "Map of 2 layers by 3 heads by excess; strongest: 1.2 −4, 0.1 3.1 and 1.0 1.2. 1 head found. 1 head not measured.",
    );
  });
  it("shows the detail of the head that is clicked, and none of the others", async () => {
    const detail = (width: number) => bars([1, 2], { width });
    const figure = headMap(EFFECTS, {
      details: [
        { head: [0, 1], figure: detail(300) },
        { head: [1, 0], figure: detail(280) },
      ],
    });
    const view = await running(figure);
    const place = (name: string): number => drawn(view, (item) => item.mark?.name === name)?.x ?? NaN;
    assert.ok(place("detail0") >= 0 && place("detail1") < -999);
    await view.signal("kept", 3).runAsync();
    assert.ok(place("detail1") >= 0 && place("detail0") < -999);
    await view.signal("kept", 5).runAsync();
    assert.ok(place("detail1") < -999 && place("detail0") < -999);
  });
  it("is a PNG even where hidden details have see-through points, which end resvg's process far outside a picture", async () => {
    const figure = scatter([1, 2], [3, 1]);
    const details = [0, 1, 2].map((head) => ({ head: [0, head] as const, figure }));
    const png = Buffer.from(await headMap(EFFECTS, { details }).png());
    assert.equal(png.subarray(1, 4).toString("latin1"), "PNG");
  });
  it("has the numbers beside the effect in the tooltip", async () => {
    const view = await running(headMap(EFFECTS, { valueName: "excess", beside: { q: [[1, 0.01, 1], [0.5, NaN, 1]] } })); // prettier-ignore
    const tooltips = [1, 4].map(
      (cell) => drawn(view, ({ datum, tooltip }) => tooltip !== undefined && datum?.["i"] === cell)?.tooltip,
    );
    assert.deepEqual(tooltips, [
      { layer: "0", head: "1", excess: "3.1", q: "0.01" },
      { layer: "1", head: "1", excess: "not measured", q: "NaN" },
    ]);
  });
  it("says what doesn't fit", () => {
    rejects(() => headMap(EFFECTS, { marked: [[2, 0]] }), "layer 2", "2 layers of 3 heads");
    rejects(() => headMap(EFFECTS, { beside: { q: [[1, 2]] } }), '"q" is 1 × 2', "2 × 3");
    rejects(
      () => headMap(EFFECTS, { details: [{ head: [0, 3], figure: bars([1]) }] }),
      "no head 3 in layer 0",
    );
  });
});
