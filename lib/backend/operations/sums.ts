import type { Arithmetic, Numbers } from "./arithmetic.ts";

/** a + b, of one shape. */
export function plus(arithmetic: Arithmetic, a: Numbers, b: Numbers): Numbers {
  const sum = entrywise(arithmetic, "add", a, b);
  arithmetic.tape?.record(sum, [a, b], (dy) => [dy, dy]);
  return sum;
}

/** a ∘ b, of one shape. */
export function times(arithmetic: Arithmetic, a: Numbers, b: Numbers): Numbers {
  const product = entrywise(arithmetic, "multiply", a, b);
  arithmetic.tape?.record(product, [a, b], (dy, [wantsA, wantsB]) => [
    wantsA === true ? entrywise(arithmetic, "multiply", dy, b) : undefined,
    wantsB === true ? entrywise(arithmetic, "multiply", dy, a) : undefined,
  ]);
  return product;
}

function entrywise({ tf, fast }: Arithmetic, kind: "add" | "multiply", a: Numbers, b: Numbers): Numbers {
  if (fast === undefined) return kind === "add" ? tf.add(a, b) : tf.mul(a, b);
  const out = fast.output(a.shape);
  fast.kernels[kind](fast.at(a), fast.at(b), fast.at(out), a.size);
  return out;
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
