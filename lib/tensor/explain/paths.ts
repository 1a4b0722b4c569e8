import type { Computed } from "../origin.ts";
import {
  ADDEND,
  isProduct,
  summandsOf,
  valueOf,
  type CellOf,
  type InnerStep,
  type Summand,
} from "./steps.ts";

/** One product of given numbers that is part of a cell: the path by which it got there. */
export interface Path {
  readonly value: number;
  readonly steps: readonly InnerStep[];
  readonly factors: readonly (CellOf | number)[];
}

/** The paths of one cell. */
export interface Paths {
  /** The largest ones, largest size first. */
  readonly largest: readonly Path[];
  /** How many there are that are not 0. */
  readonly count: number;
  /** The sum of all that are finite. */
  readonly sum: number;
  /** The sum of the sizes of all: what rounding is measured against. */
  readonly size: number;
}

/** Thrown inside when following every product would look at too many summands. */
export class TooManySummands extends Error {}

/** How many summands are looked at before following fewer products: about a second. */
const SUMMAND_LIMIT = 2_000_000;

/** Keeps what was found for a cell: a product asks for the cells of its factors again and again. */
class Findings<T> {
  readonly #byNode = new Map<Computed, Map<number, T>>();

  find({ node, offset }: CellOf, depth: number, search: () => T): T {
    let cells = this.#byNode.get(node);
    if (cells === undefined) {
      cells = new Map();
      this.#byNode.set(node, cells);
    }
    const key = offset * 128 + Math.min(depth, 127);
    let found = cells.get(key);
    if (found === undefined) {
      found = search();
      cells.set(key, found);
    }
    return found;
  }
}

/** Whether a cell is taken as it is: it was given, or no more products are to be followed. */
function isGiven({ node }: CellOf, depth: number): boolean {
  return node.origin === undefined || (depth === 0 && isProduct(node));
}

/**
 * The `limit` paths of a cell that contribute most, following `depth` products.
 *
 * Exact, without listing all paths: the largest paths through a summand are among the products of the largest paths of its
 * factors, so each cell on the way keeps only its `limit` best (the k best derivations of Huang and Chiang, 2005).
 */
export function largestPaths(
  cell: CellOf,
  limit: number,
  depth: number,
  summandLimit: number = SUMMAND_LIMIT,
): Paths {
  const findings = new Findings<Paths>();
  let summands = 0;

  const search = (at: CellOf, left: number): Paths => {
    const found = isGiven(at, left) ? undefined : summandsOf(at);
    if (found === undefined) return given(at);
    summands += found.list.length;
    if (summands > summandLimit) throw new TooManySummands();
    const below = isProduct(at.node) ? left - 1 : left;
    let count = 0;
    let sum = 0;
    let size = 0;
    const through: { place: number; best: number }[] = [];
    const pathsOf = (child: CellOf, summand: Summand): Paths =>
      isZeroBesideInfinity(child, summand)
        ? { largest: [{ value: 0, steps: [], factors: [child] }], count: 1, sum: 0, size: 0 }
        : findings.find(child, below, () => search(child, below));
    for (const [place, summand] of found.list.entries()) {
      if (isNothing(summand)) continue;
      let paths = 1;
      let total = summand.factor;
      let best = summand.factor;
      let all = Math.abs(summand.factor);
      for (const child of summand.children) {
        if (isGiven(child, below)) {
          // Most factors are given numbers: no need to make lists of them.
          const value = valueOf(child);
          if (value === 0 && !isZeroBesideInfinity(child, summand)) paths = 0;
          total *= value;
          best *= value;
          all *= Math.abs(value);
        } else {
          const list = pathsOf(child, summand);
          paths *= list.count;
          total *= list.sum;
          best *= list.largest[0]?.value ?? 0;
          all *= list.size;
        }
      }
      if (paths === 0) continue;
      count += paths;
      if (Number.isFinite(total)) sum += total;
      size += all;
      through.push({ place, best: weight(best) });
    }
    // A summand whose best path is not among the `limit` best holds none that is.
    through.sort((a, b) => b.best - a.best);
    const largest = through
      .slice(0, limit)
      .flatMap(({ place }) => {
        const summand = found.list[place];
        if (summand === undefined) return [];
        const lists = summand.children.map((child) => pathsOf(child, summand));
        return combinations(summand.factor, found.stepsAt(place), lists, limit);
      })
      .sort((a, b) => weight(b.value) - weight(a.value))
      .slice(0, limit);
    return { largest, count, sum, size };
  };
  return search(cell, depth);
}

/** The size of a path's value; what is not a number comes first, so that it is seen. */
function weight(value: number): number {
  return Number.isNaN(value) ? Infinity : Math.abs(value);
}

function given(cell: CellOf): Paths {
  const value = valueOf(cell);
  if (value === 0) return { largest: [], count: 0, sum: 0, size: 0 };
  return { largest: [{ value, steps: [], factors: [cell] }], count: 1, sum: value, size: Math.abs(value) };
}

