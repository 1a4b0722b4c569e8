import type { FastKernels } from "../kernels/fast-kernels.ts";
import type { Arithmetic, Numbers } from "./arithmetic.ts";
import type { Tape } from "./tape.ts";

/** What a norm divides by, and whether it subtracts the mean first. */
export type NormKind = "layer" | "root-mean-square";

/**
 * x [..., n] with mean 0 and variance 1 over the last axis (`layer`), or with mean square 1 (`root-mean-square`); then times gain, plus bias.
 * `epsilon` is added under the root; the variance is the population's.
 */
export function normalised(
  arithmetic: Arithmetic,
  x: Numbers,
  gain: Numbers | undefined,
  bias: Numbers | undefined,
  kind: NormKind,
  epsilon: number,
): Numbers {
  const { tf, fast, tape } = arithmetic;
  if (fast) return fastNorm(fast, tape, x, gain, bias, kind, epsilon);
  const centred = kind === "layer" ? tf.sub(x, tf.mean(x, -1, true)) : x;
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  const unit = tf.mul(centred, inverse);
  const stretched = gain === undefined ? unit : tf.mul(unit, gain);
  const y = bias === undefined ? stretched : tf.add(stretched, bias);
  tape?.record(y, [x, gain, bias], (dy, [wantsX, wantsGain, wantsBias]) => {
    const columns = (t: Numbers) => tf.sum(tf.reshape(t, [-1, x.shape.at(-1) ?? 1]), 0);
    let dx: Numbers | undefined;
    if (wantsX === true) {
      const dUnit = gain === undefined ? dy : tf.mul(dy, gain);
      const along = tf.mul(unit, tf.mean(tf.mul(dUnit, unit), -1, true));
      const rest = tf.sub(dUnit, along);
      dx = tf.mul(kind === "layer" ? tf.sub(rest, tf.mean(dUnit, -1, true)) : rest, inverse);
    }
    return [
      dx,
      wantsGain === true ? columns(tf.mul(dy, unit)) : undefined,
      wantsBias === true ? columns(dy) : undefined,
    ];
  });
  return y;
}

function fastNorm(
  fast: FastKernels,
  tape: Tape | undefined,
  x: Numbers,
  gain: Numbers | undefined,
  bias: Numbers | undefined,
  kind: NormKind,
  epsilon: number,
): Numbers {
  const n = x.shape.at(-1) ?? 1;
  const rows = x.size / n;
  const isCentred = kind === "layer" ? 1 : 0;
  const y = fast.output(x.shape);
  fast.kernels.norm(fast.at(x), fast.at(gain), fast.at(bias), fast.at(y), rows, n, isCentred, epsilon);
  tape?.record(y, [x, gain, bias], (dy, [wantsX, wantsGain, wantsBias], [dxSoFar]) => {
    const dx = wantsX === true ? (dxSoFar ?? fast.output(x.shape)) : undefined;
    const isSum = dxSoFar === undefined ? 0 : 1;
    const [dGain, dBias] = [wantsGain, wantsBias].map((isWanted) =>
      isWanted === true ? fast.output([n]) : undefined,
    );
    const [xAt, gainAt, dyAt] = [fast.at(x), fast.at(gain), fast.at(dy)];
    const [dxAt, dGainAt, dBiasAt] = [fast.at(dx), fast.at(dGain), fast.at(dBias)];
    const places = [xAt, gainAt, dyAt, dxAt, dGainAt, dBiasAt] as const;
    fast.kernels.normGradient(...places, rows, n, isCentred, epsilon, isSum);
    return [dx, dGain, dBias];
  });
  return y;
}

/** What {@link normalised} divides by: √(variance or mean square + epsilon), [...] without the last axis. */
export function normScale({ tf }: Arithmetic, x: Numbers, kind: NormKind, epsilon: number): Numbers {
  const centred = kind === "layer" ? tf.sub(x, tf.mean(x, -1, true)) : x;
  return tf.sqrt(tf.add(tf.mean(tf.square(centred), -1), epsilon));
}
