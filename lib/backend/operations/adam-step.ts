import type { Arithmetic, Numbers } from "./arithmetic.ts";

/** The running means of a parameter's gradient and of its square; replaced by {@link adamStep}. */
export interface AdamMoments {
  mean: Numbers;
  square: Numbers;
}

/** The numbers of one step of Adam. */
export interface AdamNumbers {
  /** Learning rate divided by the correction of the mean's start at 0. */
  readonly rate: number;
  readonly betas: readonly [number, number];
  /** What the root of the mean square is multiplied with, for its start at 0. */
  readonly squareCorrection: number;
  readonly epsilon: number;
  /** What the weight is multiplied with first: 1 − learning rate × weight decay. */
  readonly decay: number;
  /** What the gradient is multiplied with first, from clipping. */
  readonly gradientScale: number;
}

/**
 * weight · decay − rate · mean / (√square · correction + ε), after both means have taken in the gradient. The weight given is used up: what is returned takes
 * its place, kept beyond the surrounding `tidy`.
 */
export function adamStep(
  arithmetic: Arithmetic,
  weight: Numbers,
  gradient: Numbers,
  moments: AdamMoments,
  numbers: AdamNumbers,
): Numbers {
  const { tf, fast } = arithmetic;
  const { rate, betas, squareCorrection, epsilon, decay, gradientScale } = numbers;
  if (fast) {
    const [w, g, m, s] = [weight, gradient, moments.mean, moments.square].map((tensor) => fast.at(tensor));
    const [beta1, beta2] = betas;
    const rest = [1 - beta1, 1 - beta2, squareCorrection, epsilon, decay, gradientScale] as const;
    fast.kernels.adam(w ?? 0, g ?? 0, m ?? 0, s ?? 0, weight.size, rate, beta1, beta2, ...rest);
    return weight;
  }
  const g = gradientScale === 1 ? gradient : tf.mul(gradient, gradientScale);
  const mean = tf.add(tf.mul(moments.mean, betas[0]), tf.mul(g, 1 - betas[0]));
  const square = tf.add(tf.mul(moments.square, betas[1]), tf.mul(tf.square(g), 1 - betas[1]));
  const change = tf.div(mean, tf.add(tf.mul(tf.sqrt(square), squareCorrection), epsilon));
  const changed = tf.sub(tf.mul(weight, decay), tf.mul(change, rate));
  for (const old of [weight, moments.mean, moments.square]) old.dispose();
  moments.mean = tf.keep(mean);
  moments.square = tf.keep(square);
  return tf.keep(changed);
}

/** The sum of squares of all numbers. */
export function squaredNorm({ tf, fast }: Arithmetic, x: Numbers): number {
  if (fast) return fast.kernels.squares(fast.at(x), x.size);
  return tf.sum(tf.square(x)).dataSync<"float32">()[0] ?? 0;
}
