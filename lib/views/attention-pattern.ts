import { count, largest, list } from "./describe.ts";
import { sceneFigure, type Figure } from "./figure.ts";
import { fitText, formatNumber, inertText, widestLabel } from "./label.ts";
import { toArray, type ArrayInput, type LabelledArray } from "./matrix.ts";
import type { FigureOptions } from "./options.ts";
import { Scene, tooltipExpression, type MarkRow } from "./scene.ts";
import { categoryColour, THEME } from "./theme.ts";
import { tokenPlaces } from "./token-strip.ts";
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

const MOST_LINES = 9000;

/**
 * Who looks at whom: the tokens as sources on the left and destinations on the right, a line for each weight, and
 * the text below shaded by the chosen token's attention. Point at a token to see its lines only, click to keep it (and
 * again to let go); the squares choose a head, and the switch turns the text from "looks at" to "is looked at by".
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
  const width = options.width ?? Math.min(900, 420 + 230 * (layers - 1));
  const scene = new Scene(
    width,
    options.title ?? "Attention",
    "Lines run from source (key) to destination (query). Point at a token or a head; click to keep it.",
  );
  const headColour = (head: number): string => (heads === 1 ? "#2171b5" : categoryColour(head));

  // The heads, one row of squares a layer.
  let top = scene.top;
  for (let layer = 0; layer < layers; layer++) {
    const name = `head${layer}`;
    scene.signal(`${name}Hover`, -1, {
      on: [
        { events: `@${name}:mouseover`, update: "datum.head" },
        { events: `@${name}:mouseout`, update: "-1" },
      ],
    });
    scene.signal(`${name}Kept`, -1, {
      on: [{ events: `@${name}:click`, update: `${name}Kept === datum.head ? -1 : datum.head` }],
    });
    scene.signal(name, undefined, { update: `${name}Hover >= 0 ? ${name}Hover : ${name}Kept` });
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
        opacity: { signal: `${name} < 0 || ${name} === datum.head ? 1 : 0.2` },
        stroke: { signal: `${name}Kept === datum.head ? '#000000' : 'transparent'` },
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
  scene.data("weights", weights as never);
  const isShown =
    layers === 1
      ? "(head0 < 0 || head0 === datum.h)"
      : `indexof([${Array.from({ length: layers }, (_, layer) => `head${layer} < 0 ? datum.h : head${layer}`).join(", ")}], datum.h, 0) >= 0 && [${Array.from({ length: layers }, (_, layer) => `head${layer} < 0 || head${layer} === datum.h`).join(", ")}][datum.l]`;
  const isChosen =
    "(!chosen || (chosen.c === datum.l && chosen.i === datum.k) || (chosen.c === datum.l + 1 && chosen.i === datum.q))";
  const value = "(weighted ? datum.v : datum.w)";
  const all = Array.from({ length: layers }, (_, layer) => `head${layer} < 0`);
  scene.mark({
    type: "path",
    from: { data: "weights" },
    interactive: false,
    encode: {
      update: {
        path: {
          signal: `'M' + ([${Array.from({ length: layers }, (_, layer) => columnX(layer) + (layer === 0 ? 4 : between + 4)).join(", ")}][datum.l]) + ',' + (${middle(0)} + datum.k * ${step}) + 'C' + ([${Array.from({ length: layers }, (_, layer) => (columnX(layer) + columnX(layer + 1)) / 2).join(", ")}][datum.l]) + ',' + (${middle(0)} + datum.k * ${step}) + ' ' + ([${Array.from({ length: layers }, (_, layer) => (columnX(layer) + columnX(layer + 1)) / 2).join(", ")}][datum.l]) + ',' + (${middle(0)} + datum.q * ${step}) + ' ' + ([${Array.from({ length: layers }, (_, layer) => columnX(layer + 1) - (layer === layers - 1 ? 4 : between + 4)).join(", ")}][datum.l]) + ',' + (${middle(0)} + datum.q * ${step})`,
        },
        stroke: {
          signal: `[${Array.from({ length: heads }, (_, head) => `'${headColour(head)}'`).join(", ")}][datum.h]`,
        },
        strokeWidth: {
          signal: `${heads === 1 ? "" : `([${all.join(", ")}][datum.l] ? 0.6 : 1) * `}(0.4 + 3.2 * sqrt(${value}))`,
        },
        strokeOpacity: {
          signal: `${isShown} && ${isChosen} ? min(1, (chosen ? 0.25 : 0.06) + ${value}) * ([${all.join(", ")}][datum.l] ? ${Math.max(0.4, 1 / Math.sqrt(heads)).toFixed(2)} : 1) : 0`,
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
  const bottom = drawStrip(scene, tokens, below, width, layers, isShown, value, heads);
  scene.height = options.height === undefined ? bottom : Math.max(options.height, bottom);
  return sceneFigure(scene, options.description ?? describe(array));
}

/** The text, shaded by what the chosen token looks at or is looked at by. */
function drawStrip(
  scene: Scene,
  tokens: readonly string[],
  y: number,
  width: number,
  layers: number,
  isShown: string,
  value: string,
  heads: number,
): number {
  const column = layers - 1;
  scene.signal("backwards", false, { on: [{ events: "@switch:click", update: "!backwards" }] });
  scene.draw("text", [{ x: 12, y: y + 8, fill: "#08519c", cursor: "pointer", fontWeight: "bold" }], {
    name: "switch",
    encode: {
      text: {
        signal: `backwards ? '⇄ shaded: what looks at the chosen token' : '⇄ shaded: what the chosen token looks at'`,
      },
    },
  });
  const { places, height } = tokenPlaces(tokens, 12, width - 12, y + 22);
  const start = tokens.length - 1;
  const picked = `(chosen ? chosen.i : ${start})`;
  const share = `datum.l === ${column} && ${isShown} && (backwards ? datum.k : datum.q) === ${picked}`;
  scene.data("shares", undefined, {
    source: "weights",
    transform: [
      { type: "filter", expr: share },
      { type: "formula", as: "i", expr: "backwards ? datum.q : datum.k" },
      { type: "formula", as: "share", expr: `${value} / (head${column} < 0 ? ${heads} : 1)` },
      { type: "aggregate", groupby: ["i"], fields: ["share"], ops: ["sum"], as: ["share"] },
    ],
  });
  scene.scale({
    name: "shade",
    type: "linear",
    domain: [0, 0.35, 1],
    range: ["#ffffff", "#6baed6", "#08306b"],
    clamp: true,
  });
  scene.draw(
    "rect",
    places.map((place, i) => ({
      x: place.x,
      y: place.y,
      width: place.width,
      height: 20,
      cornerRadius: 3,
      i,
      c: column + 1,
      cursor: "pointer",
      token: place.text,
    })),
    {
      name: "strip",
      transform: [{ type: "lookup", from: "shares", key: "i", fields: ["i"], values: ["share"], default: 0 }],
      encode: {
        fill: { signal: "scale('shade', datum.share)" },
        stroke: { signal: `datum.i === ${picked} ? '${THEME.accent}' : '${THEME.faint}'` },
        strokeWidth: { signal: `datum.i === ${picked} ? 2 : 0.5` },
        tooltip: tooltipExpression([
          ["token", "datum.token"],
          ["position", "datum.i"],
          ["attention", "format(datum.share, '.3f')"],
        ]),
      },
    },
  );
  scene.draw(
    "text",
    places.map((place, i) => ({
      x: place.x + place.width / 2,
      y: place.y + 10.5,
      text: fitText(place.text, place.width - 4),
      align: "center",
      i,
    })),
    {
      transform: [{ type: "lookup", from: "shares", key: "i", fields: ["i"], values: ["share"], default: 0 }],
      encode: {
        fill: { signal: `luminance(scale('shade', datum.share)) < 0.179 ? '#ffffff' : '#000000'` },
      },
    },
  );
  return y + 22 + height + 8;
}

