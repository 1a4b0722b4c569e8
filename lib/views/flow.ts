import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, labelBeside, widestLabel } from "./label.ts";
import type { FigureOptions } from "./options.ts";
import { numberExpression, Scene, tooltipExpression, type MarkRow } from "./scene.ts";
import { categoryColour, THEME } from "./theme.ts";

/** A flow from names on the left to names on the right. */
export interface Flow {
  readonly leftAxis: string;
  readonly rightAxis: string;
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** `values[row * right.length + column]`; negative ones flow in the colour of what is taken away. */
  readonly values: ArrayLike<number>;
  readonly valueName: string;
}

/** Where and how {@link drawFlow} draws. */
interface FlowPlace {
  readonly width: number;
  readonly top: number;
  readonly height: number;
  readonly tooltip: boolean;
  /** Flows weaker than this are left out. */
  readonly threshold: number;
  /** Whether the sums stand beside the right-hand names. */
  readonly sums: boolean;
  readonly colours: readonly string[] | undefined;
}

const NEGATIVE = "#b35806";

/** What a figure of one flow says. */
export interface FlowTexts {
  readonly title: string;
  readonly hint: string;
  /** In CSS pixels, where none is asked for. */
  readonly width: number;
  readonly description: string;
  readonly sums: boolean;
}

/** A whole figure of one flow: what {@link transitionGraph} and {@link voteFlow} have in common. */
export function flowFigure(
  flow: Flow,
  texts: FlowTexts,
  options: FigureOptions & { readonly threshold?: number },
): Figure {
  const scene = new Scene(options.width ?? texts.width, options.title ?? texts.title, texts.hint);
  const top = scene.top + 18;
  const natural = Math.max(120, 30 * Math.max(flow.left.length, flow.right.length));
  const bottom = drawFlow(scene, flow, {
    width: scene.width,
    top,
    height: options.height === undefined ? natural : Math.max(60, options.height - top - 14),
    tooltip: options.tooltip !== false,
    threshold: options.threshold ?? 0,
    sums: texts.sums,
    colours: typeof options.colours === "object" ? options.colours : undefined,
  });
  scene.height = bottom + 14;
  return sceneFigure(scene, options.description ?? texts.description);
}

