import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { keptSet, type KeptSet } from "./kept-set.ts";
import { fitText, formatNumber, inertText, widestLabel } from "./label.ts";
import { rankOf, toArray, type ArrayInput, type LabelledArray } from "./matrix.ts";
import { FIGURE_WIDTH, type FigureOptions } from "./options.ts";
import { MOST_CODE, packCode, packingSignal, readCode } from "./packing.ts";
import { Scene, tooltipExpression, type MarkRow } from "./scene.ts";
import { categoryColour, THEME } from "./theme.ts";
import { drawShadedTokens } from "./token-strip.ts";
import { ViewInputError } from "./view-input-error.ts";

/** Options of {@link attentionPattern}. */
export interface AttentionPatternOptions extends FigureOptions {
  /** The tokens, when the pattern's axes don't carry them. */
  readonly tokens?: readonly string[];
  /**
   * The length of what each source gives, [head, key] (with layers [layer, head, key]): attention times this length,
   * shown by a switch. A head that looks at a token whose value is nothing moves nothing.
   */
  readonly valueNorms?: ArrayInput;
  /** Weights below this are not drawn as lines; 0.02 unless told. */
  readonly threshold?: number;
}

/** More weights than these are only threads on top of each other; the strongest are kept. */
const MOST_LINES = 4000;

/**
 * Who looks at whom: the tokens as sources on the left and destinations on the right, a line for each weight, and
 * the text below shaded by the chosen token's attention. Point at a token to see its lines only, click to keep it (and
 * again to let go); the squares choose a head, or with Shift any number of them, and the switch turns the text from "looks at" to "is looked at by".
 * Layers stand side by side, so that information can be followed from the first column to the last.
 *
 * @param pattern [query, key], [head, query, key] or [layer, head, query, key]; each query's weights add up to 1
 * @throws ViewInputError for other axes, or tokens of another number
 * @example attentionPattern([[1, 0], [0.4, 0.6]], { tokens: ["the", "cat"] })
 */
