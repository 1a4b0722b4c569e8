import assert from "node:assert/strict";
import { renderers } from "../../../lib/display/index.ts";
import { tensor } from "../../../lib/tensor/index.ts";
import {
  attentionHeads,
  attentionNeurons,
  attentionPattern,
  attribution,
  bars,
  colouredTokens,
  compare,
  compositionDiagram,
  heatmap,
  heatmapGrid,
  histogram,
  informationFlow,
  logitLensTable,
  matrixProduct,
  pages,
  scatter,
  spectrum,
  table,
  tokenLogProbabilities,
  topTokens,
  vectorProjection,
} from "../../../lib/views/index.ts";
import { plotlyText } from "../../../lib/views/vector-space.ts";
import { noise, patterns, transitions } from "./numbers.ts";
import { drawn, rejects, running } from "./running.ts";

describe("heatmap(matrix)", () => {
  it("takes a named tensor with its labels", () => {
    const words = tensor(
      ["word", "next"],
      [
        [0, 1],
        [0.25, 0.75],
      ],
      { labels: { word: ["a", "b"], next: ["c", "d"] } },
    );
    assert.equal(
      heatmap(words).description,
      "Heatmap: 2 rows (word) by 2 columns (next), values from 0 to 1; largest: a → d 1, b → d 0.75 and b → c 0.25.",
    );
  });
  it("draws as one image from 2,500 cells on, and stays small at 1,000 × 700", () => {
    const marks = heatmap(noise(1000, 700)).spec["marks"] as readonly { readonly type: string }[];
    assert.equal(marks.filter(({ type }) => type === "image").length, 1);
    assert.ok(JSON.stringify(heatmap(noise(1000, 700)).spec).length < 400_000);
  });
  it("reads the value under the pointer in an image", async () => {
    const values = noise(60, 70);
    const view = await running(heatmap(values));
    await view.signal("cellAt", [41, 13]).runAsync();
    const tooltip = drawn(view, (item) => item.tooltip !== undefined)?.tooltip;
    assert.deepEqual([tooltip?.["row"], tooltip?.["column"]], [41, 13]);
    assert.ok(Math.abs(Number(tooltip?.["value"]?.replace("−", "-")) - (values[41]?.[13] ?? NaN)) < 0.003);
  });
  it("says how many cells are not finite", () =>
    assert.match(
      heatmap([
        [NaN, 1],
        [2, Infinity],
      ]).description,
      /2 cells not finite/u,
    ));
  it("refuses ragged rows, three axes and labels of another number", () => {
    rejects(() => heatmap([[1, 2], [3]]), "2 entries", "1");
    rejects(() => heatmap(tensor(["a", "b", "c"], [[[1]]])), "2 axes", "a, b, c");
    rejects(() => heatmap([[1, 2]], { labels: { column: ["x"] } }), '"column"', "2 entries", "1 labels");
  });
});

describe("matrixProduct(factors)", () => {
  const figure = matrixProduct([
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [7, 8],
    ],
  ]);
  it("shows the terms of the cell that is pointed at, and they add up to it", async () => {
    const view = await running(figure);
    await view.signal("hovered", [0, 1, 0]).runAsync();
    const terms = (
      view.data("terms") as readonly {
        readonly left: number;
        readonly right: number;
        readonly data: number;
      }[]
    ).map(({ left, right, data }) => [left, right, data]);
    assert.deepEqual(terms, [
      [3, 5, 15],
      [4, 7, 28],
    ]);
    assert.match(await view.toSVG(), /= 43/u);
  });
  it("keeps a cell that was clicked when the pointer has gone", async () => {
    const view = await running(figure);
    await view.signal("kept", [0, 0, 1]).signal("hovered", null).runAsync();
    assert.deepEqual(view.signal("at"), [0, 0, 1]);
  });
  it("begins at the asked cell, by label too", async () => {
    const labelled = matrixProduct(
      [
        [[1, 2]],
        [
          [5, 6],
          [7, 8],
        ],
      ],
      { labels: { column: ["x", "y"] }, cell: [0, "y"] },
    );
    assert.deepEqual((await running(labelled)).signal("at"), [0, 0, 1]);
  });
  it("multiplies chains from left to right", () => {
    assert.match(matrixProduct([[[1, 1]], [[2], [3]], [[4, 5]]]).description, /largest cell is 0 → 1, 25/u);
  });
  it("shows as many of the largest terms as have room and counts the others", async () => {
    const view = await running(matrixProduct([noise(1, 20), noise(20, 1)]));
    assert.equal((view.data("terms") as readonly unknown[]).length, 10);
    assert.match(await view.toSVG(), /\+ 10 more/u);
  });
  it("refuses factors that do not fit", () =>
    rejects(() => matrixProduct([[[1, 2]], [[1]]]), "2 columns", "1 rows"));
});

