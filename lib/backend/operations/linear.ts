import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { FastKernels } from "../kernels/fast-kernels.ts";
import type { Arithmetic, Numbers } from "./arithmetic.ts";

/**
 * x W + b over the last axis: x [..., in], W [in, out] (or [out, in] with `isTransposed`: a tied unembedding), b [out].
 */
export function linear(
  arithmetic: Arithmetic,
  x: Numbers,
  weight: Numbers,
  bias?: Numbers,
  isTransposed = false,
): Numbers {
  const { fast, tape } = arithmetic;
  const y = fast
    ? fastLinear(fast, x, weight, bias, isTransposed)
    : composed(arithmetic, x, weight, bias, isTransposed);
  tape?.record(y, [x, weight, bias], (dy, wants) =>
    fast
      ? fastGradients(fast, x, weight, dy, isTransposed, wants)
      : composedGradients(arithmetic, x, weight, dy, isTransposed, wants),
  );
  return y;
}

/** Sizes of x's last axis and of y's. */
function sizes(weight: Numbers, isTransposed: boolean): [number, number] {
  const [first = 1, second = 1] = weight.shape;
  return isTransposed ? [second, first] : [first, second];
}

function fastLinear(
  fast: FastKernels,
  x: Numbers,
  weight: Numbers,
  bias: Numbers | undefined,
  isTransposed: boolean,
): Numbers {
  const [k, n] = sizes(weight, isTransposed);
  const m = x.size / k;
  const y = fast.output([...x.shape.slice(0, -1), n]);
  if (bias !== undefined) fast.kernels.repeatRow(fast.at(bias), fast.at(y), m, n);
  const [row, column] = isTransposed ? [1, k] : [n, 1];
  const isSum = bias === undefined ? 0 : 1;
  fast.kernels.matmul(
    1,
    m,
    n,
    k,
    fast.at(x),
    0,
    k,
    1,
    fast.at(weight),
    0,
    row,
    column,
    fast.at(y),
    0,
    n,
    1,
    isSum,
    fast.workspace,
  );
  return y;
}

function fastGradients(
  fast: FastKernels,
  x: Numbers,
  weight: Numbers,
  dy: Numbers,
  isTransposed: boolean,
  [wantsX, wantsWeight, wantsBias]: readonly boolean[],
): (Numbers | undefined)[] {
  const { kernels, workspace } = fast;
  const [k, n] = sizes(weight, isTransposed);
  const m = x.size / k;
  const at = fast.at(dy);
  let dx: Numbers | undefined;
  if (wantsX === true) {
    dx = fast.output(x.shape);
    const [row, column] = isTransposed ? [k, 1] : [1, n];
    kernels.matmul(
      1,
      m,
      k,
      n,
      at,
      0,
      n,
      1,
      fast.at(weight),
      0,
      row,
      column,
      fast.at(dx),
      0,
      k,
      1,
      0,
      workspace,
    );
  }
  let dWeight: Numbers | undefined;
  if (wantsWeight === true) {
    dWeight = fast.output(weight.shape);
    if (isTransposed) {
      kernels.matmul(1, n, k, m, at, 0, 1, n, fast.at(x), 0, k, 1, fast.at(dWeight), 0, k, 1, 0, workspace);
    } else {
      kernels.matmul(1, k, n, m, fast.at(x), 0, 1, k, at, 0, n, 1, fast.at(dWeight), 0, n, 1, 0, workspace);
    }
  }
  let dBias: Numbers | undefined;
  if (wantsBias === true) {
    dBias = fast.output([n]);
    kernels.sumRows(at, fast.at(dBias), m, n);
  }
  return [dx, dWeight, dBias];
}

function composed(
  { tf }: Arithmetic,
  x: Numbers,
  weight: Numbers,
  bias: Numbers | undefined,
  isTransposed: boolean,
): Numbers {
  const [k, n] = sizes(weight, isTransposed);
  const rows: Tensor2D = tf.reshape(x, [-1, k]);
  const product = tf.matMul(rows, weight, false, isTransposed);
  return tf.reshape(bias === undefined ? product : tf.add(product, bias), [...x.shape.slice(0, -1), n]);
}

function composedGradients(
  { tf }: Arithmetic,
  x: Numbers,
  weight: Numbers,
  dy: Numbers,
  isTransposed: boolean,
  [wantsX, wantsWeight, wantsBias]: readonly boolean[],
): (Numbers | undefined)[] {
  const [k, n] = sizes(weight, isTransposed);
  const rows: Tensor2D = tf.reshape(x, [-1, k]);
  const dyRows: Tensor2D = tf.reshape(dy, [-1, n]);
  return [
    wantsX === true
      ? tf.reshape(tf.matMul(dyRows, weight as Tensor2D, false, !isTransposed), x.shape)
      : undefined,
    wantsWeight !== true
      ? undefined
      : isTransposed
        ? tf.matMul(dyRows, rows, true, false)
        : tf.matMul(rows, dyRows, true, false),
    wantsBias === true ? tf.sum(dyRows, 0) : undefined,
  ];
}
