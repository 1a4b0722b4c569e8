import type { Arithmetic, Numbers } from "./arithmetic.ts";

/** Names of activation functions, as the transformer's configuration has them. */
export type ActivationName = "relu" | "gelu" | "gelu-tanh" | "gelu-sigmoid" | "silu" | "solu" | "identity";

const ROOT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/**
 * f(x), number by number (`solu`: over the last axis).
 *
 * relu max(0, x) · gelu x Φ(x) · gelu-tanh x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks & Gimpel 2016) ·
 * gelu-sigmoid x σ(1.702 x) · silu x σ(x) · solu x softmax(x) (Elhage et al. 2022). x is used up: what is computed may lie in its memory.
 */
export function activated(arithmetic: Arithmetic, x: Numbers, name: ActivationName): Numbers {
  if (name === "identity") return x;
  const { tf, fast, tape } = arithmetic;
  if (fast && name !== "solu") {
    const kind = KERNEL_KINDS[name];
    // In the place of x: forwards its values, with a tape its slopes, which are all that backwards is needed of x.
    const inPlace = fast.inPlaceOf(x);
    const [out, slopes] = tape ? [fast.output(x.shape), inPlace] : [inPlace, undefined];
    fast.kernels.activate(fast.at(x), fast.at(out), fast.at(slopes), x.size, kind);
    if (tape && slopes) {
      tape.record(out, [x], (dy) => {
        fast.kernels.multiply(fast.at(dy), fast.at(slopes), fast.at(slopes), x.size);
        return [slopes];
      });
    }
    return out;
  }
  const { value, slope } = FUNCTIONS[name](arithmetic, x);
  tape?.record(value, [x], (dy) => [name === "solu" ? soluGradient(arithmetic, x, dy) : tf.mul(dy, slope())]);
  return value;
}

/** The numbers by which our kernels know the functions. */
const KERNEL_KINDS = { relu: 0, gelu: 1, "gelu-tanh": 2, "gelu-sigmoid": 3, silu: 4 } as const;

type Rule = (arithmetic: Arithmetic, x: Numbers) => { value: Numbers; slope: () => Numbers };

const FUNCTIONS: Record<Exclude<ActivationName, "identity">, Rule> = {
  relu: ({ tf }, x) => ({ value: tf.relu(x), slope: () => tf.step(x) }),
  gelu: ({ tf }, x) => {
    const share = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
    const density = () => tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return { value: tf.mul(x, share), slope: () => tf.add(share, tf.mul(x, density())) };
  },
  "gelu-tanh": ({ tf }, x) => {
    const square = tf.square(x);
    const inner = tf.mul(tf.mul(x, tf.add(tf.mul(square, CUBIC), 1)), ROOT_2_OVER_PI);
    const tanh = tf.tanh(inner);
    const share = tf.mul(tf.add(tanh, 1), 0.5);
    const slope = () => {
      const innerSlope = tf.mul(tf.add(tf.mul(square, 3 * CUBIC), 1), ROOT_2_OVER_PI);
      const tanhSlope = tf.sub(1, tf.square(tanh));
      return tf.add(share, tf.mul(tf.mul(tf.mul(x, 0.5), tanhSlope), innerSlope));
    };
    return { value: tf.mul(x, share), slope };
  },
  "gelu-sigmoid": (arithmetic, x) => bySigmoid(arithmetic, x, 1.702),
  silu: (arithmetic, x) => bySigmoid(arithmetic, x, 1),
  solu: ({ tf }, x) => ({ value: tf.mul(x, tf.softmax(x)), slope: () => tf.onesLike(x) }),
};

function bySigmoid({ tf }: Arithmetic, x: Numbers, steepness: number): ReturnType<Rule> {
  const share = tf.sigmoid(tf.mul(x, steepness));
  const slope = () => tf.add(share, tf.mul(tf.mul(x, steepness), tf.mul(share, tf.sub(1, share))));
  return { value: tf.mul(x, share), slope };
}

function soluGradient({ tf }: Arithmetic, x: Numbers, dy: Numbers): Numbers {
  const share = tf.softmax(x);
  const weighted = tf.mul(tf.mul(dy, x), share);
  return tf.add(tf.mul(dy, share), tf.sub(weighted, tf.mul(share, tf.sum(weighted, -1, true))));
}
