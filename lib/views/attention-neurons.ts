import { COLOUR_SCALES, colourScale } from "./colours.ts";
import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, widestLabel } from "./label.ts";
import { drawColourLegend } from "./matrix-block.ts";
import { rankOf, toArray, type ArrayInput, type LabelledArray } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { pack, packingSignal, readPacked } from "./packing.ts";
import { numberExpression, round, Scene, tooltipExpression, type Json, type Node } from "./scene.ts";
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

/** Products on the screen at once; more would not follow the pointer. */
const MOST_CELLS = 8000;

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
  const read = readVectors(queries, keys, options);
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
  addCells(scene, { dimensions, sources, targets, reach, causal });

  const caption = { fontSize: THEME.size.small, fill: THEME.muted };
  scene.draw("text", [{ x: labelRoom - 8, y: queryY + row / 2, align: "right", fill: THEME.accent }], {
    encode: { text: { signal: "'q'" }, fontWeight: { value: "bold" } },
  });
  scene.draw("text", [{ ...caption, x: productX, y: queryY + row / 2 }], {
    encode: { text: { signal: "'the query of ' + tokens[token] + ' (' + token + ')'" } },
  });
  scene.draw("text", [
    { ...caption, x: keyX, y: first - 10, text: "k of each token" },
    { ...caption, x: productX, y: first - 10, text: "q × k" },
    { ...caption, x: scoreX, y: first - 10, text: `sum ÷ ${formatNumber(divisor)}` },
    { ...caption, x: weightX, y: first - 10, text: "softmax" },
  ]);
  const tip = tooltipExpression([
    ["token", "datum.k < 0 ? tokens[token] : sources[datum.k]"],
    ["dimension", "datum.d"],
    ["q", "format(datum.q, '.3~g')"],
    ["k", "datum.k < 0 ? '–' : format(datum.key, '.3~g')"],
    ["q × k", "datum.k < 0 ? '–' : format(datum.term, '.3~g')"],
  ]);
  scene.signal("dimension", -1, {
    on: [
      { events: "@queryCell:mouseover, @keyCell:mouseover, @termCell:mouseover", update: "datum.d" },
      { events: "@queryCell:mouseout, @keyCell:mouseout, @termCell:mouseout", update: "-1" },
    ],
  });
  const cells = (name: string, data: string, x: number, value: string, most: string, at: Node): void => {
    const fill = `scale('signed', datum.${value} / ${most})`;
    scene.mark({
      type: "rect",
      name,
      from: { data },
      interactive: options.tooltip !== false,
      encode: {
        update: {
          x: { field: "d", mult: cell, offset: x },
          y: at,
          width: { value: cell },
          height: { value: row - (row > 10 ? 2 : 0) },
          fill: { signal: fill },
          opacity: { signal: "datum.hidden ? 0.25 : 1" },
          ...(cell >= 8 ? { stroke: { value: "#ffffff" }, strokeWidth: { value: 1 } } : {}),
          ...(options.tooltip === false ? {} : { tooltip: tip }),
        },
      },
    });
    if (cell < 28 || row < 12) return;
    scene.mark({
      type: "text",
      from: { data },
      interactive: false,
      encode: {
        update: {
          x: { field: "d", mult: cell, offset: x + cell / 2 },
          y: { ...at, offset: Number(at["offset"] ?? at["value"]) + row / 2 - 0.5 },
          ...("value" in at ? { y: { value: Number(at["value"]) + row / 2 - 0.5 } } : {}),
          text: { signal: `replace(format(datum.${value}, '.2~g'), '-', '−')` },
          align: { value: "center" },
          baseline: { value: "middle" },
          font: { value: THEME.font },
          fontSize: { value: 9 },
          fill: { signal: `luminance(${fill}) < 0.179 ? '#ffffff' : '#000000'` },
        },
      },
    });
  };
  const range = COLOUR_SCALES["diverging"] ?? [];
  const last = range.length - 1;
  scene.scale({
    name: "signed",
    type: "linear",
    domain: range.map((_, stop) => Number(round((2 * stop) / last - 1))),
    range: typeof options.colours === "object" ? options.colours : range,
    clamp: true,
  });
  const atRow = { field: "k", mult: row, offset: first };
  cells("queryCell", "queryCells", keyX, "q", String(reach), { value: queryY });
  cells("keyCell", "terms", keyX, "key", String(reach), atRow);
  cells("termCell", "terms", productX, "term", "productReach[head]", atRow);
  const bottom = first + sources * row;
  for (const [x, top] of [
    [keyX, queryY],
    [productX, first],
  ] as const)
    scene.draw("rect", [{ width: Math.max(2, cell), y: top - 1, height: bottom - top + 1 }], {
      encode: {
        x: { signal: `${x} + max(0, dimension) * ${cell}` },
        stroke: { value: THEME.accent },
        strokeWidth: { value: 1.5 },
        fill: { value: "transparent" },
        opacity: { signal: "dimension >= 0 ? 1 : 0" },
      },
    });
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
  drawSums(scene, { scoreX, weightX, sumRoom, first, row, scores });
  const scale = colourScale([-reach, reach], "diverging");
  const under = bottom + 14;
  scene.height =
    under + drawColourLegend(scene, scale, [], 12, under, "q and k; q × k has a reach of its own") + 10;
  return sceneFigure(scene, options.description ?? describe(read, weights, start, startHead));
}

