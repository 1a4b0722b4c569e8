/**
 * Expected numbers were computed with NumPy 2.4.6 (`numpy.linalg.svd`, `eigvals`, `qr`, `inv`, `pinv`, `solve`, `det`,
 * `matrix_rank`), rounded to 12 digits; signs follow this library's rule.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import {
  determinant,
  eigenvalues,
  identity,
  inverse,
  magnitude,
  ones,
  pca,
  pseudoInverse,
  qr,
  randomNormal,
  rank,
  singularValues,
  solve,
  svd,
  symmetricEigen,
  tensor,
  trace,
  zeros,
  type Tensor,
} from "../../../lib/tensor/index.ts";

const matrix = (values: number[][]): Tensor<["row", "column"]> => tensor(["row", "column"], values);
const tall = matrix([
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 10],
  [2, -1, 0],
]);
const wide = matrix([
  [1, 0, 2, -1],
  [3, 1, 0, 2],
]);
const deficient = matrix([
  [1, 2, 3],
  [2, 4, 6],
  [1, 0, 1],
]);
const mixed = matrix([
  [1, 2, 0],
  [-3, 1, 4],
  [0, 5, -2],
]);

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-11): void {
  assert.equal(actual.length, expected.length);
  for (const [place, value] of Array.from(expected).entries()) {
    const difference = Math.abs((actual[place] ?? Number.NaN) - value);
    assert.ok(
      difference <= tolerance * Math.max(1, Math.abs(value)),
      `${place}: ${actual[place]} is not ${value}`,
    );
  }
}

/** Whether the columns are unit vectors at right angles. */
function assertOrthonormal(vectors: Tensor<readonly [string, "component"]>): void {
  const [axis] = vectors.axes;
  const other: Tensor<readonly string[]> = vectors.rename({ component: "other" });
  const gram = (vectors as Tensor<readonly string[]>).dot(other, axis);
  const size = vectors.sizeOf("component");
  assert.ok(gram.allClose(identity("component", "other", size), 1e-10), String(gram));
}

describe("svd(matrix)", () => {
  it("is NumPy's for a tall matrix", () => {
    const { U, S, V } = svd(tall);
    assertClose(S.data, [17.416621279395, 2.3111929505, 0.565411669201]);
    const left = [
      [0.20918789353, -0.290155049544, 0.929692672179],
      [0.503706161264, -0.064903029931, -0.212500595056],
      [0.837878402598, 0.086588145452, -0.111669143164],
      [0.021915993365, 0.950841804401, 0.27936541458],
    ];
    const right = [
      [0.466967341888, 0.847196015062, -0.253378005506],
      [0.552232127375, -0.503186845249, -0.664712476386],
      [0.690638240402, -0.170475543207, 0.7028206813],
    ];
    assertClose(U.data, left.flat());
    assertClose(V.data, right.flat());
  });

  it("is NumPy's for a wide and for a rank-deficient matrix", () => {
    assertClose(svd(wide).S.data, [3.758072062324, 2.424230676809]);
    assert.deepEqual(svd(wide).V.shape, [4, 2]);
    assertClose(svd(deficient).S.data, [8.435448515787, 0.918263762492, 0]);
    assertOrthonormal(svd(deficient).U);
    assertOrthonormal(svd(deficient).V);
  });

  it("handles zeros, ones, one number, no rows, very large and very small numbers", () => {
    assertClose(svd(zeros(["row", "column"], [3, 2])).S.data, [0, 0]);
    assertOrthonormal(svd(zeros(["row", "column"], [3, 2])).U);
    assertClose(svd(ones(["row", "column"], [3, 4])).S.data, [Math.sqrt(12), 0, 0]);
    assert.deepEqual(svd(matrix([[-2]])).S.toArray(), [2]);
    assert.deepEqual(svd(zeros(["row", "column"], [0, 3])).S.toArray(), []);
    for (const scale of [1e200, 1e-200]) {
      assertClose(svd(tall.times(scale)).S.dividedBy(scale).data, svd(tall).S.data);
    }
  });

  it("keeps the labels of rows and columns", () => {
    const { U, V } = svd(wide.withLabels({ row: ["a", "b"], column: ["p", "q", "r", "s"] }));
    assert.deepEqual(U.labels("row"), ["a", "b"]);
    assert.deepEqual(V.labels("column"), ["p", "q", "r", "s"]);
  });

  it("reconstructs any matrix from orthonormal factors", () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(size, size, size, fc.integer(), (rows, columns, inner, seed) => {
        // The inner size bounds the rank.
        const product = randomNormal(["row", "inner"], [rows, inner], { seed }).dot(
          randomNormal(["inner", "column"], [inner, columns], { seed: seed + 1 }),
          "inner",
        );
        const { U, S, V } = svd(product);
        assert.ok(U.times(S).dot(V, "component").allClose(product, 1e-10));
        assertOrthonormal(U);
        assertOrthonormal(V);
        assert.ok(
          Array.from(S.data).every((value, place) => value >= 0 && value <= (S.data[place - 1] ?? Infinity)),
        );
        assertClose(singularValues(product).data, S.data);
      }),
    );
  });

  it("refuses NaN with its place, other ranks, and a name that is taken", () => {
    assert.throws(
      () =>
        svd(
          matrix([
            [1, 2],
            [3, Number.NaN],
          ]),
        ),
      {
        name: "NumberError",
        message: /at row 1, column 1 there is NaN/,
      },
    );
    assert.throws(() => svd(zeros(["row", "component"], [2, 2])), { name: "AxisError" });
    assert.throws(() => svd(zeros(["a"], [2]) as unknown as Tensor<["row", "column"]>), {
      name: "AxisError",
    });
    assert.deepEqual(svd(zeros(["row", "component"], [2, 2]), "direction").U.axes, ["row", "direction"]);
  });
});

