import { inertText, wrapText } from "./label.ts";
import { THEME } from "./theme.ts";

/** A JSON value in a Vega specification. */
export type Json =
  string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };
/** A node of a Vega specification. */
export type Node = Readonly<Record<string, Json>>;
/** In pixels: where marks that are not to be seen stand; a group there is left out of still pictures. */
export const OUT_OF_SIGHT = -9999;

/** One mark: the channels it is drawn with, and further fields that expressions and tooltips read. */
export type MarkRow = Readonly<
  Record<string, string | number | boolean | null | readonly string[] | readonly number[] | undefined>
>;

/** What {@link Scene.draw} takes beside its rows. */
export interface DrawOptions {
  /** The mark's name, for event selectors. */
  readonly name?: string;
  /** Channels in Vega's own terms, over those of the rows: `{ fill: { signal: "…" } }`. */
  readonly encode?: Readonly<Record<string, Json>>;
  /** Whether the pointer meets these marks; off unless there is a tooltip, a name or a cursor. */
  readonly interactive?: boolean;
  /** Transforms of the rows. */
  readonly transform?: readonly Node[];
  /** Clip to this rectangle. */
  readonly clip?: boolean;
}

const CHANNELS = new Set([
  "x", "x2", "y", "y2", "width", "height", "fill", "fillOpacity", "stroke", "strokeWidth", "strokeOpacity",
  "strokeDash", "opacity", "cornerRadius", "cursor", "text", "align", "baseline", "fontSize", "fontWeight", "font",
  "fontStyle", "angle", "dx", "dy", "path", "size", "shape", "url", "smooth", "tooltip", "lineHeight", "strokeCap",
  "startAngle", "endAngle", "innerRadius", "outerRadius", "aspect",
]); // prettier-ignore

const DEFAULTS: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  text: { fill: THEME.ink, fontSize: THEME.size.label, font: THEME.font, baseline: "middle" },
  rule: { stroke: THEME.faint, strokeWidth: 1 },
  rect: {},
  path: {},
  symbol: {},
  arc: {},
  image: { smooth: false, aspect: false },
};

/**
 * A drawing whose places are all known before it is drawn, as a Vega 5 specification: the same geometry in
 * JupyterLab's canvas, in an SVG made in Node and in print, whatever fonts those have. What the reader can point at
 * changes by Vega signals, so it needs no kernel. Data are only ever data: labels go into rows, never into
 * expressions.
 */
export class Scene {
  readonly width: number;
  height: number;
  readonly title: string;
  /** Where the picture begins, below the title. */
  readonly top: number;
  readonly #data: Node[] = [];
  readonly #signals: Node[] = [];
  readonly #scales: Node[] = [];
  readonly #marks: Node[] = [];

  constructor(width: number, title: string, subtitle?: string) {
    this.width = Math.round(width);
    this.height = 0;
    this.title = inertText(title);
    let y = 10;
    const size = THEME.size.title;
    for (const line of this.title === "" ? [] : wrapText(this.title, this.width - 24, size, true)) {
      this.draw("text", [{ x: 12, y: y + size / 2, text: line, fontSize: size, fontWeight: "bold" }]);
      y += size + 4;
    }
    if (subtitle !== undefined && subtitle !== "") {
      y += 1;
      for (const line of wrapText(inertText(subtitle), this.width - 24, THEME.size.subtitle)) {
        this.draw("text", [
          { x: 12, y: y + 6, text: line, fontSize: THEME.size.subtitle, fill: THEME.muted },
        ]);
        y += 15;
      }
    }
    this.top = y + 6;
  }

  /** Adds a signal. */
  signal(name: string, value: Json, more: Node = {}): void {
    this.#signals.push({ name, ...(value === undefined ? {} : { value }), ...more });
  }

  /** Adds a data set. */
  data(name: string, values: readonly Json[] | undefined, more: Node = {}): void {
    this.#data.push({ name, ...(values === undefined ? {} : { values }), ...more });
  }

  /** Adds a scale. */
  scale(scale: Node): void {
    this.#scales.push(scale);
  }

