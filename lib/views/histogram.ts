import { extent } from "./colours.ts";
import { count } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { formatNumber } from "./label.ts";
import type { TensorLike } from "./matrix.ts";
import type { FigureOptions } from "./options.ts";
import { drawPlane } from "./plot.ts";
import { Scene, tooltipExpression } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link histogram}. */
export interface HistogramOptions extends FigureOptions {
  /** How many bins; 30 unless told. */
  readonly bins?: number;
  /** What the numbers are. */
  readonly valueName?: string;
}

/**
 * How often numbers fall into each of some equal ranges; the dashed line is their mean.
 *
 * @param values numbers, or a tensor of any axes; what is not finite is left out and counted in the subtitle
 * @throws ViewInputError when no number is finite, or there is no bin
 * @example histogram([1, 2, 2, 3], { bins: 3 })
 */
export function histogram(values: ArrayLike<number> | TensorLike, options: HistogramOptions = {}): Figure {
  const all = Array.from("data" in values ? values.data : values);
  const finite = all.filter((value) => Number.isFinite(value));
  const bins = options.bins ?? 30;
  if (finite.length === 0 || !(bins >= 1))
    throw new ViewInputError("histogram needs at least one finite number and one bin.");
  const [low, top] =
    options.domain === undefined ? extent(finite) : [options.domain[0], options.domain.at(-1) ?? 1];
  const high = top > low ? top : low + 1;
  const counts = new Array<number>(bins).fill(0);
  for (const value of finite) {
    if (value < low || value > high) continue;
    const bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const name = options.valueName ?? "value";
  const odd = all.length - finite.length;
  const scene = new Scene(
    options.width ?? 520,
    options.title ?? `Histogram of ${name}`,
    odd === 0 ? undefined : `${odd} not finite, left out`,
  );
  const { x, y, frame } = drawPlane(
    scene,
    { x: [low, high], y: [0, Math.max(...counts) * 1.05] },
    { x: name, y: "count" },
    { height: options.height },
  );
  const width = (high - low) / bins;
  scene.draw(
    "rect",
    counts.map((number, bin) => ({
      x: x(low + bin * width) + 0.5,
      x2: x(low + (bin + 1) * width) - 0.5,
      y: y(number),
      y2: frame.bottom,
      fill: "#0072b2",
      range: `${formatNumber(low + bin * width)} to ${formatNumber(low + (bin + 1) * width)}`,
      number,
    })),
    {
      encode:
        options.tooltip === false
          ? {}
          : {
              tooltip: tooltipExpression([
                [name, "datum.range"],
                ["count", "datum.number"],
              ]),
            },
    },
  );
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const spread = Math.sqrt(finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length);
  if (mean >= low && mean <= high)
    scene.draw("rule", [
      {
        x: x(mean),
        x2: x(mean),
        y: frame.top,
        y2: frame.bottom,
        stroke: THEME.accent,
        strokeDash: [4, 3],
        strokeWidth: 1.5,
      },
    ]);
  return sceneFigure(
    scene,
    options.description ??
      `Histogram of ${count(finite.length, "number")} from ${formatNumber(low)} to ${formatNumber(high)}: mean ${formatNumber(mean)}, standard deviation ${formatNumber(spread)}.`,
  );
}
