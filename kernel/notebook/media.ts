import { readFileSync } from "node:fs";
import { DISPLAY, METADATA, type Displayable } from "./displayable.ts";

/** A function that takes its text whole, or as a template. */
type TextOrTemplate = (text: string | TemplateStringsArray, ...values: unknown[]) => Displayable;

/** A value with these media types, for instance `{ "image/png": base64, "text/plain": "a cat" }`. */
export function mime(
  data: Readonly<Record<string, unknown>>,
  metadata?: Readonly<Record<string, unknown>>,
): Displayable {
  return { [DISPLAY]: () => data, ...(metadata && { [METADATA]: () => metadata }) };
}

/**
 * HTML. As a template it escapes the values in it, other than `html` values and arrays of them.
 *
 * @example html`<b>${"a < b"}</b>` // <b>a &lt; b</b>
 */
export const html: TextOrTemplate = (text, ...values) => {
  const source = typeof text === "string" ? text : joined(text, values.map(asHtml));
  return Object.assign(mime({ "text/html": source, "text/plain": withoutTags(source) }), { [HTML]: source });
};

/** Markdown, with formulas between `$`. As a template it keeps backslashes: markdown`$\alpha$`. */
export const markdown: TextOrTemplate = (text, ...values) => {
  const source = typeof text === "string" ? text : joined(text.raw, values.map(String));
  return mime({ "text/markdown": source, "text/plain": source });
};

/** A formula, typeset by MathJax; `$…$` is added where there is no other sign of mathematics. As markdown, keeps backslashes. */
export const latex: TextOrTemplate = (text, ...values) => {
  const source = typeof text === "string" ? text : joined(text.raw, values.map(String));
  const isDelimited = /^\s*(\$|\\\[|\\\(|\\begin\b)/.test(source);
  return mime({ "text/latex": isDelimited ? source : `$\\displaystyle ${source}$`, "text/plain": source });
};

/** A value as JSON: JupyterLab shows a tree that folds. */
export function json(
  value: unknown,
  { expanded = false }: { readonly expanded?: boolean } = {},
): Displayable {
  return mime(
    { "application/json": value, "text/plain": JSON.stringify(value, undefined, 2) },
    { "application/json": { expanded } },
  );
}

/** A drawing in SVG. */
export function svg(source: string): Displayable {
  return mime({ "image/svg+xml": source, "text/plain": "drawing" });
}

/** How a picture is shown. */
export interface ImageOptions {
  /** In CSS pixels; the picture's own size where none is given. */
  readonly width?: number;
  readonly height?: number;
  /** What the picture shows, for those who do not see it. */
  readonly alt?: string;
}

/**
 * A picture: the bytes of a PNG, JPEG, GIF or WebP file, or its path. Throws a `TypeError` for other bytes, and Node's error
 * for a file that cannot be read.
 */
export function image(
  source: Uint8Array | string | URL,
  { width, height, alt }: ImageOptions = {},
): Displayable {
  const bytes = source instanceof Uint8Array ? source : readFileSync(source);
  const type = imageType(bytes);
  const size = { ...(width !== undefined && { width }), ...(height !== undefined && { height }) };
  return mime(
    { [type]: Buffer.from(bytes).toString("base64"), "text/plain": alt ?? "picture" },
    { [type]: { ...size, ...(alt !== undefined && { alt }) } },
  );
}

const HTML = Symbol("html");

function asHtml(value: unknown): string {
  if (Array.isArray(value)) return value.map(asHtml).join("");
  if (typeof value === "object" && value !== null && HTML in value) return String(value[HTML]);
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function joined(texts: readonly string[], values: readonly string[]): string {
  return texts.map((text, index) => text + (values[index] ?? "")).join("");
}

function withoutTags(source: string): string {
  return source
    .replace(/<[^>]*>/g, " ")
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&nbsp;/g, " ")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}

function imageType(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (start.startsWith("\x89PNG")) return "image/png";
  if (start.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (start.startsWith("GIF8")) return "image/gif";
  if (start.startsWith("RIFF") && start.endsWith("WEBP")) return "image/webp";
  throw new TypeError("these bytes are no PNG, JPEG, GIF or WebP picture");
}
