import type { Axes, Cell } from "../axes.ts";
import { AxisError, IndexError, NumberError } from "../errors.ts";
import { suggestion } from "../near-misses.ts";
import type { Computed } from "../origin.ts";
import { indicesOfCell } from "../selection.ts";
import { computedOf, type Tensor } from "../tensor.ts";
import { Explanation, type Factor, type Move, type Step, type Term } from "./explanation.ts";
import { axesOfPaths, groupedPaths, largestPaths, TooManySummands, type Path } from "./paths.ts";
import { isProduct, offsetOf, stepsOfCell, valueOf, type CellOf, type InnerStep } from "./steps.ts";

/** What is wanted of an explanation. */
export interface ExplainOptions {
  /** How many terms are listed; the others are summed up in the rest. 12 if not given. */
  readonly top?: number;
  /**
   * Sums up the paths that agree on these axes: `by: "key"` tells how much each key word gave, whatever features it went through.
   * `"+"` stands for the addends of sums. If not given, each path is a term of its own.
   */
  readonly by?: string | readonly string[];
  /** How many products are followed: 1 takes the last product apart and no more. All of them if not given. */
  readonly depth?: number;
}

/**
 * Takes one cell of a computed tensor apart: the terms whose sum it is, largest first, each with the words it came from.
 * Terms above 0 *enhanced* the cell, terms below 0 *inhibited* it; where a term was *moved* from one place to another
 * (from a key to a query), it says from where to where. The terms and the rest add up to the cell.
 *
 * A tensor remembers how it was computed by `dot`, `outer`, `times`, `plus`, `minus`, `dividedBy` (a number), `sum`, `mean`,
 * `at`, `row`, `column`, `slice`, `pick`, `rename`, `transpose`, `withLabels`, `stack` and `concatenate`: these are sums of
 * products, and a chain of them is a sum over *paths*. Other operations (`map`, `softmax`, …) are no sums: what they gave
 * counts as given. So does what lies more than 64 operations back, or would keep more than 64 MB in memory.
 *
 * Throws `AxisError`, `IndexError`, `LabelError` for a cell that is not there.
 *
 * @example
 * const scores = queries.dot(keys, "feature");
 * explain(scores, { query: "milk", key: "drank" }).terms[0]; // the feature on which they agree most
 */
export function explain<const A extends Axes>(
  product: Tensor<A>,
  cell: Cell<A>,
  options: ExplainOptions = {},
): Explanation {
  const { top = 12, by, depth = Infinity } = options;
  if (!(top >= 1) || !(depth >= 1)) {
    throw new IndexError(`top and depth are whole numbers, 1 or more; they are ${top} and ${depth}.`);
  }
  const node = computedOf(product);
  const given = indicesOfCell(node.layout, cell);
  const missing = node.layout.axes.filter((axis) => !given.has(axis));
  if (missing.length > 0) {
    throw new AxisError(`A cell has a place on every axis; "${missing.join('", "')}" is missing.`);
  }
  const target: CellOf = {
    node,
    offset: offsetOf(
      node.layout,
      node.layout.axes.map((axis) => given.get(axis) ?? 0),
    ),
  };
  const groups = by === undefined ? undefined : checkedAxes(node, typeof by === "string" ? [by] : by, depth);

  const deepest = Math.min(depth, productsBelow(node));
  let followed = deepest;
  let found = search(target, top, groups, followed);
  while (found === undefined) {
    followed = Math.max(1, Math.ceil(followed / 2) === followed ? followed - 1 : Math.ceil(followed / 2));
    found = search(target, top, groups, followed);
  }

  const value = valueOf(target);
  checkSum(node, value, found);
  const cellSteps = stepsOfCell(target);
  const terms = found.largest.map((path) => termOf(path, cellSteps));
  const shown = terms.reduce((sum, term) => sum + (Number.isFinite(term.value) ? term.value : 0), 0);
  const whole = Number.isFinite(value) ? value : found.sum;
  return new Explanation({
    name: node.layout.name,
    cell: cellSteps.map(stepOf),
    value,
    terms,
    rest: { count: found.count - terms.length, value: found.count > terms.length ? whole - shown : 0 },
    note: noteOf(node, followed < deepest ? followed : undefined),
  });
}

interface Found {
  readonly largest: readonly Path[];
  readonly count: number;
  readonly sum: number;
  readonly size: number;
}