interface Vectors {
  readonly q: LabelledArray;
  readonly k: LabelledArray;
  readonly heads: number;
  readonly targets: number;
  readonly sources: number;
  readonly dimensions: number;
  readonly tokens: readonly string[];
  readonly keyTokens: readonly string[];
  readonly headNames: readonly string[];
}

function readVectors(queries: ArrayInput, keys: ArrayInput, options: AttentionNeuronsOptions): Vectors {
  const [read, other] = [rankOf(queries), rankOf(keys)];
  if (read !== other || (read !== 2 && read !== 3))
    throw new ViewInputError(
      `attentionNeurons takes queries and keys as [position, dimension] or [head, position, dimension], both alike, and got ${read} and ${other} axes.`,
    );
  const names = (position: string): string[] => ["head", position, "dimension"].slice(3 - read);
  const plain = (input: ArrayInput, position: string): LabelledArray =>
    headFirst(toArray(input, read, options.labels, names(position), "attentionNeurons"));
  const [q, k] = [plain(queries, "query"), plain(keys, "key")];
  const [targets = 0, dimensions = 0] = q.shape.slice(-2);
  const [sources = 0, width = 0] = k.shape.slice(-2);
  const heads = read === 3 ? (q.shape[0] ?? 0) : 1;
  if (width !== dimensions || (read === 3 && k.shape[0] !== heads))
    throw new ViewInputError(
      `attentionNeurons: queries are ${q.shape.join(" × ")} and keys ${k.shape.join(" × ")}; heads and dimensions must be as many.`,
    );
  if (heads * targets * sources * dimensions === 0)
    throw new ViewInputError(
      `attentionNeurons has nothing to show: queries are ${q.shape.join(" × ")}, keys ${k.shape.join(" × ")}.`,
    );
  if (sources * dimensions > MOST_CELLS)
    throw new ViewInputError(
      `attentionNeurons shows up to ${MOST_CELLS} products for a token, and ${sources} keys of ${dimensions} numbers are ${sources * dimensions}; choose some positions with .slice first.`,
    );
  for (const [name, { values }] of [
    ["queries", q],
    ["keys", k],
  ] as const)
    for (let cell = 0; cell < values.length; cell++)
      if (!Number.isFinite(values[cell]))
        throw new ViewInputError(
          `attentionNeurons: number ${cell} of the ${name} is ${String(values[cell])}; all must be finite.`,
        );
  const given = options.tokens;
  for (const size of new Set([targets, sources]))
    if (given !== undefined && given.length !== size)
      throw new ViewInputError(`attentionNeurons: ${size} positions and ${given.length} tokens.`);
  const visible = (array: LabelledArray, size: number): readonly string[] =>
    given === undefined
      ? (array.labels.at(-2) ?? [])
      : (toArray(
          Array.from({ length: size }, () => 0),
          1,
          { entry: given },
          ["entry"],
          "attentionNeurons",
        ).labels[0] ?? []);
  return {
    q,
    k,
    heads,
    targets,
    sources,
    dimensions,
    tokens: visible(q, targets),
    keyTokens: visible(k, sources),
    headNames: read === 3 ? (q.labels[0] ?? []) : ["0"],
  };
}

