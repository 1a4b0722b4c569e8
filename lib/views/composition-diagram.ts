import { count, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { formatNumber } from "./label.ts";
import { toMatrix, type MatrixInput } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { numberExpression, Scene, tooltipExpression } from "./scene.ts";
import { THEME } from "./theme.ts";
import { ViewInputError } from "./view-input-error.ts";

/** How much a head reads of what an earlier one writes. */
export interface CompositionEdge {
  readonly from: readonly [layer: number, head: number];
  readonly to: readonly [layer: number, head: number];
  /** Whether the later head reads it as its query, its key or its value. */
  readonly kind: "Q" | "K" | "V";
  /** ‖product‖ / (‖left‖ ‖right‖), 0 to 1. */
  readonly score: number;
}

/** Composition of all pairs of heads of one kind: what `compositionScores` of `lib/circuits` gives. */
export interface CompositionTable {
  readonly kind: "query" | "key" | "value";
  /** [earlier head, later head], labelled "layer.head" */
  readonly scores: MatrixInput;
  readonly baseline: number;
}

/** Options of {@link compositionDiagram}. */
export interface CompositionDiagramOptions extends FigureOptions {
  /** The score of unrelated heads, 1/√d_model: edges begin there; 0 unless told. */
  readonly baseline?: number;
  /** Show at most so many edges, the highest; 60 unless told. */
  readonly top?: number;
  /** How many heads each layer has, when some have no edge. */
  readonly heads?: number;
}

const KIND_COLOURS = { Q: "#0072b2", K: "#d55e00", V: "#009e73" } as const;

/**
 * Which heads work together: heads as nodes, layers upwards, and an edge where a later head reads an earlier one's
 * output by more than unrelated heads would (the baseline). Width is the score above it; the colour says whether it
 * is read as query, key or value, and a click on that name hides it. Point at a head to see its edges only.
 *
 * @param composition edges, or tables of scores of one kind each
 * @throws ViewInputError when an edge does not go to a later layer, or a table's labels are not "layer.head"
 * @example compositionDiagram([{ from: [0, 1], to: [1, 0], kind: "K", score: 0.4 }], { baseline: 0.12 })
 */
export function compositionDiagram(
  composition: readonly CompositionEdge[] | readonly CompositionTable[],
  options: CompositionDiagramOptions = {},
): Figure {
  const edges = composition.flatMap(readEdges);
  for (const { from, to } of edges)
    if (from[0] >= to[0])
      throw new ViewInputError(
        `compositionDiagram: an edge goes from layer ${from[0]} to layer ${to[0]}; a head reads only earlier layers.`,
      );
  const [first] = composition;
  const baseline = options.baseline ?? (first !== undefined && "baseline" in first ? first.baseline : 0);
  const places = edges.flatMap(({ from, to }) => [from, to]);
  const layers = places.reduce((most, [layer]) => Math.max(most, layer), 0) + 1;
  const heads = places.reduce((most, [, head]) => Math.max(most, head + 1), options.heads ?? 1);
  const shown = edges
    .filter(({ score }) => score > baseline)
    .toSorted((left, right) => right.score - left.score)
    .slice(0, options.top ?? 60)
    .toReversed();
  const width = options.width ?? Math.min(FIGURE_WIDTH, Math.max(360, 90 + heads * 64));
  const scene = new Scene(
    width,
    options.title ?? "Composition of heads",
    baseline > 0
      ? `Edges above the baseline of unrelated heads, ${formatNumber(baseline)}. Point at a head.`
      : "Point at a head to see its edges.",
  );
  const top = scene.top + 28;
  const rise =
    options.height === undefined
      ? Math.min(130, 560 / layers)
      : (options.height - top - 40) / Math.max(1, layers - 1);
  const x = (head: number): number => 70 + ((head + 0.5) * (width - 84)) / heads;
  const y = (layer: number): number => top + 16 + (layers - 1 - layer) * rise;
  const radius = Math.max(6, Math.min(15, (width - 84) / heads / 2.6));
  for (const [index, kind] of (["Q", "K", "V"] as const).entries()) {
    const name = { Q: "read as query", K: "read as key", V: "read as value" }[kind];
    scene.signal(`show${kind}`, true, { on: [{ events: `@kind${kind}:click`, update: `!show${kind}` }] });
    scene.draw(
      "text",
      [
        {
          x: 12 + index * 118,
          y: scene.top + 6,
          fill: KIND_COLOURS[kind],
          fontWeight: "bold",
          cursor: "pointer",
        },
      ],
      { name: `kind${kind}`, encode: { text: { signal: `(show${kind} ? '☑ ' : '☐ ') + '${name}'` } } },
    );
  }
  scene.signal("over", -1, {
    on: [
      { events: "@node:mouseover", update: "datum.id" },
      { events: "@node:mouseout", update: "-1" },
    ],
  });
  scene.signal("kept", -1, { on: [{ events: "@node:click", update: "kept === datum.id ? -1 : datum.id" }] });
  scene.signal("chosen", undefined, { update: "over >= 0 ? over : kept" });
  const most = Math.max(baseline + 1e-9, ...shown.map(({ score }) => score));
  const shift = { Q: -4, K: 0, V: 4 };
  scene.draw(
    "path",
    shown.map(({ from, to, kind, score }) => {
      const [x1, y1, x2, y2] = [
        x(from[1]) + shift[kind],
        y(from[0]) - radius,
        x(to[1]) + shift[kind],
        y(to[0]) + radius,
      ];
      const bend = Math.max(24, (y1 - y2) * 0.45);
      const aside = to[0] - from[0] > 1 ? 26 : 0;
      const text = (number: number): string => number.toFixed(1);
      return {
        path: `M${text(x1)},${text(y1)}C${text(x1 + aside)},${text(y1 - bend)} ${text(x2 + aside)},${text(y2 + bend)} ${text(x2)},${text(y2)}`,
        stroke: KIND_COLOURS[kind],
        strokeWidth: 0.8 + (6 * (score - baseline)) / (most - baseline),
        kind,
        a: from[0] * heads + from[1],
        b: to[0] * heads + to[1],
        from: `${from[0]}.${from[1]}`,
        to: `${to[0]}.${to[1]}`,
        score,
      };
    }),
    {
      name: "edge",
      encode: {
        strokeOpacity: {
          signal:
            "!{Q: showQ, K: showK, V: showV}[datum.kind] ? 0 : chosen < 0 ? 0.65 : datum.a === chosen || datum.b === chosen ? 0.95 : 0.07",
        },
        ...(options.tooltip === false
          ? {}
          : {
              tooltip: tooltipExpression([
                ["from head", "datum.from"],
                ["to head", "datum.to"],
                ["read as", "{Q: 'query', K: 'key', V: 'value'}[datum.kind]"],
                ["score", numberExpression("datum.score")],
                [
                  "times the baseline",
                  baseline > 0 ? `format(datum.score / ${baseline}, '.2f')` : "'none given'",
                ],
              ]),
            }),
      },
    },
  );
  const nodes = Array.from({ length: layers * heads }, (_, id) => ({
    id,
    layer: Math.floor(id / heads),
    head: id % heads,
  }));
  scene.draw(
    "symbol",
    nodes.map(({ id, layer, head }) => ({
      id,
      x: x(head),
      y: y(layer),
      size: Math.PI * radius ** 2,
      fill: "#ffffff",
      cursor: "pointer",
    })),
    {
      name: "node",
      encode: {
        stroke: { signal: `chosen === datum.id ? '${THEME.accent}' : '${THEME.muted}'` },
        strokeWidth: { signal: "chosen === datum.id ? 3 : 1.3" },
      },
    },
  );
  scene.draw(
    "text",
    nodes.map(({ layer, head }) => ({
      x: x(head),
      y: y(layer),
      text: `${layer}.${head}`,
      align: "center",
      fontSize: Math.min(10, radius * 0.75),
    })),
  );
  scene.draw(
    "text",
    Array.from({ length: layers }, (_, layer) => ({
      x: 12,
      y: y(layer),
      text: `layer ${layer}`,
      fill: THEME.muted,
    })),
  );
  scene.height = y(0) + radius + 14;
  const best = shown
    .slice(-3)
    .toReversed()
    .map(
      ({ from, to, kind, score }) => `${from.join(".")} → ${to.join(".")} (${kind}) ${formatNumber(score)}`,
    );
  return sceneFigure(
    scene,
    options.description ??
      `Composition between heads of ${count(layers, "layer")}: ${count(shown.length, "edge")} above ${formatNumber(baseline)}; strongest: ${list(best)}.`,
  );
}

function readEdges(entry: CompositionEdge | CompositionTable): CompositionEdge[] {
  if ("from" in entry) return [entry];
  const matrix = toMatrix(entry.scores, undefined, "compositionDiagram");
  const kind = ({ query: "Q", key: "K", value: "V" } as const)[entry.kind];
  const place = (label: string): readonly [number, number] => {
    const [layer, head] = label.split(".").map(Number);
    if (layer === undefined || head === undefined || !Number.isInteger(layer) || !Number.isInteger(head))
      throw new ViewInputError(`compositionDiagram: "${label}" should name a head as "layer.head".`);
    return [layer, head];
  };
  const [rows, columns] = [matrix.rows.map(place), matrix.columns.map(place)];
  return rows.flatMap((from, earlier) =>
    columns.flatMap((to, later) => {
      const score = matrix.values[earlier * columns.length + later] ?? 0;
      return from[0] < to[0] ? [{ from, to, kind, score }] : [];
    }),
  );
}
