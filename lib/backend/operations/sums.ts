import type { Arithmetic, Numbers } from "./arithmetic.ts";

/** a + b, of one shape. */
export function plus(arithmetic: Arithmetic, a: Numbers, b: Numbers): Numbers {
  const { tf, tape } = arithmetic;
  const sum = tf.add(a, b);
  tape?.record(sum, [a, b], (dy) => [dy, dy]);
  return sum;
}

/** a ∘ b, of one shape. */
export function times(arithmetic: Arithmetic, a: Numbers, b: Numbers): Numbers {
  const { tf, tape } = arithmetic;
  const product = tf.mul(a, b);
  tape?.record(product, [a, b], (dy, [wantsA, wantsB]) => [
    wantsA === true ? tf.mul(dy, b) : undefined,
    wantsB === true ? tf.mul(dy, a) : undefined,
  ]);
  return product;
}

/** a multiplied with one number. */
export function scaled(arithmetic: Arithmetic, a: Numbers, factor: number): Numbers {
  if (factor === 1) return a;
  const { tf, tape } = arithmetic;
  const product = tf.mul(a, factor);
  tape?.record(product, [a], (dy) => [tf.mul(dy, factor)]);
  return product;
}

/** x [..., n] plus bias [n] in every row. */
export function shifted(arithmetic: Arithmetic, x: Numbers, bias: Numbers): Numbers {
  const { tf, tape } = arithmetic;
  const sum = tf.add(x, bias);
  tape?.record(sum, [x, bias], (dy) => [dy, tf.sum(tf.reshape(dy, [-1, bias.size]), 0)]);
  return sum;
}
