import { textWidth, formatNumber } from "./label.ts";
import type { Scene } from "./scene.ts";
import { drawBottomAxis, drawLeftAxis, linear, ticks, type PlotFrame, type Position } from "./value-axis.ts";

/** A plane to draw in. */
export interface Plane {
  readonly frame: PlotFrame;
  readonly x: Position;
  readonly y: Position;
}

/** Draws axes and grid below the title, and gives the positions of values. The height of `scene` is set. */
export function drawPlane(
  scene: Scene,
  ranges: { readonly x: readonly [number, number]; readonly y: readonly [number, number] },
  names: { readonly x: string; readonly y: string },
  options: {
    readonly height?: number | undefined;
    readonly equal?: boolean;
    readonly right?: number;
    readonly top?: number;
  } = {},
): Plane {
  const [yLow, yHigh] = ranges.y;
  const room = Math.max(...ticks(yLow, yHigh).map((value) => textWidth(formatNumber(value, 4), 10)), 10);
  const top = (options.top ?? scene.top) + 4;
  const frame = {
    left: room + 14 + (names.y === "" ? 0 : 18),
    right: scene.width - (options.right ?? 18),
    top,
    bottom: 0,
  };
  const bottom =
    options.height === undefined
      ? top + Math.min(420, (frame.right - frame.left) * (options.equal === true ? 0.8 : 0.55))
      : options.height - 38;
  frame.bottom = Math.max(top + 40, bottom);
  scene.height = frame.bottom + (names.x === "" ? 24 : 38);
  let [x, y] = [
    linear(ranges.x[0], ranges.x[1], frame.left, frame.right),
    linear(yLow, yHigh, frame.bottom, frame.top),
  ];
  if (options.equal === true) {
    const perPixel = Math.max(
      (x.high - x.low) / (frame.right - frame.left),
      (y.high - y.low) / (frame.bottom - frame.top),
    );
    const spread = (position: Position, pixels: number): [number, number] => {
      const middle = (position.low + position.high) / 2;
      return [middle - (perPixel * pixels) / 2, middle + (perPixel * pixels) / 2];
    };
    const [xRange, yRange] = [spread(x, frame.right - frame.left), spread(y, frame.bottom - frame.top)];
    x = linear(xRange[0], xRange[1], frame.left, frame.right);
    y = linear(yRange[0], yRange[1], frame.bottom, frame.top);
  }
  drawBottomAxis(scene, x, frame, names.x);
  drawLeftAxis(scene, y, frame, names.y);
  return { frame, x, y };
}

/** A range a little wider than `[low, high]`, so that marks at the ends are whole. */
export function padded(low: number, high: number, share = 0.06): [number, number] {
  const span = high - low || Math.abs(high) || 1;
  return [low - span * share, high + span * share];
}