describe("eigenvalues(matrix)", () => {
  const pairs = (values: number[][]): [number, number][] =>
    eigenvalues(matrix(values)).map(({ real, imaginary }) => [real, imaginary]);

  it("are NumPy's, complex ones too, largest first", () => {
    assertClose(
      pairs(mixed.toArray()).flat(),
      [-4.8936472288, 0, 2.4468236144, 0.9802231377, 2.4468236144, -0.9802231377],
      1e-9,
    );
    assertClose(pairs(deficient.toArray()).flat(), [5.6457513111, 0, 0.3542486889, 0, 0, 0], 1e-9);
  });

  it("are the roots of unity for a cyclic shift", () => {
    for (const size of [2, 3, 4, 5, 8, 13]) {
      const shift = Array.from({ length: size }, (_, row) =>
        Array.from({ length: size }, (_, column) => (column === (row + 1) % size ? 1 : 0)),
      );
      const found = eigenvalues(matrix(shift));
      for (const value of found) assert.ok(Math.abs(magnitude(value) - 1) < 1e-12);
      const angles = found.map(({ real, imaginary }) => (Math.atan2(imaginary, real) / (2 * Math.PI)) * size);
      const steps = angles.map((angle) => ((Math.round(angle) % size) + size) % size).sort((a, b) => a - b);
      assert.deepEqual(
        steps,
        Array.from({ length: size }, (_, step) => step),
      );
    }
  });

  it("are all 2 for a Jordan block, which has one eigenvector only", () => {
    assertClose(
      pairs([
        [2, 1, 0],
        [0, 2, 1],
        [0, 0, 2],
      ]).flat(),
      [2, 0, 2, 0, 2, 0],
      1e-4,
    );
  });

  it("sum to the trace and multiply to the determinant", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer(), (size, seed) => {
        const square = randomNormal(["row", "column"], [size, size], { seed });
        const found = eigenvalues(square);
        const sum = found.reduce((total, { real }) => total + real, 0);
        assert.ok(Math.abs(sum - trace(square)) < 1e-9 * (1 + size));
        const product = found.reduce((total, value) => total * magnitude(value), 1);
        assert.ok(Math.abs(product - Math.abs(determinant(square))) < 1e-8 * Math.max(1, product));
      }),
    );
  });

  it("are those of another implementation for a matrix of the size of a head", () => {
    const square = randomNormal(["row", "column"], [64, 64], { seed: 5 });
    const other = new EigenvalueDecomposition(new Matrix(square.toArray()));
    const left = other.realEigenvalues.map(
      (real, at) => [real, other.imaginaryEigenvalues[at] ?? 0] as const,
    );
    for (const { real, imaginary } of eigenvalues(square)) {
      const distances = left.map(([x, y]) => Math.hypot(real - x, imaginary - y));
      const nearest = distances.indexOf(Math.min(...distances));
      assert.ok((distances[nearest] ?? 1) < 1e-11);
      left.splice(nearest, 1);
    }
    assert.equal(left.length, 0);
  });

  it("refuse a matrix that is not square", () => {
    assert.throws(() => eigenvalues(wide), /as many rows as columns; this matrix is row 2 × column 4/);
    assert.deepEqual(eigenvalues(zeros(["row", "column"], [0, 0])), []);
  });
});

describe("symmetricEigen(matrix)", () => {
  it("is NumPy's, with vectors that rebuild the matrix", () => {
    const chain = matrix([
      [2, -1, 0],
      [-1, 2, -1],
      [0, -1, 2],
    ]);
    const { values, vectors } = symmetricEigen(chain);
    assertClose(values.data, [3.4142135624, 2, 0.5857864376], 1e-9);
    assertOrthonormal(vectors);
    const rebuilt = vectors.times(values).dot(vectors.rename({ row: "column" }), "component");
    assert.ok(rebuilt.allClose(chain));
  });

  it("refuses a matrix that is not symmetric", () => {
    assert.throws(
      () => symmetricEigen(mixed),
      /not symmetric: row 1, column 0 is -3 but the mirrored cell 2/,
    );
  });
});

