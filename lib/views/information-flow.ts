import { count, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, labelBeside, textWidth, visibleLabel } from "./label.ts";
import { drawCategoryLegend } from "./legend.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { numberExpression, Scene, tooltipExpression } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** What one head did: it carried `amount` from one position to another. */
export interface InformationMove {
  /** The layer that moved it, from 0. */
  readonly layer: number;
  /** The head's number or name; without one, the layer's other part (its MLP, say). */
  readonly head?: number | string;
  /** The position read, from 0. */
  readonly from: number;
  /** The position written to, from 0. */
  readonly to: number;
  /** How much: attention, or what it adds to an answer's logit; negative where it takes away. */
  readonly amount: number;
}

/** Options of {@link informationFlow}. */
export interface InformationFlowOptions extends FigureOptions {
  /** Moves of a smaller size are left out; a tenth of the largest unless told. */
  readonly threshold?: number;
  /** What the amounts are, for the tooltip. */
  readonly valueName?: string;
}

const MOVED = "#0072b2";
const ENHANCED = "#009e73";
const INHIBITED = "#d55e00";

/**
 * Which position's information went where, through which head: tokens below, layers upwards, a line for each move as
 * thick as its amount. Blue lines move something to another position, green ones enhance where they are, orange
 * ones inhibit. Point at a line for its head and amount; point at a head's name to see its moves only.
 *
 * @param tokens one for each position
 * @throws ViewInputError when a move names a position that is not there
 * @example informationFlow(["A", "B", "A"], [{ layer: 0, head: 0, from: 0, to: 1, amount: 0.9 }])
 */
export function informationFlow(
  tokens: readonly string[],
  moves: readonly InformationMove[],
  options: InformationFlowOptions = {},
): Figure {
  for (const { from, to, layer } of moves)
    if (!(from in tokens && to in tokens) || layer < 0)
      throw new ViewInputError(
        `informationFlow: a move goes from position ${from} to ${to} in layer ${layer}; positions are 0 to ${tokens.length - 1}.`,
      );
  const strongest = Math.max(0, ...moves.map(({ amount }) => Math.abs(amount)));
  const threshold = options.threshold ?? strongest / 10;
  const shown = moves
    .filter(({ amount }) => Math.abs(amount) >= threshold && amount !== 0)
    .toSorted((left, right) => Math.abs(left.amount) - Math.abs(right.amount));
  const layers = Math.max(0, ...moves.map(({ layer }) => layer)) + 1;
  const labels = tokens.map(visibleLabel);
  const widest = Math.max(0, ...labels.map((label) => textWidth(label)));
  const width =
    options.width ??
    Math.max(380, Math.min(FIGURE_WIDTH, 100 + tokens.length * Math.max(44, Math.min(90, widest + 12))));
  const scene = new Scene(
    width,
    options.title ?? "Information flow",
    `Lines of at least ${formatNumber(threshold)}; tokens below, layers upwards. Point at a line for its head, at a place for all that leads there; click to keep it.`,
  );
  const step = (width - 90) / tokens.length;
  const x = (position: number): number => 74 + (position + 0.5) * step;
  const top = scene.top + 26;
  const layerHeight =
    options.height === undefined ? Math.min(110, 420 / layers) : (options.height - top - 60) / layers;
  const y = (level: number): number => top + 10 + (layers - level) * layerHeight;
  drawCategoryLegend(
    scene,
    [
      { name: "moved", colour: MOVED },
      { name: "enhanced", colour: ENHANCED },
      { name: "inhibited", colour: INHIBITED },
    ],
    12,
    width - 12,
    scene.top,
  );
  scene.draw(
    "rule",
    labels.map((_, position) => ({
      x: x(position),
      x2: x(position),
      y: y(0),
      y2: y(layers),
      stroke: THEME.faint,
      strokeWidth: 2,
    })),
  );
  scene.draw(
    "text",
    Array.from({ length: layers + 1 }, (_, level) => ({
      x: 12,
      y: y(level),
      text: level === 0 ? "input" : `layer ${level - 1}`,
      fill: THEME.muted,
      fontSize: THEME.size.small,
    })),
  );
  const reached = reachableNodes(shown, tokens.length, layers);
  scene.signal("over", null, {
    on: [
      { events: "@move:mouseover", update: "datum.name" },
      { events: "@move:mouseout", update: "null" },
    ],
  });
  scene.signal("kept", null, {
    on: [{ events: "@move:click", update: "kept === datum.name ? null : datum.name" }],
  });
  scene.signal("nodeOver", -1, {
    on: [
      { events: "@node:mouseover", update: "datum.node" },
      { events: "@node:mouseout", update: "-1" },
    ],
  });
  scene.signal("nodeKept", -1, {
    on: [{ events: "@node:click", update: "nodeKept === datum.node ? -1 : datum.node" }],
  });
  scene.signal("node", undefined, { update: "nodeOver >= 0 ? nodeOver : nodeKept" });
  scene.signal("chosen", undefined, { update: "node >= 0 ? null : over || kept" });
  const beside = new Map<string, number>();
  const names: { readonly x: number; readonly y: number; readonly text: string }[] = [];
  const lines = shown.map((move, index) => {
    const { layer, head, from, to, amount } = move;
    const same = `${layer} ${from} ${to}`;
    const order = beside.get(same) ?? 0;
    beside.set(same, order + 1);
    // Several heads on one way stand beside each other: 0, 1, −1, 2, … widths to the side.
    const aside = Math.ceil(order / 2) * (order % 2 === 0 ? -1 : 1) * Math.min(7, step * 0.16);
    const [x1, y1, x2, y2] = [x(from) + aside, y(layer) - 5, x(to) + aside, y(layer + 1) + 5];
    const bend = from === to ? Math.min(step * 0.42, 24) : 0;
    const round = (number: number): string => number.toFixed(1);
    if (head !== undefined)
      names.push({
        x: (x1 + x2) / 2 + bend * 0.75,
        y: (y1 + y2) / 2 - aside,
        text: fitText(
          typeof head === "number" ? `${layer}.${head}` : visibleLabel(head),
          48,
          THEME.size.small,
        ),
      });
    return {
      path: `M${round(x1)},${round(y1)}C${round(x1 + bend)},${round(y1 - layerHeight * 0.4 - 1.3 * aside)} ${round(x2 + bend)},${round(y2 + layerHeight * 0.4 - 1.3 * aside)} ${round(x2)},${round(y2)}`,
      stroke: amount < 0 ? INHIBITED : from === to ? ENHANCED : MOVED,
      strokeWidth: 1 + (7 * Math.abs(amount)) / (strongest || 1),
      strokeCap: "round",
      name: head === undefined ? `layer ${layer}` : `layer ${layer}, head ${visibleLabel(String(head))}`,
      from: labelBeside(labels[from] ?? "", `(${from})`, " "),
      to: labelBeside(labels[to] ?? "", `(${to})`, " "),
      amount,
      reaches: reached[index] ?? [],
    };
  });
  const isLit = "node >= 0 ? indexof(datum.reaches, node) >= 0 : chosen === datum.name";
  scene.draw("path", lines, {
    name: "move",
    encode: {
      strokeOpacity: { signal: `node < 0 && !chosen ? 0.6 : (${isLit}) ? 0.95 : 0.06` },
      ...(options.tooltip === false
        ? {}
        : {
            tooltip: tooltipExpression([
              ["by", "datum.name"],
              ["from", "datum.from"],
              ["to", "datum.to"],
              [options.valueName ?? "amount", numberExpression("datum.amount")],
            ]),
          }),
    },
  });
  drawMoveNames(scene, names);
  scene.draw(
    "symbol",
    Array.from({ length: (layers + 1) * labels.length }, (_, index) => ({
      x: x(index % labels.length),
      y: y(Math.floor(index / labels.length)),
      size: 60,
      stroke: THEME.muted,
      node: index,
      cursor: "pointer",
    })),
    { name: "node", encode: { fill: { signal: `datum.node === node ? '${THEME.accent}' : '#ffffff'` } } },
  );
  const isFlat = widest <= step - 6;
  scene.draw(
    "text",
    labels.map((label, position) => ({
      x: x(position),
      y: y(0) + 16,
      text: fitText(label, isFlat ? step : 110),
      align: isFlat ? "center" : "right",
      angle: isFlat ? 0 : -45,
    })),
  );
  scene.draw(
    "text",
    [{ x: width - 12, y: y(layers) - 16, align: "right", fontWeight: "bold", fill: THEME.accent }],
    { encode: { text: { signal: "chosen || (node < 0 ? '' : 'all that can reach this place')" } } },
  );
  scene.height = y(0) + (isFlat ? 32 : Math.min(110, widest) * 0.72 + 30);
  const main = shown
    .slice(-3)
    .toReversed()
    .map(
      ({ layer, head, from, to, amount }) =>
        `layer ${layer}${head === undefined ? "" : ` head ${head}`} ${from === to ? "at" : `from ${labels[from] ?? ""} to`} ${labels[to] ?? ""} ${formatNumber(amount)}`,
    );
  return sceneFigure(
    scene,
    options.description ??
      `Information flow over ${count(tokens.length, "token")} and ${count(layers, "layer")}: ${shown.length} of ${count(moves.length, "move")} shown; strongest: ${list(main)}.`,
  );
}

