import { extent } from "./colours.ts";
import { count } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { formatNumber, visibleLabel, wrapText } from "./label.ts";
import { toMatrix, type DrawnMatrix, type MatrixInput } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { drawPlane, padded } from "./plot.ts";
import { arrowPath, drawPoints, type Segment } from "./points.ts";
import { dot, principalAxes } from "./principal-axes.ts";
import { Scene, tooltipExpression } from "./scene.ts";
import { smallMultiples } from "./small-multiples.ts";
import { categoryColour, THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** A pair of vectors, by label or index. */
export type VectorPair = readonly [from: string | number, to: string | number];

/** Options of {@link parallelogram}. */
export interface ParallelogramOptions extends FigureOptions {
  /** Two or more pairs that should differ in the same way: `[["man", "woman"], ["king", "queen"]]`. */
  readonly pairs: readonly VectorPair[];
  /** The same vectors after a matrix (a head's W_V W_O, say) has acted on them, in the same order, of any dimension. */
  readonly after?: MatrixInput;
  /** What to call both panels; "before" and "after" unless told. */
  readonly names?: readonly [before: string, after: string];
}

/**
 * Analogies as parallelograms: an arrow from the first to the second of each pair, and dashed sides between the pairs. A
 * ring stands where the other pairs' mean difference would lead: how far the vector is from its ring is how wrong the
 * analogy is. The plane holds the mean difference (to the right) and the direction in which the vectors vary most across
 * it; what is written below is measured in all dimensions. With `after`, a second panel shows the same pairs.
 *
 * @param vectors [item, dimension]; the items' labels name the points
 * @throws ViewInputError when there are fewer than two pairs, a pair names a vector that is not there, or `after` has another number of items
 * @example parallelogram([[0, 0], [1, 0], [0, 2], [1, 2.2]], { labels: { row: ["man", "woman", "king", "queen"] }, pairs: [["man", "woman"], ["king", "queen"]] })
 */
export function parallelogram(vectors: MatrixInput, options: ParallelogramOptions): Figure {
  const before = toMatrix(vectors, options.labels, "parallelogram");
  if (options.pairs.length < 2)
    throw new ViewInputError(`parallelogram compares two or more pairs, and got ${options.pairs.length}.`);
  const pairs = options.pairs.map((pair) => pair.map((entry) => find(before, entry)) as [number, number]);
  const after =
    options.after === undefined ? undefined : toMatrix(options.after, undefined, "parallelogram after");
  if (after !== undefined && after.rows.length !== before.rows.length)
    throw new ViewInputError(
      `parallelogram: ${before.rows.length} vectors before and ${after.rows.length} after; they must be as many.`,
    );
  const names = options.names ?? ["before", "after"];
  const title = options.title ?? `${count(pairs.length, "pair")} and one direction?`;
  if (after === undefined)
    return panel(before, before.rows, pairs, { ...options, title, width: options.width ?? 480 });
  const width = ((options.width ?? FIGURE_WIDTH) - 10) / 2;
  const panels = [before, after].map((matrix, index) =>
    panel(matrix, before.rows, pairs, { ...options, title: names[index] ?? "", width }),
  );
  return smallMultiples(panels, {
    title,
    columns: 2,
    ...(options.description === undefined ? {} : { description: options.description }),
  });
}

function find(matrix: DrawnMatrix, entry: string | number): number {
  const index = typeof entry === "number" ? entry : matrix.rows.indexOf(visibleLabel(entry));
  if (!(index in matrix.rows))
    throw new ViewInputError(`parallelogram: a pair names "${entry}", which is not among the vectors.`);
  return index;
}

/** Pairs of vectors and how parallel they are, in all dimensions. */
interface Analogy {
  /** to − from, by pair. */
  readonly differences: readonly Float64Array[];
  /** from + the other pairs' mean difference, by pair. */
  readonly expected: readonly Float64Array[];
  /** Mean cosine of each two differences. */
  readonly cosine: number;
  /** Mean distance between `to` and what is expected, in mean lengths of a difference. */
  readonly miss: number;
}

function compareDifferences(matrix: DrawnMatrix, pairs: readonly (readonly [number, number])[]): Analogy {
  const size = matrix.columns.length;
  const vector = (item: number): Float64Array =>
    Float64Array.from({ length: size }, (_, index) => matrix.values[item * size + index] ?? 0);
  const differences = pairs.map(([from, to]) => subtract(vector(to), vector(from)));
  const all = differences.reduce(
    (sum, each) => sum.map((value, index) => value + (each[index] ?? 0)),
    new Float64Array(size),
  );
  const expected = pairs.map(([from], pair) =>
    vector(from).map(
      (value, index) => value + ((all[index] ?? 0) - (differences[pair]?.[index] ?? 0)) / (pairs.length - 1),
    ),
  );
  const lengths = differences.map((each) => Math.hypot(...each));
  let cosine = 0;
  for (const [index, each] of differences.entries())
    for (let other = 0; other < index; other++)
      cosine += dot(each, 0, differences[other] ?? each) / ((lengths[index] ?? 0) * (lengths[other] ?? 0));
  const length = lengths.reduce((sum, each) => sum + each, 0) / pairs.length;
  const miss = pairs.reduce(
    (sum, [, to], pair) => sum + Math.hypot(...subtract(vector(to), expected[pair] ?? vector(to))),
    0,
  );
  return {
    differences,
    expected,
    cosine: cosine / ((pairs.length * (pairs.length - 1)) / 2),
    miss: miss / pairs.length / length,
  };
}

function subtract(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((value, index) => value - (right[index] ?? 0));
}

function panel(
  matrix: DrawnMatrix,
  labels: readonly string[],
  pairs: readonly (readonly [number, number])[],
  options: ParallelogramOptions,
): Figure {
  const size = matrix.columns.length;
  const { differences, expected, cosine, miss } = compareDifferences(matrix, pairs);
  const items = [...new Set(pairs.flat())];
  const flat = Float64Array.from(
    items.flatMap((item) =>
      Array.from({ length: size }, (_, index) => matrix.values[item * size + index] ?? 0),
    ),
  );
  const plane = differencePlane(flat, items.length, size, differences);
  const place = (vector: ArrayLike<number>, start = 0): [number, number] => [
    dot(vector, start, plane.along),
    dot(vector, start, plane.across),
  ];
  const places = new Map(items.map((item, index) => [item, place(flat, index * size)]));
  const rings = expected.map((vector) => place(vector)).slice(pairs.length === 2 ? 1 : 0);

  const scene = new Scene(options.width ?? 480, options.title ?? "");
  const all = [...places.values(), ...rings];
  const range = (axis: 0 | 1): [number, number] => padded(...extent(all.map((point) => point[axis])), 0.14);
  const { x, y, frame } = drawPlane(
    scene,
    { x: range(0), y: range(1) },
    { x: "along the mean difference", y: "across it, where they vary most" },
    { height: options.height === undefined ? undefined : options.height - 40, equal: true },
  );
  const at = (item: number): [number, number] => {
    const [px = 0, py = 0] = places.get(item) ?? [];
    return [x(px), y(py)];
  };
  const side = (end: 0 | 1): { x: number; y: number; x2: number; y2: number }[] =>
    pairs.slice(1).map((pair, index) => {
      const [[x1, y1], [x2, y2]] = [at(pairs[index]?.[end] ?? 0), at(pair[end])];
      return { x: x1, y: y1, x2, y2 };
    });
  scene.draw(
    "rule",
    [...side(0), ...side(1)].map((row) => ({
      ...row,
      stroke: THEME.muted,
      strokeWidth: 1.1,
      strokeDash: [5, 3],
    })),
  );
  const skipped = pairs.length - rings.length;
  scene.draw(
    "rule",
    rings.map(([rx, ry], index) => {
      const [tx, ty] = at(pairs[index + skipped]?.[1] ?? 0);
      return {
        x: x(rx),
        y: y(ry),
        x2: tx,
        y2: ty,
        stroke: categoryColour(index + skipped),
        strokeWidth: 1.6,
        strokeDash: [1, 3],
        strokeCap: "round",
      };
    }),
  );
  scene.draw(
    "path",
    pairs.map(([from, to], index) => ({
      path: arrowPath(...at(from), ...at(to)),
      stroke: categoryColour(index),
      strokeWidth: 2.2,
    })),
  );
  scene.draw("symbol", rings.map(([rx, ry], index) => ({
    x: x(rx), y: y(ry), size: 110, fill: "#ffffff", stroke: categoryColour(index + skipped), strokeWidth: 1.8,
    label: labels[pairs[index + skipped]?.[1] ?? 0] ?? "",
  })), { encode: options.tooltip === false ? {} : { tooltip: tooltipExpression([["expected", "datum.label"]]) } }); // prettier-ignore
  const points = items.map((item) => {
    const [px, py] = at(item);
    const pair = pairs.findIndex((each) => each.includes(item));
    return {
      x: px,
      y: py,
      label: labels[item] ?? "",
      colour: categoryColour(pair),
      detail: (places.get(item) ?? []).map((value) => formatNumber(value)).join(", "),
    };
  });
  const lines: Segment[] = [
    ...pairs.map(([from, to]): Segment => [at(from), at(to)]),
    ...[...side(0), ...side(1)].map((row): Segment => [
      [row.x, row.y],
      [row.x2, row.y2],
    ]),
    ...rings.flatMap(([rx, ry], index): Segment[] => [
      [[x(rx), y(ry)], at(pairs[index + skipped]?.[1] ?? 0)],
      [
        [x(rx) - 12, y(ry)],
        [x(rx) + 12, y(ry)],
      ],
    ]),
  ];
  drawPoints(scene, points, frame, { tooltip: options.tooltip !== false, labels: true, lines });
  const verdict = `cosine of differences ${formatNumber(cosine, 2)} · misses its ring by ${formatNumber(miss, 2)} of a difference · the plane shows ${Math.round(plane.share * 100)}% of the variance`;
  const texts = wrapText(verdict, scene.width - 24, THEME.size.small);
  scene.draw(
    "text",
    texts.map((text, line) => ({ x: 12, y: scene.height + 8 + line * 14, text, fontSize: THEME.size.small })),
  );
  scene.height += 8 + texts.length * 14;
  const named = pairs.map(([from, to]) => `${labels[from] ?? ""} → ${labels[to] ?? ""}`).join(", ");
  return sceneFigure(scene, options.description ?? `${count(pairs.length, "pair")} (${named}): ${verdict}.`);
}

/** Unit vectors of the plane, and the share of the vectors' variance in it. */
interface Plane {
  readonly along: Float64Array;
  readonly across: Float64Array;
  readonly share: number;
}

function differencePlane(
  flat: Float64Array,
  items: number,
  size: number,
  differences: readonly Float64Array[],
): Plane {
  const sum = differences.reduce(
    (total, each) => total.map((value, index) => value + (each[index] ?? 0)),
    new Float64Array(size),
  );
  const length = Math.hypot(...sum);
  // Differences that cancel have no mean direction: the first then stands for it.
  const chosen = length > 1e-12 * Math.hypot(...flat) ? sum : (differences[0] ?? sum);
  const along = chosen.map((value) => value / (Math.hypot(...chosen) || 1));
  const rest = Float64Array.from(
    flat,
    (value, cell) => value - dot(flat, Math.floor(cell / size) * size, along) * (along[cell % size] ?? 0),
  );
  const {
    axes: [across = new Float64Array(size)],
  } = principalAxes(rest, items, size, 1);
  const centre = Float64Array.from({ length: size }, (_, index) => {
    let mean = 0;
    for (let item = 0; item < items; item++) mean += (flat[item * size + index] ?? 0) / items;
    return mean;
  });
  const centred = Float64Array.from(flat, (value, cell) => value - (centre[cell % size] ?? 0));
  let [shown, whole] = [0, 0];
  for (let item = 0; item < items; item++) {
    shown += dot(centred, item * size, along) ** 2 + dot(centred, item * size, across) ** 2;
    for (let index = 0; index < size; index++) whole += (centred[item * size + index] ?? 0) ** 2;
  }
  return { along, across, share: whole === 0 ? 0 : shown / whole };
}