/** A tensor that names its axes may have them in another order: [query, head, feature], as models keep them. */
function headFirst(array: LabelledArray): LabelledArray {
  if (array.axes[1] !== "head") return array;
  const [rows = 0, heads = 0, size = 0] = array.shape;
  const swap = <T>([first, second, ...rest]: readonly T[]): T[] =>
    first === undefined || second === undefined ? [] : [second, first, ...rest];
  return {
    axes: swap(array.axes),
    shape: swap(array.shape),
    labels: swap(array.labels),
    named: swap(array.named),
    values: Float64Array.from({ length: rows * heads * size }, (_, cell) => {
      const [head, row] = [Math.floor(cell / (rows * size)), Math.floor(cell / size) % rows];
      return array.values[(row * heads + head) * size + (cell % size)] ?? NaN;
    }),
  };
}

/** Scores q · k / divisor and their softmax, a list [query × key] for each head; what is masked is null and 0. */
function attend(
  { q, k, heads, targets, sources, dimensions }: Vectors,
  divisor: number,
  causal: boolean,
): { readonly scores: (number | null)[][]; readonly weights: number[][] } {
  const scores: (number | null)[][] = [];
  const weights: number[][] = [];
  for (let head = 0; head < heads; head++) {
    const own: (number | null)[] = [];
    const shares: number[] = [];
    for (let target = 0; target < targets; target++) {
      const row = Array.from({ length: sources }, (_, source) => {
        if (causal && source > target) return null;
        let sum = 0;
        for (let d = 0; d < dimensions; d++)
          sum +=
            (q.values[(head * targets + target) * dimensions + d] ?? 0) *
            (k.values[(head * sources + source) * dimensions + d] ?? 0);
        return sum / divisor;
      });
      const highest = Math.max(...row.map((score) => score ?? -Infinity));
      const powers = row.map((score) => (score === null ? 0 : Math.exp(score - highest)));
      const total = powers.reduce((all, power) => all + power, 0);
      own.push(...row.map((score) => (score === null ? null : Number(round(score)))));
      shares.push(...powers.map((power) => Number((power / total).toPrecision(4))));
    }
    scores.push(own);
    weights.push(shares);
  }
  return { scores, weights };
}

/** The largest product of a query's and a key's number, by head. */
function productReaches({ q, k, heads, targets, sources, dimensions }: Vectors): number[] {
  const peak = (values: ArrayLike<number>, head: number, rows: number, d: number): number => {
    let most = 0;
    for (let row = 0; row < rows; row++)
      most = Math.max(most, Math.abs(values[(head * rows + row) * dimensions + d] ?? 0));
    return most;
  };
  return Array.from({ length: heads }, (_, head) => {
    let most = 0;
    for (let d = 0; d < dimensions; d++)
      most = Math.max(most, peak(q.values, head, targets, d) * peak(k.values, head, sources, d));
    return most === 0 ? 1 : Number(round(most));
  });
}

