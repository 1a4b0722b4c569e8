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
  const w = { at: fast.at(weight), ...(isTransposed ? { row: 1, column: k } : { row: n }) };
  fast.product(m, n, k, { at: fast.at(x), row: k }, w, { at: fast.at(y), row: n }, { bias: fast.at(bias) });
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
  const [k, n] = sizes(weight, isTransposed);
  const m = x.size / k;
  const at = fast.at(dy);
  let dx: Numbers | undefined;
  if (wantsX === true) {
    dx = fast.output(x.shape);
    const w = { at: fast.at(weight), ...(isTransposed ? { row: k } : { row: 1, column: n }) };
    fast.product(m, k, n, { at, row: n }, w, { at: fast.at(dx), row: k });
  }
  let dWeight: Numbers | undefined;
  if (wantsWeight === true) {
    dWeight = fast.output(weight.shape);
    const [from, to] = [fast.at(x), fast.at(dWeight)];
    if (isTransposed)
      fast.product(n, k, m, { at, row: 1, column: n }, { at: from, row: k }, { at: to, row: k });
    else fast.product(k, n, m, { at: from, row: 1, column: k }, { at, row: n }, { at: to, row: n });
  }
  let dBias: Numbers | undefined;
  if (wantsBias === true) {
    dBias = fast.output([n]);
    fast.kernels.sumRows(at, fast.at(dBias), m, n);
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
