import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { Arithmetic, Numbers } from "./arithmetic.ts";
import { mixedKeys, mixedQueries, queriesByKeys, type AttentionShape } from "./fast-attention.ts";

/**
 * The scores of every query against every key, in each head: q [batch, query, heads × feature], k [batch, key, keyHeads × feature]
 * give [batch, head, query, key], multiplied with `scale`. With fewer key heads than heads, neighbouring heads share one. Where only the scores of keys up to
 * query + `causalFrom` will be read, nothing else need be computed: what stands elsewhere is then undefined.
 */
export function attentionScores(
  arithmetic: Arithmetic,
  q: Numbers,
  k: Numbers,
  heads: number,
  keyHeads: number,
  scale: number,
  causalFrom: number | null = null,
): Numbers {
  const { tf, fast, tape } = arithmetic;
  if (fast) {
    const shape = attentionShape(q, k, heads, keyHeads);
    const scores = queriesByKeys(fast, shape, q, k, scale, causalFrom);
    tape?.record(scores, [q, k], (dy, [wantsQ, wantsK]) => [
      wantsQ === true ? mixedKeys(fast, shape, dy, k, scale, causalFrom) : undefined,
      wantsK === true ? mixedQueries(fast, shape, dy, q, scale, causalFrom) : undefined,
    ]);
    return scores;
  }
  const queries = byHead(arithmetic, q, heads, 1);
  const keys = byHead(arithmetic, k, keyHeads, heads / keyHeads);
  const scores = tf.mul(tf.matMul(queries, keys, false, true), scale);
  tape?.record(scores, [q, k], (dy, [wantsQ, wantsK]) => {
    const scaled: Tensor4D = tf.mul(dy, scale);
    return [
      wantsQ === true ? joined(arithmetic, tf.matMul(scaled, keys), 1) : undefined,
      wantsK === true ? joined(arithmetic, tf.matMul(scaled, queries, true), heads / keyHeads) : undefined,
    ];
  });
  return scores;
}

/**
 * The values that each query gathers: pattern [batch, head, query, key], v [batch, key, keyHeads × value] give
 * [batch, query, heads × value]. With `causalFrom` the pattern is known to be 0 for keys beyond query + `causalFrom`.
 */
export function attentionMix(
  arithmetic: Arithmetic,
  pattern: Numbers,
  v: Numbers,
  heads: number,
  keyHeads: number,
  causalFrom: number | null = null,
): Numbers {
  const { tf, fast, tape } = arithmetic;
  if (fast) {
    const [batch = 0, , queries = 0, keys = 0] = pattern.shape;
    const shape = { batch, queries, keys, heads, keyHeads, size: (v.shape[2] ?? 0) / keyHeads };
    const z = mixedKeys(fast, shape, pattern, v, 1, causalFrom);
    tape?.record(z, [pattern, v], (dy, [wantsPattern, wantsV]) => [
      wantsPattern === true ? queriesByKeys(fast, shape, dy, v, 1, causalFrom) : undefined,
      wantsV === true ? mixedQueries(fast, shape, pattern, dy, 1, causalFrom) : undefined,
    ]);
    return z;
  }
  const values = byHead(arithmetic, v, keyHeads, heads / keyHeads);
  const weights = pattern as Tensor4D;
  const z = joined(arithmetic, tf.matMul(weights, values), 1);
  tape?.record(z, [pattern, v], (dy, [wantsPattern, wantsV]) => {
    const dz = byHead(arithmetic, dy, heads, 1);
    return [
      wantsPattern === true ? tf.matMul(dz, values, false, true) : undefined,
      wantsV === true ? joined(arithmetic, tf.matMul(weights, dz, true), heads / keyHeads) : undefined,
    ];
  });
  return z;
}

function attentionShape(q: Numbers, k: Numbers, heads: number, keyHeads: number): AttentionShape {
  const [batch = 0, queries = 0, width = 0] = q.shape;
  return { batch, queries, keys: k.shape[1] ?? 0, heads, keyHeads, size: width / heads };
}

/** [batch, position, heads × size] as [batch, heads × repeats, position, size], each head `repeats` times in a row. */
function byHead({ tf }: Arithmetic, x: Numbers, heads: number, repeats: number): Tensor4D {
  const [batch = 0, position = 0, width = 0] = x.shape;
  const split = tf.transpose(tf.reshape(x, [batch, position, heads, width / heads]), [0, 2, 1, 3]);
  if (repeats === 1) return split as Tensor4D;
  const copies = tf.tile(tf.expandDims(split, 2), [1, 1, repeats, 1, 1]);
  return tf.reshape(copies, [batch, heads * repeats, position, width / heads]);
}

/** The way back: [batch, heads × repeats, position, size], summed over the repeats, as [batch, position, heads × size]. */
function joined({ tf }: Arithmetic, x: Numbers, repeats: number): Numbers {
  const [batch = 0, heads = 0, position = 0, size = 0] = x.shape;
  const groups = heads / repeats;
  const summed = repeats === 1 ? x : tf.sum(tf.reshape(x, [batch, groups, repeats, position, size]), 2);
  return tf.reshape(tf.transpose(summed, [0, 2, 1, 3]), [batch, position, groups * size]);
}