/** Squares to choose a head, where there are several. @returns their height */
function drawHeads(scene: Scene, { heads, headNames }: Vectors, start: number, y: number): number {
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

/** Data sets "queryCells" (the chosen query), "terms" (all keys' numbers and products) and "sums" (score and weight by key). */
function addCells(
  scene: Scene,
  sizes: {
    readonly dimensions: number;
    readonly sources: number;
    readonly targets: number;
    readonly reach: number;
    readonly causal: boolean;
  },
): void {
  const { dimensions, sources, reach, causal } = sizes;
  const formula = (as: string, expr: string): Node => ({ type: "formula", as, expr });
  const query = readPacked("qs[head]", `token * ${dimensions} + datum.d`, -reach, reach);
  scene.data("queryCells", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: dimensions, as: "d" },
      formula("q", query),
      formula("k", "-1"),
      formula("hidden", "false"),
    ],
  });
  scene.data("terms", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: sources * dimensions, as: "p" },
      formula("k", `floor(datum.p / ${dimensions})`),
      formula("d", `datum.p % ${dimensions}`),
      formula("key", readPacked("ks[head]", "datum.p", -reach, reach)),
      formula("q", query),
      formula("term", "datum.q * datum.key"),
      formula("hidden", causal ? "datum.k > token" : "false"),
    ],
  });
  scene.data("sums", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: sources, as: "k" },
      formula("score", `scores[head][token * ${sources} + datum.k]`),
      formula("weight", `weights[head][token * ${sources} + datum.k]`),
    ],
  });
}

/** The sum of each key as a bar from zero, and its share as a bar from the left. */
function drawSums(
  scene: Scene,
  place: {
    readonly scoreX: number;
    readonly weightX: number;
    readonly sumRoom: number;
    readonly first: number;
    readonly row: number;
    readonly scores: readonly (readonly (number | null)[])[];
  },
): void {
  const { scoreX, weightX, sumRoom, first, row, scores } = place;
  const finite = scores.flat().filter((score) => score !== null);
  const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  const textRoom = 40;
  const unit = (sumRoom - textRoom - 8) / (high - low || 1);
  const zero = scoreX - low * unit;
  const y = { field: "k", mult: row, offset: first };
  const height = { value: row - (row > 10 ? 3 : 0) };
  const mark = (type: string, update: Readonly<Record<string, Json>>): void =>
    scene.mark({ type, from: { data: "sums" }, interactive: false, encode: { update } });
  mark("rect", {
    x: { signal: `${zero} + min(0, datum.score || 0) * ${unit}` },
    x2: { signal: `${zero} + max(0, datum.score || 0) * ${unit}` },
    y,
    height,
    fill: { signal: "datum.score < 0 ? '#b35806' : '#2171b5'" },
  });
  mark("rect", {
    x: { value: weightX },
    width: { signal: `datum.weight * ${sumRoom - textRoom - 8}` },
    y,
    height,
    fill: { value: "#08306b" },
  });
  const text = {
    y: { ...y, offset: first + row / 2 - 1.5 },
    align: { value: "right" },
    baseline: { value: "middle" },
    font: { value: THEME.font },
    fontSize: { value: Math.min(THEME.size.small, row * 0.8) },
    fill: { value: THEME.ink },
  };
  const number = numberExpression("datum.score", ".3~g");
  mark("text", {
    ...text,
    x: { value: scoreX + sumRoom - 8 },
    text: { signal: `isValid(datum.score) ? replace(${number}, '-', '−') : 'masked'` },
    opacity: { signal: "isValid(datum.score) ? 1 : 0.5" },
  });
  mark("text", {
    ...text,
    x: { value: weightX + sumRoom - 4 },
    text: { signal: "isValid(datum.score) ? format(datum.weight, '.3f') : ''" },
  });
  scene.draw("rule", [{ x: zero, x2: zero, y: first - 2, y2: first + (scores[0] ? row * 1 : 0) }], {
    encode: { y2: { signal: `${first} + length(sources) * ${row}` }, stroke: { value: THEME.muted } },
  });
}

function describe(
  { q, k, heads, targets, sources, dimensions, tokens, keyTokens, headNames }: Vectors,
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
