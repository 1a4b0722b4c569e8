import type { Arithmetic, Numbers } from "./arithmetic.ts";

/** The angles of rotary positions. */
export interface Rotation {
  /** How many features of each head turn, from the first. */
  readonly features: number;
  readonly pairs: "halves" | "neighbours";
  /** Cosine and sine of each pair's angle at each position: [1 or batch, position, 1, features / 2]. */
  readonly cosines: Numbers;
  readonly sines: Numbers;
}

/** Rotary positions: each pair of features of x [batch, position, heads × size] turned by its position's angle. */
export function rotated(arithmetic: Arithmetic, x: Numbers, heads: number, rotation: Rotation): Numbers {
  const y = turned(arithmetic, x, heads, rotation, 1);
  arithmetic.tape?.record(y, [x], (dy) => [turned(arithmetic, dy, heads, rotation, -1)]);
  return y;
}

function turned(
  { tf, fast }: Arithmetic,
  x: Numbers,
  heads: number,
  rotation: Rotation,
  sign: 1 | -1,
): Numbers {
  const { features, pairs, cosines, sines } = rotation;
  const [batch = 0, position = 0, width = 0] = x.shape;
  const size = width / heads;
  if (fast) {
    const y = fast.output(x.shape);
    const [from, to, cosine, sine] = [fast.at(x), fast.at(y), fast.at(cosines), fast.at(sines)];
    const isNeighbours = pairs === "neighbours" ? 1 : 0;
    const rows = cosines.shape.at(0) ?? 1;
    fast.kernels.rotate(
      from,
      to,
      cosine,
      sine,
      batch,
      position,
      heads,
      size,
      features,
      isNeighbours,
      rows,
      sign,
    );
    return y;
  }
  const half = features / 2;
  const split = tf.reshape(x, [batch, position, heads, size]);
  const part = tf.slice(split, [0, 0, 0, 0], [-1, -1, -1, features]);
  const inPairs =
    pairs === "halves"
      ? part
      : tf.transpose(tf.reshape(part, [batch, position, heads, half, 2]), [0, 1, 2, 4, 3]);
  const flat = tf.reshape(inPairs, [batch, position, heads, features]);
  const first = tf.slice(flat, [0, 0, 0, 0], [-1, -1, -1, half]);
  const second = tf.slice(flat, [0, 0, 0, half], [-1, -1, -1, half]);
  const signed = sign === 1 ? sines : tf.neg(sines);
  const both = tf.concat(
    [
      tf.sub(tf.mul(first, cosines), tf.mul(second, signed)),
      tf.add(tf.mul(second, cosines), tf.mul(first, signed)),
    ],
    3,
  );
  const back =
    pairs === "halves"
      ? both
      : tf.reshape(tf.transpose(tf.reshape(both, [batch, position, heads, 2, half]), [0, 1, 2, 4, 3]), [
          batch,
          position,
          heads,
          features,
        ]);
  const rest = tf.slice(split, [0, 0, 0, features], [-1, -1, -1, size - features]);
  return tf.reshape(size === features ? back : tf.concat([back, rest], 3), [batch, position, width]);
}
