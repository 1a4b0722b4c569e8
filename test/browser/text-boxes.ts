import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import type { Figure } from "../../lib/views/index.ts";

type Point = readonly [x: number, y: number];

/** A text as it is drawn: its corners in turn, in the picture's own pixels, a little tighter than its line. */
interface TextBox {
  readonly text: string;
  readonly corners: readonly Point[];
}

/** One picture: its size and the texts that can be seen. */
interface Measured {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly TextBox[];
}

/** The package's fonts, so that any machine measures the same letters. */
function fontFaces(): string {
  const locate = createRequire(import.meta.url);
  const face = (file: string, weight: string): string =>
    `@font-face{font-family:"DejaVu Sans Condensed";font-weight:${weight};src:url(data:font/ttf;base64,${readFileSync(locate.resolve(`dejavu-fonts-ttf/ttf/${file}.ttf`), "base64")})}`;
  return face("DejaVuSansCondensed", "normal") + face("DejaVuSansCondensed-Bold", "bold");
}

/** What is wrong with each picture, measured in a browser: texts that reach over its edge, or over each other. */
export async function misplacedTexts(
  page: Page,
  figures: Readonly<Record<string, Figure>>,
): Promise<readonly string[]> {
  const names = Object.keys(figures);
  const pictures = await Promise.all(Object.values(figures).map((figure) => figure.svg()));
  await page.setContent(`<style>${fontFaces()}svg{display:block}</style>${pictures.join("")}`);
  const measured = await page.evaluate(async () => {
    await document.fonts.ready;
    const all: Measured[] = [];
    for (const picture of document.querySelectorAll<SVGSVGElement>("body > svg")) {
      const origin = picture.getBoundingClientRect();
      const boxes: { text: string; corners: [number, number][] }[] = [];
      for (const element of picture.querySelectorAll("text")) {
        let opacity = Number(getComputedStyle(element).fillOpacity);
        for (let node: Element | null = element; node !== null; node = node.parentElement)
          opacity *= Number(getComputedStyle(node).opacity);
        const text = element.textContent;
        const matrix = element.getScreenCTM();
        if (opacity === 0 || text === "" || matrix === null) continue;
        const { x, y, width, height } = element.getBBox();
        const half = parseFloat(getComputedStyle(element).fontSize) * 0.4;
        const corners: [number, number][] = [];
        for (const [right, down] of [
          [x, y + height / 2 - half],
          [x + width, y + height / 2 - half],
          [x + width, y + height / 2 + half],
          [x, y + height / 2 + half],
        ] as const) {
          const point = new DOMPoint(right, down).matrixTransform(matrix);
          corners.push([point.x - origin.x, point.y - origin.y]);
        }
        boxes.push({ text, corners });
      }
      all.push({ width: origin.width, height: origin.height, boxes });
    }
    return all;
  });
  return measured.flatMap((picture, index) =>
    faults(picture).map((fault) => `${names[index] ?? ""}: ${fault}`),
  );
}

function faults({ width, height, boxes }: Measured): string[] {
  const found: string[] = [];
  for (const [index, { text, corners }] of boxes.entries()) {
    const isInside = corners.every(
      ([x, y]) => x >= -0.5 && x <= width + 0.5 && y >= -0.5 && y <= height + 0.5,
    );
    if (!isInside) found.push(`"${text}" reaches over the edge of ${width} × ${height}: ${String(corners)}`);
    for (const other of boxes.slice(0, index))
      if (overlap(corners, other.corners))
        found.push(`"${text}" lies over "${other.text}" at ${String(corners[0])}`);
  }
  return found;
}

/** Whether two rectangles, turned or not, have more than a pixel in common: no line along one of their sides keeps them apart. */
function overlap(left: readonly Point[], right: readonly Point[]): boolean {
  for (const corners of [left, right])
    for (const side of [0, 1]) {
      const [[x1, y1] = [0, 0], [x2, y2] = [0, 0]] = corners.slice(side, side + 2);
      const length = Math.hypot(x2 - x1, y2 - y1) || 1;
      const along = ([x, y]: Point): number => (x * (x2 - x1) + y * (y2 - y1)) / length;
      const [ours, theirs] = [left.map(along), right.map(along)];
      if (Math.min(...ours) > Math.max(...theirs) - 1 || Math.min(...theirs) > Math.max(...ours) - 1)
        return false;
    }
  return true;
}
