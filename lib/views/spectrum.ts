import { extent } from "./colours.ts";
import { count } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { formatNumber } from "./label.ts";
import { drawCategoryLegend } from "./legend.ts";
import { toVector, type VectorInput } from "./matrix.ts";
import type { FigureOptions } from "./options.ts";
import { drawPlane, padded } from "./plot.ts";
import { drawPoints } from "./points.ts";
import { numberExpression, Scene, tooltipExpression } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Eigenvalues: a list of complex numbers, or their real and imaginary parts. */
export type ComplexNumbers =
  | readonly { readonly real: number; readonly imaginary: number }[]
  | { readonly real: VectorInput; readonly imaginary: VectorInput };

/** Options of {@link spectrum}. */
export interface SpectrumOptions extends FigureOptions {
  /** What a random matrix of that size would have: its singular values, or the radius of its eigenvalues' disc. */
  readonly baseline?: VectorInput | number;
}

/**
 * Singular values as falling bars, or eigenvalues in the complex plane; grey shows what a random matrix would have.
 *
 * @param values singular values (one axis), or eigenvalues as `[{ real, imaginary }, …]` or `{ real: […], imaginary: […] }`
 * @throws ViewInputError when real and imaginary parts differ in number
 * @example spectrum([3, 1, 0.2], { baseline: [1.8, 1.5, 1.2] })
 */
export function spectrum(values: VectorInput | ComplexNumbers, options: SpectrumOptions = {}): Figure {
  if (Array.isArray(values) && typeof values[0] === "object") {
    const numbers = values as readonly { readonly real: number; readonly imaginary: number }[];
    const parts = {
      real: numbers.map(({ real }) => real),
      imaginary: numbers.map(({ imaginary }) => imaginary),
    };
    return eigenvalues(parts, options);
  }
  const isComplex = "real" in values && "imaginary" in values && typeof values.real === "object";
  return isComplex ? eigenvalues(values as Parts, options) : singularValues(values as VectorInput, options);
}

function singularValues(input: VectorInput, options: SpectrumOptions): Figure {
  const values = Array.from(toVector(input, undefined, "spectrum").values);
  const baseline =
    options.baseline === undefined
      ? []
      : typeof options.baseline === "number"
        ? values.map(() => options.baseline as number)
        : Array.from(toVector(options.baseline, undefined, "spectrum").values);
  const scene = new Scene(options.width ?? 560, options.title ?? "Singular values");
  let { top } = scene;
  if (baseline.length > 0)
    top += drawCategoryLegend(
      scene,
      [
        { name: "this matrix", colour: "#0072b2" },
        { name: "a random matrix", colour: "#9aa5ae" },
      ],
      12,
      scene.width - 12,
      top,
    );
  const high = options.domain?.at(-1) ?? Math.max(...values, ...baseline, 1e-12) * 1.04;
  const { x, y, frame } = drawPlane(
    scene,
    { x: [-0.5, Math.max(values.length, baseline.length) - 0.5], y: [0, high] },
    { x: "index", y: "singular value" },
    { height: options.height, top },
  );
  const step = x(1) - x(0);
  scene.draw(
    "rect",
    values.map((value, index) => ({
      x: x(index) - step * 0.4,
      width: Math.max(0.8, step * 0.8),
      y: y(value),
      y2: frame.bottom,
      fill: "#0072b2",
      index,
      value,
    })),
    {
      encode:
        options.tooltip === false
          ? {}
          : {
              tooltip: tooltipExpression([
                ["index", "datum.index"],
                ["singular value", numberExpression("datum.value")],
              ]),
            },
    },
  );
  if (baseline.length > 0)
    scene.draw("path", [
      {
        path: `M${baseline.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join("L")}`,
        stroke: "#6b7780",
        strokeWidth: 2,
        strokeDash: [5, 3],
      },
    ]);
  const energy = values.reduce((sum, value) => sum + value ** 2, 0);
  const share = (values[0] ?? 0) ** 2 / (energy || 1);
  return sceneFigure(
    scene,
    options.description ??
      `${count(values.length, "singular value")} from ${formatNumber(values[0] ?? 0)} down to ${formatNumber(values[values.length - 1] ?? 0)}; the first holds ${Math.round(share * 100)}% of the squared length.`,
  );
}

interface Parts {
  readonly real: VectorInput;
  readonly imaginary: VectorInput;
}

function eigenvalues({ real, imaginary }: Parts, options: SpectrumOptions): Figure {
  const [across, up] = [
    Array.from(toVector(real, undefined, "spectrum").values),
    Array.from(toVector(imaginary, undefined, "spectrum").values),
  ];
  if (across.length !== up.length)
    throw new ViewInputError(`spectrum: ${across.length} real parts and ${up.length} imaginary parts.`);
  const radius = typeof options.baseline === "number" ? options.baseline : 0;
  const sum = across.reduce((total, value) => total + value, 0);
  const sizes = across.reduce((total, value, index) => total + Math.hypot(value, up[index] ?? 0), 0);
  const copying = sizes === 0 ? 0 : sum / sizes;
  const scene = new Scene(
    options.width ?? 460,
    options.title ?? "Eigenvalues",
    `sum of real parts over sum of sizes: ${formatNumber(copying)}${radius > 0 ? "; dashed: the disc of a random matrix" : ""}`,
  );
  const reach = Math.max(radius, ...across.map(Math.abs), ...up.map(Math.abs), 1e-9);
  const range = padded(...extent([-reach, reach]));
  const { x, y, frame } = drawPlane(
    scene,
    { x: range, y: range },
    { x: "real part", y: "imaginary part" },
    { height: options.height, equal: true },
  );
  if (radius > 0) {
    const pixels = x(radius) - x(0);
    scene.draw("symbol", [
      {
        x: x(0),
        y: y(0),
        size: Math.PI * pixels ** 2,
        fill: "transparent",
        stroke: THEME.muted,
        strokeDash: [5, 3],
      },
    ]);
  }
  const points = across.map((value, index) => ({
    x: x(value),
    y: y(up[index] ?? 0),
    label: String(index),
    colour: value < 0 ? "#b35806" : "#0072b2",
    detail: `${formatNumber(value)} ${(up[index] ?? 0) < 0 ? "−" : "+"} ${formatNumber(Math.abs(up[index] ?? 0))}i`,
  }));
  drawPoints(scene, points, frame, { tooltip: options.tooltip !== false, labels: false });
  const negative = across.filter((value) => value < 0).length;
  return sceneFigure(
    scene,
    options.description ??
      `${count(across.length, "eigenvalue")} in the complex plane, ${negative} with a negative real part; sum of real parts over sum of sizes ${formatNumber(copying)}.`,
  );
}