describe("attentionPattern(pattern)", () => {
  const [first = []] = patterns(1, 3, 5);
  const figure = attentionPattern(first, { tokens: ["a", "b", "c", "d", "e"] });
  it("shades what the chosen token looks at, in the chosen head", async () => {
    const view = await running(figure);
    await view.signal("kept", { c: 1, i: 3 }).signal("head0Kept", ",1,").runAsync();
    const shares = view.data("shares") as readonly { readonly i: number; readonly share: number }[];
    for (const { i, share } of shares) assert.ok(Math.abs(share - (first[1]?.[3]?.[i] ?? 0)) < 1e-4);
    assert.ok(shares.length > 1);
  });
  it("turns round to what looks at it", async () => {
    const view = await running(figure);
    await view.signal("kept", { c: 1, i: 1 }).signal("head0Kept", ",0,").signal("backwards", true).runAsync();
    const shares = view.data("shares") as readonly { readonly i: number; readonly share: number }[];
    assert.ok(shares.some(({ i, share }) => i === 4 && Math.abs(share - (first[0]?.[4]?.[1] ?? 0)) < 1e-4));
  });
  it("averages those that are chosen when there are several", async () => {
    const view = await running(figure);
    await view.signal("kept", { c: 1, i: 3 }).signal("head0Kept", ",0,2,").runAsync();
    const shares = view.data("shares") as readonly { readonly i: number; readonly share: number }[];
    assert.ok(shares.length > 1);
    for (const { i, share } of shares) {
      // Weights under the threshold of 0.02 are not among the lines.
      const of = (head: number): number => {
        const weight = first[head]?.[3]?.[i] ?? NaN;
        return weight < 0.02 ? 0 : weight;
      };
      assert.ok(Math.abs(share - (of(0) + of(2)) / 2) < 1e-3, `${i}: ${share}`);
    }
  });
  it("averages all heads when none is chosen", async () => {
    const view = await running(figure);
    await view.signal("kept", { c: 1, i: 4 }).runAsync();
    const sum = (view.data("shares") as readonly { readonly share: number }[]).reduce(
      (total, { share }) => total + share,
      0,
    );
    assert.ok(Math.abs(sum - 1) < 0.05, String(sum));
  });
  it("refuses tokens of another number", () =>
    rejects(() => attentionPattern([[1]], { tokens: ["a", "b"] }), "1 positions", "2 tokens"));
});

describe("attentionHeads(patterns)", () => {
  it("reads the weights of the chosen head and token from their packed text", async () => {
    const values = patterns(2, 3, 7);
    const view = await running(attentionHeads(values, {}));
    await view.signal("headsKept", ",5,").signal("tokenKept", 5).runAsync();
    const shares = view.data("shares") as readonly { readonly i: number; readonly share: number }[];
    assert.equal(shares.length, 7);
    for (const { i, share } of shares) assert.ok(Math.abs(share - (values[1]?.[2]?.[5]?.[i] ?? NaN)) < 3e-4);
  });
  it("shades by the mean of the heads that are kept", async () => {
    const values = patterns(2, 3, 7);
    const view = await running(attentionHeads(values, {}));
    await view.signal("headsKept", ",0,4,").signal("tokenKept", 6).runAsync();
    const shares = view.data("shares") as readonly { readonly i: number; readonly share: number }[];
    for (const { i, share } of shares) {
      const mean = ((values[0]?.[0]?.[6]?.[i] ?? NaN) + (values[1]?.[1]?.[6]?.[i] ?? NaN)) / 2;
      assert.ok(Math.abs(share - mean) < 3e-4, `${i}: ${share} and ${mean}`);
    }
    assert.match(await view.toSVG(), /mean of 2 heads/u);
  });
  it("stays under 500 kB for 12 × 12 heads at 128 tokens", () => {
    const size = JSON.stringify(
      attentionHeads(
        patterns(12, 12, 128)
          .map((heads) => heads.slice(0, 1).concat(heads.slice(-11)).slice(0, 12))
          .map((heads) => [...heads, ...Array.from({ length: 12 - heads.length }, () => heads[0] ?? [])]),
      ).spec,
    ).length;
    assert.ok(size < 500_000, String(size));
  });
});

