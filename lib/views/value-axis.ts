import { fitText, formatNumber, widestLabel } from "./label.ts";
import type { MarkRow, Scene } from "./scene.ts";
import { THEME } from "./theme.ts";

/** Round numbers between `low` and `high`, about `count` of them. */
export function ticks(low: number, high: number, count = 5): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((digit) => digit * power >= rough * 0.999) ?? 10) * power;
  const found: number[] = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index++)
    found.push(Number((index * step).toPrecision(12)));
  return found;
}

/** A linear map from values to pixels. */
export interface Position {
  (value: number): number;
  readonly low: number;
  readonly high: number;
}

/** Maps `[low, high]` to `[from, to]` pixels. */
export function linear(low: number, high: number, from: number, to: number): Position {
  const span = high - low || 1;
  return Object.assign((value: number) => from + ((value - low) / span) * (to - from), { low, high });
}

/** The frame of a plot. */
export interface PlotFrame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Round numbers along a horizontal axis, as many as stand beside each other without touching. */
function ticksAcross(position: Position): number[] {
  const { low, high } = position;
  for (let wanted = 6; wanted > 1; wanted--) {
    const at = ticks(low, high, wanted);
    const apart = Math.abs(position(at[1] ?? high) - position(at[0] ?? low));
    const widest = widestLabel(
      at.map((value) => formatNumber(value, 4)),
      THEME.size.small,
    );
    if (at.length < 2 || apart >= widest + 4) return at;
  }
  return [low];
}

/** Grid lines and numbers below a plot. */
export function drawBottomAxis(
  scene: Scene,
  position: Position,
  frame: PlotFrame,
  name = "",
  at = ticksAcross(position),
): void {
  drawAxis(scene, at, {
    line: (value) => ({ x: position(value), x2: position(value), y: frame.top, y2: frame.bottom }),
    numbers: { y: frame.bottom + 11, align: "center" },
    number: (value) => ({ x: position(value) }),
    name: { x: (frame.left + frame.right) / 2, y: frame.bottom + 27 },
    text: fitText(name, frame.right - frame.left, THEME.size.small),
  });
}

/** Grid lines and numbers to the left of a plot. */
export function drawLeftAxis(
  scene: Scene,
  position: Position,
  frame: PlotFrame,
  name = "",
  at = ticks(position.low, position.high, 5),
): void {
  drawAxis(scene, at, {
    line: (value) => ({ y: position(value), y2: position(value), x: frame.left, x2: frame.right }),
    numbers: { x: frame.left - 6, align: "right" },
    number: (value) => ({ y: position(value) }),
    name: { x: 14, y: (frame.top + frame.bottom) / 2, angle: -90, align: "center" },
    text: fitText(name, frame.bottom - frame.top, THEME.size.small),
  });
}

/** Where the parts of an axis stand. */
interface AxisPlaces {
  /** The grid line of a value. */
  readonly line: (value: number) => MarkRow;
  /** What the places of all numbers have in common, and that of a value. */
  readonly numbers: MarkRow;
  readonly number: (value: number) => MarkRow;
  readonly name: MarkRow;
  readonly text: string;
}

function drawAxis(scene: Scene, at: readonly number[], places: AxisPlaces): void {
  scene.draw(
    "rule",
    at.map((value) => ({ ...places.line(value), stroke: value === 0 ? THEME.muted : THEME.faint })),
  );
  const text = { ...places.numbers, fontSize: THEME.size.small, fill: THEME.muted };
  scene.draw(
    "text",
    at.map((value) => ({ ...text, ...places.number(value), text: formatNumber(value, 4) })),
  );
  if (places.text !== "") scene.draw("text", [{ ...text, ...places.name, text: places.text }]);
}