/**
 * For each move, the places (level × positions + position) that what it moved can have reached: along each position
 * upwards, and with each later move that starts from such a place.
 */
function reachableNodes(moves: readonly InformationMove[], positions: number, layers: number): number[][] {
  return moves.map(({ layer, to }) => {
    let present = new Set([to]);
    const nodes: number[] = [(layer + 1) * positions + to];
    for (let level = layer + 1; level < layers; level++) {
      const next = new Set(present);
      for (const other of moves) if (other.layer === level && present.has(other.from)) next.add(other.to);
      present = next;
      for (const position of present) nodes.push((level + 1) * positions + position);
    }
    return nodes;
  });
}

/** The heads' names on their lines, those of the strongest moves (the last) where two would meet. */
function drawMoveNames(
  scene: Scene,
  names: readonly { readonly x: number; readonly y: number; readonly text: string }[],
): void {
  const placed: { readonly x: number; readonly y: number; readonly text: string; readonly width: number }[] =
    [];
  for (const name of names.toReversed()) {
    const width = textWidth(name.text, THEME.size.small) + 6;
    const meets = placed.some(
      (other) =>
        Math.abs(other.x - name.x) < (other.width + width) / 2 + 2 && Math.abs(other.y - name.y) < 13,
    );
    if (!meets) placed.push({ ...name, width });
  }
  const isQuiet = "node < 0 && !chosen";
  scene.draw(
    "rect",
    placed.map(({ x, y, width }) => ({
      x: x - width / 2,
      y: y - 6.5,
      width,
      height: 13,
      cornerRadius: 3,
      fill: "#ffffff",
    })),
    { encode: { fillOpacity: { signal: `${isQuiet} ? 0.85 : 0.25` } } },
  );
  scene.draw(
    "text",
    placed.map(({ x, y, text }) => ({ x, y, text, align: "center", fontSize: THEME.size.small })),
    { encode: { opacity: { signal: `${isQuiet} ? 1 : 0.25` } } },
  );
}
