import { count } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { formatNumber, visibleLabel } from "./label.ts";
import { drawCategoryLegend } from "./legend.ts";
import type { FigureOptions } from "./options.ts";
import { drawPlane, padded } from "./plot.ts";
import { extent } from "./colours.ts";
import { numberExpression, Scene, tooltipExpression } from "./scene.ts";
import { categoryColour, THEME } from "./theme.ts";

/** Losses in the order in which they were seen, or with their steps. */
export type LossSeries = ArrayLike<number> | readonly { readonly step: number; readonly loss: number }[];

/** Options of {@link lossCurve}. */
export interface LossCurveOptions extends FigureOptions {
  /** A loss to compare with, drawn as a dashed line: that of a uniform guess, or of the best possible. */
  readonly baselines?: Readonly<Record<string, number>>;
  /** How many steps there will be, so that the axis stays while training goes on. */
  readonly steps?: number;
}

/**
 * Loss over training. It is a plain picture of the numbers so far: show it through an updatable display and call it
 * again with more, and it grows in place.
 *
 * @param losses one series, or several by name; in nats unless you say otherwise in the title
 * @example lossCurve({ training: [3, 2, 1.5], validation: [3.1, 2.2, 1.9] })
 */
export function lossCurve(
  losses: LossSeries | Readonly<Record<string, LossSeries>>,
  options: LossCurveOptions = {},
): Figure {
  const isOne = Array.isArray(losses) || ArrayBuffer.isView(losses);
  const series = Object.entries(
    isOne ? { loss: losses as LossSeries } : (losses as Readonly<Record<string, LossSeries>>),
  ).map(([name, given], index) => ({
    name: visibleLabel(name),
    colour: categoryColour(index),
    points: readPoints(given),
  }));
  const baselines = Object.entries(options.baselines ?? {});
  const scene = new Scene(options.width ?? 560, options.title ?? "Loss");
  let { top } = scene;
  const legend = [
    ...series,
    ...baselines.map(([name]) => ({ name: `${visibleLabel(name)} (dashed)`, colour: THEME.muted })),
  ];
  if (legend.length > 1) top += drawCategoryLegend(scene, legend, 12, scene.width - 12, top);
  const all = series.flatMap(({ points }) => points);
  const [low, high] = extent([...all.map(({ loss }) => loss), ...baselines.map(([, value]) => value)]);
  const range =
    options.domain === undefined
      ? padded(Math.min(low, high), high)
      : ([options.domain[0], options.domain.at(-1) ?? 1] as [number, number]);
  const lastStep = Math.max(1, options.steps ?? 0, ...all.map(({ step }) => step));
  const { x, y, frame } = drawPlane(
    scene,
    { x: [0, lastStep], y: range },
    { x: "step", y: "loss" },
    { height: options.height, right: 60, top },
  );
  const inside = (value: number): number => Math.min(frame.bottom, Math.max(frame.top, value));
  scene.draw(
    "rule",
    baselines.map(([, value]) => ({
      x: frame.left,
      x2: frame.right,
      y: inside(y(value)),
      y2: inside(y(value)),
      stroke: THEME.muted,
      strokeDash: [5, 3],
      strokeWidth: 1.3,
    })),
  );
  scene.draw(
    "path",
    series
      .filter(({ points }) => points.length > 0)
      .map(({ points, colour }) => ({
        path: `M${thin(points)
          .map(({ step, loss }) => `${x(step).toFixed(1)},${inside(y(loss)).toFixed(1)}`)
          .join("L")}`,
        stroke: colour,
        strokeWidth: 2,
      })),
  );
  const marks = series.flatMap(({ name, points, colour }) =>
    thin(points).map(({ step, loss }) => ({
      x: x(step),
      y: inside(y(loss)),
      fill: colour,
      size: 30,
      opacity: points.length > 30 ? 0 : 0.9,
      name,
      step,
      loss,
    })),
  );
  scene.draw("symbol", marks, {
    name: "step",
    encode: {
      ...(options.tooltip === false
        ? {}
        : {
            tooltip: tooltipExpression([
              ["series", "datum.name"],
              ["step", "datum.step"],
              ["loss", numberExpression("datum.loss")],
            ]),
          }),
    },
  });
  scene.draw(
    "text",
    series.flatMap(({ points, colour }) => {
      const end = points[points.length - 1];
      return end === undefined
        ? []
        : [
            {
              x: x(end.step) + 6,
              y: inside(y(end.loss)),
              text: formatNumber(end.loss),
              fill: colour,
              fontWeight: "bold",
            },
          ];
    }),
  );
  const ends = series.map(
    ({ name, points }) =>
      `${name} from ${formatNumber(points[0]?.loss ?? NaN)} to ${formatNumber(points[points.length - 1]?.loss ?? NaN)} in ${count(points.length, "value")}`,
  );
  return sceneFigure(scene, options.description ?? `Loss curve: ${ends.join("; ")}.`);
}

interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

function readPoints(series: LossSeries): LossPoint[] {
  return Array.from(series as ArrayLike<number | LossPoint>, (entry, index) =>
    typeof entry === "number" ? { step: index, loss: entry } : entry,
  ).filter(({ loss }) => Number.isFinite(loss));
}

/** At most 500 points: the last of each run of steps. */
function thin(points: readonly LossPoint[]): LossPoint[] {
  const every = Math.ceil(points.length / 500);
  return points.filter((_, index) => (points.length - 1 - index) % every === 0);
}
