import { createRequire } from "node:module";
import type * as Umap from "umap-js";
import { extent } from "./colours.ts";
import { count } from "./describe.ts";
import { projections } from "./direction-scatter.ts";
import { Figure, sceneFigure } from "./figure.ts";
import { fitText, formatNumber, textWidth, visibleLabel } from "./label.ts";
import { drawCategoryLegend } from "./legend.ts";
import { toMatrix, type DrawnMatrix, type MatrixInput, type VectorInput } from "./matrix.ts";
import type { FigureOptions } from "./options.ts";
import { drawPlane, padded } from "./plot.ts";
import { arrowPath, drawPoints, type Segment } from "./points.ts";
import { dot, principalAxes } from "./principal-axes.ts";
import { Scene, tooltipExpression } from "./scene.ts";
import { categoryColour, THEME } from "./theme.ts";
import { drawBottomAxis, linear } from "./value-axis.ts";
import { plotlySpace, stillSpace, type SpacePoint } from "./vector-space.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link vectorProjection}. */
export interface VectorProjectionOptions extends FigureOptions {
  /** 1: a scale; 2: the plane (unless told); 3: space, which can be turned. */
  readonly dimensions?: 1 | 2 | 3;
  /**
   * How vectors become coordinates: along the directions of most variance ("pca", unless told), by neighbourhood
   * ("umap"), or along chosen directions, as many as there are dimensions.
   */
  readonly onto?: "pca" | "umap" | readonly VectorInput[];
  /** The names of the axes. */
  readonly names?: readonly string[];
  /** Whether to draw arrows from the origin. */
  readonly arrows?: boolean;
  /** Lines between vectors, by label or index: `[["man", "woman"], ["king", "queen"]]`. */
  readonly pairs?: readonly (readonly [string | number, string | number])[];
  /** A group for each vector, shown by colour. */
  readonly groups?: readonly string[];
  /** The same vectors after a matrix has acted on them, in the same order: an arrow leads from each to what it became. */
  readonly after?: MatrixInput;
  /** The seed of "umap"; 1 unless told. */
  readonly seed?: number;
}

/**
 * Vectors as points or arrows on a scale, in the plane or in space.
 *
 * @param vectors [item, dimension]; the items' labels name the points
 * @throws ViewInputError when directions, pairs, groups or `after` don't fit the vectors
 * @example vectorProjection([[1, 0, 0], [0, 1, 0], [1, 1, 0]], { labels: { row: ["king", "man", "queen"] }, arrows: true })
 */
export function vectorProjection(vectors: MatrixInput, options: VectorProjectionOptions = {}): Figure {
  const matrix = toMatrix(vectors, options.labels, "vectorProjection");
  const items = matrix.rows.length;
  const after =
    options.after === undefined ? undefined : toMatrix(options.after, undefined, "vectorProjection after");
  if (after !== undefined && (after.rows.length !== items || after.columns.length !== matrix.columns.length))
    throw new ViewInputError(
      `vectorProjection: ${items} × ${matrix.columns.length} before and ${after.rows.length} × ${after.columns.length} after; they must match.`,
    );
  if (options.groups !== undefined && options.groups.length !== items)
    throw new ViewInputError(`vectorProjection: ${items} vectors and ${options.groups.length} groups.`);
  const dimensions = options.dimensions ?? 2;
  const placed = project(matrix, after, dimensions, options);
  const names = Array.from(
    { length: dimensions },
    (_, axis) => options.names?.[axis] ?? placed.names[axis] ?? "",
  );
  const pairs = (options.pairs ?? []).map(
    (pair) => pair.map((entry) => find(matrix, entry)) as [number, number],
  );
  const groups = [...new Set(options.groups ?? [])];
  const colour = (item: number): string =>
    categoryColour(Math.max(0, groups.indexOf(options.groups?.[item] ?? "")));
  const title = options.title ?? `${count(items, "vector")} of ${matrix.columns.length} numbers`;
  const description =
    options.description ??
    `${count(items, "vector")} of ${matrix.columns.length} numbers in ${count(dimensions, "dimension")} (${names.join(", ")})${pairs.length === 0 ? "" : `, with ${count(pairs.length, "line")} between pairs`}${after === undefined ? "" : ", before and after a matrix acts"}: ${matrix.rows
      .slice(0, 6)
      .map(
        (label, item) =>
          `${label} at ${(placed.before[item] ?? []).map((value) => formatNumber(value, 2)).join(", ")}`,
      )
      .join("; ")}${items > 6 ? "; …" : ""}.`;
  const drawn: Drawn = { matrix, placed, names, pairs, groups, colour, title, description };
  if (dimensions === 3) return space(drawn, options);
  return dimensions === 1 ? line(drawn, options) : plane(drawn, options);
}

