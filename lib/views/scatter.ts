import { extent } from "./colours.ts";
import { count } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { formatNumber, visibleLabel } from "./label.ts";
import { drawCategoryLegend } from "./legend.ts";
import { toVector, type VectorInput } from "./matrix.ts";
import type { FigureOptions } from "./options.ts";
import { drawPlane, padded } from "./plot.ts";
import { drawPoints } from "./points.ts";
import { Scene } from "./scene.ts";
import { categoryColour } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link scatter}. */
export interface ScatterOptions extends FigureOptions {
  /** The names of both axes. */
  readonly names?: readonly [x: string, y: string];
  /** A group for each point, shown by colour. */
  readonly groups?: readonly string[];
  /** Whether one unit is as long on both axes. */
  readonly equal?: boolean;
}

/**
 * Points in the plane, with labels where they find room and in the tooltip.
 *
 * @param x one axis (entry); its labels, or `labels`, name the points
 * @param y as many numbers
 * @throws ViewInputError when x and y differ in length
 * @example scatter([1, 2, 3], [2, 4, 9], { names: ["size", "loss"] })
 */
export function scatter(x: VectorInput, y: VectorInput, options: ScatterOptions = {}): Figure {
  const across = toVector(x, options.labels, "scatter");
  const up = toVector(y, options.labels, "scatter");
  const [size = 0] = across.shape;
  if (up.shape[0] !== size)
    throw new ViewInputError(`scatter: x has ${size} numbers and y has ${up.shape[0] ?? 0}.`);
  if (options.groups !== undefined && options.groups.length !== size)
    throw new ViewInputError(`scatter: ${size} points and ${options.groups.length} groups.`);
  const names = options.names ?? ["x", "y"];
  const groups = [...new Set(options.groups ?? [])];
  const scene = new Scene(options.width ?? 560, options.title ?? `${names[1]} against ${names[0]}`);
  let { top } = scene;
  if (groups.length > 1)
    top += drawCategoryLegend(
      scene,
      groups.map((group, index) => ({ name: visibleLabel(group), colour: categoryColour(index) })),
      12,
      scene.width - 12,
      top,
    );
  const ranges = {
    x: padded(...extent(Array.from(across.values))),
    y: padded(...extent(Array.from(up.values))),
  };
  const plane = drawPlane(
    scene,
    ranges,
    { x: names[0], y: names[1] },
    { height: options.height, equal: options.equal ?? false, top },
  );
  const named = across.named[0] === true ? across : up;
  const points = Array.from({ length: size }, (_, index) => {
    const [px, py] = [across.values[index] ?? NaN, up.values[index] ?? NaN];
    return {
      x: plane.x(px),
      y: plane.y(py),
      label: named.labels[0]?.[index] ?? String(index),
      colour: categoryColour(Math.max(0, groups.indexOf(options.groups?.[index] ?? ""))),
      detail: `${formatNumber(px)}, ${formatNumber(py)}`,
    };
  }).filter(({ x: px, y: py }) => Number.isFinite(px) && Number.isFinite(py));
  drawPoints(scene, points, plane.frame, {
    tooltip: options.tooltip !== false,
    labels: named.named[0] === true,
  });
  const text = `${count(points.length, "point")}; ${names[0]} from ${extent(Array.from(across.values))
    .map((value) => formatNumber(value))
    .join(" to ")}, ${names[1]} from ${extent(Array.from(up.values))
    .map((value) => formatNumber(value))
    .join(" to ")}.`;
  return sceneFigure(scene, options.description ?? `Scatter plot: ${text}`);
}
