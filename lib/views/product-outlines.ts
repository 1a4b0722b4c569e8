import type { DrawnMatrix } from "./matrix.ts";
import type { MarkRow, Node, Scene } from "./scene.ts";

/** The colour of the row that is chosen, and of the column. */
export const ROW_COLOUR = "#b3005e";
export const COLUMN_COLOUR = "#00795a";

/** A matrix and where its cells begin. */
export interface Block {
  readonly matrix: DrawnMatrix;
  readonly x: number;
  readonly y: number;
}

/** A product with the two matrices that meet in it; its marks show while it is the chosen one (signal "at"). */
interface Meeting {
  readonly before: Block;
  readonly factor: Block;
  readonly product: Block;
  /** A Vega expression: whether the chosen cell is in this product. */
  readonly isHere: string;
  /** Channels at the row and the column of the chosen cell. */
  readonly atRow: Node;
  readonly atColumn: Node;
}

/** The matrices of a staircase and the size of their cells. */
export interface Staircase {
  readonly left: Block;
  readonly above: readonly Block[];
  readonly bottom: readonly Block[];
  readonly cellWidth: number;
  readonly cellHeight: number;
}

function meetings({ left, above, bottom, cellWidth, cellHeight }: Staircase): readonly Meeting[] {
  return bottom.map((product, index) => ({
    before: bottom[index - 1] ?? left,
    factor: above[index] ?? product,
    product,
    isHere: `at[0] === ${index}`,
    atRow: { signal: `${product.y} + at[1] * ${cellHeight}` },
    atColumn: { signal: `${product.x} + at[2] * ${cellWidth}` },
  }));
}

/** The paths on which row and column meet, under the cells. */
export function drawBands(scene: Scene, staircase: Staircase): void {
  const { cellWidth, cellHeight } = staircase;
  for (const { before, factor, product, isHere, atRow, atColumn } of meetings(staircase)) {
    const opacity = { signal: `${isHere} ? 0.16 : 0` };
    const x = before.x + before.matrix.columns.length * cellWidth;
    const y = factor.y + factor.matrix.rows.length * cellHeight;
    scene.draw("rect", [{ x, x2: product.x, height: cellHeight, fill: ROW_COLOUR }], {
      encode: { opacity, y: atRow },
    });
    scene.draw("rect", [{ y, y2: product.y, width: cellWidth, fill: COLUMN_COLOUR }], {
      encode: { opacity, x: atColumn },
    });
  }
}

/** The outlines of the row, the column and the cell. */
export function drawOutlines(scene: Scene, staircase: Staircase): void {
  const [width, height] = [staircase.cellWidth, staircase.cellHeight];
  for (const { before, factor, isHere, atRow, atColumn } of meetings(staircase)) {
    const outline = (box: MarkRow, stroke: string, place: Node): void => {
      const line = { fill: "transparent", stroke, strokeWidth: 2.5, cornerRadius: 2 };
      scene.draw("rect", [{ ...line, ...box }], {
        encode: { opacity: { signal: `${isHere} ? 1 : 0` }, ...place },
      });
    };
    const across = before.matrix.columns.length * width;
    const down = factor.matrix.rows.length * height;
    outline({ x: before.x, width: across, height }, ROW_COLOUR, { y: atRow });
    outline({ y: factor.y, width, height: down }, COLUMN_COLOUR, { x: atColumn });
    outline({ width, height }, "#000000", { x: atColumn, y: atRow });
  }
}
