import { fitText, textWidth } from "./label.ts";
import type { MarkRow, Scene } from "./scene.ts";

/** Names beside their colours, in lines between `left` and `right`. @returns its height */
export function drawCategoryLegend(
  scene: Scene,
  entries: readonly { readonly name: string; readonly colour: string }[],
  left: number,
  right: number,
  y: number,
): number {
  let x = left;
  let line = 0;
  const boxes: MarkRow[] = [];
  const texts: MarkRow[] = [];
  for (const { name, colour } of entries) {
    const text = fitText(name, Math.min(220, right - left - 20));
    const width = 16 + textWidth(text) + 14;
    if (x > left && x + width > right) {
      x = left;
      line++;
    }
    boxes.push({ x, y: y + line * 18, width: 11, height: 11, fill: colour });
    texts.push({ x: x + 16, y: y + line * 18 + 5.5, text });
    x += width;
  }
  scene.draw("rect", boxes);
  scene.draw("text", texts);
  return (line + 1) * 18;
}
