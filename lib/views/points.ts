import { fitText, textWidth } from "./label.ts";
import { tooltipExpression, type MarkRow, type Scene } from "./scene.ts";
import { THEME } from "./theme.ts";
import type { PlotFrame } from "./value-axis.ts";

/** A point that is ready to draw. */
export interface DrawnPoint {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  readonly colour: string;
  /** What the tooltip says beside the label. */
  readonly detail?: string;
  /** Its area in square pixels; 50 unless told. */
  readonly size?: number;
  /** The label's colour; the theme's ink unless told. */
  readonly ink?: string;
  readonly opacity?: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A straight line from one place to another. */
export type Segment = readonly [from: readonly [x: number, y: number], to: readonly [x: number, y: number]];

/**
 * Draws points with labels that don't overlap, and that keep clear of `lines` where there is room; labels that find no
 * room are left to the tooltip. @returns how many labels found room
 */
export function drawPoints(
  scene: Scene,
  points: readonly DrawnPoint[],
  frame: PlotFrame,
  options: {
    readonly tooltip: boolean;
    readonly labels: boolean;
    readonly name?: string;
    readonly lines?: readonly Segment[];
  },
): number {
  const name = options.name ?? "point";
  scene.draw(
    "symbol",
    points.map(({ x, y, label, colour, detail, size, opacity }) => ({
      x,
      y,
      fill: colour,
      size: size ?? 50,
      opacity: opacity ?? 0.85,
      stroke: "#ffffff",
      strokeWidth: 0.7,
      label,
      detail: detail ?? "",
    })),
    {
      name,
      encode: options.tooltip
        ? {
            tooltip: tooltipExpression([
              ["label", "datum.label"],
              ["at", "datum.detail"],
            ]),
          }
        : {},
    },
  );
  if (!options.labels) return 0;
  const boxes: Box[] = points
    .slice(0, 600)
    .map(({ x, y }) => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
  const crossed = (options.lines ?? []).slice(0, 200).flatMap(boxesAlong);
  const texts: MarkRow[] = [];
  const leaders: MarkRow[] = [];
  const size = points.length > 60 ? THEME.size.small : THEME.size.label;
  const widest = Math.min(220, (frame.right - frame.left) * 0.45);
  for (const whole of points.slice(0, 300)) {
    const point = { ...whole, label: fitText(whole.label, widest, size) };
    const place =
      findPlace(point, size, frame, [...boxes, ...crossed]) ?? findPlace(point, size, frame, boxes);
    if (place === undefined) continue;
    boxes.push(place.box);
    texts.push({
      x: place.x,
      y: place.y,
      text: point.label,
      align: place.align,
      fontSize: size,
      fill: point.ink ?? THEME.ink,
    });
    if (place.far)
      leaders.push({
        x: point.x,
        y: point.y,
        x2: place.x,
        y2: place.y,
        stroke: THEME.muted,
        strokeWidth: 0.6,
      });
  }
  scene.draw("rule", leaders);
  scene.draw("text", texts);
  return texts.length;
}

/** Small boxes along a line, its first pixels (where a point stands) left out. */
function boxesAlong([[x1, y1], [x2, y2]]: Segment): Box[] {
  const steps = Math.floor(Math.hypot(x2 - x1, y2 - y1) / 5);
  return Array.from({ length: Math.max(0, steps - 1) }, (_, step) => {
    const share = (step + 1) / steps;
    const [x, y] = [x1 + share * (x2 - x1), y1 + share * (y2 - y1)];
    return { left: x - 1.5, right: x + 1.5, top: y - 1.5, bottom: y + 1.5 };
  });
}

interface LabelPlace {
  readonly x: number;
  readonly y: number;
  readonly align: "left" | "center" | "right";
  readonly box: Box;
  readonly far: boolean;
}

function findPlace(
  point: DrawnPoint,
  size: number,
  frame: PlotFrame,
  boxes: readonly Box[],
): LabelPlace | undefined {
  const width = textWidth(point.label, size);
  for (const distance of [7, 16, 28]) {
    for (const [dx, dy, align] of [
      [1, 0, "left"],
      [-1, 0, "right"],
      [0, -1.3, "center"],
      [0, 1.3, "center"],
      [0.8, -0.9, "left"],
      [0.8, 0.9, "left"],
      [-0.8, -0.9, "right"],
      [-0.8, 0.9, "right"],
    ] as const) {
      const x = point.x + dx * distance;
      const y = point.y + dy * Math.max(distance, 9);
      const left = align === "left" ? x : align === "right" ? x - width : x - width / 2;
      const box = { left, right: left + width, top: y - size * 0.6, bottom: y + size * 0.6 };
      const inside =
        box.left >= frame.left &&
        box.right <= frame.right &&
        box.top >= frame.top &&
        box.bottom <= frame.bottom;
      if (inside && !boxes.some((other) => meets(box, other))) return { x, y, align, box, far: distance > 7 };
    }
  }
  return undefined;
}

function meets(left: Box, right: Box): boolean {
  return (
    left.left < right.right && right.left < left.right && left.top < right.bottom && right.top < left.bottom
  );
}

/** An arrow from one place to another, as a path: shaft and head. */
export function arrowPath(x1: number, y1: number, x2: number, y2: number, head = 7): string {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const size = Math.min(head, length / 2);
  const number = (value: number): string => value.toFixed(1);
  const wing = (side: number): string =>
    `M${number(x2)},${number(y2)}L${number(x2 - ux * size - side * uy * size * 0.5)},${number(y2 - uy * size + side * ux * size * 0.5)}`;
  return `M${number(x1)},${number(y1)}L${number(x2)},${number(y2)}${wing(1)}${wing(-1)}`;
}
