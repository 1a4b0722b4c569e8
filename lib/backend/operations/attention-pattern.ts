import type { FastKernels } from "../kernels/fast-kernels.ts";
import type { Arithmetic, Numbers } from "./arithmetic.ts";
import type { Tape } from "./tape.ts";

/** Which keys a query may see. */
export interface AttentionMask {
  /** The position of the first query when the mask is causal (a query sees keys up to its own position); `null`: all. */
  readonly causalFrom: number | null;
  /** 1 for keys that are there, 0 for padding: [batch, key]. */
  readonly keys?: Numbers | undefined;
}

/**
 * Softmax over the keys that each query may see: scores [batch, head, query, key] give shares that sum to 1, exactly 0 where masked;
 * a query that may see nothing (a padded one) gets zeros. Masking happens before the softmax: masked scores count as minus infinity. The scores are used up: the
 * pattern may lie in their memory.
 */
export function attentionPattern(arithmetic: Arithmetic, scores: Numbers, mask: AttentionMask): Numbers {
  const { tf, fast, tape } = arithmetic;
  if (fast) return fastPattern(fast, tape, scores, mask);
  const allowed = allowedKeys(arithmetic, scores, mask);
  let pattern: Numbers;
  if (allowed === undefined) pattern = tf.softmax(scores);
  else {
    const masked = tf.add(tf.mul(scores, allowed), tf.mul(tf.sub(allowed, 1), 1e30));
    pattern = tf.mul(tf.softmax(masked), allowed);
  }
  tape?.record(pattern, [scores], (dy) => {
    const product = tf.mul(dy, pattern);
    return [tf.sub(product, tf.mul(pattern, tf.sum(product, -1, true)))];
  });
  return pattern;
}

function fastPattern(
  fast: FastKernels,
  tape: Tape | undefined,
  scores: Numbers,
  mask: AttentionMask,
): Numbers {
  const [batch = 0, heads = 0, queries = 0, keys = 0] = scores.shape;
  const from = mask.causalFrom ?? -1;
  const pattern = fast.inPlaceOf(scores);
  const [a, b] = [fast.at(scores), fast.at(pattern)];
  fast.kernels.softmaxRows(a, b, batch, heads, queries, keys, from, fast.at(mask.keys));
  tape?.record(pattern, [scores], (dy) => {
    // Backwards nobody needs the pattern any more.
    const gradient = fast.inPlaceOf(pattern);
    const to = fast.at(gradient);
    fast.kernels.softmaxGradient(
      fast.at(pattern),
      fast.at(dy),
      to,
      batch * heads * queries,
      queries,
      keys,
      from,
    );
    return [gradient];
  });
  return pattern;
}

/** 1 where a query may see a key, 0 elsewhere: [1 or batch, 1, query, key]; `undefined` where all may. */
function allowedKeys({ tf }: Arithmetic, scores: Numbers, mask: AttentionMask): Numbers | undefined {
  const [batch = 0, , queries = 0, keys = 0] = scores.shape;
  const padding = mask.keys === undefined ? undefined : tf.reshape(mask.keys, [batch, 1, 1, keys]);
  if (mask.causalFrom === null) return padding;
  const first = mask.causalFrom;
  const triangle = Float32Array.from({ length: queries * keys }, (_, i) =>
    i % keys <= first + Math.floor(i / keys) ? 1 : 0,
  );
  const causal = tf.tensor(triangle, [1, 1, queries, keys]);
  return padding === undefined ? causal : tf.mul(causal, padding);
}