/** Draws ribbons whose widths are the values; pointing at a name leaves only its ribbons, a click keeps it. */
function drawFlow(scene: Scene, flow: Flow, place: FlowPlace): number {
  const { left, right, values } = flow;
  const at = (row: number, column: number): number => {
    const value = values[row * right.length + column] ?? 0;
    return Number.isFinite(value) && Math.abs(value) >= place.threshold ? value : 0;
  };
  const outgoing = left.map((_, row) =>
    right.reduce((sum, __, column) => sum + Math.abs(at(row, column)), 0),
  );
  const incoming = right.map((_, column) =>
    left.reduce((sum, __, row) => sum + Math.abs(at(row, column)), 0),
  );
  const totals = right.map((_, column) => left.reduce((sum, __, row) => sum + at(row, column), 0));
  const total = Math.max(
    1e-12,
    outgoing.reduce((sum, value) => sum + value, 0),
  );
  const count = Math.max(left.length, right.length, 1);
  const gap = Math.min(14, (place.height * 0.5) / count);
  const unit = (place.height - gap * (count - 1)) / total;
  const leftRoom = Math.min(place.width * 0.3, widestLabel(left) + 26);
  const rightLabels = right.map((label, column) =>
    place.sums ? labelBeside(label, formatNumber(totals[column] ?? 0)) : label,
  );
  const rightRoom = Math.min(place.width * 0.34, widestLabel(rightLabels) + 26);
  const x1 = leftRoom;
  const x2 = place.width - rightRoom;
  const stack = (sizes: readonly number[]): number[] => {
    const used = sizes.reduce((sum, size) => sum + size * unit, 0);
    const space = sizes.length < 2 ? 0 : (place.height - used) / (sizes.length - 1);
    let y = place.top + (sizes.length < 2 ? (place.height - used) / 2 : 0);
    return sizes.map((size) => {
      const start = y;
      y += size * unit + space;
      return start;
    });
  };
  const leftY = stack(outgoing);
  const rightY = stack(incoming);
  const leftUsed = left.map(() => 0);
  const rightUsed = right.map(() => 0);
  const colour = (row: number): string => place.colours?.[row % place.colours.length] ?? categoryColour(row);
  const ribbons: MarkRow[] = [];
  for (const [row, name] of left.entries())
    for (const [column, other] of right.entries()) {
      const value = at(row, column);
      if (value === 0) continue;
      const size = Math.max(0.6, Math.abs(value) * unit);
      const from = (leftY[row] ?? 0) + (leftUsed[row] ?? 0);
      const to = (rightY[column] ?? 0) + (rightUsed[column] ?? 0);
      leftUsed[row] = (leftUsed[row] ?? 0) + Math.abs(value) * unit;
      rightUsed[column] = (rightUsed[column] ?? 0) + Math.abs(value) * unit;
      const [a, b, m] = [x1 + 8, x2 - 8, (x1 + x2) / 2].map((x) => Math.round(x));
      const y = (number: number): string => number.toFixed(1);
      ribbons.push({
        path: `M${a},${y(from)}C${m},${y(from)} ${m},${y(to)} ${b},${y(to)}V${y(to + size)}C${m},${y(to + size)} ${m},${y(from + size)} ${a},${y(from + size)}Z`,
        fill: value < 0 ? NEGATIVE : colour(row),
        r: row,
        c: column,
        from: name,
        to: other,
        value,
      });
    }
  const events = (leave: string): readonly { readonly events: string; readonly update: string }[] => [
    { events: "@leftNode:mouseover, @leftName:mouseover", update: "{side: 'r', i: datum.i}" },
    { events: "@rightNode:mouseover, @rightName:mouseover", update: "{side: 'c', i: datum.i}" },
    {
      events: "@leftNode:mouseout, @leftName:mouseout, @rightNode:mouseout, @rightName:mouseout",
      update: leave,
    },
  ];
  scene.signal("over", null, { on: events("null") });
  const toggle = (side: string): string =>
    `kept && kept.side === '${side}' && kept.i === datum.i ? null : {side: '${side}', i: datum.i}`;
  scene.signal("kept", null, {
    on: [
      { events: "@leftNode:click, @leftName:click", update: toggle("r") },
      { events: "@rightNode:click, @rightName:click", update: toggle("c") },
    ],
  });
  scene.signal("chosen", undefined, { update: "over || kept" });
  scene.draw("path", ribbons, {
    name: "ribbon",
    encode: {
      fillOpacity: { signal: "!chosen ? 0.45 : datum[chosen.side] === chosen.i ? 0.8 : 0.06" },
      ...(place.tooltip
        ? {
            tooltip: tooltipExpression([
              [flow.leftAxis, "datum.from"],
              [flow.rightAxis === flow.leftAxis ? `next ${flow.rightAxis}` : flow.rightAxis, "datum.to"],
              [flow.valueName, numberExpression("datum.value")],
            ]),
          }
        : {}),
    },
  });
  const names = (
    side: "left" | "right",
    labels: readonly string[],
    ys: readonly number[],
    sizes: readonly number[],
  ): void => {
    const isLeft = side === "left";
    const nodes = labels.map((label, i) => ({
      i,
      label,
      y: ys[i] ?? 0,
      size: Math.max(1.5, (sizes[i] ?? 0) * unit),
    }));
    scene.draw(
      "rect",
      nodes.map(({ i, y, size }) => ({
        i,
        x: isLeft ? x1 : x2 - 8,
        y,
        width: 8,
        height: size,
        fill: isLeft ? colour(i) : THEME.ink,
        cursor: "pointer",
      })),
      { name: `${side}Node` },
    );
    scene.draw(
      "text",
      nodes.map(({ i, label, y, size }) => ({
        i,
        x: isLeft ? x1 - 7 : x2 + 7,
        y: y + size / 2,
        align: isLeft ? "right" : "left",
        text: fitText(label, (isLeft ? leftRoom : rightRoom) - 14),
        cursor: "pointer",
      })),
      {
        name: `${side}Name`,
        encode: {
          fontWeight: {
            signal: `chosen && chosen.side === '${isLeft ? "r" : "c"}' && chosen.i === datum.i ? 'bold' : 'normal'`,
          },
        },
      },
    );
  };
  names("left", left, leftY, outgoing);
  names("right", rightLabels, rightY, incoming);
  const caption = { y: place.top - 12, fill: THEME.muted, fontSize: THEME.size.small };
  scene.draw("text", [
    { ...caption, x: x1 + 8, align: "right", text: flow.leftAxis },
    { ...caption, x: x2 - 8, align: "left", text: flow.rightAxis },
  ]);
  return place.top + place.height;
}