/** The terms, following `depth` products; `undefined` when that is too much work. */
function search(
  target: CellOf,
  top: number,
  groups: ReadonlySet<string> | undefined,
  depth: number,
): Found | undefined {
  const limit = depth <= 1 ? Infinity : undefined;
  try {
    if (groups === undefined) return largestPaths(target, top, depth, limit);
    const paths = groupedPaths(target, groups, depth, limit).filter(({ value }) => value !== 0);
    return {
      largest: paths.slice(0, top),
      count: paths.length,
      sum: paths.reduce((sum, { value }) => sum + (Number.isFinite(value) ? value : 0), 0),
      size: paths.reduce((sum, path) => sum + Math.abs(path.value), 0),
    };
  } catch (error) {
    if (error instanceof TooManySummands) return undefined;
    throw error;
  }
}

function checkedAxes(node: Computed, axes: readonly string[], depth: number): Set<string> {
  const known = axesOfPaths(node, depth);
  for (const axis of axes) {
    if (!known.has(axis)) {
      throw new AxisError(
        `The computation does not sum over the axis "${axis}".${suggestion(axis, [...known])}`,
      );
    }
  }
  return new Set(axes);
}

/** The largest number of products on a way down. */
function productsBelow(node: Computed): number {
  const known = new Map<Computed, number>();
  const count = (at: Computed): number => {
    const found = known.get(at);
    if (found !== undefined) return found;
    const below = Math.max(0, ...(at.origin?.inputs ?? []).map(count));
    const all = below + (isProduct(at) ? 1 : 0);
    known.set(at, all);
    return all;
  };
  return Math.max(1, count(node));
}

/** Terms that don't add up would be a mistake here, not in what is explained: never show them. */
function checkSum({ layout }: Computed, value: number, { sum, size }: Found): void {
  const precision = layout.data instanceof Float32Array ? 1e-4 : 1e-9;
  const isClose = Math.abs(sum - value) <= precision * Math.max(size, Math.abs(value));
  if (Number.isFinite(value) && Number.isFinite(size) && !isClose) {
    throw new NumberError(
      `The terms add up to ${sum}, the cell is ${value}: rounding cannot explain that; please report it.`,
    );
  }
}

function noteOf(node: Computed, followed: number | undefined): string | undefined {
  if (node.origin === undefined) {
    return node.isForgotten
      ? "Its factors were not remembered: they lie more than 64 operations back or would keep more than 64 MB in memory. Explain a shorter product."
      : "It was given, or computed by something else than a sum of products: there is nothing to take apart.";
  }
  return followed === undefined
    ? undefined
    : `Only the last ${followed === 1 ? "product was" : `${followed} products were`} followed: there are too many paths through all of them.`;
}

function stepOf({ axis, index, words, text }: InnerStep): Step {
  return { axis, index, label: words?.words[index] ?? text ?? String(index) };
}

function termOf({ value, steps, factors }: Path, cell: readonly InnerStep[]): Term {
  const known = [...steps, ...cell].filter(({ words }) => words !== undefined);
  return {
    value,
    kind: value < 0 ? "inhibited" : "enhanced",
    path: steps.map(stepOf),
    factors: factors.map((factor) => factorOf(factor, known)),
    // Steps lie from the cell to the source; information travels the other way.
    moved: steps.flatMap(moveOf).reverse(),
  };
}

/** A factor; where its own axis has no words, with the words that the path has for it. */
function factorOf(factor: CellOf | number, known: readonly InnerStep[]): Factor {
  if (typeof factor === "number") return { cell: [], value: factor };
  const { name } = factor.node.layout;
  const cell = stepsOfCell(factor).map((step) => ({
    ...step,
    words: step.words ?? known.find(({ axis, index }) => axis === step.axis && index === step.index)?.words,
  }));
  return { ...(name === undefined ? {} : { name }), cell: cell.map(stepOf), value: valueOf(factor) };
}

/** Axes that name places between which attention moves things. */
const SOURCES = new Set(["key", "source"]);
const TARGETS = new Set(["query", "target"]);

/**
 * What a sum over places brought elsewhere. A factor with an axis for the target and one for the source (an attention pattern)
 * moves from source to target: when the axes are called query and key (or target and source), or have the same words.
 */
function moveOf(step: InnerStep): Move[] {
  const target = step.into?.find(
    (into) =>
      (SOURCES.has(step.axis) && TARGETS.has(into.axis)) ||
      (step.words !== undefined && into.words !== undefined && step.words.equals(into.words)),
  );
  if (target === undefined) return [];
  const isSamePlace =
    target.index === step.index &&
    (target.words === undefined || step.words === undefined || target.words.equals(step.words));
  return isSamePlace ? [] : [{ from: stepOf(step), to: stepOf(target) }];
}
