import { cleanBundle, isMimeBundle, plainJson, type Bundle } from "./bundle.ts";
import { chartBundle } from "./chart.ts";
import { frameTable } from "./data-frame.ts";
import { signatureOf } from "./function.ts";
import { imageBundle } from "./image.ts";
import { isObject, type Shape } from "./shapes.ts";
import { tableBundle, tableOf } from "./table.ts";
import { tensorBundle } from "./tensor.ts";
import { textOf } from "./text.ts";

/** How a value asks to be shown, as in Deno's kernel: a method that returns values by media type, or a promise of them. */
const DISPLAY = Symbol.for("Jupyter.display");

/** How it tells more of its media types; `matrix-composition/notebook` uses it for the sizes of pictures. */
const METADATA = Symbol.for("matrix-composition.metadata");

/** At once where it can be, so that output keeps its order. */
export type Soon<T> = T | Promise<T>;

/**
 * A value as front ends show it: by its own wish, as what it is known to be, or as text. Nothing for `undefined`, as in
 * Python's notebooks for None. Whatever the value does when looked at, this does not throw or reject, and what it returns
 * is bounded.
 */
export function render(value: unknown): Soon<Bundle | undefined> {
  if (value === undefined) return undefined;
  if (!isObject(value)) return { data: { "text/plain": textOf(value) } };
  try {
    const bundle = ownDisplay(value) ?? known(value);
    if (bundle instanceof Promise) {
      return bundle.then((shown) => finished(value, shown)).catch((error: unknown) => failed(value, error));
    }
    return finished(value, bundle);
  } catch (error) {
    return failed(value, error);
  }
}

function finished(value: object, bundle: Bundle | undefined): Bundle | undefined {
  // A value that was shown elsewhere, the handle of a display for instance, asks for nothing by giving nothing.
  if (bundle && Object.keys(bundle.data).length === 0) return undefined;
  if (!bundle) return { data: { "text/plain": plainText(value) } };
  return { ...bundle, data: withText(cleanBundle(bundle.data), value) };
}

function failed(value: object, error: unknown): Bundle {
  const reason = textOf(error).split("\n")[0] ?? "";
  return { data: { "text/plain": `${plainText(value)}\n(its display failed: ${reason})` } };
}

function ownDisplay(value: Shape): Soon<Bundle> | undefined {
  const display = (value as Readonly<Record<symbol, unknown>>)[DISPLAY];
  if (typeof display !== "function") return undefined;
  const data: unknown = display.call(value);
  return data instanceof Promise ? data.then((later) => asBundle(later, value)) : asBundle(data, value);
}

function asBundle(data: unknown, value: Shape): Bundle {
  const metadata = (value as Readonly<Record<symbol, unknown>>)[METADATA];
  if (isMimeBundle(data) || isEmpty(data)) {
    if (typeof metadata !== "function") return { data };
    return { data, metadata: plainJson(metadata.call(value)) as Readonly<Record<string, unknown>> };
  }
  throw new TypeError(`Symbol.for("Jupyter.display") gave no values by media type: ${textOf(data)}`);
}

function isEmpty(data: unknown): data is Readonly<Record<string, never>> {
  return isObject(data) && typeof data !== "function" && Object.keys(data).length === 0;
}

function known(value: Shape): Soon<Bundle | undefined> {
  const image = imageBundle(value);
  if (image) return image;
  if (typeof value === "function" || ArrayBuffer.isView(value) || value instanceof Promise) return undefined;
  if (Array.isArray(value)) {
    const table = tableOf(value);
    return table && tableBundle(table);
  }
  const frame = frameTable(value);
  if (frame) return tableBundle(frame);
  return tensorBundle(value) ?? chartBundle(value) ?? elementBundle(value);
}

/** Elements of any DOM (jsdom, linkedom, Observable Plot's) by the text that they serialise to. */
function elementBundle({ outerHTML }: Shape): Bundle | undefined {
  if (typeof outerHTML !== "string" || !outerHTML.startsWith("<")) return undefined;
  if (!/^<svg[\s>]/i.test(outerHTML)) return { data: { "text/html": outerHTML } };
  const svg = outerHTML.includes("xmlns=")
    ? outerHTML
    : outerHTML.replace(/^<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');
  return { data: { "image/svg+xml": svg } };
}

/** A text is always there, for front ends that draw nothing else. */
function withText(data: Record<string, unknown>, value: unknown): Record<string, unknown> {
  if ("text/plain" in data) return data;
  const html = data["text/html"];
  const text = typeof html === "string" ? textOfHtml(html) : "";
  return { ...data, "text/plain": text === "" ? plainText(value) : text };
}

function textOfHtml(html: string): string {
  return html
    .slice(0, 100_000)
    .replace(/<(style|script)[^]*?<\/\1>/gi, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/&nbsp;/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}

function plainText(value: unknown): string {
  if (typeof value === "function") return signatureOf(value as (...values: never[]) => unknown);
  return textOf(value);
}