interface Placed {
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[] | undefined;
  readonly names: readonly string[];
}

interface Drawn {
  readonly matrix: DrawnMatrix;
  readonly placed: Placed;
  readonly names: readonly string[];
  readonly pairs: readonly (readonly [number, number])[];
  readonly groups: readonly string[];
  readonly colour: (item: number) => string;
  readonly title: string;
  readonly description: string;
}

function project(
  matrix: DrawnMatrix,
  after: DrawnMatrix | undefined,
  dimensions: number,
  options: VectorProjectionOptions,
): Placed {
  const items = matrix.rows.length;
  const size = matrix.columns.length;
  const all =
    after === undefined
      ? Float64Array.from(matrix.values)
      : Float64Array.from([...Array.from(matrix.values), ...Array.from(after.values)]);
  const total = after === undefined ? items : 2 * items;
  const split = (points: number[][], names: string[]): Placed => {
    const reach = Math.max(...points.flat().map(Math.abs));
    const clean = points.map((point) => point.map((value) => (Math.abs(value) < 1e-9 * reach ? 0 : value)));
    return {
      before: clean.slice(0, items),
      after: after === undefined ? undefined : clean.slice(items),
      names,
    };
  };
  const onto = options.onto ?? "pca";
  if (onto === "umap")
    return split(
      neighbourhoods(all, total, size, dimensions, options.seed ?? 1),
      Array.from({ length: dimensions }, (_, axis) => `UMAP ${axis + 1}`),
    );
  if (onto !== "pca") {
    if (onto.length !== dimensions)
      throw new ViewInputError(
        `vectorProjection: ${onto.length} directions for ${dimensions} dimensions; give as many.`,
      );
    const along = onto.map((direction) => projections(all, total, size, direction));
    return split(
      Array.from({ length: total }, (_, item) => along.map((values) => values[item] ?? 0)),
      onto.map((_, axis) => `direction ${axis + 1}`),
    );
  }
  const found = principalAxes(all, total, size, Math.min(dimensions, size));
  // Arrows start at the origin, which is then a place in the picture: only without them are the vectors centred.
  const centre = options.arrows === true ? new Float64Array(size) : found.mean;
  const points = Array.from({ length: total }, (_, item) =>
    Array.from({ length: dimensions }, (__, axis) => {
      const direction = found.axes[axis];
      return direction === undefined ? 0 : dot(all, item * size, direction) - dot(centre, 0, direction);
    }),
  );
  return split(
    points,
    found.shares.map(
      (share, axis) => `principal axis ${axis + 1} (${Math.round(share * 100)}% of the variance)`,
    ),
  );
}

function neighbourhoods(
  values: Float64Array,
  items: number,
  size: number,
  dimensions: number,
  seed: number,
): number[][] {
  const { UMAP } = createRequire(import.meta.url)("umap-js") as typeof Umap;
  let state = seed * 2654435761 || 1;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  if (items < 4)
    throw new ViewInputError(
      `"umap" needs at least 4 vectors to have neighbours, and got ${items}; use "pca".`,
    );
  const umap = new UMAP({ nComponents: dimensions, nNeighbors: Math.min(15, items - 1), random });
  return umap.fit(
    Array.from({ length: items }, (_, item) => Array.from(values.subarray(item * size, (item + 1) * size))),
  );
}

