import { drawColourLegend } from "./colour-legend.ts";
import { colourScale } from "./colours.ts";
import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, labelBeside, textWidth, widestLabel } from "./label.ts";
import type { ArrayInput } from "./matrix.ts";
import { addNeuronCells, drawDimensionFrame, drawNeuronCells, drawNeuronSums } from "./neuron-cells.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { pack, packingSignal } from "./packing.ts";
import { attend, productReaches, readQueriesAndKeys, type QueriesAndKeys } from "./queries-and-keys.ts";
import { Scene } from "./scene.ts";
import { THEME } from "./theme.ts";
import { tokenBox, tokenPlaces, tokenText } from "./token-strip.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link attentionNeurons}. */
export interface AttentionNeuronsOptions extends FigureOptions {
  /** The tokens, when the queries' axis doesn't carry them. */
  readonly tokens?: readonly string[];
  /** The place of the token whose query is shown at first; the last unless told. */
  readonly token?: number;
  /** The head shown at first; 0 unless told. */
  readonly head?: number;
  /** What each dot product is divided by; the square root of the dimension unless told. */
  readonly divisor?: number;
  /** Whether a token sees itself and those before it only; yes unless told. */
  readonly causal?: boolean;
}

/**
 * How one token comes to look at the others, number by number: its query q, each token's key k, their products q × k, the
 * sum over √d, and the softmax of these sums. Point at a token for its query (a click keeps it), at a number for
 * its dimension in all three.
 *
 * @param queries [query, dimension] or [head, query, dimension] (a tensor's axis "head" may be the second), as they meet: after any turning by position
 * @param keys [key, dimension] or [head, key, dimension], of as many heads and dimensions
 * @throws ViewInputError when the sizes don't fit, a number is not finite, or there are more products than a screen shows
 * @example attentionNeurons([[1, 0], [0, 2]], [[1, 1], [0, 1]], { tokens: ["the", "cat"] })
 */
export function attentionNeurons(
  queries: ArrayInput,
  keys: ArrayInput,
  options: AttentionNeuronsOptions = {},
): Figure {
  const read = readQueriesAndKeys(queries, keys, options);
  const { q, k, heads, targets, sources, dimensions, tokens, keyTokens } = read;
  const causal = options.causal ?? targets === sources;
  if (causal && targets !== sources)
    throw new ViewInputError(
      `attentionNeurons: ${targets} queries and ${sources} keys have no common order; use causal: false.`,
    );
  const start = options.token ?? targets - 1;
  const startHead = options.head ?? 0;
  for (const [what, index, size] of [
    ["token", start, targets],
    ["head", startHead, heads],
  ] as const)
    if (!(Number.isInteger(index) && index >= 0 && index < size))
      throw new ViewInputError(
        `attentionNeurons: there is no ${what} ${index}; they go from 0 to ${size - 1}.`,
      );
  const divisor = options.divisor ?? Math.sqrt(dimensions);
  const { scores, weights } = attend(read, divisor, causal);
  const reach = Math.max(...Array.from(q.values, Math.abs), ...Array.from(k.values, Math.abs)) || 1;

  const scene = new Scene(
    options.width ?? FIGURE_WIDTH,
    options.title ?? "From query and key to attention",
    "A token’s query q times each key k, number by number; the sum, divided by the root of their size; the softmax of these sums. Point at a token; click to keep it.",
  );
  packingSignal(scene);
  const packed = (values: ArrayLike<number>, size: number): readonly string[] =>
    Array.from({ length: heads }, (_, head) =>
      pack(
        Array.from({ length: size }, (__, cell) => values[head * size + cell] ?? NaN),
        -reach,
        reach,
      ),
    );
  scene.signal("qs", packed(q.values, targets * dimensions));
  scene.signal("ks", packed(k.values, sources * dimensions));
  scene.signal("scores", scores);
  scene.signal("weights", weights);
  scene.signal("tokens", tokens);
  scene.signal("sources", keyTokens);
  // White is 0 for q, k and q × k: the products have a reach of their own in each head.
  scene.signal("productReach", productReaches(read));

  let y = scene.top;
  y += drawHeads(scene, read, startHead, y);
  const { places, height } = tokenPlaces(tokens, 12, scene.width - 12, y);
  scene.signal("tokenHover", -1, {
    on: [
      { events: "@strip:mouseover", update: "datum.i" },
      { events: "@strip:mouseout", update: "-1" },
    ],
  });
  scene.signal("tokenKept", start, { on: [{ events: "@strip:click", update: "datum.i" }] });
  scene.signal("token", undefined, { update: "tokenHover >= 0 ? tokenHover : tokenKept" });
  scene.draw(
    "rect",
    places.map((place, i) => ({ ...tokenBox(place), i, cursor: "pointer" })),
    {
      name: "strip",
      encode: {
        fill: { signal: `datum.i === token ? '#fbe3ef' : '${THEME.panel}'` },
        stroke: {
          signal: `datum.i === token ? '${THEME.accent}' : datum.i === tokenKept ? '#000000' : '${THEME.faint}'`,
        },
        strokeWidth: { signal: "datum.i === token ? 2 : 1" },
      },
    },
  );
  scene.draw("text", places.map(tokenText));
  y += height + 8;

  const labelRoom = Math.min(120, Math.max(56, widestLabel(keyTokens) + 22));
  const sumRoom = 92;
  const strip = (scene.width - labelRoom - 2 * sumRoom - 12 - 36) / 2;
  const cell = Math.min(34, strip / dimensions);
  const row =
    options.height === undefined
      ? Math.max(12, Math.min(22, 440 / (sources + 2)))
      : Math.max(8, (options.height - y - 90) / (sources + 2));
  const keyX = labelRoom;
  const productX = keyX + cell * dimensions + 18;
  const scoreX = productX + cell * dimensions + 18;
  const weightX = scoreX + sumRoom;
  const queryY = y + 16;
  const first = queryY + row + 26;
  addNeuronCells(scene, { dimensions, sources, targets, reach, causal });

  const caption = { fontSize: THEME.size.small, fill: THEME.muted };
  scene.draw("text", [{ x: labelRoom - 8, y: queryY + row / 2, align: "right", fill: THEME.accent }], {
    encode: { text: { signal: "'q'" }, fontWeight: { value: "bold" } },
  });
  const titleRoom = scene.width - 12 - productX - textWidth(`the query of  (${targets})`, THEME.size.small);
  scene.signal(
    "titles",
    tokens.map(
      (token, index) =>
        `the query of ${labelBeside(fitText(token, titleRoom, THEME.size.small), `(${index})`, " ")}`,
    ),
  );
  scene.draw("text", [{ ...caption, x: productX, y: queryY + row / 2 }], {
    encode: { text: { signal: "titles[token]" } },
  });
  const keyTitle = "k of each token";
  const isNarrow = textWidth(keyTitle, THEME.size.small) > cell * dimensions + 10;
  scene.draw("text", [
    { ...caption, x: keyX, y: first - 10, text: isNarrow ? "k" : keyTitle },
    { ...caption, x: productX, y: first - 10, text: "q × k" },
    { ...caption, x: scoreX, y: first - 10, text: `sum ÷ ${formatNumber(divisor)}` },
    { ...caption, x: weightX, y: first - 10, text: "softmax" },
  ]);
  drawNeuronCells(scene, { ...options, reach, cell, row, keyX, productX, queryY, first });
  const bottom = first + sources * row;
  drawDimensionFrame(scene, { cell, bottom }, [
    [keyX, queryY],
    [productX, first],
  ]);
  scene.draw(
    "text",
    keyTokens.map((text, index) => ({
      x: labelRoom - 8,
      y: first + (index + 0.5) * row - 1,
      text: fitText(text, labelRoom - 16),
      align: "right",
      i: index,
    })),
    { encode: { opacity: { signal: causal ? "datum.i > token ? 0.4 : 1" : "1" } } },
  );
  drawNeuronSums(scene, { scoreX, weightX, sumRoom, first, row, scores });
  const scale = colourScale([-reach, reach], "diverging");
  const under = bottom + 14;
  const name = "q and k; q × k has a reach of its own";
  scene.height = under + drawColourLegend(scene, scale, [], { x: 12, y: under, name }) + 10;
  return sceneFigure(scene, options.description ?? describe(read, weights, start, startHead));
}

