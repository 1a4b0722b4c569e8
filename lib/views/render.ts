import { createHash } from "node:crypto";
import { fitGlyphs } from "./glyphs.ts";
import { textWidth } from "./label.ts";
import { encodePng } from "./png.ts";
import { OUT_OF_SIGHT, type Node } from "./scene.ts";

/** How far apart shades may be to become one in a PNG: a step that the eye does not see at the edge of a letter. */
const SHADES = 24;

interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
}

/** In bytes: a finer PNG than this is drawn again at one device pixel to the CSS pixel, to keep notebooks small. */
const MOST_BYTES = 250_000;

/**
 * An SVG file of a Vega specification, drawn in Node with no browser; the same specification gives the same text.
 * Ids carry a digest of the specification, so that two figures in one page don't take each other's clips.
 */
export async function renderSvg(spec: Node, title: string, description: string): Promise<string> {
  const vega = await import("vega");
  // In Vega's place, which guesses 0.8 of the font size a character without a canvas and so cuts labels short.
  const { textMetrics } = vega as unknown as {
    textMetrics: { width: (item: TextItem, text: string) => number };
  };
  textMetrics.width = (item: TextItem, text: string) =>
    textWidth(text, item.fontSize ?? 11, item.fontWeight === "bold");
  const view = new vega.View(vega.parse(structuredClone(spec)), {
    renderer: "none",
    logLevel: vega.Error,
  });
  const drawn = await view.toSVG();
  view.finalize();
  const digest = createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 8);
  const numbers = new Map<string, number>();
  const renumbered = withoutHidden(drawn).replace(
    /\b(id="|url\(#|href="#)((?:clip|gradient_?)[\w-]*\d+)/gu,
    (_, before: string, id: string) => {
      if (!numbers.has(id)) numbers.set(id, numbers.size);
      return `${before}f${digest}-${numbers.get(id) ?? 0}`;
    },
  );
  const label = escapeXml(title === "" ? description : title);
  return renumbered.replace(/<svg ([^>]*)>/u, (_, attributes: string) => {
    const own = attributes.replace(/\s*(?:class|role|aria-[a-z]+)="[^"]*"/gu, "");
    return `<svg ${own} font-stretch="condensed" role="img" aria-label="${label}"><desc>${escapeXml(description)}</desc>`;
  });
}

/** The SVG without the groups that stand out of sight: of figures that take turns, only the one shown (resvg ends the process on some). */
function withoutHidden(svg: string): string {
  const opening = `<g transform="translate(${OUT_OF_SIGHT},`;
  const parts: string[] = [];
  let from = 0;
  for (let start = svg.indexOf(opening); start !== -1; start = svg.indexOf(opening, from)) {
    parts.push(svg.slice(from, start));
    from = endOfGroup(svg, start);
  }
  return [...parts, svg.slice(from)].join("");
}

/** Where the group that begins at `start` ends. */
function endOfGroup(svg: string, start: number): number {
  const tags = /<g\b[^>]*?(\/?)>|<\/g>/gu;
  tags.lastIndex = start;
  let depth = 0;
  for (let tag = tags.exec(svg); tag !== null; tag = tags.exec(svg)) {
    if (tag[0] === "</g>") depth--;
    else if (tag[1] === "") depth++;
    if (depth === 0) return tags.lastIndex;
  }
  return svg.length;
}

/** A PNG file of an SVG, `scale` device pixels to the CSS pixel. */
export async function renderPng(svg: string, scale = 2): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const fitted = await fitGlyphs(svg);
  // resvg knows CSS's older word only, and would blur the cells of a heatmap.
  const sharp = fitted.svg.replaceAll(/style="image-rendering:[^"]*"/gu, 'image-rendering="optimizeSpeed"');
  const image = new Resvg(withPaintOpacity(sharp), {
    fitTo: { mode: "zoom", value: scale },
    font: fitted.font,
  }).render();
  const png = encodePng(
    { width: image.width, height: image.height, data: new Uint8Array(image.pixels) },
    SHADES,
  );
  return png.length > MOST_BYTES && scale > 1 ? renderPng(svg, 1) : png;
}

/**
 * The same SVG with the `opacity` of shapes and words moved to their fill and stroke: resvg draws what has an opacity of its
 * own on a canvas of its own, and ends the process when that lies far outside the picture.
 */
function withPaintOpacity(svg: string): string {
  return svg.replace(/<(?:path|rect|line|circle|text)\b[^>]*>/gu, (tag) => {
    const own = / opacity="([^"]*)"/u.exec(tag)?.[1];
    if (own === undefined) return tag;
    let painted = tag.replace(/ opacity="[^"]*"/u, "");
    for (const name of ["fill-opacity", "stroke-opacity"]) {
      const before = new RegExp(` ${name}="([^"]*)"`, "u").exec(painted);
      if (before) painted = painted.replace(before[0], "");
      const opacity = Number(own) * Number(before?.[1] ?? 1);
      painted = painted.replace(/\/?>$/u, (end) => ` ${name}="${opacity}"${end}`);
    }
    return painted;
  });
}

/** Text that stays text in XML and HTML, in elements and in attributes. */
export function escapeXml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/gu, (character) => entities[character] ?? character);
}