export function attentionPattern(pattern: ArrayInput, options: AttentionPatternOptions = {}): Figure {
  const array = fourAxes(pattern, options);
  const [layers = 0, heads = 0, queries = 0, keys = 0] = array.shape;
  const tokens = array.labels[2] ?? [];
  const sources = array.labels[3] ?? [];
  const norms =
    options.valueNorms === undefined ? undefined : readNorms(options.valueNorms, [layers, heads, keys]);
  const threshold = options.threshold ?? 0.02;
  const weights = readWeights(array, norms, threshold);
  const width = options.width ?? Math.min(FIGURE_WIDTH, 420 + 230 * (layers - 1));
  const scene = new Scene(
    width,
    options.title ?? "Attention",
    `Lines run from source (key) to destination (query). Point at a token or a head; click to keep it, with Shift to add a head.${weights.left === 0 ? "" : ` The ${weights.cells.length} strongest of ${weights.cells.length + weights.left} weights.`}`,
  );
  const headColour = (head: number): string => (heads === 1 ? "#2171b5" : categoryColour(head));

  // The heads, one row of squares a layer.
  let top = scene.top;
  const kept: KeptSet[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const name = `head${layer}`;
    scene.signal(`${name}Hover`, -1, {
      on: [
        { events: `@${name}:mouseover`, update: "datum.head" },
        { events: `@${name}:mouseout`, update: "-1" },
      ],
    });
    const chosen = keptSet(scene, `${name}Kept`, name, "head", [], true);
    kept.push(chosen);
    // How many heads of this layer are shown.
    scene.signal(name, undefined, { update: `${name}Hover >= 0 ? 1 : ${chosen.size} || ${heads}` });
    if (heads === 1) continue;
    const label = layers === 1 ? "heads" : `layer ${array.labels[0]?.[layer] ?? layer}`;
    scene.draw("text", [{ x: 12, y: top + 9, text: label, fill: THEME.muted }]);
    const size = Math.min(24, (width - 110) / heads);
    const squares = Array.from({ length: heads }, (_, head) => ({
      x: 84 + head * size,
      y: top,
      width: size - 3,
      height: 18,
      fill: headColour(head),
      head,
      cursor: "pointer",
      label: array.labels[1]?.[head] ?? String(head),
    }));
    scene.draw("rect", squares, {
      name,
      encode: {
        opacity: { signal: `${isHeadShown(name, chosen, "datum.head")} ? 1 : 0.2` },
        stroke: { signal: `${chosen.has("datum.head")} ? '#000000' : 'transparent'` },
        strokeWidth: { value: 2 },
        ...(options.tooltip === false ? {} : { tooltip: tooltipExpression([["head", "datum.label"]]) }),
      },
    });
    if (size >= 14)
      scene.draw(
        "text",
        squares.map(({ x, label: text }) => ({
          x: x + (size - 3) / 2,
          y: top + 9,
          text: fitText(text, size - 4, 10),
          fill: "#ffffff",
          fontSize: 10,
          align: "center",
        })),
      );
    top += 24;
  }
  scene.signal(
    "weighted",
    false,
    norms === undefined ? {} : { on: [{ events: "@weightedSwitch:click", update: "!weighted" }] },
  );
  if (norms !== undefined) {
    scene.draw("text", [{ x: 12, y: top + 10, fill: "#08519c", cursor: "pointer", fontWeight: "bold" }], {
      name: "weightedSwitch",
      encode: {
        text: {
          signal:
            "weighted ? '☑ weighted by the length of the values' : '☐ weighted by the length of the values'",
        },
      },
    });
    top += 24;
  }

  // The columns of tokens, and the lines between them.
  const step =
    options.height === undefined
      ? Math.max(11, Math.min(22, 620 / Math.max(queries, keys)))
      : Math.max(6, (options.height - top - 110) / Math.max(queries, keys));
  const fontSize = Math.min(THEME.size.label, step * 0.85);
  const room = Math.min(
    130,
    Math.max(layers === 1 ? 100 : 50, widestLabel([...tokens, ...sources], fontSize) + 14),
  );
  const columnX = (column: number): number => 12 + room + (column * (width - 24 - 2 * room)) / layers;
  const middle = (index: number): number => top + 26 + (index + 0.5) * step;
  scene.signal("over", null, {
    on: [
      { events: "@token:mouseover, @strip:mouseover", update: "{c: datum.c, i: datum.i}" },
      { events: "@token:mouseout, @strip:mouseout", update: "null" },
    ],
  });
  scene.signal("kept", null, {
    on: [
      {
        events: "@token:click, @strip:click",
        update: "kept && kept.c === datum.c && kept.i === datum.i ? null : {c: datum.c, i: datum.i}",
      },
    ],
  });
  scene.signal("chosen", undefined, { update: "over || kept" });
  const between = layers === 1 ? 0 : 26;
  addWeights(scene, weights, array.shape);
  const isShown = `(${kept.map((chosen, layer) => `(datum.l === ${layer} && (${isHeadShown(`head${layer}`, chosen, "datum.h")}))`).join(" || ")})`;
  const isChosen =
    "(!chosen || (chosen.c === datum.l && chosen.i === datum.k) || (chosen.c === datum.l + 1 && chosen.i === datum.q))";
  const value = "(weighted ? datum.v : datum.w)";
  const list = (entry: (layer: number) => string | number): string =>
    `[${Array.from({ length: layers }, (_, layer) => entry(layer)).join(", ")}][datum.l]`;
  const from = list((layer) => columnX(layer) + (layer === 0 ? 4 : between + 4));
  const to = list((layer) => columnX(layer + 1) - (layer === layers - 1 ? 4 : between + 4));
  const bend = list((layer) => (columnX(layer) + columnX(layer + 1)) / 2);
  const [source, destination] = ["k", "q"].map((end) => `(${middle(0)} + datum.${end} * ${step})`);
  const isBlended = list((layer) => `head${layer} > 1`);
  scene.mark({
    type: "path",
    from: { data: "weights" },
    interactive: false,
    encode: {
      // Set once: the pointer changes only widths and opacities.
      enter: {
        path: {
          signal: `'M' + ${from} + ',' + ${source} + 'C' + ${bend} + ',' + ${source} + ' ' + ${bend} + ',' + ${destination} + ' ' + ${to} + ',' + ${destination}`,
        },
        stroke: {
          signal: `[${Array.from({ length: heads }, (_, head) => `'${headColour(head)}'`).join(", ")}][datum.h]`,
        },
      },
      update: {
        strokeWidth: {
          signal: `${heads === 1 ? "" : `(${isBlended} ? 0.6 : 1) * `}(0.4 + 3.2 * sqrt(${value}))`,
        },
        strokeOpacity: {
          signal: `${isShown} && ${isChosen} ? min(1, (chosen ? 0.25 : 0.06) + ${value}) * (${isBlended} ? ${Math.max(0.4, 1 / Math.sqrt(heads)).toFixed(2)} : 1) : 0`,
        },
      },
    },
  });
  const rows: MarkRow[] = [];
  for (let column = 0; column <= layers; column++) {
    for (const [index, text] of (column === 0 ? sources : tokens).entries()) {
      const isMiddle = column > 0 && column < layers;
      rows.push({
        x: columnX(column),
        y: middle(index),
        text: fitText(text, isMiddle ? 2 * between : room - 8, fontSize),
        full: text,
        align: column === 0 ? "right" : isMiddle ? "center" : "left",
        c: column,
        i: index,
        cursor: "pointer",
      });
    }
  }
  scene.draw("text", rows, {
    name: "token",
    encode: {
      fontSize: { value: fontSize },
      fontWeight: { signal: "chosen && chosen.c === datum.c && chosen.i === datum.i ? 'bold' : 'normal'" },
      fill: {
        signal: `chosen && chosen.c === datum.c && chosen.i === datum.i ? '${THEME.accent}' : '${THEME.ink}'`,
      },
      ...(options.tooltip === false
        ? {}
        : {
            tooltip: tooltipExpression([
              ["token", "datum.full"],
              ["position", "datum.i"],
            ]),
          }),
    },
  });
  const captions =
    layers === 1
      ? ["source (key)", "destination (query)"]
      : ["input", ...(array.labels[0] ?? []).map((label) => `after layer ${label}`)];
  scene.draw(
    "text",
    captions.map((text, column) => ({
      x: columnX(column),
      y: top + 12,
      text,
      align: column === 0 ? "right" : column < layers ? "center" : "left",
      fill: THEME.muted,
      fontSize: THEME.size.small,
    })),
  );

  const below = middle(Math.max(queries, keys)) + 8;
  const chosen = `(chosen ? chosen.i : ${tokens.length - 1})`;
  addShares(scene, layers - 1, isShown, chosen);
  const bottom = drawShadedTokens(scene, tokens, { y: below + 8, chosen, column: layers }) + 8;
  scene.height = options.height === undefined ? bottom : Math.max(options.height, bottom);
  return sceneFigure(scene, options.description ?? describe(array));
}