describe("qr(matrix)", () => {
  it("is NumPy's, with a diagonal above 0", () => {
    const expected = [
      8.366600265341, 9.083737430941, 11.593717510544, 0, 3.389058023362, 3.15300423069, 0, 0, 0.802669674876,
    ];
    assertClose(qr(tall).R.data, expected);
  });

  it("rebuilds tall, wide and rank-deficient matrices", () => {
    for (const each of [tall, wide, deficient, mixed, zeros(["row", "column"], [2, 3])]) {
      const { Q, R } = qr(each);
      assert.ok(Q.dot(R, "component").allClose(each));
      assertOrthonormal(Q);
    }
  });
});

describe("pca(points, count)", () => {
  const points = tensor(
    ["word", "feature"],
    [
      [2, 0, 1],
      [4, 1, 3],
      [6, 1, 4],
      [8, 3, 9],
      [1, 1, 0],
    ],
  );

  it("has NumPy's variances and directions", () => {
    const { mean, variances, shares, directions } = pca(points, 2);
    assertClose(mean.data, [4.2, 1.2, 3.4]);
    assertClose(variances.data, [20.999662844457, 0.583539905723]);
    assertClose(shares.data, [0.967726398362, 0.026891239895]);
    const [first, second] = [directions.row(0), directions.row(1)];
    const sign = (value: number): number => (value < 0 ? -1 : 1);
    assertClose(
      first.times(sign(first.value({ feature: 0 }))).data,
      [0.613922105396, 0.206782910861, 0.761800811421],
    );
    assertClose(
      second.times(sign(second.value({ feature: 0 }))).data,
      [0.674656706322, -0.638476523503, -0.370386362534],
    );
  });

  it("gives coordinates that lead back to the points", () => {
    const { mean, directions, coordinates } = pca(points);
    assert.ok(coordinates.dot(directions, "component").plus(mean).allClose(points));
  });

  it("gives no spread for equal points and refuses a single one", () => {
    assert.deepEqual(pca(ones(["word", "feature"], [3, 2])).shares.toArray(), [0, 0]);
    assert.throws(() => pca(ones(["word", "feature"], [1, 2])), /two points or more; "word" has 1/);
    assert.throws(() => pca(points, -1), { name: "SizeError" });
  });
});

describe("determinant, trace, rank, inverse, pseudoInverse, solve", () => {
  it("are NumPy's", () => {
    assertClose([determinant(mixed), trace(mixed)], [-34, 0]);
    assert.deepEqual(
      [rank(deficient), rank(tall), rank(wide), rank(zeros(["a", "b"], [2, 2]))],
      [2, 3, 2, 0],
    );
    const undone = [
      0.647058823529, -0.117647058824, -0.235294117647, 0.176470588235, 0.058823529412, 0.117647058824,
      0.441176470588, 0.147058823529, -0.205882352941,
    ];
    assertClose(inverse(mixed).data, undone);
    assert.deepEqual(inverse(mixed).axes, ["column", "row"]);
    assertClose(
      pseudoInverse(wide).data,
      [
        0.132530120482, 0.204819277108, -0.012048192771, 0.072289156627, 0.33734939759, -0.024096385542,
        -0.192771084337, 0.156626506024,
      ],
    );
    assertClose(
      pseudoInverse(deficient).data,
      [
        -0.033333333333, -0.066666666667, 0.833333333333, 0.066666666667, 0.133333333333, -0.666666666667,
        0.033333333333, 0.066666666667, 0.166666666667,
      ],
    );
    assertClose(
      solve(mixed, tensor(["row"], [1, 2, 3])).data,
      [-0.294117647059, 0.647058823529, 0.117647058824],
    );
  });

  it("solve() takes several right sides at once", () => {
    const wanted = tensor(
      ["row", "case"],
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    );
    const found = solve(mixed, wanted);
    assert.deepEqual(found.axes, ["column", "case"]);
    assert.ok(mixed.dot(found, "column").allClose(wanted));
  });

  it("refuse what cannot be undone", () => {
    assert.throws(() => inverse(deficient), { name: "NumberError", message: /singular/ });
    assert.throws(() => solve(deficient, tensor(["row"], [1, 2, 3])), { name: "NumberError" });
    assert.throws(() => inverse(wide), { name: "SizeError" });
    assert.throws(() => solve(mixed, tensor(["row"], [1, 2])), /"row" has size 3 on the left but 2/);
  });
});
