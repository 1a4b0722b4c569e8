import assert from "node:assert/strict";
import fc from "fast-check";
import { DISPLAY } from "../../../../lib/display/index.ts";
import {
  concatenate,
  explain,
  oneHot,
  randomNormal,
  softmax,
  stack,
  tensor,
  zeros,
  type Explanation,
  type Tensor,
} from "../../../../lib/tensor/index.ts";

function sumOf(explanation: Explanation): number {
  return explanation.terms.reduce((sum, { value }) => sum + value, 0) + explanation.rest.value;
}

function assertAddsUp(explanation: Explanation): void {
  const size = explanation.terms.reduce((sum, { value }) => sum + Math.abs(value), 1);
  assert.ok(Math.abs(sumOf(explanation) - explanation.value) < 1e-10 * size);
  for (const { value, factors } of explanation.terms) {
    if (factors.length === 0) continue;
    const product = factors.reduce((all, factor) => all * factor.value, 1);
    assert.ok(Math.abs(product - value) < 1e-12 * Math.max(1, Math.abs(value)));
  }
}

const paths = ({ terms }: Explanation): string[] =>
  terms.map(({ path }) => path.map(({ axis, label }) => `${axis} ${label}`).join(" → "));

describe("explain(product, cell)", () => {
  it("names the word that a look-up found (Rohrer, First order sequence model)", () => {
    const words = ["directories", "files", "me", "my", "photos", "please", "show"];
    const transitions = zeros(["vocabulary", "next"], [7, 7]).plus(
      tensor(["next"], [0.2, 0.3, 0, 0, 0.5, 0, 0]),
    );
    const table = tensor(["vocabulary", "next"], transitions.toArray(), {
      labels: { vocabulary: words, next: words },
      name: "transitions",
    });
    const next = oneHot(["vocabulary"], "my", words).named("my").dot(table, "vocabulary");
    const { value, terms, rest, cell } = explain(next, { next: "photos" });
    assert.equal(value, 0.5);
    assert.deepEqual(cell, [{ axis: "next", index: 4, label: "photos" }]);
    assert.deepEqual(rest, { count: 0, value: 0 });
    assert.deepEqual(terms, [
      {
        value: 0.5,
        kind: "enhanced",
        path: [{ axis: "vocabulary", index: 3, label: "my" }],
        factors: [
          { name: "my", cell: [{ axis: "vocabulary", index: 3, label: "my" }], value: 1 },
          {
            name: "transitions",
            cell: [
              { axis: "vocabulary", index: 3, label: "my" },
              { axis: "next", index: 4, label: "photos" },
            ],
            value: 0.5,
          },
        ],
        moved: [],
      },
    ]);
  });

  it("sorts the votes, for and against (Rohrer, Second order with skips; one vote made negative)", () => {
    const features = ["and, ran", "battery, ran", "check, ran", "program, ran"];
    const votes = tensor(
      ["feature", "next"],
      [
        [0.5, 0.5],
        [1, 0],
        [0.5, 0.5],
        [0, -1],
      ],
      {
        labels: { feature: features, next: ["down", "please"] },
      },
    );
    const active = tensor(["feature"], [1, 1, 1, 1]);
    const down = explain(active.dot(votes, "feature"), { next: "down" });
    assert.deepEqual(paths(down), ["feature battery, ran", "feature and, ran", "feature check, ran"]);
    const please = explain(active.dot(votes, "feature"), { next: "please" });
    assert.deepEqual(
      please.inhibited.map(({ path, value }) => [path[0]?.label, value]),
      [["program, ran", -1]],
    );
    assert.equal(please.enhanced.length, 2);
    assert.equal(please.value, 0);
  });

  it("tells what attention moved, from where to where", () => {
    const words = ["The", "ball", "is", "blue"];
    const pattern = tensor(
      ["query", "key"],
      [
        [1, 0, 0, 0],
        [0.5, 0.5, 0, 0],
        [0.25, 0.5, 0.25, 0],
        [0, 0.75, 0, 0.25],
      ],
      { labels: { query: words, key: words }, name: "pattern" },
    );
    const values = tensor(
      ["key", "value"],
      [
        [0, 1],
        [4, 2],
        [0, 0],
        [-4, 1],
      ],
      { name: "values" },
    );
    const found = explain(pattern.dot(values, "key"), { query: "blue", value: 0 });
    assert.equal(found.value, 2);
    assert.deepEqual(
      found.terms.map(({ value, kind, moved }) => [
        value,
        kind,
        moved.map(({ from, to }) => `${from.axis} ${from.label} → ${to.axis} ${to.label}`),
      ]),
      [
        [3, "enhanced", ["key ball → query blue"]],
        // What stays in its place is not moved.
        [-1, "inhibited", []],
      ],
    );
    assert.equal(found.moved.length, 1);
  });

  it("follows attention twice: from the source to the end", () => {
    const words = ["a", "b", "c"];
    const shift = (from: string, to: string) =>
      tensor(
        ["query", "key"],
        [
          [0, 0, 0],
          [1, 0, 0],
          [0, 1, 0],
        ],
        { labels: { query: words, key: words } },
      ).rename({
        query: to,
        key: from,
      } as never) as unknown as Tensor<["query", "key"]>;
    const once = shift("key", "query").dot(tensor(["key", "value"], [[5], [6], [7]]), "key");
    const twice = shift("key", "query").dot(once.rename({ query: "key" }), "key");
    const found = explain(twice, { query: "c", value: 0 });
    assert.equal(found.value, 5);
    assert.deepEqual(
      found.terms[0]?.moved.map(({ from, to }) => [from.label, to.label]),
      [
        ["a", "b"],
        ["b", "c"],
      ],
    );
  });

  it("moves between the words of two languages by the names query and key", () => {
    const pattern = tensor(["query", "key"], [[0.5, 0.5]], {
      labels: { query: ["bola"], key: ["The", "ball"] },
    });
    const found = explain(pattern.dot(tensor(["key"], [0, 2]), "key"), { query: "bola" });
    assert.deepEqual(
      found.terms[0]?.moved.map(({ from, to }) => [from.label, to.label]),
      [["ball", "bola"]],
    );
  });

  it("lists the paths of a chain, each the product of its numbers (worked by hand)", () => {
    const x = tensor(["a"], [1, 2], { labels: { a: ["p", "q"] } });
    const A = tensor(
      ["a", "b"],
      [
        [1, -3],
        [0, 1],
      ],
    );
    const B = tensor(["b", "c"], [[2], [4]]);
    // 1·1·2 = 2, 1·(−3)·4 = −12, 2·0·2 = 0, 2·1·4 = 8: together −2.
    const found = explain(x.dot(A, "a").dot(B, "b"), { c: 0 });
    assert.equal(found.value, -2);
    assert.deepEqual(
      found.terms.map(({ value }) => value),
      [-12, 8, 2],
    );
    assert.deepEqual(paths(found), ["a p → b 1", "a q → b 1", "a p → b 0"]);
    assertAddsUp(found);
    const top = explain(x.dot(A, "a").dot(B, "b"), { c: 0 }, { top: 1 });
    assert.deepEqual(top.rest, { count: 2, value: 10 });
  });

  it("shows paths that cancel each other", () => {
    const x = tensor(["a"], [1, 1]);
    const A = tensor(["a", "b"], [[5], [-5]]);
    const found = explain(x.dot(A, "a").dot(tensor(["b"], [2]), "b"), {});
    assert.equal(found.value, 0);
    assert.deepEqual(
      found.terms.map(({ value }) => value),
      [10, -10],
    );
  });

  it("takes the last product apart, and no more, when depth is 1", () => {
    const x = tensor(["a"], [1, 2]);
    const A = tensor(
      ["a", "b"],
      [
        [1, -3],
        [0, 1],
      ],
    );
    const B = tensor(["b", "c"], [[2], [4]]);
    const found = explain(x.dot(A, "a").dot(B, "b"), { c: 0 }, { depth: 1 });
    assert.deepEqual(paths(found), ["b 1", "b 0"]);
    assert.deepEqual(
      found.terms.map(({ value }) => value),
      [-4, 2],
    );
  });

  it("sums up the paths by an axis", () => {
    const x = tensor(["a"], [1, 2], { labels: { a: ["p", "q"] } });
    const A = tensor(
      ["a", "b"],
      [
        [1, -3],
        [0, 1],
      ],
    );
    const B = tensor(["b", "c"], [[2], [4]]);
    const found = explain(x.dot(A, "a").dot(B, "b"), { c: 0 }, { by: "a" });
    assert.deepEqual(
      found.terms.map(({ value, path }) => [path[0]?.label, value]),
      [
        ["p", -10],
        ["q", 8],
      ],
    );
    assert.throws(() => explain(x.dot(A, "a"), { b: 0 }, { by: "aa" }), {
      name: "AxisError",
      message: /does not sum over the axis "aa"/,
    });
  });

  it("names the addends of a sum", () => {
    const x = tensor(["embedding"], [1, 2], { name: "x" });
    const head = tensor(["embedding"], [-3, 1], { name: "head" });
    const total = x
      .plus(head)
      .plus(0.5)
      .minus(tensor(["embedding"], [1, 1]));
    const found = explain(total, { embedding: 0 });
    assert.equal(found.value, -2.5);
    assert.deepEqual(
      found.terms.map(({ path, value }) => [path[0]?.label, value]),
      [
        ["head", -3],
        ["x", 1],
        ["addend 4", -1],
        ["0.5", 0.5],
      ],
    );
    assertAddsUp(found);
  });

  it("goes through rename, transpose, at, row, slice, pick, labels, scaling, sums, stacks", () => {
    const A = randomNormal(["a", "b", "head"], [4, 5, 2], { seed: 1 });
    const B = randomNormal(["b", "c", "head"], [5, 3, 2], { seed: 2 });
    const product = A.dot(B, "b");
    const results: [string, Explanation][] = [
      ["rename", explain(product.rename({ a: "x" }), { x: 1, head: 0, c: 2 })],
      ["transpose", explain(product.transpose("c", "a", "head"), { a: 1, head: 0, c: 2 })],
      ["at", explain(product.at({ head: 1 }), { a: 1, c: 2 })],
      ["row", explain(product.at({ head: 1 }).row(2), { c: 2 })],
      ["slice", explain(product.slice({ a: [1, 3], c: [1] }), { a: 0, head: 0, c: 1 })],
      ["pick", explain(product.pick({ c: [2, 0] }), { a: 1, head: 0, c: 0 })],
      ["withLabels", explain(product.withLabels({ head: ["x", "y"] }), { a: 1, head: "y", c: 0 })],
      ["times", explain(product.times(-2).dividedBy(4), { a: 1, head: 0, c: 2 })],
      ["by tensor", explain(product.times(tensor(["head"], [2, 3])), { a: 1, head: 1, c: 2 })],
      ["sum", explain(product.sum("head"), { a: 1, c: 2 })],
      ["mean", explain(product.mean("a"), { head: 1, c: 2 })],
      ["stack", explain(stack([product, product.times(2)], "layer"), { layer: 1, a: 1, head: 0, c: 2 })],
      ["concatenate", explain(concatenate([product, product.times(2)], "a"), { a: 5, head: 0, c: 2 })],
      [
        "outer",
        explain(A.at({ head: 0, b: 0 }).outer(tensor(["z"], [2])), {
          a: 1,
          z: 0,
        }),
      ],
    ];
    for (const [name, result] of results) {
      assert.ok(result.value !== 0 && result.note === undefined, name);
      assertAddsUp(result);
    }
    const [, , [, fixed]] = results as [unknown, unknown, [string, Explanation]];
    assert.equal(fixed.terms.length, 5);
    assert.ok(fixed.terms.every(({ factors }) => factors.every(({ cell }) => cell.at(-1)?.index === 1)));
  });

  it("adds up, and lists the largest of all paths, for any chain", () => {
    const size = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(size, size, size, fc.integer({ min: 1, max: 8 }), fc.integer(), (a, b, c, top, seed) => {
        const X = randomNormal(["row", "a"], [2, a], { seed });
        const A = randomNormal(["a", "b"], [a, b], { seed: seed + 1 });
        const B = randomNormal(["b", "c"], [b, c], { seed: seed + 2 });
        const C = randomNormal(["c", "column"], [c, 3], { seed: seed + 3 });
        // Both ways to put the brackets have the same paths.
        const chains = [X.dot(A, "a").dot(B, "b").dot(C, "c"), X.dot(A.dot(B.dot(C, "c"), "b"), "a")];
        const all: number[] = [];
        for (let i = 0; i < a; i += 1) {
          for (let j = 0; j < b; j += 1) {
            for (let k = 0; k < c; k += 1) {
              all.push(
                X.value({ row: 1, a: i }) *
                  A.value({ a: i, b: j }) *
                  B.value({ b: j, c: k }) *
                  C.value({ c: k, column: 2 }),
              );
            }
          }
        }
        all.sort((left, right) => Math.abs(right) - Math.abs(left));
        for (const chain of chains) {
          const found = explain(chain, { row: 1, column: 2 }, { top });
          assertAddsUp(found);
          assert.equal(found.terms.length + found.rest.count, all.length);
          for (const [place, { value }] of found.terms.entries()) {
            assert.ok(Math.abs(value - (all[place] ?? Number.NaN)) < 1e-12 * Math.max(1, Math.abs(value)));
          }
          assertAddsUp(explain(chain, { row: 1, column: 2 }, { by: ["b"] }));
        }
      }),
    );
  });

  it("takes what a softmax gave as given", () => {
    const pattern = softmax(randomNormal(["query", "key"], [2, 3], { seed: 1 }), "key").named("pattern");
    const found = explain(pattern.dot(randomNormal(["key", "value"], [3, 2], { seed: 2 }), "key"), {
      query: 0,
      value: 1,
    });
    assert.equal(found.terms.length, 3);
    assert.equal(found.terms[0]?.factors[0]?.name, "pattern");
    const alone = explain(pattern, { query: 0, key: 0 });
    assert.match(alone.note ?? "", /nothing to take apart/);
    assert.equal(alone.terms[0]?.value, alone.value);
  });

  it("shows which summand made a cell NaN", () => {
    const found = explain(tensor(["a"], [0, 1]).dot(tensor(["a"], [Infinity, 2]), "a"), {});
    assert.equal(found.value, Number.NaN);
    assert.equal(found.terms[0]?.value, Number.NaN);
    assert.equal(found.terms[0].path[0]?.index, 0);
  });

  it("sums up the rest of a masked cell, whose mask is -∞", () => {
    const scores = tensor(["a"], [3, 2, 1])
      .dot(tensor(["a"], [1, 1, 1]), "a")
      .named("scores");
    const found = explain(scores.plus(tensor([], -Infinity).named("mask")), {}, { top: 2 });
    assert.deepEqual(
      found.terms.map(({ value, path }) => [path[0]?.label, value]),
      [
        ["mask", -Infinity],
        ["scores", 3],
      ],
    );
    assert.deepEqual(found.rest, { count: 2, value: 3 });
  });

  it("follows fewer products, and says so, when there are too many summands", () => {
    const size = 1500;
    const X = randomNormal(["a", "b"], [1, size], { seed: 1 });
    const Y = randomNormal(["b", "c"], [size, size], { seed: 2 });
    const found = explain(X.dot(Y, "b").dot(randomNormal(["c"], [size], { seed: 3 }), "c"), { a: 0 });
    assert.match(found.note ?? "", /Only the last product was followed/);
    assert.equal(found.rest.count, size - 12);
    assertAddsUp(found);
  });

  it("remembers a bounded number of steps, so that a long loop keeps no more", () => {
    const step = tensor(["a"], [1], { name: "step" });
    let state = tensor(["a"], [0.5], { name: "start" });
    for (let count = 0; count < 1000; count += 1) state = state.plus(step);
    const found = explain(state, { a: 0 }, { top: 2 });
    assert.equal(found.value, 1000.5);
    assert.ok(found.terms.length + found.rest.count <= 66);
    assertAddsUp(found);
  });

  it("forgets factors that would keep too much memory, and says so", () => {
    const size = 1600;
    let large: Tensor<["a", "b"]> = zeros(["a", "b"], [size, size]);
    for (let count = 0; count < 4; count += 1) large = large.plus(1);
    // Four intermediate results of 20 MB each are more than 64 MB.
    const found = explain(large.plus(1), { a: 0, b: 0 });
    assert.match(found.note ?? "", /not remembered/);
    assert.equal(found.terms.length, 1);
    assert.equal(found.value, 5);
  });

  it("refuses a cell that is not there", () => {
    const product = tensor(["a"], [1]).outer(tensor(["b"], [1]));
    assert.throws(() => explain(product, { a: 0 } as never), /"b" is missing/);
    assert.throws(() => explain(product, { a: 0, b: 1 }), { name: "IndexError" });
    assert.throws(() => explain(product, { a: 0, b: "x" }), { name: "LabelError" });
    assert.throws(() => explain(product, { a: 0, b: 0 }, { top: 0 }), { name: "IndexError" });
  });

  it("shows itself as a table and as text, with labels made harmless", () => {
    const hostile = tensor(["word"], [2, -1], {
      labels: { word: ["<img src=x>", " the"] },
      name: "<script>",
    });
    const found = explain(hostile.dot(tensor(["word"], [1, 1]), "word"), {});
    const { "text/plain": text, "text/html": html } = found[DISPLAY]() as Record<string, string>;
    assert.equal(
      text,
      [
        "1",
        "  enhanced   +2  word <img src=x>  <script>[<img src=x>] 2 × [<img src=x>] 1",
        "  inhibited  -1  word ·the         <script>[·the] (-1) × [·the] 1",
      ].join("\n"),
    );
    assert.doesNotMatch(html ?? "", /<img|<script/);
    assert.match(html ?? "", /enhanced/);
  });
});