/** The pattern as [layer, head, query, key], with the tokens on both. */
export function fourAxes(
  pattern: ArrayInput,
  options: { readonly tokens?: readonly string[]; readonly labels?: FigureOptions["labels"] },
): LabelledArray {
  const rank = "shape" in pattern && Array.isArray(pattern.shape) ? pattern.shape.length : depth(pattern);
  const names = ["layer", "head", "query", "key"].slice(4 - rank);
  if (rank < 2 || rank > 4)
    throw new ViewInputError(
      `attention takes [query, key], [head, query, key] or [layer, head, query, key], and got ${rank} axes.`,
    );
  const array = toArray(pattern, rank, options.labels, names, "attention");
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

function depth(nested: unknown): number {
  return Array.isArray(nested) || ArrayBuffer.isView(nested) ? 1 + depth((nested as unknown[])[0]) : 0;
}

function readNorms(input: ArrayInput, shape: readonly number[]): ArrayLike<number> {
  const rank = "shape" in input && Array.isArray(input.shape) ? input.shape.length : depth(input);
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

interface Weight {
  readonly l: number;
  readonly h: number;
  readonly q: number;
  readonly k: number;
  readonly w: number;
  readonly v?: number;
}

function readWeights(
  array: LabelledArray,
  norms: ArrayLike<number> | undefined,
  threshold: number,
): Weight[] {
  const [layers = 0, heads = 0, queries = 0, keys = 0] = array.shape;
  const found: Weight[] = [];
  for (let layer = 0; layer < layers; layer++)
    for (let head = 0; head < heads; head++) {
      const block = layer * heads + head;
      let longest = 0;
      for (let key = 0; key < keys; key++) longest = Math.max(longest, norms?.[block * keys + key] ?? 0);
      for (let query = 0; query < queries; query++)
        for (let key = 0; key < keys; key++) {
          const weight = array.values[(block * queries + query) * keys + key] ?? 0;
          if (!(weight >= threshold)) continue;
          const w = Math.round(weight * 1e4) / 1e4;
          const v = Math.round(((weight * (norms?.[block * keys + key] ?? 0)) / (longest || 1)) * 1e4) / 1e4;
          found.push(
            norms === undefined
              ? { l: layer, h: head, q: query, k: key, w }
              : { l: layer, h: head, q: query, k: key, w, v },
          );
        }
    }
  return found.length <= MOST_LINES
    ? found
    : found.toSorted((left, right) => right.w - left.w).slice(0, MOST_LINES);
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