describe("attentionNeurons(queries, keys)", () => {
  const [q, k] = [
    [
      [1, 0, 2],
      [0.5, 2, -1],
    ],
    [
      [1, 1, 0],
      [0, 1, 2],
    ],
  ];
  const figure = attentionNeurons(q, k, { tokens: ["a", "b"] });
  it("says which number adds most, and the softmax of the sums", () =>
    // b·a = 2.5 and b·b = 0, over √3: e^1.443 = 4.235, so 0.809 and 0.191.
    assert.match(
      figure.description,
      /b \(1\) looks at a \(0\) with 0\.809 and b \(1\) with 0\.191; what adds most to the first: dimension 1 \(2\)/u,
    ));
  it("shows the products of the token that is pointed at, and masks the later ones", async () => {
    const view = await running(figure);
    await view.signal("tokenHover", 0).runAsync();
    const terms = view.data("terms") as readonly { readonly term: number; readonly hidden: boolean }[];
    for (const [index, expected] of [1, 0, 0, 0, 0, 4].entries())
      assert.ok(Math.abs((terms[index]?.term ?? NaN) - expected) < 3e-3, `${index}: ${terms[index]?.term}`);
    assert.deepEqual(
      terms.map(({ hidden }) => hidden),
      [false, false, false, true, true, true],
    );
    assert.match(await view.toSVG(), />masked</u);
  });
  it("divides by what it is told, and lets all see all when told", () =>
    // a·a = 1 and a·b = 4, over 1: 1 / (1 + e³) = 0.0474.
    assert.match(
      attentionNeurons(q, k, { tokens: ["a", "b"], token: 0, causal: false, divisor: 1 }).description,
      /a \(0\) looks at b \(1\) with 0\.953 and a \(0\) with 0\.0474/u,
    ));
  it("changes with the head", async () => {
    const view = await running(attentionNeurons([q, k], [k, k], { token: 0 }));
    await view.signal("headKept", 1).runAsync();
    const terms = view.data("terms") as readonly { readonly term: number }[];
    assert.deepEqual(
      terms.slice(0, 3).map(({ term }) => Math.round(term * 100) / 100),
      [1, 1, 0],
    );
  });
  it("draws one number of one token", async () =>
    assert.match(await attentionNeurons([[2]], [[3]]).svg(), /1\.000/u));
  it("refuses other sizes, what is not finite, and what would not follow the pointer", () => {
    rejects(() => attentionNeurons([[1, 2]], [[1]]), "1 × 2", "1 × 1");
    rejects(() => attentionNeurons([[1, NaN]], [[1, 2]]), "number 1", "queries", "NaN");
    rejects(() => attentionNeurons([], []), "attentionNeurons");
    rejects(() => attentionNeurons([[1]], [[1]], { token: 1 }), "token 1", "0 to 0");
    rejects(() => attentionNeurons([[1]], [[1]], { tokens: ["a", "b"] }), "1 positions", "2 tokens");
    rejects(() => attentionNeurons(noise(100, 100), noise(100, 100)), "8000", "10000", ".slice");
    rejects(() => attentionNeurons([[1]], [[1], [2]], { causal: true }), "1 queries", "2 keys");
  });
});

describe("topTokens(values)", () => {
  const values = [
    [
      [0.1, 2, -1],
      [3, 0, 0.5],
    ],
    [
      [0, 0.2, 0.1],
      [-3, -2, NaN],
    ],
  ];
  const figure = topTokens(values, { tokens: ["a", "b", "c"], top: 2 });
  const cells = async (signals: Readonly<Record<string, unknown>>): Promise<readonly unknown[]> => {
    const view = await running(figure);
    for (const [name, value] of Object.entries(signals)) view.signal(name, value);
    await view.runAsync();
    const words = view.signal("words") as readonly string[];
    return (view.data("cells") as readonly { readonly word: number; readonly value: number }[]).map(
      ({ word, value }) => [words[word], value],
    );
  };
  it("lists the largest of each, of the first layer at first", async () =>
    assert.deepEqual(await cells({}), [["b", 2], ["a", 0.1], ["a", 3], ["c", 0.5]])); // prettier-ignore
  it("lists the smallest after the switch, and another layer after an arrow", async () =>
    assert.deepEqual(await cells({ layer: 1, smallest: true }), [["a", 0], ["c", 0.1], ["a", -3], ["b", -2]])); // prettier-ignore
  it("shows a sheet of columns at a time, and the rest on the next", async () => {
    const view = await running(topTokens(noise(20, 9), { top: 3 }));
    const items = (): number[] => [
      ...new Set((view.data("cells") as readonly { readonly item: number }[]).map(({ item }) => item)),
    ];
    const first = items();
    await view.signal("sheet", 1).runAsync();
    assert.equal(items()[0], first.length);
  });
  it("refuses other axes, nothing, and more than a figure should hold", () => {
    rejects(() => topTokens([1, 2] as never), "1 axis");
    rejects(() => topTokens([[]]), "nothing");
    rejects(() => topTokens([[1]], { tokens: ["a", "b"] }), "1 entries", "2 labels");
    rejects(() => topTokens(noise(1500, 12)), "1500", ".slice");
  });
});