function find(matrix: DrawnMatrix, entry: string | number): number {
  const index = typeof entry === "number" ? entry : matrix.rows.indexOf(visibleLabel(entry));
  if (!(index in matrix.rows))
    throw new ViewInputError(`vectorProjection: a pair names "${entry}", which is not among the vectors.`);
  return index;
}

function plane(drawn: Drawn, options: VectorProjectionOptions): Figure {
  const { matrix, placed, names, pairs, groups, colour } = drawn;
  const scene = new Scene(
    options.width ?? 560,
    drawn.title,
    options.after === undefined ? undefined : "From each vector (pale) to what it became.",
  );
  const top = scene.top + drawGroups(scene, groups, scene.top);
  const all = [...placed.before, ...(placed.after ?? []), ...(options.arrows === true ? [[0, 0]] : [])];
  const range = (axis: number): [number, number] =>
    padded(...extent(all.map((point) => point[axis] ?? 0)), 0.1);
  const { x, y, frame } = drawPlane(
    scene,
    { x: range(0), y: range(1) },
    { x: names[0] ?? "", y: names[1] ?? "" },
    { height: options.height, equal: true, top },
  );
  const at = (point: readonly number[] | undefined): [number, number] => [
    x(point?.[0] ?? 0),
    y(point?.[1] ?? 0),
  ];
  const last = placed.after ?? placed.before;
  scene.draw(
    "rule",
    pairs.map(([from, to]) => {
      const [[x1, y1], [x2, y2]] = [at(last[from]), at(last[to])];
      return { x: x1, y: y1, x2, y2, stroke: THEME.muted, strokeWidth: 1.3, strokeDash: [5, 3] };
    }),
  );
  if (options.arrows === true)
    scene.draw(
      "path",
      last.map((point, item) => ({
        path: arrowPath(x(0), y(0), ...at(point)),
        stroke: colour(item),
        strokeWidth: 1.8,
        strokeOpacity: 0.8,
      })),
    );
  if (placed.after !== undefined) {
    scene.draw(
      "path",
      placed.before.map((point, item) => ({
        path: arrowPath(...at(point), ...at(last[item])),
        stroke: colour(item),
        strokeWidth: 1.2,
        strokeOpacity: 0.55,
      })),
    );
    scene.draw(
      "symbol",
      placed.before.map((point, item) => ({
        x: at(point)[0],
        y: at(point)[1],
        size: 40,
        fill: "#ffffff",
        stroke: colour(item),
        strokeWidth: 1.3,
        label: matrix.rows[item] ?? "",
      })),
      { encode: { tooltip: tooltipExpression([["before", "datum.label"]]) } },
    );
  }
  const points = last.map((point, item) => ({
    x: at(point)[0],
    y: at(point)[1],
    label: matrix.rows[item] ?? "",
    colour: colour(item),
    detail: point.map((value) => formatNumber(value)).join(", "),
  }));
  const lines: Segment[] = [
    ...pairs.map(([from, to]): Segment => [at(last[from]), at(last[to])]),
    ...(options.arrows === true ? last.map((point): Segment => [[x(0), y(0)], at(point)]) : []),
    ...(placed.after === undefined
      ? []
      : placed.before.map((point, item): Segment => [at(point), at(last[item])])),
  ];
  drawPoints(scene, points, frame, { tooltip: options.tooltip !== false, labels: true, lines });
  return sceneFigure(scene, drawn.description);
}

/** What the colours mean, where there is more than one. @returns its height */
function drawGroups(scene: Scene, groups: readonly string[], y: number): number {
  const entries = groups.map((group, index) => ({
    name: visibleLabel(group),
    colour: categoryColour(index),
  }));
  return groups.length > 1 ? drawCategoryLegend(scene, entries, 12, scene.width - 12, y) : 0;
}

