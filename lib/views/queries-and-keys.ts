import { rankOf, toArray, type ArrayInput, type LabelledArray } from "./matrix.ts";
import { round } from "./scene.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Products on the screen at once; more would not follow the pointer. */
const MOST_CELLS = 8000;

/** What a head's queries and keys are, read from what was given. */
export interface QueriesAndKeys {
  readonly q: LabelledArray;
  readonly k: LabelledArray;
  readonly heads: number;
  readonly targets: number;
  readonly sources: number;
  readonly dimensions: number;
  readonly tokens: readonly string[];
  readonly keyTokens: readonly string[];
  readonly headNames: readonly string[];
}

/** Reads queries and keys of [position, dimension] or [head, position, dimension]. */
export function readQueriesAndKeys(
  queries: ArrayInput,
  keys: ArrayInput,
  options: {
    readonly tokens?: readonly string[];
    readonly labels?: Readonly<Record<string, readonly string[]>>;
  },
): QueriesAndKeys {
  const [read, other] = [rankOf(queries), rankOf(keys)];
  if (read !== other || (read !== 2 && read !== 3))
    throw new ViewInputError(
      `attentionNeurons takes queries and keys as [position, dimension] or [head, position, dimension], both alike, and got ${read} and ${other} axes.`,
    );
  const names = (position: string): string[] => ["head", position, "dimension"].slice(3 - read);
  const plain = (input: ArrayInput, position: string): LabelledArray =>
    headFirst(toArray(input, read, options.labels, names(position), "attentionNeurons"));
  const [q, k] = [plain(queries, "query"), plain(keys, "key")];
  const [targets = 0, dimensions = 0] = q.shape.slice(-2);
  const [sources = 0, width = 0] = k.shape.slice(-2);
  const heads = read === 3 ? (q.shape[0] ?? 0) : 1;
  if (width !== dimensions || (read === 3 && k.shape[0] !== heads))
    throw new ViewInputError(
      `attentionNeurons: queries are ${q.shape.join(" × ")} and keys ${k.shape.join(" × ")}; heads and dimensions must be as many.`,
    );
  if (heads * targets * sources * dimensions === 0)
    throw new ViewInputError(
      `attentionNeurons has nothing to show: queries are ${q.shape.join(" × ")}, keys ${k.shape.join(" × ")}.`,
    );
  if (sources * dimensions > MOST_CELLS)
    throw new ViewInputError(
      `attentionNeurons shows up to ${MOST_CELLS} products for a token, and ${sources} keys of ${dimensions} numbers are ${sources * dimensions}; choose some positions with .slice first.`,
    );
  for (const [name, { values }] of [
    ["queries", q],
    ["keys", k],
  ] as const)
    for (let cell = 0; cell < values.length; cell++)
      if (!Number.isFinite(values[cell]))
        throw new ViewInputError(
          `attentionNeurons: number ${cell} of the ${name} is ${String(values[cell])}; all must be finite.`,
        );
  const given = options.tokens;
  for (const size of new Set([targets, sources]))
    if (given !== undefined && given.length !== size)
      throw new ViewInputError(`attentionNeurons: ${size} positions and ${given.length} tokens.`);
  const visible = (array: LabelledArray, size: number): readonly string[] =>
    given === undefined
      ? (array.labels.at(-2) ?? [])
      : (toArray(
          Array.from({ length: size }, () => 0),
          1,
          { entry: given },
          ["entry"],
          "attentionNeurons",
        ).labels[0] ?? []);
  return {
    q,
    k,
    heads,
    targets,
    sources,
    dimensions,
    tokens: visible(q, targets),
    keyTokens: visible(k, sources),
    headNames: read === 3 ? (q.labels[0] ?? []) : ["0"],
  };
}

/** A tensor that names its axes may have them in another order: [query, head, feature], as models keep them. */
function headFirst(array: LabelledArray): LabelledArray {
  if (array.axes[1] !== "head") return array;
  const [rows = 0, heads = 0, size = 0] = array.shape;
  const swap = <T>([first, second, ...rest]: readonly T[]): T[] =>
    first === undefined || second === undefined ? [] : [second, first, ...rest];
  return {
    axes: swap(array.axes),
    shape: swap(array.shape),
    labels: swap(array.labels),
    named: swap(array.named),
    values: Float64Array.from({ length: rows * heads * size }, (_, cell) => {
      const [head, row] = [Math.floor(cell / (rows * size)), Math.floor(cell / size) % rows];
      return array.values[(row * heads + head) * size + (cell % size)] ?? NaN;
    }),
  };
}

/** Scores q · k / divisor and their softmax, a list [query × key] for each head; what is masked is null and 0. */
export function attend(
  { q, k, heads, targets, sources, dimensions }: QueriesAndKeys,
  divisor: number,
  causal: boolean,
): { readonly scores: (number | null)[][]; readonly weights: number[][] } {
  const scores: (number | null)[][] = [];
  const weights: number[][] = [];
  for (let head = 0; head < heads; head++) {
    const own: (number | null)[] = [];
    const shares: number[] = [];
    for (let target = 0; target < targets; target++) {
      const row = Array.from({ length: sources }, (_, source) => {
        if (causal && source > target) return null;
        let sum = 0;
        for (let d = 0; d < dimensions; d++)
          sum +=
            (q.values[(head * targets + target) * dimensions + d] ?? 0) *
            (k.values[(head * sources + source) * dimensions + d] ?? 0);
        return sum / divisor;
      });
      const highest = Math.max(...row.map((score) => score ?? -Infinity));
      const powers = row.map((score) => (score === null ? 0 : Math.exp(score - highest)));
      const total = powers.reduce((all, power) => all + power, 0);
      own.push(...row.map((score) => (score === null ? null : Number(round(score)))));
      shares.push(...powers.map((power) => Number((power / total).toPrecision(4))));
    }
    scores.push(own);
    weights.push(shares);
  }
  return { scores, weights };
}

/** The largest product of a query's and a key's number, by head. */
export function productReaches({ q, k, heads, targets, sources, dimensions }: QueriesAndKeys): number[] {
  const peak = (values: ArrayLike<number>, head: number, rows: number, d: number): number => {
    let most = 0;
    for (let row = 0; row < rows; row++)
      most = Math.max(most, Math.abs(values[(head * rows + row) * dimensions + d] ?? 0));
    return most;
  };
  return Array.from({ length: heads }, (_, head) => {
    let most = 0;
    for (let d = 0; d < dimensions; d++)
      most = Math.max(most, peak(q.values, head, targets, d) * peak(k.values, head, sources, d));
    return most === 0 ? 1 : Number(round(most));
  });
}
