import assert from "node:assert/strict";
import {
  commonDirection,
  directionSimilarity,
  directionWords,
  pairDifferences,
  relation,
  relationMeasures,
  scale,
  scaleProjection,
} from "../../../lib/directions/index.ts";
import { createTransformer } from "../../../lib/models/transformer/index.ts";
import { tensor } from "../../../lib/tensor/index.ts";

const close = (got: number, expected: number) =>
  assert.ok(Math.abs(got - expected) < 1e-9, `${got}, not ${expected}`);

// differences: (2, 0), (3, 0), (0, 1)
const vectors = tensor(
  ["word", "embedding"],
  [
    [0, 1],
    [2, 1],
    [-1, 3],
    [2, 3],
    [1, 5],
    [1, 6],
  ],
  { labels: { word: ["small", "big", "short", "tall", "cold", "hot"] } },
);
const degree = relation("degree", [
  ["small", "big"],
  ["short", "tall"],
  ["cold", "hot"],
]);

describe("relationMeasures(vectors, relation)", () => {
  it("gives what is worked out by hand", () => {
    const found = relationMeasures(vectors, degree);
    // cosines 1, 0, 0
    close(found.meanCosine, 1 / 3);
    // squared singular values 4 + 9 and 1
    close(found.firstShare, 13 / 14);
    // with pair 3 held out the others say (1, 0): a tie; with 1 or 2 held out they say (1, 1)
    close(found.heldOutAccuracy, 2.5 / 3);
    // coordinates: small 1/√2, big 3/√2, short 2/√2, tall 5/√2, cold and hot 1: hot beats short? 1 < √2; small .71 < 1
    const [to, from] = [
      [3 / Math.SQRT2, 5 / Math.SQRT2, 1],
      [1 / Math.SQRT2, 2 / Math.SQRT2, 1],
    ];
    const higher = to.flatMap((t) => from.map((f): number => (t > f ? 1 : t === f ? 0.5 : 0)));
    close(found.heldOutAUC, higher.reduce((sum, one) => sum + one, 0) / 9);
  });

  it("answers every analogy of parallel pairs, and gives a perfect direction its full scores", () => {
    const parallel = tensor(
      ["word", "embedding"],
      [
        [0, 1, 0],
        [1, 1, 0],
        [0, 0, 1],
        [1, 0, 1],
        [0, -1, 0],
        [1, -1, 0],
      ],
      { labels: { word: ["small", "big", "short", "tall", "cold", "hot"] } },
    );
    const found = relationMeasures(parallel, degree);
    for (const name of [
      "meanCosine",
      "firstShare",
      "heldOutAccuracy",
      "heldOutAUC",
      "analogyAccuracy",
    ] as const)
      close(found[name], 1);
  });

  it("leaves pairs with unknown words out, and says when too few are left", () => {
    const wider = relation("wider", [...degree.pairs, ["slow", "fast"]]);
    assert.deepEqual(relationMeasures(vectors, wider), relationMeasures(vectors, degree));
    assert.throws(
      () =>
        relationMeasures(
          vectors,
          relation("speed", [
            ["slow", "fast"],
            ["small", "big"],
          ]),
        ),
      { name: "RelationError", message: /1 of its 2 pairs/ },
    );
  });

  it("never fits with a held-out word: pairs that share one are left out together", () => {
    const chain = relation("chain", [
      ["small", "big"],
      ["big", "tall"],
    ]);
    assert.ok(Number.isNaN(relationMeasures(vectors, chain).heldOutAccuracy));
  });
});

describe("pairDifferences(vectors, relation) and commonDirection(vectors, relation)", () => {
  it("points from first words to second, each pair counted the same", () => {
    assert.deepEqual(pairDifferences(vectors, degree).toArray(), [
      [2, 0],
      [3, 0],
      [0, 1],
    ]);
    const { data } = commonDirection(vectors, degree);
    close(data[0] ?? 0, 2 / Math.sqrt(5));
    close(data[1] ?? 0, 1 / Math.sqrt(5));
  });

  it("says when differences cancel", () => {
    const both = relation("both", [
      ["small", "big"],
      ["big", "small"],
    ]);
    assert.throws(() => commonDirection(vectors, both), { name: "RelationError", message: /cancel/ });
  });
});

describe("scaleProjection(vectors, relation, scale)", () => {
  it("orders words on a direction that was fitted without them", () => {
    const found = scaleProjection(
      vectors,
      degree,
      scale("size", ["small", "cold", "big", "tall", "gigantic"]),
    );
    assert.deepEqual(found.coordinates.labels("word"), ["small", "cold", "big", "tall"]);
    close(found.coordinates.value({ word: "small" }), 1 / Math.SQRT2);
    close(found.rankCorrelation, 1);
  });
});

describe("directionSimilarity(vectors, relations)", () => {
  it("is the cosine of common directions", () => {
    const first = relation("first", degree.pairs.slice(0, 2));
    const back = relation("back", [
      ["big", "small"],
      ["tall", "short"],
    ]);
    const found = directionSimilarity(vectors, [first, back, degree]);
    close(found.value({ relation: "first", "other relation": "back" }), -1);
    close(found.value({ relation: "first", "other relation": "degree" }), 2 / Math.sqrt(5));
  });
});

describe("directionWords(model, place, direction)", () => {
  it("reads along W_E, writes along W_U, and follows a head's OV back", async () => {
    const vocabulary = ["a", "b", "c", "d"];
    const model = await createTransformer(
      { vocabulary: 4, context: 2, layers: 1, heads: 2, embedding: 6, positions: "none" },
      { seed: 3, vocabulary },
    );
    const W_U = model.parameter("W_U");
    const direction = tensor(["embedding"], [...W_U.column("c").data]);
    const place = { part: "OV", layer: 0, head: 1 } as const;
    const found = directionWords(model, place, direction, { words: 1 });
    assert.equal(found.written?.towards[0]?.label, "c");
    const W_E = model.parameter("W_E");
    assert.equal(directionWords(model, { part: "embedding" }, W_E.row("b")).embedded.towards[0]?.label, "b");
    const W_V = model.parameter("blocks.0.attention.W_V").at({ head: 1 });
    const W_O = model.parameter("blocks.0.attention.W_O").at({ head: 1 });
    const written = W_E.dot(W_V, "embedding").dot(W_O, "value").dot(direction, "embedding");
    close(Math.round(((found.read?.towards[0]?.value ?? 0) - written.max()) * 1e6), 0);
    assert.throws(() => directionWords(model, place, tensor(["value"], [1, 2, 3])), {
      name: "DirectionError",
    });
  });
});
