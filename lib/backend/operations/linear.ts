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
  tape?.record(y, [x, weight, bias], (dy, wants, [dxSoFar]) =>
    fast
      ? fastGradients(fast, x, weight, dy, isTransposed, wants, dxSoFar)
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
  dxSoFar: Numbers | undefined,
): (Numbers | undefined)[] {
  const [k, n] = sizes(weight, isTransposed);
  const m = x.size / k;
  const at = fast.at(dy);
  let dx: Numbers | undefined;
  if (wantsX === true) {
    dx = dxSoFar ?? fast.output(x.shape);
    const w = { at: fast.at(weight), ...(isTransposed ? { row: k } : { row: 1, column: n }) };
    const isSum = dxSoFar !== undefined;
    fast.product(m, k, n, { at, row: n }, w, { at: fast.at(dx), row: k }, { isSum });
  }
  let dWeight: Numbers | undefined;
  if (wantsWeight === true) {
    dWeight = isTransposed
      ? overRows(fast, dy, n, x, k, weight.shape)
      : overRows(fast, x, k, dy, n, weight.shape);
  }
  let dBias: Numbers | undefined;
  if (wantsBias === true) {
    dBias = fast.output([n]);
    fast.kernels.sumRows(at, fast.at(dBias), m, n);
  }
  return [dx, dWeight, dBias];
}

/** How many stretches of rows a sum over rows is formed of, at most, and how many rows each has at least. */
const [STRETCHES, LEAST_ROWS] = [8, 128];

/**
 * aᵀ b, summed over all rows: a [rows, m], b [rows, n]. Over many rows it is the sum of products of stretches of them, so that threads share the rows (each
 * number is then read once) and not the few columns. How many stretches depends on the sizes alone, and so does the result.
 */
function overRows(
  fast: FastKernels,
  a: Numbers,
  m: number,
  b: Numbers,
  n: number,
  shape: readonly number[],
): Numbers {
  const out = fast.output(shape);
  const rows = a.size / m;
  const stretches = Math.min(STRETCHES, 2 ** Math.floor(Math.log2(Math.max(1, rows / LEAST_ROWS))));
  const length = Math.floor(rows / stretches);
  const turned = { at: fast.at(a), row: 1, column: m, batch: length * m };
  const right = { at: fast.at(b), row: n, batch: length * n };
  if (stretches === 1) {
    fast.product(m, n, rows, turned, right, { at: fast.at(out), row: n });
    return out;
  }
  const parts = fast.output([stretches, m, n]);
  const products = { at: fast.at(parts), row: n, batch: m * n };
  fast.product(m, n, length, turned, right, products, { batch: stretches });
  fast.kernels.sumRows(fast.at(parts), fast.at(out), stretches, m * n);
  parts.dispose();
  const done = stretches * length;
  if (done < rows) {
    const [restA, restB] = [fast.at(a) + done * m * 4, fast.at(b) + done * n * 4];
    const rest = { at: restA, row: 1, column: m };
    fast.product(
      m,
      n,
      rows - done,
      rest,
      { at: restB, row: n },
      { at: fast.at(out), row: n },
      { isSum: true },
    );
  }
  return out;
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
