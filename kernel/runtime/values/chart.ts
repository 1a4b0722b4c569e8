import { createRequire } from "node:module";
import { importOwnPackage } from "../modules/packages.ts";
import { plainJson, type Bundle } from "./bundle.ts";
import { isObject, type Shape } from "./shapes.ts";

/**
 * The newest versions that JupyterLab 4.4–4.7 draws (vega 5.33, vega-lite 5.6): there is no media type of version 6. A
 * bundle of a chart has neither text/html nor application/json, which Lab prefers.
 */
const DRAWN = {
  "vega-lite": [
    "application/vnd.vegalite.v5+json",
    "https://vega.github.io/schema/vega-lite/v5.json",
    "Vega-Lite",
  ],
  vega: ["application/vnd.vega.v5+json", "https://vega.github.io/schema/vega/v5.json", "Vega"],
} as const;

const PLOTLY = "application/vnd.plotly.v1+json";

const PLOTLY_KEYS: ReadonlySet<string> = new Set(["data", "layout", "config", "frames"]);

/**
 * A specification of a chart, or a value that has one (`toSpec()`), as what front ends draw, with a still picture where
 * one can be made; nothing for other values. Kinds are told by the pattern of `$schema`, Plotly's by its shape.
 */
export function chartBundle(value: Shape): Bundle | Promise<Bundle> | undefined {
  const { toSpec } = value;
  const specification: unknown = typeof toSpec === "function" ? toSpec.call(value) : value;
  if (!isObject(specification)) return undefined;
  const kind = kindOf(specification["$schema"]);
  if (kind) {
    const [type, schema, name] = DRAWN[kind];
    const plain = plainJson({ ...specification, $schema: schema }) as Shape;
    const data = { [type]: plain, "text/plain": describe(name, plain) };
    return still(kind, plain).then((picture) => ({
      data: picture === undefined ? data : { ...data, "image/png": picture },
    }));
  }
  if (isPlotly(specification)) {
    const plain = plainJson(specification) as Shape;
    return { data: { [PLOTLY]: plain, "text/plain": describe("Plotly", plain) } };
  }
  return undefined;
}

function kindOf(schema: unknown): keyof typeof DRAWN | undefined {
  if (typeof schema !== "string") return undefined;
  const match = /\/(vega|vega-lite)\/v\d+(\.\d+)*(\.json)?$/.exec(schema);
  return match ? (match[1] as keyof typeof DRAWN) : undefined;
}

/** `{ data: [traces], layout }` and nothing that Plotly does not know. */
function isPlotly(value: Shape): boolean {
  const { data, layout } = value;
  return (
    Array.isArray(data) &&
    data.every(
      (trace) => isObject(trace) && ["type", "x", "y", "z", "values", "labels"].some((key) => key in trace),
    ) &&
    isObject(layout) &&
    Object.keys(value).every((key) => PLOTLY_KEYS.has(key))
  );
}

function describe(name: string, { title, description, layout }: Shape): string {
  const own = titleOf(title) ?? (typeof description === "string" ? description : undefined);
  const text = own ?? (isObject(layout) ? titleOf(layout["title"]) : undefined);
  return text === undefined ? `${name} chart` : `${name} chart: ${text}`;
}

function titleOf(title: unknown): string | undefined {
  if (typeof title === "string") return title;
  return isObject(title) && typeof title["text"] === "string" ? title["text"] : undefined;
}

/** A font that every machine has: installed with this package. */
const FONT = createRequire(import.meta.url).resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf");

/** What is used of vega and vega-lite. */
interface Vega {
  readonly parse: (specification: unknown) => unknown;
  readonly View: new (runtime: unknown, options: object) => { toSVG(): Promise<string>; finalize(): unknown };
}
interface VegaLite {
  readonly compile: (specification: unknown) => { readonly spec: unknown };
}
interface Resvg {
  readonly Resvg: new (svg: string, options: object) => { render(): { asPng(): Uint8Array } };
}

/**
 * The chart as base64 of a PNG, for GitHub, nbconvert and other readers that run nothing. None where the data has to be
 * fetched, or where the chart cannot be drawn here: the front end then shows what is wrong.
 */
async function still(kind: keyof typeof DRAWN, specification: Shape): Promise<string | undefined> {
  if (/"url":/.test(JSON.stringify(specification))) return undefined;
  try {
    const vega = (await importOwnPackage("vega")) as unknown as Vega;
    const lite = kind === "vega" ? undefined : ((await importOwnPackage("vega-lite")) as unknown as VegaLite);
    const compiled = lite ? lite.compile(specification).spec : specification;
    const view = new vega.View(vega.parse(compiled), { renderer: "none", logLevel: 0 });
    const svg = await view.toSVG();
    view.finalize();
    const { Resvg } = (await importOwnPackage("@resvg/resvg-js")) as unknown as Resvg;
    const font = { fontFiles: [FONT], loadSystemFonts: false, defaultFontFamily: "DejaVu Sans" };
    const options = { background: "white", font, fitTo: { mode: "zoom", value: 2 } };
    return Buffer.from(new Resvg(svg, options).render().asPng()).toString("base64");
  } catch {
    return undefined;
  }
}