/** Data set "shares": how much the chosen token looks at each other in the last layer, or is looked at by it. */
function addShares(scene: Scene, layer: number, isShown: string, chosen: string): void {
  const value = "(weighted ? datum.v : datum.w)";
  scene.data("shares", undefined, {
    source: "weights",
    transform: [
      {
        type: "filter",
        expr: `datum.l === ${layer} && ${isShown} && (backwards ? datum.k : datum.q) === ${chosen}`,
      },
      { type: "formula", as: "i", expr: "backwards ? datum.q : datum.k" },
      { type: "formula", as: "share", expr: `${value} / head${layer}` },
      { type: "aggregate", groupby: ["i"], fields: ["share"], ops: ["sum"], as: ["share"] },
    ],
  });
}

/** A Vega expression: whether head `index` is the one pointed at or, with none pointed at, among those kept; all are when none is. */
function isHeadShown(name: string, kept: KeptSet, index: string): string {
  return `${name}Hover >= 0 ? ${name}Hover === ${index} : ${kept.size} === 0 || ${kept.has(index)}`;
}

/** The pattern as [layer, head, query, key], with the tokens on both. */
export function fourAxes(
  pattern: ArrayInput,
  options: { readonly tokens?: readonly string[]; readonly labels?: FigureOptions["labels"] },
): LabelledArray {
  const rank = rankOf(pattern);
  const names = ["layer", "head", "query", "key"].slice(4 - rank);
  if (rank < 2 || rank > 4)
    throw new ViewInputError(
      `attention takes [query, key], [head, query, key] or [layer, head, query, key], and got ${rank} axes.`,
    );
  const array = toArray(pattern, rank, options.labels, names, "attention");
  if (array.shape.some((size) => size > MOST_CODE + 1))
    throw new ViewInputError(
      `attention draws up to ${MOST_CODE + 1} of each axis, and got ${array.shape.join(" × ")}; choose a part with .slice or .at first.`,
    );
  const missing = 4 - rank;
  const labels = [...Array.from({ length: missing }, () => ["0"]), ...array.labels];
  const shape = [...Array.from({ length: missing }, () => 1), ...array.shape];
  const { tokens } = options;
  for (const axis of [2, 3]) {
    const size = shape[axis] ?? 0;
    if (tokens === undefined) {
      if (array.named[axis - missing] !== true)
        labels[axis] =
          array.named[(axis === 2 ? 3 : 2) - missing] === true && shape[2] === shape[3]
            ? (labels[axis === 2 ? 3 : 2] ?? [])
            : (labels[axis] ?? []);
    } else if (tokens.length === size)
      labels[axis] =
        toArray(
          tokens.map(() => 0),
          1,
          { entry: tokens },
          ["entry"],
          "attention",
        ).labels[0] ?? [];
    else
      throw new ViewInputError(
        `attention: axis "${axis === 2 ? "query" : "key"}" has ${size} positions and there are ${tokens.length} tokens.`,
      );
  }
  return {
    ...array,
    axes: ["layer", "head", "query", "key"],
    shape,
    labels,
    named: [...Array.from({ length: missing }, () => false), ...array.named],
  };
}

