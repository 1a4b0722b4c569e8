import { THEME } from "./theme.ts";

const MARKS: Readonly<Record<string, string>> = {
  "\n": "⏎",
  "\t": "⇥",
  "\r": "␍",
  "\u00a0": "⍽",
  "\u2028": "⏎",
  "\u2029": "⏎",
};

/**
 * A token or label as it may be drawn: spaces at its ends as `·`, a token of spaces only as `␣`, newline `⏎`, tab
 * `⇥`; control, zero-width and bidirectional-control characters as `‹202E›`, so that no label can turn its
 * neighbours round or hide itself. The empty string is `∅`.
 *
 * @example visibleLabel(" the\n") // "·the⏎"
 */
export function visibleLabel(label: string): string {
  if (label === "") return "∅";
  if (/^ +$/u.test(label)) return "␣".repeat(label.length);
  const spaced = label.replace(/^ +| +$/gu, (spaces) => "·".repeat(spaces.length));
  return inertText(spaced);
}

/**
 * Running text (titles, descriptions) without characters that hide or reorder: like {@link visibleLabel}, with its
 * spaces left as they are. The joiner inside an emoji (👩‍💻) stays, since it hides nothing.
 */
export function inertText(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u115f\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]|(?<!\p{Extended_Pictographic}(?:\ufe0f|[\u{1f3fb}-\u{1f3ff}])?)\u200d|\u200d(?!\p{Extended_Pictographic})/gu,
    (character) =>
      MARKS[character] ?? `‹${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}›`,
  );
}

/** Advance widths of the printable ASCII characters in DejaVu Sans, thousandths of the font size, from U+0020. */
const ASCII_WIDTHS = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636,
  636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295,
  295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838,
  500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521,
  392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/**
 * How wide `text` is drawn, in pixels: the widths of DejaVu Sans Condensed (nine tenths of DejaVu Sans), which is
 * as wide as or wider than the usual sans-serif fonts, so that what fits here is never clipped there.
 */
export function textWidth(text: string, fontSize: number = THEME.size.label, bold = false): number {
  let width = 0;
  for (const character of text) width += characterWidth(character.codePointAt(0) ?? 0);
  return (width * 0.9 * fontSize * (bold ? 1.15 : 1)) / 1000;
}

function characterWidth(code: number): number {
  if ((code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200f)) return 0;
  if (code < 0x20 || code === 0x7f) return 600;
  if (code < 0x7f) return ASCII_WIDTHS[code - 0x20] ?? 600;
  const isWide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xff00 && code <= 0xff60) ||
    code >= 0x1f000;
  if (isWide) return 1150;
  // Indian and South-East Asian scripts, which the package's fonts lack: as wide as the codes that stand for them without a font.
  return code >= 0x900 && code <= 0x109f ? 1150 : code >= 0x2000 && code < 0x2e80 ? 840 : 680;
}

/** Made when first needed: it takes longer than all else that loading the views does. */
let segmenter: Intl.Segmenter | undefined;

/** What a reader sees as characters: letters with their accents, whole emoji. */
function graphemes(text: string): string[] {
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** `text` shortened with an ellipsis in its middle-right so that it is at most `limit` pixels wide. */
export function fitText(
  text: string,
  limit: number,
  fontSize: number = THEME.size.label,
  bold = false,
): string {
  if (textWidth(text, fontSize, bold) <= limit) return text;
  const characters = graphemes(text);
  while (characters.length > 1 && textWidth(`${characters.join("")}…`, fontSize, bold) > limit)
    characters.pop();
  return `${characters.join("")}…`;
}

/** A label and what belongs to it, in this order also where one of them is written from right to left. */
export function labelBeside(label: string, text: string, gap = "  "): string {
  const isLeftward = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u.test(label + text);
  return `${label}${gap}${isLeftward ? "\u200e" : ""}${text}`;
}

/** `text` in lines of at most `limit` pixels, broken at spaces where there are any. */
export function wrapText(text: string, limit: number, fontSize: number, bold = false): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && textWidth(longer, fontSize, bold) > limit) {
      lines.push(line);
      line = word;
    } else line = longer;
    while (textWidth(line, fontSize, bold) > limit && graphemes(line).length > 1) {
      const characters = graphemes(line);
      let kept = characters.length - 1;
      while (kept > 1 && textWidth(characters.slice(0, kept).join(""), fontSize, bold) > limit) kept--;
      lines.push(characters.slice(0, kept).join(""));
      line = characters.slice(kept).join("");
    }
  }
  return [...lines, line];
}

/** The widest of `labels`, in pixels; 0 when there are none. */
export function widestLabel(labels: Iterable<string>, fontSize: number = THEME.size.label): number {
  let widest = 0;
  for (const label of labels) widest = Math.max(widest, textWidth(label, fontSize));
  return widest;
}

/**
 * A number for a reader: at most `digits` significant digits, no trailing zeros, a real minus sign.
 *
 * @example formatNumber(-0.12345) // "−0.123"
 */
export function formatNumber(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  let text: string;
  if (Number.isInteger(value) && size < 1e6) text = String(size);
  else if (size >= 1e6 || size < 1e-4) {
    const [mantissa = "", exponent = ""] = size.toExponential(Math.max(0, digits - 1)).split("e");
    text = `${mantissa.replace(/\.?0+$/u, "")}e${exponent.replace("+", "")}`.replace("e-", "e−");
  } else {
    text = size >= 10 ** digits ? String(Math.round(size)) : size.toPrecision(digits);
    if (text.includes("e")) text = String(Number(text));
    if (text.includes(".")) text = text.replace(/\.?0+$/u, "");
  }
  return value < 0 ? `−${text}` : text;
}
