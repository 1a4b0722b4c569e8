import type { ColourScale } from "./colours.ts";
import { fitText, formatNumber, labelBeside, textWidth, wrapText } from "./label.ts";
import { MOST_CELL_MARKS } from "./matrix-block.ts";
import type { MarkRow, Scene } from "./scene.ts";
import { THEME } from "./theme.ts";

/** In pixels: the bar of colours, and a line of the legend's words. */
const [BAR, LINE] = [150, 16];
/** How many lines a name has at most. */
const MOST_LINES = 3;

/** Where a legend stands and what it says. */
export interface ColourLegend {
  readonly x: number;
  readonly y: number;
  /** Where it ends at the latest; the scene's right side unless told. */
  readonly right?: number;
  /** What the values are; in lines of its own where it is too long to stand beside the bar. */
  readonly name?: string;
  /** What NaN means; without it, that stands there. */
  readonly missing?: string | undefined;
}

/** The colours' legend: a bar with its ends and white point, and swatches for what is not finite in `values`. @returns its height */
export function drawColourLegend(
  scene: Scene,
  scale: ColourScale,
  values: ArrayLike<number>,
  { x, y, right = scene.width - 8, name = "", missing }: ColourLegend,
): number {
  const first = scale.domain[0] ?? 0;
  const last = scale.domain.at(-1) ?? 1;
  const size = THEME.size.small;
  const [from, to] = [formatNumber(first), formatNumber(last)];
  const start = x + textWidth(from, size) + 6;
  const slices = 30;
  scene.draw(
    "rect",
    Array.from({ length: slices }, (_, slice) => ({
      x: start + (slice * BAR) / slices,
      y,
      width: BAR / slices + 0.5,
      height: 10,
      fill: scale.colour(first + ((slice + 0.5) / slices) * (last - first)),
    })),
  );
  scene.draw("rect", [{ x: start, y, width: BAR, height: 10, stroke: THEME.faint }]);
  const texts: MarkRow[] = [{ x: start - 5, y: y + 5, text: from, align: "right" }];
  let height = 12;
  if (scale.diverging) {
    const middle = scale.domain[(scale.domain.length - 1) / 2] ?? 0;
    const at = start + ((middle - first) / (last - first)) * BAR;
    scene.draw("rule", [{ x: at, y, y2: y + 13, x2: at, stroke: THEME.muted }]);
    texts.push({ x: at, y: y + 19, text: formatNumber(middle), align: "center" });
    height = 26;
  }
  let next = start + BAR + 5;
  const beside = name === "" ? to : labelBeside(to, name);
  const isBeside = next + textWidth(beside, size) <= right;
  texts.push({ x: next, y: y + 5, text: isBeside ? beside : to, align: "left" });
  next += textWidth(isBeside ? beside : to, size) + 11;
  if (!isBeside) {
    const lines = wrapText(name, right - x, size);
    for (const [line, text] of lines.slice(0, MOST_LINES).entries()) {
      const isCut = line === MOST_LINES - 1 && lines.length > MOST_LINES;
      const shown = isCut ? fitText(`${text} ${lines[MOST_LINES] ?? ""}`, right - x, size) : text;
      texts.push({ x, y: y + height + 6, text: shown, align: "left" });
      height += LINE;
    }
  }
  const kinds = new Set<string>();
  for (let cell = 0; cell < values.length; cell++) {
    const value = values[cell] ?? NaN;
    if (!Number.isFinite(value)) kinds.add(Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞");
  }
  const isHatched = missing !== undefined && values.length <= MOST_CELL_MARKS;
  let line = y;
  for (const kind of kinds) {
    const meaning = kind === "NaN" ? (missing ?? kind) : kind;
    if (next + 14 + textWidth(meaning, size) > right) {
      line = y + height;
      next = x;
      height += LINE;
    }
    const text = fitText(meaning, Math.max(40, right - next - 14), size);
    drawSwatch(scene, kind, next, line, isHatched);
    texts.push({ x: next + 14, y: line + 5, text, align: "left" });
    next += 26 + textWidth(text, size);
  }
  scene.draw("text", texts, { encode: { fontSize: { value: size }, fill: { value: THEME.muted } } });
  return height;
}

function drawSwatch(scene: Scene, kind: string, x: number, y: number, isHatched: boolean): void {
  const hatched = kind === "NaN" && isHatched;
  const plain =
    kind === "NaN" ? THEME.missing : kind === "∞" ? THEME.positiveInfinity : THEME.negativeInfinity;
  const box = { x, y, width: 10, height: 10 };
  scene.draw("rect", [
    hatched ? { ...box, fill: THEME.panel, stroke: THEME.faint } : { ...box, fill: plain },
  ]);
  if (hatched) scene.draw("rule", [{ x, x2: x + 10, y: y + 10, y2: y, stroke: THEME.hatch }]);
}