/** Labels of a scale stand in at most so many levels, each so many pixels high. */
const [MOST_LEVELS, LEVEL] = [14, 18];

/** One dimension: a scale, the labels above it in as many levels as they need. */
function line(drawn: Drawn, options: VectorProjectionOptions): Figure {
  const { matrix, placed, names, groups, colour } = drawn;
  const scene = new Scene(options.width ?? 600, drawn.title);
  const top = scene.top + drawGroups(scene, groups, scene.top);
  const last = (placed.after ?? placed.before).map((point) => point[0] ?? 0);
  const first = placed.before.map((point) => point[0] ?? 0);
  const [low, high] = padded(...extent([...last, ...first]), 0.1);
  const sides = { left: 20, right: scene.width - 20 };
  const position = linear(low, high, sides.left, sides.right);
  const ends: number[] = [];
  const words = last
    .map((value, item) => ({ item, x: position(value), text: fitText(matrix.rows[item] ?? "", 160) }))
    .toSorted((left, right) => left.x - right.x)
    .map(({ item, x: at, text }) => {
      const half = textWidth(text) / 2 + 5;
      const x = Math.min(sides.right - half + 5, Math.max(sides.left + half - 5, at));
      let level = ends.findIndex((end) => end < x - half);
      if (level === -1) level = ends.length;
      ends[level] = x + half;
      return { item, at, x, text, level };
    });
  const wanted = Math.max(3, Math.ceil(matrix.rows.length / 3), ends.length);
  const most = options.height === undefined ? MOST_LEVELS : (options.height - 50 - top) / LEVEL;
  const levels = Math.min(wanted, Math.max(1, Math.floor(most)));
  const bottom = options.height === undefined ? top + levels * LEVEL + 10 : options.height - 40;
  const frame = { ...sides, top, bottom };
  drawBottomAxis(scene, position, frame, names[0] ?? "");
  if (placed.after !== undefined)
    scene.draw(
      "path",
      first.map((value, item) => ({
        path: arrowPath(position(value), bottom - 4, position(last[item] ?? 0), bottom - 4),
        stroke: colour(item),
        strokeOpacity: 0.6,
      })),
    );
  const points = last.map((value, item) => ({
    x: position(value),
    y: bottom,
    label: matrix.rows[item] ?? "",
    colour: colour(item),
    detail: formatNumber(value),
  }));
  scene.height = bottom + 40;
  // What finds no level is left to the tooltip.
  const stems = words
    .filter(({ level }) => level < levels)
    .map((word) => ({ ...word, y: bottom - 16 - word.level * (LEVEL - 1) }));
  scene.draw(
    "rule",
    stems.map(({ at, y }) => ({ x: at, x2: at, y: bottom, y2: y + 6, stroke: THEME.faint })),
  );
  scene.draw(
    "text",
    stems.map(({ x, y, text }) => ({ x, y, text, align: "center" })),
  );
  drawPoints(scene, points, frame, { tooltip: options.tooltip !== false, labels: false });
  return sceneFigure(scene, drawn.description);
}

function space(drawn: Drawn, options: VectorProjectionOptions): Figure {
  const { matrix, placed, names, pairs, colour } = drawn;
  const points: SpacePoint[] = (placed.after ?? placed.before).map((point, item) => ({
    at: [point[0] ?? 0, point[1] ?? 0, point[2] ?? 0],
    label: matrix.rows[item] ?? "",
    colour: colour(item),
  }));
  const before =
    placed.after === undefined
      ? undefined
      : placed.before.map((point): [number, number, number] => [point[0] ?? 0, point[1] ?? 0, point[2] ?? 0]);
  const what = {
    points,
    before,
    pairs,
    names,
    arrows: options.arrows === true,
    title: drawn.title,
    width: options.width ?? 600,
    height: options.height ?? 480,
  };
  return new Figure({
    title: drawn.title,
    description: drawn.description,
    kind: "plotly",
    spec: plotlySpace(what),
    still: stillSpace(what, drawn.description),
  });
}