/** Whether a given factor of 0 makes the summand 0 whatever the others are, so that they need no search. */
function isNothing({ factor, children }: Summand): boolean {
  const isZero =
    factor === 0 || children.some((child) => child.node.origin === undefined && valueOf(child) === 0);
  return isZero && children.every((child) => Number.isFinite(valueOf(child)));
}

/** 0 · ∞ is not 0: such a summand is shown, as the one that made the cell NaN. */
function isZeroBesideInfinity(child: CellOf, { children }: Summand): boolean {
  return valueOf(child) === 0 && !children.every((other) => Number.isFinite(valueOf(other)));
}

/** The products of the factors' paths that can be among the `limit` largest. */
function combinations(
  factor: number,
  steps: readonly InnerStep[],
  [first, second]: readonly Paths[],
  limit: number,
): Path[] {
  const own = factor === 1 ? [] : [factor];
  if (first === undefined) return [];
  if (second === undefined) {
    return first.largest.map((path) => ({
      value: factor * path.value,
      steps: [...steps, ...path.steps],
      factors: [...own, ...path.factors],
    }));
  }
  const found: Path[] = [];
  for (const [a, left] of first.largest.entries()) {
    for (const [b, right] of second.largest.entries()) {
      // All (i, j) with i ≤ a and j ≤ b are at least as large.
      if ((a + 1) * (b + 1) > limit) break;
      found.push({
        value: factor * left.value * right.value,
        steps: [...left.steps, ...steps, ...right.steps],
        factors: [...own, ...left.factors, ...right.factors],
      });
    }
  }
  return found;
}

/** The axes that the paths of a tensor run over, following `depth` products, outermost first. */
export function axesOfPaths(node: Computed, depth: number): Set<string> {
  const seen = new Map<string, Set<string>>();
  const ids = new Map<Computed, number>();
  const visit = (at: Computed, left: number): Set<string> => {
    const { origin } = at;
    if (origin === undefined || (isProduct(at) && left === 0)) return new Set();
    if (!ids.has(at)) ids.set(at, ids.size);
    const key = `${ids.get(at) ?? 0} ${left}`;
    const known = seen.get(key);
    if (known !== undefined) return known;
    const axes = new Set<string>();
    if (origin.operation === "dot") for (const axis of origin.over) axes.add(axis);
    if (origin.operation === "sumOver") axes.add(origin.axis);
    if (origin.operation === "sum" && origin.inputs.length > 1) axes.add(ADDEND);
    const below = isProduct(at) ? left - 1 : left;
    for (const input of origin.inputs) for (const axis of visit(input, below)) axes.add(axis);
    seen.set(key, axes);
    return axes;
  };
  return visit(node, depth);
}

/**
 * The paths of a cell summed into groups: those that agree on the axes `by`. Exact; parts of the computation that don't
 * run over these axes count as given numbers.
 */
export function groupedPaths(
  cell: CellOf,
  by: ReadonlySet<string>,
  depth: number,
  summandLimit: number = SUMMAND_LIMIT,
): Path[] {
  const findings = new Findings<Map<string, Path>>();
  let summands = 0;
  const isGrouped = new Map<Computed, boolean>();

  const search = (at: CellOf, left: number): Map<string, Path> => {
    let runsOver = isGrouped.get(at.node);
    if (runsOver === undefined) {
      const axes = axesOfPaths(at.node, Infinity);
      runsOver = [...by].some((axis) => axes.has(axis));
      isGrouped.set(at.node, runsOver);
    }
    const found = !runsOver || isGiven(at, left) ? undefined : summandsOf(at);
    if (found === undefined) {
      const [path] = given(at).largest;
      return new Map(path === undefined ? [] : [["", path]]);
    }
    summands += found.list.length;
    if (summands > summandLimit) throw new TooManySummands();
    const below = isProduct(at.node) ? left - 1 : left;
    const groups = new Map<string, Path>();
    for (const [place, summand] of found.list.entries()) {
      if (isNothing(summand)) continue;
      const [first, second] = summand.children.map((child) =>
        findings.find(child, below, () => search(child, below)),
      );
      const own = found.stepsAt(place).filter(({ axis }) => by.has(axis));
      for (const left of first?.values() ?? []) {
        for (const right of second?.values() ?? [undefined]) {
          addTo(groups, {
            value: summand.factor * left.value * (right?.value ?? 1),
            steps: right === undefined ? [...own, ...left.steps] : [...left.steps, ...own, ...right.steps],
            factors: [
              ...(summand.factor === 1 ? [] : [summand.factor]),
              ...left.factors,
              ...(right?.factors ?? []),
            ],
          });
        }
      }
    }
    return groups;
  };
  return [...search(cell, depth).values()].sort((a, b) => weight(b.value) - weight(a.value));
}

/** Adds a path to its group. A group of several has no factors of its own. */
function addTo(groups: Map<string, Path>, path: Path): void {
  const key = path.steps.map(({ axis, index }) => `${axis} ${index}`).join("\n");
  const group = groups.get(key);
  groups.set(
    key,
    group === undefined ? path : { value: group.value + path.value, steps: group.steps, factors: [] },
  );
}
