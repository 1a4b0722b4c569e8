import type { ResvgRenderOptions } from "@resvg/resvg-js";
import { createRequire } from "node:module";

/** In pixels: the square that one character is drawn in, to see whether it has a shape. */
const CELL = 24;
/** A character that no font has: what is drawn for it is what is drawn for any that is missing. */
const NOWHERE = "\u{10fffd}";
/** Up to here every font has every character. */
const LATIN = 0x24f;

type Fonts = NonNullable<ResvgRenderOptions["font"]>;

/** The fonts that this package brings: family "DejaVu Sans", condensed; the wider cut is left out so that these are the ones found. */
function ownFonts(loadSystemFonts: boolean): Fonts {
  const locate = createRequire(import.meta.url);
  const names = ["DejaVuSansCondensed", "DejaVuSansCondensed-Bold", "DejaVuSansMono"];
  return {
    fontFiles: names.map((name) => locate.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)),
    loadSystemFonts,
    defaultFontFamily: "DejaVu Sans",
    sansSerifFamily: "DejaVu Sans",
    monospaceFamily: "DejaVu Sans Mono",
  };
}

/** Whether each character looked up so far has a shape, with the package's fonts only and with the system's too. */
const known = [new Map<string, boolean>(), new Map<string, boolean>()] as const;

/** The characters that have no shape in the package's fonts or, `withSystem`, in the system's either. */
async function withoutShape(characters: Iterable<string>, withSystem: boolean): Promise<string[]> {
  const shapes = known[withSystem ? 1 : 0];
  const all = [...characters];
  const asked = all.filter((character) => !shapes.has(character));
  if (asked.length > 0) {
    const { Resvg } = await import("@resvg/resvg-js");
    const width = CELL * (asked.length + 1);
    const texts = [...asked, NOWHERE].map(
      (character, index) => `<text x="${index * CELL + 3}" y="17" font-size="14">${character}</text>`,
    );
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${CELL}" font-family="DejaVu Sans" font-stretch="condensed">${texts.join("")}</svg>`;
    const { pixels } = new Resvg(svg, { font: ownFonts(withSystem) }).render();
    const cell = (index: number): string => {
      const rows = Array.from({ length: CELL }, (_, row) => (row * width + index * CELL) * 4);
      return rows.map((start) => pixels.subarray(start, start + CELL * 4).toString("latin1")).join("");
    };
    const nothing = cell(asked.length);
    for (const [index, character] of asked.entries()) shapes.set(character, cell(index) !== nothing);
  }
  return all.filter((character) => shapes.get(character) === false);
}

/**
 * An SVG ready to become pixels: the fonts it needs (the system's are read only for what the package's lack), and in the
 * place of each character that no font here has, its code in small: `‹4E2D›`. An empty box would say nothing.
 */
export async function fitGlyphs(svg: string): Promise<{ readonly svg: string; readonly font: Fonts }> {
  const characters = new Set(
    Array.from(svg).filter(
      (character) => (character.codePointAt(0) ?? 0) > LATIN && !/\p{Cf}/u.test(character),
    ),
  );
  const foreign = await withoutShape(characters, false);
  if (foreign.length === 0) return { svg, font: ownFonts(false) };
  const missing = new Set(await withoutShape(foreign, true));
  const marked = svg.replace(/(?<=>)[^<>]+(?=<)/gu, (text) =>
    Array.from(text)
      .map((character) => (missing.has(character) ? codeMark(character) : character))
      .join(""),
  );
  return { svg: marked, font: ownFonts(true) };
}

/** The code of a character, as wide as a wide character would be. */
function codeMark(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  const size = code.length > 4 ? 0.31 : 0.36;
  return `<tspan font-size="${size}em">‹${code}›</tspan>`;
}