function readNorms(input: ArrayInput, shape: readonly number[]): ArrayLike<number> {
  const rank = rankOf(input);
  const { values } = toArray(
    input,
    rank,
    undefined,
    ["layer", "head", "key"].slice(3 - rank),
    "attention valueNorms",
  );
  const size = shape.reduce((product, length) => product * length, 1);
  if (values.length !== size)
    throw new ViewInputError(
      `attention: valueNorms has ${values.length} numbers; [layer, head, key] needs ${shape.join(" × ")}.`,
    );
  return values;
}

/** What is read of a pattern: the weights above the threshold, by place. */
interface Weights {
  /** The flat index of each in [layer, head, query, key]. */
  readonly cells: readonly number[];
  /** How many others above the threshold were left out. */
  readonly left: number;
  /** Between 0 and 1. */
  readonly weight: (cell: number) => number;
  /** Weight times the length of the value, over the head's longest; between 0 and 1. */
  readonly weighted: ((cell: number) => number) | undefined;
}

function readWeights(array: LabelledArray, norms: ArrayLike<number> | undefined, threshold: number): Weights {
  const [, , queries = 0, keys = 0] = array.shape;
  const weight = (cell: number): number => Math.min(1, array.values[cell] ?? 0);
  const blockOf = (cell: number): number => Math.floor(cell / (queries * keys));
  const longest = new Map<number, number>();
  for (let place = 0; place < (norms?.length ?? 0); place++)
    longest.set(
      Math.floor(place / keys),
      Math.max(longest.get(Math.floor(place / keys)) ?? 0, norms?.[place] ?? 0),
    );
  const above: number[] = [];
  for (let cell = 0; cell < array.values.length; cell++)
    if ((array.values[cell] ?? 0) >= threshold) above.push(cell);
  const cells =
    above.length <= MOST_LINES
      ? above
      : above.toSorted((left, right) => weight(right) - weight(left)).slice(0, MOST_LINES);
  return {
    cells,
    left: above.length - cells.length,
    weight,
    weighted:
      norms === undefined
        ? undefined
        : (cell) => {
            const block = blockOf(cell);
            return (weight(cell) * (norms[block * keys + (cell % keys)] ?? 0)) / (longest.get(block) || 1);
          },
  };
}

/** Data set "weights": layer `l`, head `h`, query `q`, key `k`, weight `w` and, with value lengths, `v`; packed as text. */
function addWeights(
  scene: Scene,
  weights: Weights,
  [, heads = 1, queries = 1, keys = 1]: readonly number[],
): void {
  const share = (value: number): string => packCode(Math.round(Math.min(1, Math.max(0, value)) * MOST_CODE));
  const packed = weights.cells.map((cell) => {
    const key = cell % keys;
    const query = Math.floor(cell / keys) % queries;
    const block = Math.floor(cell / keys / queries);
    const value = weights.weighted === undefined ? "" : share(weights.weighted(cell));
    return packCode(block) + packCode(query) + packCode(key) + share(weights.weight(cell)) + value;
  });
  packingSignal(scene);
  scene.signal("packed", packed.join(""));
  const fields = weights.weighted === undefined ? 4 : 5;
  const code = (field: number): string => readCode("packed", `datum.p * ${2 * fields} + ${2 * field}`);
  const formulas: readonly (readonly [string, string])[] = [
    ["b", code(0)],
    ["l", `floor(datum.b / ${heads})`],
    ["h", `datum.b % ${heads}`],
    ["q", code(1)],
    ["k", code(2)],
    ["w", `${code(3)} / ${MOST_CODE}`],
    ["v", fields === 5 ? `${code(4)} / ${MOST_CODE}` : "datum.w"],
  ];
  scene.data("weights", undefined, {
    transform: [
      { type: "sequence", start: 0, stop: packed.length, as: "p" },
      ...formulas.map(([as, expr]) => ({ type: "formula", as, expr })),
    ],
  });
}

function describe(array: LabelledArray): string {
  const [layers = 0, heads = 0, queries = 0, keys = 0] = array.shape;
  const strongest = largest(array.values, 3).map((cell) => {
    const key = array.labels[3]?.[cell % keys] ?? "";
    const query = array.labels[2]?.[Math.floor(cell / keys) % queries] ?? "";
    const head = Math.floor(cell / keys / queries) % heads;
    return `${query} looks at ${key} with ${formatNumber(array.values[cell] ?? 0)}${heads > 1 ? ` (head ${array.labels[1]?.[head] ?? head})` : ""}`;
  });
  return inertText(
    `Attention of ${layers > 1 ? `${count(layers, "layer")} of ` : ""}${count(heads, "head")} over ${count(queries, "token")}; strongest: ${list(strongest)}.`,
  );
}