/** Squares to choose a head, where there are several. @returns their height */
function drawHeads(scene: Scene, { heads, headNames }: QueriesAndKeys, start: number, y: number): number {
  scene.signal("headHover", -1, {
    on: [
      { events: "@headSquare:mouseover", update: "datum.head" },
      { events: "@headSquare:mouseout", update: "-1" },
    ],
  });
  scene.signal("headKept", start, { on: [{ events: "@headSquare:click", update: "datum.head" }] });
  scene.signal("head", undefined, { update: "headHover >= 0 ? headHover : headKept" });
  if (heads === 1) return 0;
  scene.draw("text", [{ x: 12, y: y + 9, text: "head", fill: THEME.muted }]);
  const size = Math.min(
    Math.max(26, widestLabel(headNames, THEME.size.small) + 12),
    (scene.width - 66) / heads,
  );
  const squares = headNames.map((_, head) => ({
    x: 54 + head * size,
    y,
    width: size - 3,
    height: 18,
    cornerRadius: 3,
    head,
    cursor: "pointer",
  }));
  scene.draw("rect", squares, {
    name: "headSquare",
    encode: {
      fill: { signal: `datum.head === head ? '${THEME.ink}' : '${THEME.panel}'` },
      stroke: { signal: `datum.head === headKept ? '${THEME.accent}' : '${THEME.faint}'` },
      strokeWidth: { value: 1.5 },
    },
  });
  const texts = squares.map(({ x, head }) => ({
    x: x + (size - 3) / 2,
    y: y + 9,
    text: fitText(headNames[head] ?? "", size - 4, THEME.size.small),
    fontSize: THEME.size.small,
    align: "center",
    head,
  }));
  if (size >= 14)
    scene.draw("text", texts, {
      encode: { fill: { signal: `datum.head === head ? '#ffffff' : '${THEME.ink}'` } },
    });
  return 26;
}

function describe(
  { q, k, heads, targets, sources, dimensions, tokens, keyTokens, headNames }: QueriesAndKeys,
  weights: readonly (readonly number[])[],
  token: number,
  head: number,
): string {
  const row = (weights[head] ?? []).slice(token * sources, (token + 1) * sources);
  const looks = largest(row, 3).filter((source) => (row[source] ?? 0) > 0);
  const [best = 0] = looks;
  const terms = Array.from(
    { length: dimensions },
    (_, d) =>
      (q.values[(head * targets + token) * dimensions + d] ?? 0) *
      (k.values[(head * sources + best) * dimensions + d] ?? 0),
  );
  const strongest = largest(terms, 2).map((d) => `dimension ${d} (${formatNumber(terms[d] ?? 0)})`);
  const which =
    heads > 1 ? `, head ${(headNames[head] ?? String(head)).replace(/^head /u, "")} of ${heads}` : "";
  return `Query, keys and their products, ${count(dimensions, "number")} each, for ${count(sources, "token")}${which}. ${tokens[token] ?? ""} (${token}) looks at ${list(looks.map((source) => `${keyTokens[source] ?? ""} (${source}) with ${formatNumber(row[source] ?? 0)}`))}; what adds most to the first: ${list(strongest)}.`;
}