describe("pages(figures)", () => {
  const figure = pages([bars([1, 2], { title: "one" }), heatmap([[1]], { title: "two" })]);
  it("shows one at a time, and is named after what is open", async () => {
    assert.match(figure.description, /^2 pages: one and two\. The one shown, one: Bars of 2/u);
    const view = await running(figure);
    const shown = (): unknown[] =>
      [0, 1].map((index) => drawn(view, ({ mark }) => mark?.name === `sheet${index}`)?.x);
    assert.deepEqual(shown(), [0, -9999]);
    await view.signal("page", 1).runAsync();
    assert.deepEqual(shown(), [-9999, 0]);
  });
  it("draws the open page only in still pictures, of any views", async () => {
    const svg = await pages([heatmap([[1]]), attentionHeads(patterns(1, 2, 3))]).svg();
    assert.doesNotMatch(svg, /-9999|Point at a head/u);
    assert.match(svg, /row × column/u);
  });
  it("refuses no figure, another number of names, and a page that is not there", () => {
    rejects(() => pages([]), "at least one");
    rejects(() => pages([bars([1])], { names: ["a", "b"] }), "1 figure", "2 names");
    rejects(() => pages([bars([1])], { page: 1 }), "page 1");
  });
});

describe("views that must add up", () => {
  it("attribution refuses parts that do not add up to the total", () =>
    rejects(() => attribution({ a: 1, b: 2 }, { total: 3.5 }), "3", "3.5"));
  it("attribution draws parts that do", () =>
    assert.match(
      attribution({ a: 1, b: 2 }, { total: 3 }).description,
      /2 parts add up to 3; largest: b 2 and a 1/u,
    ));
  it("bars stacks votes to their sum", () =>
    assert.match(
      bars([
        [1, 0],
        [0.5, -1],
      ]).description,
      /largest: 0 1\.5 and 1 −1/u,
    ));
  it("bars counts what it leaves out", async () =>
    assert.match(await bars([3, 2, 1, 0.5], { top: 2 }).svg(), /and 2 more, together 1\.5/u));
});

describe("compare(left, right)", () => {
  it("names the cell that differs most", () =>
    assert.match(compare([[0, 1]], [[0.5, 0.9]]).description, /differ most at 0 → 0/u));
  it("refuses matrices of other shapes", () => rejects(() => compare([[1]], [[1, 2]]), "1 × 1", "1 × 2"));
});

describe("tokens and vocabularies", () => {
  it("tokenLogProbabilities ranks the true token", () => {
    const figure = tokenLogProbabilities(["a", "b"], [[Math.log(0.7), Math.log(0.3)]], {
      labels: { column: ["a", "b"] },
    });
    assert.match(figure.description, /b −1\.2/u);
    assert.match(JSON.stringify(figure.spec), /rank 2 of 2/u);
  });
  it("tokenLogProbabilities refuses a token that the vocabulary lacks", () =>
    rejects(() => tokenLogProbabilities(["a", "z"], [[0]], { labels: { column: ["a"] } }), '"z"'));
  it("logitLensTable turns logits into probabilities, and leaves probabilities", () => {
    assert.match(
      logitLensTable([[[0, Math.log(3)]]], { labels: { vocabulary: ["x", "y"] } }).description,
      /y 0\.75/u,
    );
    assert.match(
      logitLensTable([[[0.4, 0.6]]], { labels: { vocabulary: ["x", "y"] } }).description,
      /y 0\.6/u,
    );
  });
  it("table draws a full bar at the end of its domain, in each column its own unless told", async () => {
    const rows = [{ narrow: 0.25, wide: 1 }];
    const widths = (svg: string) => new Set(svg.match(/h[\d.]+v12/gu));
    assert.deepEqual(widths(await table(rows, { barsFor: ["narrow", "wide"] }).svg()), new Set(["h74v12"]));
    const shared = await table(rows, { barsFor: ["narrow", "wide"], domain: [0, 1] }).svg();
    assert.deepEqual(widths(shared), new Set(["h18.5v12", "h74v12"]));
  });
  it("colouredTokens shows the series that is chosen", async () => {
    const view = await running(colouredTokens(["a", "b"], { first: [1, 0], second: [0, 1] }));
    const before = await view.toSVG();
    await view.signal("kept", 1).runAsync();
    assert.notEqual(await view.toSVG(), before);
  });
});

