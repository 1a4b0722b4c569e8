import { tensor, type Tensor } from "../tensor/index.ts";

/** What a head may attend to. */
export type AttentionTarget = "previous" | "current" | "first" | "duplicate" | "induction";

/** How a pattern is compared with a target, and which keys are left out of it. */
export interface DetectorOptions {
  /** 1 for tokens that are there, 0 for padding, one for each position; padded queries and keys count nowhere. */
  readonly present?: readonly number[];
  /** Leave the first position out, as a key and as a query: many heads rest there. */
  readonly excludeFirst?: boolean;
  /** Leave each position's attention to itself out. */
  readonly excludeCurrent?: boolean;
}

/**
 * Where a head would attend that attends to `target` alone: 1 for each [query, key] that is one.
 *
 * previous: the position before. current: itself. first: position 0. duplicate: an earlier position with the same token.
 * induction: a position whose preceding token is the query's token, and precedes the query (a repetition at once counts).
 * Source: definitions as in TransformerLens' head detector (`duplicate` shifted by one gives `induction`).
 */
export function targetPattern(
  target: AttentionTarget,
  tokens: readonly (string | number)[],
): Tensor<["query", "key"]> {
  const length = tokens.length;
  const isTarget = {
    previous: (query: number, key: number) => key === query - 1,
    current: (query: number, key: number) => key === query,
    first: (_: number, key: number) => key === 0,
    duplicate: (query: number, key: number) => key < query && tokens[key] === tokens[query],
    induction: (query: number, key: number) => key >= 1 && key <= query && tokens[key - 1] === tokens[query],
  }[target];
  const data = new Float64Array(length * length);
  for (let query = 0; query < length; query++)
    for (let key = 0; key < length; key++) data[query * length + key] = isTarget(query, key) ? 1 : 0;
  const labels = tokens.map(String);
  return tensor(["query", "key"], data, {
    shape: [length, length],
    labels: { query: labels, key: labels },
    copy: false,
  });
}

/**
 * The share of a head's attention that goes where `target` is: Σ A∘D / Σ A over the queries that could score, that is whose row of D
 * is not empty. 0 to 1; NaN when no query could.
 *
 * Unlike a share over all queries, a head that always attends to its target scores 1, whatever the text
 * ({@link attentionShareOfAll} is that other number).
 * @param patterns any number of axes before `query` and `key`, for instance `head`
 */
export function attentionShare<const A extends readonly string[]>(
  patterns: Tensor<readonly [...A, "query", "key"]>,
  target: Tensor<["query", "key"]>,
  options: DetectorOptions = {},
): Tensor<A> {
  return shares(patterns, target, options, true);
}

/**
 * Σ A∘D / Σ A over all queries: TransformerLens' measure `mul`. A perfect previous-token head scores (n − 1)/n.
 */
export function attentionShareOfAll<const A extends readonly string[]>(
  patterns: Tensor<readonly [...A, "query", "key"]>,
  target: Tensor<["query", "key"]>,
  options: DetectorOptions = {},
): Tensor<A> {
  return shares(patterns, target, options, false);
}

function shares<const A extends readonly string[]>(
  patterns: Tensor<readonly [...A, "query", "key"]>,
  target: Tensor<["query", "key"]>,
  { present, excludeFirst = false, excludeCurrent = false }: DetectorOptions,
  onlyPossible: boolean,
): Tensor<A> {
  const length = target.sizeOf("query");
  const counts = (query: number, key: number) =>
    (present === undefined || (present[query] === 1 && present[key] === 1)) &&
    !(excludeFirst && (key === 0 || query === 0)) &&
    !(excludeCurrent && key === query);
  const wanted = target.data;
  const possible = Array.from({ length }, (_, query) =>
    Array.from({ length }, (_, key) => counts(query, key) && wanted[query * length + key] === 1).includes(
      true,
    ),
  );
  return overPatterns(patterns, length * length, (pattern, at) => {
    let on = 0;
    let all = 0;
    for (let query = 0; query < length; query++) {
      if (onlyPossible && possible[query] !== true) continue;
      for (let key = 0; key < length; key++) {
        if (!counts(query, key)) continue;
        const share = pattern[at + query * length + key] ?? 0;
        all += share;
        on += share * (wanted[query * length + key] ?? 0);
      }
    }
    return on / all;
  });
}

/**
 * The mean attention from each query to the key `offset` places on: −1 previous token, 0 itself, −(r − 1) induction on a text of period r.
 * The mean of a diagonal of the pattern, which need not be square (queries may be a part of the positions, then `offset` counts from
 * their first); NaN where the diagonal is empty.
 * Source: the stripes of ARENA 1.2; the prefix-matching score of Olsson et al. 2022.
 */
export function stripe<const A extends readonly string[]>(
  patterns: Tensor<readonly [...A, "query", "key"]>,
  offset: number,
): Tensor<A> {
  const plain: Tensor<readonly string[]> = patterns;
  const [queries = 0, keys = 0] = plain.shape.slice(-2);
  return overPatterns(patterns, queries * keys, (pattern, at) => {
    let sum = 0;
    let count = 0;
    for (let query = Math.max(0, -offset); query < queries && query + offset < keys; query++, count++)
      sum += pattern[at + query * keys + query + offset] ?? 0;
    return sum / count;
  });
}

/** One number for each pattern: the axes before `query` and `key`. */
function overPatterns<const A extends readonly string[]>(
  patterns: Tensor<readonly [...A, "query", "key"]>,
  cells: number,
  measure: (data: ArrayLike<number>, at: number) => number,
): Tensor<A> {
  const plain: Tensor<readonly string[]> = patterns;
  const axes = plain.axes.slice(0, -2);
  const shape = plain.shape.slice(0, -2);
  const count = shape.reduce((product, size) => product * size, 1);
  const data = Float64Array.from({ length: count }, (_, place) => measure(plain.data, place * cells));
  const labels = Object.fromEntries(
    axes.flatMap((axis) => (plain.labels(axis) ? [[axis, plain.labels(axis) ?? []]] : [])),
  );
  return tensor(axes, data, { shape, labels }) as unknown as Tensor<A>;
}