  /** Adds a mark in Vega's own terms. */
  mark(mark: Node): void {
    this.#marks.push(mark);
  }

  /** Draws one mark for each row; a channel that is the same in all rows is written once. */
  draw(type: keyof typeof DEFAULTS, rows: readonly MarkRow[], options: DrawOptions = {}): void {
    const [first] = rows;
    if (first === undefined) return;
    const update: Record<string, Json> = Object.fromEntries(
      Object.entries(DEFAULTS[type] ?? {}).map(([channel, value]) => [channel, { value }]),
    );
    const varying = new Set<string>();
    for (const key of new Set(rows.flatMap((row) => Object.keys(row)))) {
      const isConstant = rows.every((row) => same(row[key], first[key]));
      if (!CHANNELS.has(key)) varying.add(key);
      else if (isConstant) {
        if (first[key] !== undefined) update[key] = { value: tidy(first[key]) };
      } else {
        varying.add(key);
        update[key] = { field: key };
      }
    }
    const { name, encode = {}, transform, clip } = options;
    const interactive =
      options.interactive ??
      (name !== undefined || "tooltip" in update || "tooltip" in encode || "cursor" in update);
    const data = `d${this.#data.length}`;
    const values = rows.map((row) =>
      Object.fromEntries(
        [...varying].filter((key) => row[key] !== undefined).map((key) => [key, tidy(row[key])]),
      ),
    );
    const needsData = varying.size > 0 || rows.length > 1 || transform !== undefined;
    if (needsData) this.data(data, values, transform === undefined ? {} : { transform });
    this.#marks.push({
      type,
      ...(name === undefined ? {} : { name }),
      ...(needsData ? { from: { data } } : {}),
      ...(interactive ? {} : { interactive: false }),
      ...(clip === undefined ? {} : { clip }),
      encode: { update: { ...update, ...encode } },
    });
  }

  /** The finished specification, valid for Vega 5 and 6. `description` is the alternative text. */
  spec(description: string): Node {
    return {
      $schema: "https://vega.github.io/schema/vega/v5.json",
      description,
      width: this.width,
      height: Math.ceil(this.height),
      padding: 0,
      autosize: "none",
      background: THEME.background,
      config: { text: { font: THEME.font }, style: { cell: { stroke: "transparent" } } },
      ...(this.#signals.length === 0 ? {} : { signals: this.#signals }),
      ...(this.#data.length === 0 ? {} : { data: this.#data }),
      ...(this.#scales.length === 0 ? {} : { scales: this.#scales }),
      marks: this.#marks,
    };
  }
}

function same(left: MarkRow[string], right: MarkRow[string]): boolean {
  return left === right || (Array.isArray(left) && JSON.stringify(left) === JSON.stringify(right));
}

function tidy(value: MarkRow[string]): Json {
  return typeof value === "number" ? round(value) : value;
}

/** A number short enough for a specification: two decimals for pixels, six significant digits for the small. */
export function round(value: number): Json {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1 ? Math.round(value * 100) / 100 : Number(value.toPrecision(5));
}

/**
 * A Vega expression for a tooltip that shows `fields` under `names`. The names may come from the reader's axes:
 * they go in as JSON strings, so nothing in them is evaluated.
 */
export function tooltipExpression(fields: readonly (readonly [name: string, expression: string])[]): Node {
  const seen = new Set<string>();
  const pairs = fields.map(([name, expression]) => {
    // vega-tooltip draws the keys "title" and "image" in a way of its own; a trailing space makes them plain keys.
    let key = /^(?:title|image|__proto__)$/u.test(name) ? `${name} ` : inertText(name);
    while (seen.has(key)) key += " ";
    seen.add(key);
    return `${JSON.stringify(key)}: ${expression}`;
  });
  return { signal: `{${pairs.join(", ")}}` };
}

/** A Vega expression that formats the number `expression`, with NaN and the infinities as words. */
export function numberExpression(expression: string, specifier = ".4~g"): string {
  return `(isNumber(${expression}) ? format(${expression}, '${specifier}') : ${expression})`;
}