describe("vectorProjection(vectors)", () => {
  const plane = [
    [2, 0, 0],
    [-2, 0, 0],
    [0, 1, 0],
    [0, -1, 0],
  ];
  it("puts vectors on their principal axes, the widest first", () => {
    assert.match(
      vectorProjection(plane).description,
      /80% of the variance.*20% of the variance.*0 at 2, 0; 1 at −2, 0; 2 at 0, 1/u,
    );
  });
  it("projects on chosen directions", () => {
    const figure = vectorProjection(plane, { onto: [[1, 1, 0]], dimensions: 1, names: ["diagonal"] });
    assert.match(figure.description, /\(diagonal\): 0 at 1\.4; 1 at −1\.4; 2 at 0\.71/u);
  });
  it("is a Plotly figure in space, with a still picture", async () => {
    const figure = vectorProjection(plane, { dimensions: 3 });
    assert.equal(figure.kind, "plotly");
    assert.match(await figure.svg(), /principal axis 3/u);
  });
  it("gives the same neighbourhoods for the same seed", () => {
    const vectors = noise(12, 5);
    assert.equal(
      vectorProjection(vectors, { onto: "umap" }).description,
      vectorProjection(vectors, { onto: "umap" }).description,
    );
    assert.notEqual(
      vectorProjection(vectors, { onto: "umap", seed: 2 }).description,
      vectorProjection(vectors, { onto: "umap" }).description,
    );
  });
  it("gives Plotly no label that is a tag, an entity or a property of every object", () => {
    assert.equal(plotlyText("<b>&lt;"), "‹b›＆lt;");
    assert.equal(plotlyText("constructor"), "constructor ");
    assert.equal(plotlyText("a & b"), "a & b");
  });
  it("refuses a pair that is not there", () =>
    rejects(() => vectorProjection(plane, { pairs: [["king", 0]] }), '"king"'));
});

describe("other inputs that cannot be drawn", () => {
  it("are refused with what would be right", () => {
    rejects(() => table([]), "one row");
    rejects(() => table([{ a: 1 }], { columns: ["b"] }), '"b"', "a");
    rejects(() => histogram([NaN]), "finite");
    rejects(() => scatter([1, 2], [1]), "2 numbers", "1");
    rejects(() => spectrum({ real: [1], imaginary: [] }), "1 real", "0 imaginary");
    rejects(() => heatmapGrid([[1]]), "three axes");
    rejects(() => informationFlow(["a"], [{ layer: 0, from: 0, to: 3, amount: 1 }]), "0 to 3");
    rejects(
      () => compositionDiagram([{ from: [1, 0], to: [0, 0], kind: "Q", score: 1 }]),
      "layer 1",
      "layer 0",
    );
  });
});

describe("renderers.matrix", () => {
  it("is set when the views are loaded, and draws a heatmap", async () => {
    const matrix = {
      rowAxis: "word",
      columnAxis: "next",
      rows: ["a", "b"],
      columns: ["a", "b"],
      values: transitions().flat().slice(0, 4),
      title: "Large",
    };
    const bundle = await renderers.matrix?.(matrix);
    assert.ok(bundle !== undefined && "image/png" in bundle);
    assert.match(String(bundle["text/plain"]), /^Large\nHeatmap: 2 rows \(word\)/u);
  });
});

describe("informationFlow(tokens, moves)", () => {
  it("lights, for a place, the moves that can have reached it through the layers, and no others", async () => {
    const view = await running(
      informationFlow(
        ["a", "b", "c"],
        [
          { layer: 0, head: 0, from: 0, to: 1, amount: 1 },
          { layer: 0, head: 1, from: 0, to: 2, amount: 1 },
          { layer: 1, head: 2, from: 1, to: 2, amount: 1 },
          { layer: 1, head: 3, from: 0, to: 1, amount: 1 },
        ],
      ),
    );
    // The place of "c" after layer 1: 2 × 3 positions + 2.
    await view.signal("nodeKept", 8).runAsync();
    const opacity = (name: string): unknown =>
      drawn(view, (item) => item.mark?.name === "move" && item.datum?.["name"] === name)?.strokeOpacity;
    assert.deepEqual(
      ["layer 0, head 0", "layer 0, head 1", "layer 1, head 2", "layer 1, head 3"].map(opacity),
      [0.95, 0.95, 0.95, 0.06],
    );
    // That of "b" after layer 0: only what went there.
    await view.signal("nodeKept", 4).runAsync();
    assert.deepEqual([opacity("layer 0, head 0"), opacity("layer 1, head 2")], [0.95, 0.06]);
  });
});
